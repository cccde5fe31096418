import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("An escalation round", .scratchDatabase)
struct EscalationRoundTests {
    /// A market in which a task pays 20.00 USD, in a band up to 50.00, with a batch that is due in a few hours.
    private struct Desk {
        let small: SmallMarket
        let system: Principal.ID
        let batch: Batch.Key
        let dueAt: Date

        init(
            hours: Double, tasks: Int = 3, door: BatchDoor = .offer, budget: Int64 = 1_000_000,
            requirement: Requirement = .profession(.lawyer, leastTier: .expert), lawyers: [String] = ["ann", "ben"]
        ) async throws {
            small = try await SmallMarket()
            system = try await small.market.systemPrincipal()
            Scratch.clock.advance(by: 1)
            let line: JSON = [
                "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task",
                "currency": "USD", "amount_minor": 2_000, "least_minor": 500, "most_minor": 5_000,
            ]
            let market = small.market
            let card = try await DraftRateCard(market: market)(["name": "Band", "rates": [line]], by: small.maker)
            try await ApproveRateCard(market: market)(card.version, contentHash: card.contentHash, by: small.checker)
            try await PublishRateCard(market: market)(card.version, by: small.maker)
            for key in lawyers { _ = try await small.lawyer(key) }
            let named = small.requester
            dueAt = Scratch.clock.now() + hours * 3_600 + 61
            batch = Batch.Key(
                requester: named,
                id: try await small.batch(
                    small.draft("urgent", door: door, requirement: requirement, budget: budget, dueAt: dueAt),
                    tasks: tasks))
            // What is kept of who meets the requirement comes a minute later.
            Scratch.clock.advance(by: 61)
            while try await SweepEligibility(market: market)() > 0 {}
        }

        func round() -> EscalationRound { EscalationRound(market: small.market, by: system) }

        func steps() async throws -> [EscalationStepKind] {
            try await ListEscalationSteps(market: small.market)(of: batch, by: small.manager).map(\.kind).reversed()
        }

        func alerts() async throws -> [ScheduleAlert] { try await ListAlerts(market: small.market)(by: small.manager) }
    }

    @Test("leaves a batch alone that has time, and offers one that has not to those who are there")
    func reach() async throws {
        let calm = try await Desk(hours: 200)
        #expect(try await calm.round().runOnce().counts[.escalationSteps] == 0)
        #expect(try await calm.steps().isEmpty)
        try await ChangeDeadline(market: calm.small.market)(
            Scratch.clock.now() + 6 * 3_600, of: calm.batch.id, from: calm.batch.requester, by: calm.small.manager)
        let outcome = try await calm.round().runOnce()
        #expect(outcome.counts[.escalationSteps] == 1 && outcome.counts[.offersMade] == 2)
        #expect(try await calm.steps() == [.reach])
        let again = try await calm.round().runOnce()
        #expect(again.counts[.escalationSteps] == 0 && again.counts[.offersMade] == 0)
        #expect(try await calm.small.ills() == [])
    }

    @Test("pays more step by step, then forces, then tells an operator; all of it is on record and leases pay it")
    func climb() async throws {
        let desk = try await Desk(hours: 5, lawyers: ["ann"])
        let small = desk.small
        _ = try await desk.round().runOnce()
        #expect(try await desk.steps() == [.reach, .price])
        // It was made after the raise.
        let ann = try await small.market.worker("ann", in: small)
        let offer = try #require(
            try await ListOffers(market: small.market)(of: ann, by: small.manager).first { $0.state == .open })
        let work = try await AcceptOffer(market: small.market)(offer.id, by: Principal.ID(ann.uuid))
        #expect(work.terms["pay_minor"] == 2_200)
        Scratch.clock.advance(by: 1_000)
        _ = try await desk.round().runOnce()
        #expect(try await desk.steps() == [.reach, .price, .price])
        Scratch.clock.advance(by: 1.6 * 3_600)
        _ = try await desk.round().runOnce()
        #expect(Set(try await desk.steps()) == [.reach, .price, .forced])
        #expect(try await desk.alerts().isEmpty)
        Scratch.clock.advance(by: 1.1 * 3_600)
        _ = try await desk.round().runOnce()
        let alert = try #require(try await desk.alerts().first)
        #expect(alert.batch == desk.batch && alert.openSlots == 2)
        #expect((1...3).contains(alert.options.arrayValue?.count ?? 0))
        _ = try await desk.round().runOnce()
        #expect(try await desk.alerts().map(\.id) == [alert.id])
        #expect(try await small.ills() == [])
    }

    @Test("tells the claimants of a batch that is claimed, and raises nothing")
    func claimed() async throws {
        let desk = try await Desk(hours: 1.5, door: .claim)
        _ = try await desk.round().runOnce()
        #expect(try await desk.steps() == [.reach, .forced, .alert])
        for key in ["ann", "ben"] {
            let worker = try await desk.small.market.worker(key, in: desk.small)
            let notices = try await ListNotices(market: desk.small.market)(by: Principal.ID(worker.uuid))
            #expect(notices.contains { $0.notice.kind == "work_urgent" })
        }
        #expect(try await desk.small.count("select count(*) as n from offer") == 0)
        #expect(try await desk.small.ills() == [])
    }

    @Test("never asks anybody below the requirement, but counts who would meet it without a rule")
    func requirement() async throws {
        let desk = try await Desk(
            hours: 0.5,
            requirement: .all([.profession(.lawyer, leastTier: .expert), .years(20, of: .lawyer)]))
        let outcome = try await desk.round().runOnce()
        #expect(outcome.counts[.offersMade] == 0)
        let options = try #require(try await desk.alerts().first).options.arrayValue ?? []
        let widen = try #require(options.first { $0["remedy"] == "widen_requirement" })
        #expect(widen["facts"]?["workers"] == 2)
    }

    @Test("of many schedulers at once each step is taken once, and nobody has two offers")
    func concurrent() async throws {
        let desk = try await Desk(hours: 1.5)
        try await withThrowingTaskGroup { group in
            for _ in 0..<5 { group.addTask { _ = try await desk.round().runOnce() } }
            try await group.waitForAll()
        }
        let steps = try await desk.steps()
        #expect(steps.count == Set(steps).count)
        #expect(
            try await desk.small.count(
                """
                select count(*) as n
                  from (select from offer where state = 'open' group by worker_id having count(*) > 1) as doubled
                """) == 0)
        #expect(try await desk.small.ills() == [])
    }
}

extension Market {
    /// The worker of an operator's key.
    fileprivate func worker(_ key: String, in small: SmallMarket) async throws -> Worker.ID {
        try #require(try await database.read { try await $0.workerID(externalKey: key) })
    }
}
