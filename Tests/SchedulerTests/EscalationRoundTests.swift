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
    struct Desk {
        let small: SmallMarket
        let system: Principal.ID
        let batch: Batch.Key
        let dueAt: Date

        init(
            hours: Double, tasks: Int = 3, door: BatchDoor = .offer, budget: Int64 = 1_000_000,
            requirement: Requirement = .profession(.lawyer, leastTier: .expert), lawyers: [String] = ["ann", "ben"],
            isSwept: Bool = true
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
            if isSwept { try await sweep() }
        }

        /// What is kept of who meets the requirement comes a minute later.
        func sweep() async throws {
            Scratch.clock.advance(by: 61)
            while try await SweepEligibility(market: small.market)() > 0 {}
        }

        func round() -> EscalationRound {
            EscalationRound(market: small.market, by: system, logger: StaffedMarket.silence)
        }

        func endangered() async throws -> EndangeredBatch {
            let found = try await small.market.database.read { [dueAt] in
                try await $0.endangeredBatches(until: dueAt, after: nil, limit: 1)
            }
            return try #require(found.first)
        }

        func offers() async throws -> [Offer] {
            var found: [Offer] = []
            for key in ["ann", "ben"] {
                let worker = try await small.market.worker(key, in: small)
                found += try await ListOffers(market: small.market)(of: worker, by: small.manager)
            }
            return found
        }

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

    @Test("does nothing, and above all nothing that costs, before it is kept who meets a new requirement")
    func unswept() async throws {
        let desk = try await Desk(hours: 0.75, isSwept: false)
        func money() async throws -> [Int64] {
            let (hold, wallet) = (
                AccountKey.hold(ofBatch: desk.batch.id.uuid, desk.small.usd),
                AccountKey.wallet(of: desk.batch.requester, desk.small.usd)
            )
            return [try await desk.small.balance(hold), try await desk.small.balance(wallet)]
        }
        let before = try await money()
        for _ in 0..<2 {
            let outcome = try await desk.round().runOnce()
            #expect(outcome.counts[.escalationSteps] == 0 && outcome.counts[.offersMade] == 0)
            Scratch.clock.advance(by: 20)
        }
        #expect(try await desk.steps().isEmpty)
        #expect(try await desk.alerts().isEmpty)
        #expect(try await money() == before)
        // Then it is looked at like any other.
        try await desk.sweep()
        _ = try await desk.round().runOnce()
        #expect(try await desk.steps().contains(.reach))
        #expect(try await desk.small.ills() == [])
    }

    @Test("explains each offer that it makes, with what it is made of and who would be next")
    func explained() async throws {
        let desk = try await Desk(hours: 5, tasks: 1)
        _ = try await desk.round().runOnce()
        let offers = try await desk.offers().filter { $0.state == .open }
        #expect(offers.count == 1)
        let offer = try #require(offers.first)
        let told = try #require(
            try await ExplainRouting(market: desk.small.market)(offer.id, of: offer.worker, by: desk.small.manager)
                .explanation)
        #expect(told.candidates == 2 && told.runnerUp != nil && told.runnerUp?.worker != offer.worker)
        #expect(told.parts["quality"] != nil && told.parts.values.reduce(0, +) == told.valueMicros)
        #expect(told.hoursPriceMicros == 0 && offer.reason["value"]?.integerValue == told.valueMicros)
        #expect(try await desk.small.ills() == [])
        try await Scratch.asOwner { try await $0.execute("delete from offer_explanation") }
        #expect(try await desk.small.ills() == [.explained])
    }

    @Test("looks through all who meet the demand, page by page, up to a bound that is told")
    func pages() async throws {
        let desk = try await Desk(hours: 5, tasks: 1)
        func supply(of workersMax: Int) async throws -> EscalationSupply {
            let reading = EscalationReading(workersMax: workersMax)
            let batch = try await desk.endangered()
            return try #require(
                try await desk.small.market.database.read { try await reading(batch, in: $0) })
        }
        let (one, both) = (try await supply(of: 1), try await supply(of: 300))
        #expect(one.hands.count == 1 && one.isCut)
        #expect(both.hands.count == 2 && !both.isCut)
        #expect(both.hands.allSatisfy { both.worth.pair(of: $0.worker.id, isForced: false) != nil })
    }

    @Test("looks no further than at those who leave a batch more slack than the ladder begins at")
    func calm() async throws {
        let desk = try await Desk(hours: 200, tasks: 1)
        let (reading, batch) = (EscalationReading(workersMax: 300), try await desk.endangered())
        #expect(try await desk.small.market.database.read { try await reading(batch, in: $0) } == nil)
        #expect(try await desk.round().runOnce().counts[.escalationSteps] == 0)
    }

    @Test("prices hours by the worker's windows, as a routing round does, and leaves nobody out whom it would take")
    func windows() async throws {
        let desk = try await Desk(hours: 5, tasks: 1, lawyers: ["ann"])
        let (small, ann) = (desk.small, try await desk.small.market.worker("ann", in: desk.small))
        // It is Monday, four in the morning in New York: what is left of the week is the next hour and a half.
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(windows: [AvailabilityWindow(.monday, DaySpan("04:00-05:30"))]), of: ann,
            by: small.manager)
        let day = try WorkWeek.day(of: Scratch.clock.now(), timeZone: "UTC")
        _ = try await KeepHourPrices(market: small.market)(
            [HourPriceTag(worker: ann, priceMicros: 12_000_000, units: 10)],
            of: PriceSolve(
                solvedOn: day, demands: 1, workers: 1, certificateMillionths: 1_000_000,
                priceMostMicros: 12_000_000), by: small.manager)
        #expect(try await desk.round().runOnce().counts[.offersMade] == 1)
        let offer = try #require(
            try await ListOffers(market: small.market)(of: ann, by: small.manager).first { $0.state == .open })
        let told = try #require(
            try await ExplainRouting(market: small.market)(offer.id, of: ann, by: small.manager).explanation)
        // By the calendar it would be 24 dollars.
        #expect((1..<10_000_000).contains(told.hoursPriceMicros))
        #expect(try await small.ills() == [])
    }

    @Test("pays more step by step, then forces, then tells an operator; all of it is on record and leases pay it")
    func climb() async throws {
        let desk = try await Desk(hours: 5, lawyers: ["ann"])
        let small = desk.small
        let ann = try await small.market.worker("ann", in: small)
        func offer() async throws -> Offer.ID {
            try #require(
                try await ListOffers(market: small.market)(of: ann, by: small.manager).first { $0.state == .open }
            ).id
        }
        _ = try await desk.round().runOnce()
        #expect(try await desk.steps() == [.reach])
        try await DeclineOffer(market: small.market)(try await offer(), because: .tooLow, by: Principal.ID(ann.uuid))
        Scratch.clock.advance(by: 1_000)
        _ = try await desk.round().runOnce()
        #expect(try await desk.steps() == [.reach, .price])
        // The next round asks again, at the new price.
        _ = try await desk.round().runOnce()
        let work = try await AcceptOffer(market: small.market)(try await offer(), by: Principal.ID(ann.uuid))
        #expect(work.terms["pay_minor"] == 2_200)
        Scratch.clock.advance(by: 1_000)
        _ = try await desk.round().runOnce()
        // At this price nobody has declined.
        #expect(try await desk.steps() == [.reach, .price])
        try await DeclineOffer(market: small.market)(try await offer(), because: .tooLow, by: Principal.ID(ann.uuid))
        Scratch.clock.advance(by: 1.4 * 3_600)
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

    @Test("offers nothing to somebody whose day is full, as they could not accept it")
    func fullDay() async throws {
        let desk = try await Desk(hours: 5, lawyers: ["ann"])
        let (small, ann) = (desk.small, try await desk.small.market.worker("ann", in: desk.small))
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(dailyMinutesMax: 60), of: ann, by: small.manager)
        for _ in 0..<2 {
            #expect(try await desk.round().runOnce().counts[.offersMade] == 1)
            let offer = try #require(
                try await ListOffers(market: small.market)(of: ann, by: small.manager).first { $0.state == .open })
            _ = try await AcceptOffer(market: small.market)(offer.id, by: Principal.ID(ann.uuid))
        }
        #expect(try await small.count("select count(*) as n from slot where state = 'open'") == 1)
        #expect(try await desk.round().runOnce().counts[.offersMade] == 0)
        #expect(try await small.ills() == [])
    }

    @Test("raises nothing for work that nobody is asked for, as their hours would bring more elsewhere")
    func belowPrice() async throws {
        let desk = try await Desk(hours: 3.5)
        let small = desk.small
        var tags: [HourPriceTag] = []
        for key in ["ann", "ben"] {
            let worker = try await small.market.worker(key, in: small)
            tags.append(HourPriceTag(worker: worker, priceMicros: 200_000_000, units: 10))
        }
        let solve = PriceSolve(
            solvedOn: try WorkWeek.day(of: Scratch.clock.now(), timeZone: "UTC"), demands: 1, workers: 2,
            certificateMillionths: 1_000_000, priceMostMicros: 200_000_000)
        _ = try await KeepHourPrices(market: small.market)(tags, of: solve, by: small.manager)
        let hold = AccountKey.hold(ofBatch: desk.batch.id.uuid, small.usd)
        let before = try await small.balance(hold)
        for _ in 0..<2 {
            #expect(try await desk.round().runOnce().counts[.offersMade] == 0)
            Scratch.clock.advance(by: 1_000)
        }
        #expect(try await desk.steps().isEmpty)
        #expect(try await small.balance(hold) == before)
        // Once the forced lane takes it, they are asked at the pay of now.
        Scratch.clock.advance(by: 2_000)
        #expect(try await desk.round().runOnce().counts[.offersMade] == 2)
        #expect(try await desk.steps() == [.reach, .forced])
        #expect(try await small.balance(hold) == before)
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

    @Test("a deadline that was put off too little is in danger again, with an alert of its own")
    func extended() async throws {
        let desk = try await Desk(hours: 0.5)
        let small = desk.small
        _ = try await desk.round().runOnce()
        let first = try #require(try await desk.alerts().first)
        let due = desk.dueAt + 1_800
        try await ChangeDeadline(market: small.market)(
            due, of: desk.batch.id, from: desk.batch.requester, by: small.manager)
        for _ in 0..<2 {
            _ = try await desk.round().runOnce()
            let open = try await desk.alerts()
            #expect(open.map(\.dueAt) == [due] && open.first?.id != first.id)
            Scratch.clock.advance(by: 60)
        }
        #expect(try await small.ills() == [])
    }

    @Test("operators are told again, once, of a deadline that comes back, until somebody says what was done")
    func returned() async throws {
        let desk = try await Desk(hours: 0.5)
        let small = desk.small
        _ = try await desk.round().runOnce()
        let first = try #require(try await desk.alerts().first)
        for due in [desk.dueAt + 1_800, desk.dueAt] {
            Scratch.clock.advance(by: 60)
            try await ChangeDeadline(market: small.market)(
                due, of: desk.batch.id, from: desk.batch.requester, by: small.manager)
            _ = try await desk.round().runOnce()
        }
        let again = try #require(try await desk.alerts().first)
        #expect(again.dueAt == desk.dueAt && again.id != first.id)
        _ = try await desk.round().runOnce()
        #expect(try await desk.alerts().map(\.id) == [again.id])
        try await CloseAlert(market: small.market)(again.id, resolution: "Seen.", by: small.manager)
        _ = try await desk.round().runOnce()
        #expect(try await desk.alerts().isEmpty)
        #expect(try await small.ills() == [])
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
    func worker(_ key: String, in small: SmallMarket) async throws -> Worker.ID {
        try #require(try await database.read { try await $0.workerID(externalKey: key) })
    }
}
