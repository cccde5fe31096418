import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("How offers were answered", .scratchDatabase)
struct OfferResponseTests {
    private func answers(_ desk: LadderDesk, of worker: Worker.ID) async throws -> [AnswerCount] {
        try await desk.small.market.database.read {
            try await $0.routingResponses(of: [worker], in: .lawyer).own[worker] ?? []
        }
    }

    @Test("is counted with the minutes until acceptances, by what was paid against the rate")
    func bands() async throws {
        let desk = try await LadderDesk(hours: 720)
        let (ann, ben) = (try await desk.small.lawyer("ann"), try await desk.small.lawyer("ben"))
        let usual = try await desk.offer(to: ann)
        Scratch.clock.advance(by: 300)
        _ = try await desk.accept(usual, by: ann)
        // A half more than the rate.
        _ = try await desk.raise(to: 3_000)
        let dear = try await desk.offer(to: ben)
        Scratch.clock.advance(by: 120)
        _ = try await desk.accept(dear, by: ben)
        let (first, second) = (try await answers(desk, of: ann), try await answers(desk, of: ben))
        #expect(first.map(\.payBand) == [1] && first.map(\.accepted) == [1] && first.map(\.delayMinutes) == [5])
        #expect(second.map(\.payBand) == [2] && second.map(\.offered) == [1] && second.map(\.delayMinutes) == [2])
        #expect(try await desk.small.ills() == [])
    }

    @Test("fades: half is left after 60 days, and what comes then counts in full")
    func fading() async throws {
        let desk = try await LadderDesk(hours: 2_400)
        let ann = try await desk.small.lawyer("ann")
        for _ in 0..<2 {
            let offer = try await desk.offer(to: ann)
            Scratch.clock.advance(by: 60)
            _ = try await desk.accept(offer, by: ann)
        }
        // As if it had been eight times as much.
        try await Scratch.asOwner {
            try await $0.execute(
                """
                update offer_response
                   set accepted = 16, faded_accepted = 16000, faded_offered = 16000, faded_delay = 16000
                """)
        }
        Scratch.clock.advance(by: 60 * 86_400)
        let half = try await answers(desk, of: ann)
        #expect(half.map(\.offered) == [8] && half.map(\.accepted) == [8] && half.map(\.delayMinutes) == [8])
        let offer = try await desk.offer(to: ann)
        Scratch.clock.advance(by: 601)
        #expect(try await LapseOffers(market: desk.small.market)(by: desk.small.manager) == 1)
        let later = try await answers(desk, of: ann)
        #expect(later.map(\.offered) == [9] && later.map(\.accepted) == [8], "\(offer)")
    }
}
