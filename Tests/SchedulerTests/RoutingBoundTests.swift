import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("Nothing waits while somebody could do it", .scratchDatabase)
struct RoutingBoundTests {
    /// How long a batch may have an open slot that is not on offer while somebody could be offered it.
    private static let bound: TimeInterval = 900

    @Test("no batch is older than its bound with a slot that an eligible worker has hours for", arguments: [1, 2, 3])
    func bound(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let staffed = try await StaffedMarket()
        var workers: [Worker.ID] = []
        for number in 0..<6 {
            workers.append(
                try await staffed.worker(
                    "w\(number)", tier: Bool.random(using: &random) ? .expert : .principal,
                    weeklyMinutes: [60, 300, 2_400].randomElement(using: &random) ?? 60))
        }
        let routing = staffed.routing()
        var (batches, waited, leases): (Int, Int, [Assignment]) = (0, 0, [])
        for tick in 0..<96 {
            for _ in 0..<Int.random(in: 0...1, using: &random) where batches < 40 {
                batches += 1
                _ = try await staffed.batch(
                    "b\(batches)", tasks: Int.random(in: 1...3, using: &random),
                    redundancy: Int.random(in: 1...2, using: &random),
                    minutes: [10, 30, 90].randomElement(using: &random) ?? 30,
                    priority: Int.random(in: 0...1, using: &random))
            }
            _ = try await routing.route()
            let late = try await late(staffed, after: Self.bound)
            #expect(late == 0, "tick \(tick)")
            waited += try await staffed.count(
                "select count(*) as n from slot where state = 'open'")
            for worker in workers {
                guard let offer = try await staffed.openOffer(of: worker) else { continue }
                switch Int.random(in: 0..<10, using: &random) {
                case 0: try await DeclineOffer(market: staffed.market)(offer.id, by: Principal.ID(worker.uuid))
                case 1...3: continue
                default:
                    do {
                        leases.append(try await staffed.accept(offer))
                    } catch ClaimRefusal.noWork {
                        // An offer reserves nothing: others took what was open, but for tasks that they have done.
                        #expect(try await FillOffers(market: staffed.market)(by: staffed.system) > 0)
                        #expect(try await staffed.openOffer(of: worker)?.id != offer.id)
                    }
                }
            }
            Scratch.clock.advance(by: 450)
            while try await LapseOffers(market: staffed.market)(by: staffed.system) > 0 {}
            for work in leases.prefix(Int.random(in: 0...3, using: &random)) {
                leases.removeFirst()
                do {
                    _ = try await SubmitAnswer(market: staffed.market)(
                        [:], for: work.id, token: work.leaseToken, by: Principal.ID(work.worker.uuid))
                } catch SubmitRefusal.leaseLost {
                    // It ran out, and somebody else has the slot.
                }
            }
            while try await ExpireLeases(market: staffed.market)(by: staffed.system) > 0 {}
        }
        #expect(waited > 0, "nothing ever waited")
        #expect(try await staffed.ills() == [])
    }

    /// Pairs of a batch that has waited for longer than the bound and has a slot that is not on offer, and a worker who
    /// could be offered it: asked of the tables, not of the plan.
    private func late(_ staffed: StaffedMarket, after bound: TimeInterval) async throws -> Int {
        try await staffed.count(
            """
            select count(*) as n
              from batch
              join worker on worker.state = 'active'
              left join worker_load on worker_load.worker_id = worker.worker_id
             where batch.state = 'open' and batch.opened_at <= \(Scratch.clock.now() - bound)
               and batch.due_at is null
               and (select count(*) from slot where slot.batch_id = batch.batch_id and slot.state = 'open')
                   > (select count(*) from offer where offer.batch_id = batch.batch_id and offer.state = 'open')
               and not exists (select from offer where offer.batch_id = batch.batch_id
                                                   and offer.worker_id = worker.worker_id
                                                   and offer.state <> 'accepted')
               -- Whoever took it as often as it has tasks, and lost a lease, is not offered it again on these terms.
               and (select count(*) from offer where offer.batch_id = batch.batch_id
                                                 and offer.worker_id = worker.worker_id) < batch.task_count
               and exists (select from task
                            where task.batch_id = batch.batch_id
                              and exists (select from slot where slot.task_id = task.task_id and slot.state = 'open')
                              and not exists (select from assignment as mine
                                               where mine.task_id = task.task_id
                                                 and mine.worker_id = worker.worker_id))
               and coalesce(worker_load.live_leases, 0)
                   + (select count(*) from offer where offer.worker_id = worker.worker_id and offer.state = 'open')
                   < worker.tasks_at_once_max
               and (select coalesce(sum(committed_minutes), 0) from worker_week
                     where worker_week.worker_id = worker.worker_id
                       and week_starts_on = date_trunc('week', \(Scratch.clock.now())::timestamptz
                                                                at time zone worker.time_zone)::date)
                   + (select coalesce(sum(expected_minutes), 0) from offer
                       where offer.worker_id = worker.worker_id and offer.state = 'open')
                   -- The auction counts quarter hours.
                   + (batch.expected_minutes + 14) / 15 * 15 + 15 <= worker.weekly_minutes_max
            """)
    }

    @Test("a batch that was paused, or had a deadline, is past its bound a week after it went on, or had none any more")
    func anew() async throws {
        let staffed = try await StaffedMarket()
        _ = try await staffed.worker("w")
        let paused = try await staffed.batch("paused")
        let eased = try await staffed.batch("eased", dueAt: Scratch.clock.now() + 60 * 86_400)
        let pause = PauseBatch(market: staffed.market)
        try await pause(paused, of: staffed.requester, by: staffed.manager)
        Scratch.clock.advance(by: 8 * 86_400)
        try await pause.resume(paused, of: staffed.requester, by: staffed.manager)
        try await ChangeDeadline(market: staffed.market)(
            nil, of: eased, from: staffed.requester, by: staffed.manager)
        func read() async throws -> (late: Set<Batch.ID>, all: [Batch.ID]) {
            try await staffed.market.database.read { transaction in
                let (market, _) = try await RoutingReading(limits: RoutingRound.Limits())(
                    .lawyer, after: RoutingCursor(), in: transaction)
                let late = market.batches.filter { $0.isPastBound(at: market.instant) }
                return (Set(late.map(\.id)), market.batches.map(\.id))
            }
        }
        let now = try await read()
        #expect(now.late == [] && now.all.count == 2 && Set(now.all) == [paused, eased])
        Scratch.clock.advance(by: 7 * 86_400)
        let later = try await read()
        #expect(later.late == [paused, eased] && later.all.count == 2)
        #expect(try await staffed.ills() == [])
    }

    /// The longest that work without a deadline may wait for somebody whose hours are worth more elsewhere.
    private static let week: TimeInterval = 7 * 86_400

    @Test(
        "with hours that are dear and few, and work that is due and has priority, a task past its bound goes first",
        arguments: [1, 2])
    func scarce(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let staffed = try await StaffedMarket()
        var workers: [Worker.ID] = []
        // Two tasks a week each: fewer than what comes without a deadline.
        for number in 0..<3 { workers.append(try await staffed.worker("w\(number)", weeklyMinutes: 60)) }
        let routing = staffed.routing()
        // Days of four turns. Hours are so dear that nothing is worth them, but on the second Monday and the third.
        for tick in 0..<64 {
            let isDue = tick % 2 == 1
            _ = try await staffed.batch(
                "b\(tick)", priority: isDue ? 2 : 0, dueAt: isDue ? Scratch.clock.now() + 30 * 3_600 : nil)
            if tick % 4 == 0 {
                try await price(workers, at: tick == 28 || tick == 56 ? 1 : 1_000_000_000, in: staffed)
            }
            _ = try await routing.route()
            #expect(try await late(staffed, after: Self.week) == 0, "turn \(tick)")
            #expect(try await outbid(staffed) == 0, "turn \(tick)")
            for worker in workers {
                while let offer = try await staffed.openOffer(of: worker) {
                    let actor = Principal.ID(worker.uuid)
                    if Int.random(in: 0..<8, using: &random) == 0 {
                        try await DeclineOffer(market: staffed.market)(offer.id, by: actor)
                        continue
                    }
                    let work = try await staffed.accept(offer)
                    _ = try await SubmitAnswer(market: staffed.market)(
                        [:], for: work.id, token: work.leaseToken, by: actor)
                }
            }
            Scratch.clock.advance(by: 6 * 3_600)
        }
        let (past, due) = (
            try await staffed.count(
                """
                select count(*) as n from offer join batch using (requester_id, batch_id)
                 where batch.due_at is null and offer.offered_at >= batch.opened_at + interval '7 days'
                """),
            try await staffed.count(
                """
                select count(*) as n from offer join batch using (requester_id, batch_id)
                 where batch.due_at is not null
                """)
        )
        #expect(past >= 6 && due > 0, "\(past) offers past the bound, \(due) of work that is due")
        #expect(try await staffed.ills() == [])
    }

    /// Sets what a quarter of an hour of each worker is worth from today on.
    private func price(_ workers: [Worker.ID], at micros: Int64, in staffed: StaffedMarket) async throws {
        let isKept = try await KeepHourPrices(market: staffed.market)(
            workers.map { HourPriceTag(worker: $0, priceMicros: micros, units: 4) },
            of: PriceSolve(
                solvedOn: try WorkWeek.day(of: Scratch.clock.now(), timeZone: "UTC"), demands: 1, workers: 3,
                certificateMillionths: 1_000_000, priceMostMicros: micros, policyVersion: 1), by: staffed.system)
        #expect(isKept)
    }

    /// Offers of this instant, of work within its bound, to somebody who could have been offered work past it instead;
    /// all work takes as long.
    private func outbid(_ staffed: StaffedMarket) async throws -> Int {
        let (now, bound) = (Scratch.clock.now(), Scratch.clock.now() - Self.week)
        return try await staffed.count(
            """
            select count(*) as n
              from offer join batch as taken using (requester_id, batch_id)
             where offer.offered_at = \(now) and (taken.due_at is not null or taken.opened_at > \(bound))
               and exists (select from batch as late
                            where late.state = 'open' and late.due_at is null and late.opened_at <= \(bound)
                              and (select count(*) from slot
                                    where slot.batch_id = late.batch_id and slot.state = 'open')
                                  > (select count(*) from offer as live
                                      where live.batch_id = late.batch_id and live.state = 'open')
                              and not exists (select from offer as past
                                               where past.batch_id = late.batch_id
                                                 and past.worker_id = offer.worker_id))
            """)
    }
}
