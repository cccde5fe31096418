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
            let late = try await late(staffed)
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
                } catch is LeaseRefusal {
                    // It ran out.
                }
            }
            while try await ExpireLeases(market: staffed.market)(by: staffed.system) > 0 {}
        }
        #expect(waited > 0, "nothing ever waited")
        #expect(try await staffed.ills() == [])
    }

    /// Pairs of a batch that has waited for longer than the bound and has a slot that is not on offer, and a worker who
    /// could be offered it: asked of the tables, not of the plan.
    private func late(_ staffed: StaffedMarket) async throws -> Int {
        try await staffed.count(
            """
            select count(*) as n
              from batch
              join worker on worker.state = 'active'
              left join worker_load on worker_load.worker_id = worker.worker_id
             where batch.state = 'open' and batch.opened_at <= \(Scratch.clock.now() - Self.bound)
               and (select count(*) from slot where slot.batch_id = batch.batch_id and slot.state = 'open')
                   > (select count(*) from offer where offer.batch_id = batch.batch_id and offer.state = 'open')
               and not exists (select from offer where offer.batch_id = batch.batch_id
                                                   and offer.worker_id = worker.worker_id
                                                   and offer.state <> 'accepted')
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
                     where worker_week.worker_id = worker.worker_id)
                   + (select coalesce(sum(expected_minutes), 0) from offer
                       where offer.worker_id = worker.worker_id and offer.state = 'open')
                   -- The auction counts quarter hours.
                   + (batch.expected_minutes + 14) / 15 * 15 + 15 <= worker.weekly_minutes_max
            """)
    }
}
