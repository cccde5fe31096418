import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("A routing round", .scratchDatabase)
struct RoutingRoundTests {
    @Test("makes offers that say why, and an accepted one is a lease")
    func endToEnd() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        let stranger = try await staffed.worker("s", tier: nil)
        let batch = try await staffed.batch("b", tasks: 3)
        let report = try await staffed.routing().route()
        #expect(report.offersMade == 1)
        #expect(report.plan?.workers.map(\.subject) == [stranger])
        #expect(report.plan?.workers.first?.bar.rule == .requirement)
        let offer = try #require(try await staffed.openOffer(of: worker))
        #expect(offer.reason["rule"]?.stringValue == "capacitated_auction")
        #expect(offer.reason["proof"]?["tiers"]?["lawyer"]?.stringValue == "expert")
        #expect(offer.reason["certificate_millionths"]?.integerValue == 1_000_000)
        let work = try await staffed.accept(offer)
        #expect(work.batch == batch && work.worker == worker)
        #expect(try await staffed.ills() == [])
    }

    @Test("tells a worker once of all that it offers them")
    func told() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        for name in ["a", "b", "c"] { _ = try await staffed.batch(name) }
        let routing = staffed.routing()
        let made = try await routing.route().offersMade
        #expect(made > 1)
        _ = try await routing.route()
        let told = try await ListNotices(market: staffed.market)(by: Principal.ID(worker.uuid)).map(\.notice)
            .filter { $0.kind == "offer_made" }
        #expect(told.map { $0.facts["count"]?.integerValue } == [Int64(made)])
        #expect(told.first?.facts["offers"]?.arrayValue?.count == made)
    }

    @Test("offers what one worker declines to another, and not to the first again on that day")
    func declined() async throws {
        let staffed = try await StaffedMarket()
        let expert = try await staffed.worker("e")
        let principal = try await staffed.worker("p", tier: .principal)
        _ = try await staffed.batch("b")
        let routing = staffed.routing()
        _ = try await routing.route()
        let first = try #require(try await staffed.openOffer(of: expert))
        #expect(try await staffed.openOffer(of: principal) == nil)
        try await DeclineOffer(market: staffed.market)(first.id, by: Principal.ID(expert.uuid))
        Scratch.clock.advance(by: 60)
        let report = try await routing.route()
        #expect(try await staffed.openOffer(of: principal) != nil)
        #expect(report.plan?.workers.map(\.bar.rule) == [.turnedDown])
        Scratch.clock.advance(by: 86_400)
        #expect(
            try await OfferLapseRound(market: staffed.market, by: staffed.system).runOnce().counts == [
                .offersLapsed: 1
            ])
        // Not on the same terms: the one declined; the other let it lapse a moment ago.
        let rules = try await routing.route().plan?.workers.map(\.bar.rule) ?? []
        #expect(Set(rules) == [.offeredBefore, .turnedDown] && rules.count == 2)
        // On better ones they are.
        try await Scratch.asOwner { try await $0.execute("update batch set pay_minor = pay_minor + 100") }
        _ = try await routing.route()
        #expect(try await staffed.openOffer(of: expert) != nil)
    }

    @Test("offers no more of a batch to whom its share is used up, nor to an account that may be theirs")
    func shareUsed() async throws {
        let staffed = try await StaffedMarket()
        let (ann, ben, cem) = (
            try await staffed.worker("ann"), try await staffed.worker("ben"), try await staffed.worker("cem")
        )
        _ = try await staffed.batch("b", tasks: 8)
        try await SetShareLimit(market: staffed.market)(
            1_250, of: staffed.project, from: staffed.requester, by: staffed.manager)
        let routing = staffed.routing()
        _ = try await routing.route()
        _ = try await staffed.accept(try #require(try await staffed.openOffer(of: ann)))
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into duplicate_case (duplicate_case_id, worker_id, other_worker_id, ground, state, opened_at)
                values (gen_random_uuid(), least(\(ann)::uuid, \(ben)::uuid), greatest(\(ann)::uuid, \(ben)::uuid),
                        'identity', 'open', \(Scratch.start))
                """)
        }
        Scratch.clock.advance(by: 3_600)
        _ = try await OfferLapseRound(market: staffed.market, by: staffed.system).runOnce()
        Scratch.clock.advance(by: 2 * 86_400)
        let report = try await routing.route()
        let rules = Dictionary(
            (report.plan?.workers ?? []).map { ($0.subject, $0.bar.rule) }, uniquingKeysWith: { first, _ in first })
        #expect(rules[ann] == .finished && rules[ben] == .finished && rules[cem] == nil)
    }

    @Test("offers nothing to whom an exclusion, a conflict of interest or their team bars from it", arguments: 0..<4)
    func barred(bar: Int) async throws {
        let staffed = try await StaffedMarket()
        let (barred, free) = (try await staffed.worker("barred"), try await staffed.worker("free"))
        let market = staffed.market
        let batch = try await staffed.batch("b", tasks: 2)
        if bar == 1 {
            _ = try await ExcludeWorker(market: market)(
                barred, from: staffed.requester, reason: "Why.", by: staffed.manager)
        }
        if bar == 2 {
            _ = try await DeclareInterest(market: market)(.family, in: "Acme", of: barred, by: staffed.manager)
            try await Scratch.asOwner {
                try await $0.execute(
                    "insert into project_party select requester_id, project_id, 'Acme', 'acme' from project")
            }
        }
        if bar == 3 {
            let draft = try TeamDraft(externalKey: "a", kind: .agency, name: "A", base: "DE")
            let team = try await CreateTeam(market: market)(draft, by: staffed.manager)
            try await JoinTeam(market: market)(barred, team.id, by: staffed.manager)
            try await Scratch.asOwner { try await $0.execute("update batch set workforces = '{crowd}'") }
        }
        let report = try await staffed.routing().route()
        #expect(report.offersMade == (bar == 0 ? 2 : 1))
        #expect(try await staffed.openOffer(of: free)?.batch == batch)
        #expect(try await (staffed.openOffer(of: barred) == nil) == (bar != 0))
        #expect(report.plan?.workers.map(\.bar.rule) == (bar == 0 ? [] : [.barred]))
    }

    @Test(
        "offers nothing of a batch to who has an interest in a party of every task that they have not done",
        arguments: [1, 2, 3])
    func taskParties(conflicting: Int) async throws {
        let staffed = try await StaffedMarket()
        let (tied, free) = (try await staffed.worker("tied"), try await staffed.worker("free"))
        let batch = try await staffed.batch("b", tasks: 3, redundancy: 2)
        _ = try await DeclareInterest(market: staffed.market)(.family, in: "Acme", of: tied, by: staffed.manager)
        try await Scratch.asOwner {
            try await $0.execute(
                """
                insert into task_party
                select requester_id, task_id, 'Acme', 'acme' from task order by task_id limit \(conflicting)
                """)
            try await $0.execute("update batch set has_task_parties = true")
        }
        let routing = staffed.routing()
        // With two of three tasks barred, one is left to be done, and then none.
        for round in 1...2 {
            let report = try await routing.route()
            #expect(report.refused.isEmpty)
            let isBarred = conflicting == 3 || (conflicting == 2 && round == 2)
            let offer = try await staffed.openOffer(of: tied)
            #expect((offer == nil) == isBarred, "round \(round)")
            if isBarred { #expect(report.plan?.workers.first { $0.subject == tied }?.bar.rule == .barred) }
            if let offer { _ = try await staffed.accept(offer) }
        }
        #expect(try await staffed.openOffer(of: free)?.batch == batch)
        #expect(try await staffed.ills() == [])
    }

    @Test("looks at offered batches only, and makes no more offers than there are open slots")
    func bounded() async throws {
        let staffed = try await StaffedMarket()
        for key in ["a", "b", "c"] { _ = try await staffed.worker(key) }
        _ = try await staffed.batch("claimed", door: .claim, tasks: 5)
        _ = try await staffed.batch("offered", tasks: 1, redundancy: 2)
        let routing = staffed.routing()
        #expect(try await routing.route().offersMade == 2)
        #expect(try await routing.route().offersMade == 0)
        #expect(try await staffed.count("select count(*) as n from offer") == 2)
    }

    @Test("counts open offers against hours and the live cap")
    func hours() async throws {
        let staffed = try await StaffedMarket()
        let short = try await staffed.worker("short", weeklyMinutes: 60)
        for number in 0..<7 { _ = try await staffed.batch("b\(number)", minutes: 30) }
        let routing = staffed.routing()
        #expect(try await routing.route().offersMade == 2)
        let report = try await routing.route()
        #expect(report.offersMade == 0)
        #expect(report.plan?.workers.map(\.bar.rule) == [.hours])
        let long = try await staffed.worker("long")
        #expect(try await routing.route().offersMade == 5)
        #expect(try await staffed.count("select count(*) as n from offer where worker_id = \(long)") == 5)
        #expect(try await staffed.count("select count(*) as n from offer where worker_id = \(short)") == 2)
    }

    @Test("offers nothing of a batch to who has done their part of all that is open")
    func finished() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        _ = try await staffed.batch("b", tasks: 1, redundancy: 2)
        let routing = staffed.routing()
        _ = try await routing.route()
        _ = try await staffed.accept(#require(try await staffed.openOffer(of: worker)))
        let report = try await routing.route()
        #expect(report.offersMade == 0)
        #expect(report.plan?.workers.map(\.bar.rule) == [.finished])
    }

    @Test("doubles nothing when many run at once")
    func concurrent() async throws {
        let staffed = try await StaffedMarket()
        for number in 0..<12 { _ = try await staffed.worker("w\(number)", weeklyMinutes: 60) }
        for number in 0..<4 { _ = try await staffed.batch("b\(number)", tasks: 3, minutes: 30) }
        let schedulers = (0..<4).map { _ in staffed.routing() }
        let reports = try await withThrowingTaskGroup { group in
            for scheduler in schedulers {
                group.addTask { try await (0..<3).asyncMap { _ in try await scheduler.route() } }
            }
            return try await group.reduce(into: [RoutingReport]()) { $0 += $1 }
        }
        #expect(reports.reduce(0) { $0 + $1.offersMade } == 12)
        let tooMany = try await staffed.count(
            """
            select count(*) as n from (
                select from offer group by batch_id having count(*) > 3
                union all
                select from offer group by worker_id having count(*) > 2) as doubled
            """)
        #expect(tooMany == 0)
    }

    @Test("leaves a cell to another scheduler that is at it, and takes it up when that one has gone")
    func busy() async throws {
        let staffed = try await StaffedMarket()
        _ = try await staffed.worker("w")
        _ = try await staffed.batch("b")
        try await RouteCell(market: staffed.market).prepare()
        let isBusy = try await staffed.market.database.transaction { transaction in
            try await transaction.execute("select from routing_cell for no key update")
            return try await staffed.routing().route().isBusy
        }
        #expect(isBusy)
        #expect(try await staffed.routing().route().offersMade == 1)
    }

    @Test("leaves a cell alone that was routed a moment ago, by whomever")
    func rests() async throws {
        let staffed = try await StaffedMarket()
        _ = try await staffed.worker("w")
        _ = try await staffed.batch("a")
        let routings = (0..<2).map { _ in staffed.routing { $0.cellRestSeconds = 1 } }
        #expect(try await routings[0].route().cells.count == 1)
        _ = try await staffed.batch("b")
        for routing in routings { #expect(try await routing.route().cells.isEmpty) }
        Scratch.clock.advance(by: 1)
        #expect(try await routings[1].route().offersMade == 1)
        #expect(try await staffed.count("select epoch as n from routing_cell") == 2)
    }

    @Test("goes through more workers and batches than one round looks at, until all have met")
    func pages() async throws {
        let staffed = try await StaffedMarket()
        let stranger = try await staffed.worker("a", tier: nil)
        let workers = [try await staffed.worker("b"), try await staffed.worker("c")]
        for number in 0..<2 { _ = try await staffed.batch("b\(number)", tasks: 2) }
        let routing = staffed.routing {
            $0.batchesMax = 1
            $0.candidatesMax = 1
        }
        for _ in 0..<12 { _ = try await routing.route() }
        for worker in workers {
            #expect(try await staffed.count("select count(*) as n from offer where worker_id = \(worker)") == 2)
        }
        #expect(try await staffed.openOffer(of: stranger) == nil)
    }

    @Test("where it is kept who meets what, goes past those who are suspended, to whoever works")
    func pagesPastSuspended() async throws {
        let staffed = try await StaffedMarket()
        let market = staffed.market
        var workers: [Worker.ID] = []
        for key in ["a", "b", "c", "d"] { workers.append(try await staffed.worker(key)) }
        workers.sort { $0.uuid.uuidString < $1.uuid.uuidString }
        _ = try await staffed.batch("b", tasks: 4)
        while try await SweepEligibility(market: market)() > 0 {}
        for place in [0, 2] {
            _ = try await SuspendWorker(market: market)(
                workers[place], rule: "conduct", facts: [:], reasons: "Under review.", by: staffed.manager)
        }
        let routing = staffed.routing { $0.keptCandidatesMax = 1 }
        for _ in 0..<6 { _ = try await routing.route() }
        for (place, worker) in workers.enumerated() {
            #expect((try await staffed.openOffer(of: worker) != nil) == [1, 3].contains(place))
        }
    }

    @Test("stops at the most offers of a round and goes on in the next")
    func offersMax() async throws {
        let staffed = try await StaffedMarket()
        for key in ["a", "b", "c"] { _ = try await staffed.worker(key) }
        _ = try await staffed.batch("b", tasks: 3)
        let routing = staffed.routing { $0.offersMax = 2 }
        #expect(
            try await routing.runOnce()
                == RoundOutcome(
                    counts: [.offersMade: 2, .offersRefused: 0], hasMore: true, certificateMillionths: 1_000_000
                ))
        #expect(try await routing.runOnce().counts[.offersMade] == 1)
    }

    @Test("is refused to who is no operator")
    func authority() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        _ = try await staffed.batch("b")
        let routing = RoutingRound(
            market: staffed.market, by: Principal.ID(worker.uuid), logger: StaffedMarket.silence
        )
        await #expect(throws: AccessRefusal.roleMissing(.operator)) { try await routing.route() }
    }
}

extension Sequence {
    fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async rethrows -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await body(element)) }
        return results
    }
}
