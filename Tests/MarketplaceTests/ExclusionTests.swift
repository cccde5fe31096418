import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Exclusions", .scratchDatabase)
struct ExclusionTests {
    private func exclude(_ small: SmallMarket, _ worker: Worker.ID, by actor: Principal.ID? = nil) async throws
        -> Exclusion.ID
    {
        try await ExcludeWorker(market: small.market)(
            worker, from: small.requester, reason: "Shared a contract.", by: actor ?? small.manager
        )
    }

    @Test("bar new work of that requester, leave work in hand, and end when they are lifted")
    func lease() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b"), tasks: 3)
        let inHand = try await small.claim(worker, batch)
        _ = try await exclude(small, worker)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .excluded)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker) } == .excluded)
        try await small.submit(inHand)
        Scratch.clock.advance(by: 60)
        try await LiftExclusion(market: small.market)(of: worker, from: small.requester, by: small.manager)
        #expect(try await small.claim(worker, batch).batch == batch)
        #expect(try await small.ills() == [])
    }

    @Test("are decisions: the worker is told the reason and may appeal")
    func told() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let id = try await exclude(small, worker)
        let row = try await small.market.database.read {
            try await $0.oneRow(
                """
                select decision.reasons, decision.rule, notice.facts ->> 'reasons' as told, notice.recipient_id
                  from decision join notice on notice.kind = 'decision_made'
                 where decision.kind = 'exclusion' and decision.subject_id = \(id)
                """)
        }
        let texts: [String] = [try row["reasons"], try row["rule"], try row["told"]]
        #expect(texts == ["Shared a contract.", "requester_exclusion", "Shared a contract."])
        #expect(try row.value("recipient_id", as: Worker.ID.self) == worker)
        try await LiftExclusion(market: small.market)(of: worker, from: small.requester, by: small.manager)
        #expect(try await small.count("select count(*) as n from notice where kind = 'exclusion_lifted'") == 1)
    }

    @Test("are refused in the order of precedence")
    func refused() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let stranger = Worker.ID(small.maker.uuid)
        let nobody = Requester.ID(small.maker.uuid)
        let exclude = ExcludeWorker(market: small.market)
        let lift = LiftExclusion(market: small.market)
        #expect(
            await refusal(BadInput.self) {
                try await exclude(stranger, from: nobody, reason: " ", by: small.maker)
            }?.field == "reason")
        #expect(
            await refusal(AccessRefusal.self) {
                try await exclude(stranger, from: nobody, reason: "r", by: small.maker)
            } == .roleMissing(.requester))
        #expect(
            await refusal(NotFound.self) {
                try await exclude(stranger, from: nobody, reason: "r", by: small.manager)
            } == NotFound("requester"))
        #expect(
            await refusal(NotFound.self) {
                try await exclude(stranger, from: small.requester, reason: "r", by: small.manager)
            } == NotFound("worker"))
        #expect(
            await refusal(ExclusionRefusal.self) {
                try await lift(of: worker, from: small.requester, by: small.manager)
            } == .notExcluded)
        let key = try await CreatePrincipal(market: small.market)(
            .key, named: "acme key", roles: [.requester], for: small.requester, by: small.manager
        )
        #expect(
            await refusal(DecisionRefusal.self) {
                try await exclude(worker, from: small.requester, reason: "r", by: key)
            } == .deciderIsNoPerson)
        #expect(try await small.count("select count(*) as n from exclusion") == 0)
        _ = try await exclude(worker, from: small.requester, reason: "r", by: small.manager)
        #expect(
            await refusal(ExclusionRefusal.self) {
                try await exclude(worker, from: small.requester, reason: "r", by: small.manager)
            } == .alreadyExcluded)
    }

    @Test("are listed to their requester, by pages, those in force or all")
    func listed() async throws {
        let small = try await SmallMarket()
        let (one, two) = (try await small.lawyer("one"), try await small.lawyer("two"))
        _ = try await exclude(small, one)
        Scratch.clock.advance(by: 1)
        _ = try await exclude(small, two)
        Scratch.clock.advance(by: 1)
        try await LiftExclusion(market: small.market)(of: one, from: small.requester, by: small.manager)
        let person = try await CreatePrincipal(market: small.market)(
            .person, named: "Acme's", roles: [.requester], for: small.requester, by: small.manager
        )
        let list = ListExclusions(market: small.market)
        #expect(try await list(of: small.requester, by: person).map(\.workerKey) == ["two"])
        let all = try await list(of: small.requester, past: true, limit: 1, by: person)
        #expect(all.map(\.workerKey) == ["two"])
        let rest = try await list(of: small.requester, past: true, before: all.last?.id, by: person)
        #expect(rest.map(\.workerKey) == ["one"] && rest.first?.liftedAt == Scratch.start + 2)
        #expect(
            await refusal(AccessRefusal.self) { try await list(of: small.requester, by: small.maker) }
                == .roleMissing(.requester))
    }

    @Test("declared by many at once are one in force, and one can follow each lift")
    func race() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        for round in 1...5 {
            let barrier = Barrier(count: 8)
            let outcomes = await withTaskGroup { group in
                for _ in 0..<8 {
                    group.addTask {
                        await barrier.arrive()
                        return await Result.of { try await exclude(small, worker) }
                    }
                }
                return await group.reduce(into: [Result<Exclusion.ID, any Error>]()) { $0.append($1) }
            }
            #expect(outcomes.compactMap { try? $0.get() }.count == 1, "round \(round)")
            #expect(
                outcomes.compactMap { $0.failure as? ExclusionRefusal } == Array(repeating: .alreadyExcluded, count: 7))
            #expect(try await small.count("select count(*) as n from decision where kind = 'exclusion'") == round)
            Scratch.clock.advance(by: 1)
            try await LiftExclusion(market: small.market)(of: worker, from: small.requester, by: small.manager)
        }
    }

    @Test("that race with claims let no lease begin once they stand")
    func raceWithClaims() async throws {
        let small = try await SmallMarket()
        for round in 0..<10 {
            let worker = try await small.lawyer("w\(round)")
            let batch = try await small.batch(small.draft("b\(round)"), tasks: 5)
            let barrier = Barrier(count: 5)
            let outcomes = await withTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask {
                        await barrier.arrive()
                        return await Result<Void, any Error>.of { _ = try await small.claim(worker, batch) }
                    }
                }
                group.addTask {
                    await barrier.arrive()
                    return await Result<Void, any Error>.of { _ = try await exclude(small, worker) }
                }
                return await group.reduce(into: [Result<Void, any Error>]()) { $0.append($1) }
            }
            let refused = outcomes.compactMap { $0.failure as? ClaimRefusal }
            #expect(refused.allSatisfy { $0 == .excluded })
            #expect(outcomes.compactMap { try? $0.get() }.count + refused.count == 5)
            #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .excluded)
        }
        #expect(try await small.ills() == [])
    }
}
