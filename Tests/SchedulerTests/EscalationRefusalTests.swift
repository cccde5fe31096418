import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("An escalation round, and who is refused or refuses", .scratchDatabase)
struct EscalationRefusalTests {
    private typealias Desk = EscalationRoundTests.Desk

    private func openOffer(of worker: Worker.ID, in small: SmallMarket) async throws -> Offer? {
        try await ListOffers(market: small.market)(of: worker, by: small.manager).first { $0.state == .open }
    }

    @Test(
        "pays more where all ask for more, until that meets it, but not for who asks more than it may ever pay",
        arguments: [(4_300, true), (10_001, false)] as [(Int64, Bool)])
    func asks(hourly: Int64, isRaised: Bool) async throws {
        let desk = try await Desk(hours: 5, lawyers: ["ann"])
        let (small, ann) = (desk.small, try await desk.small.market.worker("ann", in: desk.small))
        // For half an hour 20.00 are paid, in a band up to 50.00.
        try await SetAsk(market: small.market)(Money(hourly, small.usd), by: Principal.ID(ann.uuid))
        let steps: [EscalationStepKind] = isRaised ? [.reach, .price] : []
        let pay: Int64? = isRaised ? 2_200 : nil
        #expect(try await desk.round().runOnce().counts[.offersMade] == 0)
        #expect(try await desk.steps() == steps)
        Scratch.clock.advance(by: 1_000)
        _ = try await desk.round().runOnce()
        #expect(try await desk.steps() == steps)
        #expect(try await openOffer(of: ann, in: small)?.pay.minorUnits == pay)
        #expect(try await small.ills() == [])
    }

    @Test("pays all no more for one who asks for more while another has the hours for all of it")
    func oneDear() async throws {
        let desk = try await Desk(hours: 5, tasks: 3)
        let small = desk.small
        let ann = try await small.market.worker("ann", in: small)
        let ben = try await small.market.worker("ben", in: small)
        try await SetAsk(market: small.market)(Money(4_300, small.usd), by: Principal.ID(ann.uuid))
        for _ in 0..<2 {
            _ = try await desk.round().runOnce()
            Scratch.clock.advance(by: 300)
        }
        #expect(try await openOffer(of: ben, in: small)?.pay.minorUnits == 2_000)
        #expect(try await !desk.steps().contains(.price))
        #expect(try await small.ills() == [])
    }

    @Test(
        "asks the next where the market would refuse the first: for their ask, their turns or a party",
        arguments: 0..<3)
    func next(kind: Int) async throws {
        let desk = try await Desk(hours: 6, tasks: 1)
        let small = desk.small
        let two = [try await small.market.worker("ann", in: small), try await small.market.worker("ben", in: small)]
        let (first, next) = (min(two[0], two[1]), max(two[0], two[1]))
        switch kind {
        case 0:
            try await SetAsk(market: small.market)(Money(4_300, small.usd), by: Principal.ID(first.uuid))
        case 1:
            #expect(try await desk.round().runOnce().counts[.offersMade] == 1)
            let offer = try #require(try await openOffer(of: first, in: small))
            _ = try await AcceptOffer(market: small.market)(offer.id, by: Principal.ID(first.uuid))
            Scratch.clock.advance(by: 3_700)
            #expect(try await ExpireLeases(market: small.market)(by: desk.system) == 1)
        default:
            _ = try await DeclareInterest(market: small.market)(.family, in: "Acme", of: first, by: small.manager)
            try await Scratch.asOwner {
                try await $0.execute("insert into task_party select requester_id, task_id, 'Acme', 'acme' from task")
                try await $0.execute("update batch set has_task_parties = true")
            }
        }
        try await desk.sweep()
        #expect(try await desk.round().runOnce().counts[.offersMade] == 1)
        #expect(try await openOffer(of: first, in: small) == nil)
        #expect(try await openOffer(of: next, in: small)?.batch == desk.batch.id)
        #expect(try await small.ills() == [])
    }

    @Test(
        "pays more for refusals that money can mend, and for no others",
        arguments: [
            (nil, true), (.tooLow, true), (.other, true), (.notNow, false), (.notMyField, false), (.tooLong, false),
            (.conflictOfInterest, false),
        ] as [(DeclineReason?, Bool)])
    func reasons(reason: DeclineReason?, isRaised: Bool) async throws {
        let desk = try await Desk(hours: 5, lawyers: ["ann"])
        let (small, ann) = (desk.small, try await desk.small.market.worker("ann", in: desk.small))
        _ = try await desk.round().runOnce()
        let offer = try #require(try await openOffer(of: ann, in: small))
        try await DeclineOffer(market: small.market)(offer.id, because: reason, by: Principal.ID(ann.uuid))
        Scratch.clock.advance(by: 1_000)
        _ = try await desk.round().runOnce()
        let steps: [EscalationStepKind] = isRaised ? [.reach, .price] : [.reach]
        #expect(try await desk.steps() == steps)
        #expect(try await small.ills() == [])
    }

    @Test("takes silence for a refusal that money can mend")
    func silence() async throws {
        let desk = try await Desk(hours: 5, lawyers: ["ann"])
        _ = try await desk.round().runOnce()
        Scratch.clock.advance(by: 1_000)
        #expect(try await LapseOffers(market: desk.small.market)(by: desk.system) == 1)
        _ = try await desk.round().runOnce()
        #expect(try await desk.steps() == [.reach, .price])
    }
}
