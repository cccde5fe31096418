import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Direct offers that are answered by several at once", .scratchDatabase)
struct DirectOfferRaceTests {
    @Test("one answer wins: acceptance, withdrawal or lapse")
    func acceptAgainstWithdraw() async throws {
        let desk = try await BargainDesk(tasks: 100)
        var wins: [String: Int] = [:]
        for round in 0..<20 {
            let id = try await desk.make(desk.terms(quantity: 1))
            if round % 4 == 3 { Scratch.clock.advance(by: 600) }
            async let accepting = Result.of { try await desk.accept(id, for: .worker) }
            async let withdrawing = Result.of { try await desk.withdraw(id, for: desk.forRequester) }
            async let lapsing = LapseDirectOffers(market: desk.small.market)(by: desk.small.manager)
            let (accepted, withdrawn) = await (accepting, withdrawing)
            let state = try await desk.history(id).offer.state
            if try await lapsing == 1 || state == .open {
                // Late: nobody's answer counted.
                #expect(accepted.failure != nil && withdrawn.failure != nil)
                _ = try await LapseDirectOffers(market: desk.small.market)(by: desk.small.manager)
            } else {
                #expect((accepted.failure == nil) != (withdrawn.failure == nil), "round \(round)")
            }
            let final = try await desk.history(id)
            wins[final.offer.state.rawValue, default: 0] += 1
            #expect(final.leases.count == (final.offer.state == .done ? 1 : 0))
            for work in (try? accepted.get()) ?? [] {
                try await desk.small.submit(work)
            }
        }
        #expect(wins.keys.allSatisfy { ["done", "withdrawn", "lapsed"].contains($0) } && wins["lapsed"] == 5)
        #expect(try await desk.small.ills() == [])
    }

    @Test("accepted twice at once, and taken by many at once, no more is leased than agreed")
    func acceptedTwice() async throws {
        let desk = try await BargainDesk(tasks: 30)
        for _ in 0..<5 {
            let id = try await desk.make(desk.terms(quantity: 4))
            let outcomes = await withTaskGroup { group in
                for _ in 0..<4 { group.addTask { await Result.of { try await desk.accept(id, for: .worker) } } }
                return await group.reduce(into: [Result<[Assignment], any Error>]()) { $0.append($1) }
            }
            #expect(outcomes.count { $0.failure == nil } == 1)
            #expect(
                outcomes.compactMap { $0.failure as? DirectOfferRefusal } == Array(repeating: .notOpen(.done), count: 3)
            )
            for work in outcomes.compactMap({ try? $0.get() }).joined() { try await desk.small.submit(work) }
        }
        let id = try await desk.make(desk.terms(quantity: 3))
        try await desk.counter(id, desk.terms(quantity: 3), for: .worker)
        let accepts = await withTaskGroup { group in
            for _ in 0..<4 { group.addTask { await Result.of { try await desk.accept(id, for: desk.forRequester) } } }
            return await group.reduce(into: [Result<[Assignment], any Error>]()) { $0.append($1) }
        }
        #expect(accepts.count { $0.failure == nil } == 1)
        let takes = await withTaskGroup { group in
            for _ in 0..<6 { group.addTask { await Result.of { try await desk.take(id, most: 1) } } }
            return await group.reduce(into: [Result<[Assignment], any Error>]()) { $0.append($1) }
        }
        #expect(takes.compactMap { try? $0.get() }.joined().count == 3)
        #expect(takes.compactMap { $0.failure as? DirectOfferRefusal } == Array(repeating: .notAgreed(.done), count: 3))
        #expect(try await desk.small.ills() == [])
    }

    @Test("a counter-offer and an acceptance of what it replaces: one of them")
    func counterAgainstWithdraw() async throws {
        let desk = try await BargainDesk(tasks: 30)
        for round in 0..<10 {
            let id = try await desk.make(desk.terms(2_100, quantity: 1))
            async let countering = Result.of { try await desk.counter(id, desk.terms(2_900), for: .worker) }
            async let withdrawing = Result.of { try await desk.withdraw(id, for: desk.forRequester) }
            let (countered, withdrawn) = await (countering, withdrawing)
            #expect((countered.failure == nil) != (withdrawn.failure == nil), "round \(round)")
            let history = try await desk.history(id)
            #expect(history.turns.count == (countered.failure == nil ? 2 : 1))
            if countered.failure == nil { try await desk.decline(id, for: desk.forRequester) }
        }
        #expect(try await desk.small.ills() == [])
    }
}
