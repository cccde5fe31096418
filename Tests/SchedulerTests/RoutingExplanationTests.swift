import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("Explanations that a routing round keeps", .scratchDatabase)
struct RoutingExplanationTests {
    @Test("say of each offer what it is made of and who was next, and of what is left why")
    func kept() async throws {
        let staffed = try await StaffedMarket()
        let (expert, principal) = (try await staffed.worker("e"), try await staffed.worker("p", tier: .principal))
        let stranger = try await staffed.worker("s", tier: nil)
        let one = Batch.Key(requester: staffed.requester, id: try await staffed.batch("one"))
        let many = Batch.Key(requester: staffed.requester, id: try await staffed.batch("many", tasks: 9, minutes: 600))
        _ = try await staffed.routing().route()
        let explain = ExplainRouting(market: staffed.market)
        let offers = try await staffed.market.database.read { transaction in
            try await transaction.offers(to: expert) + transaction.offers(to: principal)
        }
        let offer = try #require(offers.first { $0.batch == one.id })
        let told = try #require(
            try await explain(offer.id, of: offer.worker, by: staffed.manager).explanation)
        #expect(told.candidates == 2)
        #expect(told.runnerUp.map(\.worker) == (offer.worker == expert ? principal : expert))
        #expect(told.parts.values.reduce(0, +) == told.valueMicros && told.parts["quality"] != nil)
        let left = try #require(try await explain(many, as: .operator, by: staffed.manager).first)
        #expect(left.slotsLeft == 9 - offers.filter { $0.batch == many.id }.count)
        #expect(left.counts.counts[.nobodyEligible] == 1)
        #expect(try await explain(one, as: .operator, by: staffed.manager) == [])
        let nothing = try #require(try await explain(stranger, by: Principal.ID(stranger.uuid)))
        #expect(nothing.reason == .nobodyEligible && nothing.counts.counts == [.nobodyEligible: 2])
        #expect(try await staffed.ills() == [])
    }

    @Test("every rule of routing has a reason, and every reason a rule")
    func reasons() {
        #expect(
            Set(RoutingRule.allCases.map(\.reason)) == Set(UnroutedReason.allCases))
        #expect(RoutingRule.belowPay.reason == .belowPay && RoutingRule.waitsForBetter.reason == .waitsForBetter)
    }
}
