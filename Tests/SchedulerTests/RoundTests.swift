import Formats
import Foundation
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

@testable import Scheduler

@Suite("The scheduler's rounds", .scratchDatabase)
struct RoundTests {
    @Test("reopen the slot of a lease that ran out, and give its minutes back")
    func leaseExpiry() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w", weeklyMinutes: 30)
        let batch = try await staffed.batch("b", door: .claim)
        let claim = ClaimTask(market: staffed.market)
        let work = try await claim(from: (staffed.requester, batch), by: Principal.ID(worker.uuid))
        let round = LeaseExpiryRound(market: staffed.market, by: staffed.system)
        Scratch.clock.advance(by: 3_599)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.leasesExpired: 0], hasMore: false))
        Scratch.clock.advance(by: 1)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.leasesExpired: 1], hasMore: false))
        #expect(try await staffed.count("select sum(committed_minutes)::bigint as n from worker_week") == 0)
        #expect(try await staffed.count("select sum(live_leases)::bigint as n from worker_load") == 0)
        let again = try await claim(from: (staffed.requester, batch), by: Principal.ID(worker.uuid))
        #expect(again.task == work.task && again.leaseToken > work.leaseToken)
        #expect(try await staffed.ills() == [])
    }

    @Test("end a full piece with the word that there may be more")
    func hasMore() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        let batch = try await staffed.batch("b", door: .claim, tasks: 3)
        for _ in 0..<3 {
            _ = try await ClaimTask(market: staffed.market)(
                from: (staffed.requester, batch), by: Principal.ID(worker.uuid)
            )
        }
        Scratch.clock.advance(by: 3_600)
        let round = LeaseExpiryRound(market: staffed.market, by: staffed.system, most: 2)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.leasesExpired: 2], hasMore: true))
        #expect(try await round.runOnce() == RoundOutcome(counts: [.leasesExpired: 1], hasMore: false))
    }

    @Test("close batches that have nothing left to do, and withdraw what is left past a deadline")
    func batchClosing() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        try await staffed.earn(worker, try await staffed.batch("a", door: .claim))
        let due = try await staffed.batch("b", door: .claim, tasks: 2)
        try await ChangeDeadline(market: staffed.market)(
            Scratch.start + 60, of: due, from: staffed.requester, by: staffed.manager)
        let round = BatchClosingRound(market: staffed.market, by: staffed.system)
        #expect(
            try await round.runOnce()
                == RoundOutcome(counts: [.batchesClosed: 1, .tasksWithdrawn: 0], hasMore: false))
        Scratch.clock.advance(by: 60)
        #expect(
            try await round.runOnce()
                == RoundOutcome(counts: [.batchesClosed: 1, .tasksWithdrawn: 2], hasMore: false))
        #expect(
            try await staffed.count(
                """
                select count(*) as n from batch
                 where closed_reason::text = case name when 'a' then 'done' else 'expired' end
                """) == 2)
        #expect(try await staffed.ills() == [])
    }

    @Test("complete a list of what is to be checked again, step by step")
    func recheckListing() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        let batch = try await staffed.batch("b", door: .claim, tasks: 8)
        for _ in 0..<8 { try await staffed.earn(worker, batch) }
        let round = RecheckListingRound(market: staffed.market, by: staffed.system, answersPerStep: 2)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.recheckSteps: 0], hasMore: false))
        let guideline = try await ListGuidelines(market: staffed.market)(of: staffed.requester, by: staffed.system)
        let listing = try await PublishGuideline(market: staffed.market, answersPerStep: 1)(
            GuidelineDraft(text: "Two.", changes: "All", scope: .everything), of: try #require(guideline.first).id,
            from: staffed.requester, by: staffed.system
        )
        #expect(!listing.isComplete && listing.listed == 5)
        for _ in 0..<2 {
            #expect(try await round.runOnce() == RoundOutcome(counts: [.recheckSteps: 1], hasMore: true))
        }
        #expect(try await round.runOnce() == RoundOutcome(counts: [.recheckSteps: 0], hasMore: false))
        #expect(try await staffed.count("select count(*) as n from recheck_item") == 8)
        #expect(try await staffed.ills() == [])
    }

    @Test("destroy contents when their time is over, batch after batch")
    func retention() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        try await SetRetentionClass(market: staffed.market)(
            RetentionClass(name: "short", daysAfterClose: 1), by: staffed.manager)
        try await SetProjectRetention(market: staffed.market)(
            of: staffed.project, from: staffed.requester, to: "short", by: staffed.manager)
        for name in ["a", "b"] {
            let batch = try await staffed.batch(name, door: .claim)
            try await staffed.earn(worker, batch)
            _ = try await CloseBatch(market: staffed.market)(batch, of: staffed.requester, by: staffed.manager)
        }
        let round = RetentionRound(market: staffed.market, by: staffed.system)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.contentsEmptied: 0], hasMore: false))
        Scratch.clock.advance(by: 86_400)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.contentsEmptied: 1], hasMore: true))
        #expect(try await round.runOnce() == RoundOutcome(counts: [.contentsEmptied: 1], hasMore: true))
        #expect(try await round.runOnce() == RoundOutcome(counts: [.contentsEmptied: 0], hasMore: false))
        #expect(try await staffed.ills() == [])
    }

    @Test("keep the pay floor, batch after batch, and pay nothing twice")
    func payFloor() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        for name in ["a", "b"] {
            try await staffed.earn(worker, try await staffed.batch(name, door: .claim))
        }
        let round = PayFloorRound(market: staffed.market, by: staffed.system)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.payTopUps: 0], hasMore: false))
        try await staffed.setFloor(hourlyMinor: 10_000_000)
        #expect(try await round.runOnce() == RoundOutcome(counts: [.payTopUps: 2], hasMore: false))
        #expect(try await round.runOnce() == RoundOutcome(counts: [.payTopUps: 0], hasMore: false))
        #expect(try await staffed.ills() == [])
    }

    @Test("seal what was recorded")
    func sealing() async throws {
        let staffed = try await StaffedMarket()
        let waiting = try await staffed.count("select count(*) as n from audit_unsealed")
        #expect(waiting > 0)
        #expect(try await AuditSealRound(market: staffed.market).runOnce().counts == [.eventsSealed: waiting])
        #expect(try await staffed.count("select count(*) as n from audit_unsealed") == 0)
    }

    @Test("review tiers page by page: propose, and give what is automatic")
    func tierReview() async throws {
        let staffed = try await StaffedMarket()
        for key in ["a", "b", "c"] { _ = try await staffed.worker(key, tier: .generalist) }
        let publish = PublishTierRule(market: staffed.market)
        let conditions = try TierConditions(json: ["licences": 1])
        _ = try await publish(.specialist, in: .lawyer, conditions: conditions, isAutomatic: false, by: staffed.manager)
        let round = TierReviewRound(market: staffed.market, by: staffed.system, most: 2)
        let counts: [[SchedulerCount: Int]] = [
            [.tiersProposed: 2, .tiersGranted: 0], [.tiersProposed: 1, .tiersGranted: 0],
        ]
        #expect(try await round.runOnce() == RoundOutcome(counts: counts[0], hasMore: true))
        #expect(try await round.runOnce() == RoundOutcome(counts: counts[1], hasMore: false))
        Scratch.clock.advance(by: 1)
        _ = try await publish(.specialist, in: .lawyer, conditions: conditions, isAutomatic: true, by: staffed.manager)
        #expect(try await round.runOnce().counts == [.tiersProposed: 0, .tiersGranted: 2])
        #expect(try await round.runOnce().counts == [.tiersProposed: 0, .tiersGranted: 1])
        #expect(try await staffed.ills() == [])
    }

    @Test("hand notices on once, and again after a channel that failed")
    func notices() async throws {
        let staffed = try await StaffedMarket()
        let manager = staffed.manager
        let id: Notice.ID = staffed.market.identifiers.make(at: Scratch.start)
        try await staffed.market.database.transaction {
            try await $0.tell(manager, kind: "work_rejected", facts: [:], id: id)
        }
        let received = Mutex<[Notice.ID]>([])
        struct Closed: Error {}
        let failing = NoticeDeliveryRound(market: staffed.market) { _ in throw Closed() }
        await #expect(throws: Closed.self) { try await failing.runOnce() }
        Scratch.clock.advance(by: 60)
        let round = NoticeDeliveryRound(market: staffed.market) { notices in
            received.withLock { $0 += notices.map(\.id) }
        }
        #expect(try await round.runOnce().counts == [.noticesDelivered: 1])
        #expect(try await round.runOnce().counts == [.noticesDelivered: 0])
        #expect(received.withLock { $0 } == [id])
    }

    @Test("remind of re-verification, and close exams that nobody handed in")
    func expertise() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        let exam: JSON = [
            "profession": "lawyer", "key": "tax", "title": "Tax", "minutes": 10, "attempts_max": 1,
            "cooldown_hours": 0, "pass_bps": 5_000, "valid_days": 30, "answer_key": ["q": "a"],
            "sections": [
                [
                    "title": "S", "weight": 1,
                    "questions": [["id": "q", "prompt": "?", "options": ["a": "A", "b": "B"], "skill": "lawyer/tax"]],
                ]
            ],
        ]
        _ = try await PublishExam(market: staffed.market)(try ExamDraft(json: exam), by: staffed.manager)
        _ = try await StartExam(market: staffed.market)("tax", by: worker)
        let closing = ExamClosingRound(market: staffed.market, by: staffed.system)
        #expect(try await closing.runOnce().counts == [.examsClosed: 0])
        let reminding = ReverificationRound(market: staffed.market, by: staffed.system)
        #expect(try await reminding.runOnce().counts == [.reverificationsReminded: 0])
        // The admission ends with the first day of 2027.
        Scratch.clock.advance(by: 300 * 86_400)
        #expect(try await closing.runOnce() == RoundOutcome(counts: [.examsClosed: 1], hasMore: false))
        #expect(try await reminding.runOnce().counts == [.reverificationsReminded: 1])
        #expect(try await reminding.runOnce().counts == [.reverificationsReminded: 0])
    }

    @Test("run together in the loop of a market, and end with it")
    func together() async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        _ = try await staffed.batch("b")
        let clock = SteppedClock()
        let loop = SchedulerLoop(
            [
                LeaseExpiryRound(market: staffed.market, by: staffed.system),
                OfferLapseRound(market: staffed.market, by: staffed.system), AuditSealRound(market: staffed.market),
                staffed.routing(), NoticeDeliveryRound(market: staffed.market) { _ in },
            ],
            clock: clock, logger: StaffedMarket.silence
        )
        let running = Task { await loop.run() }
        await clock.whenAsleep(5)
        running.cancel()
        await running.value
        #expect(loop.metrics.byRound.values.map(\.failures) == [0, 0, 0, 0, 0])
        #expect(loop.metrics.total(.offersMade) == 1)
        #expect(try await staffed.openOffer(of: worker) != nil)
    }
}
