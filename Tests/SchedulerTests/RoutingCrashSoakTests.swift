import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("Routing by three schedulers, of which one is killed", .scratchDatabase, .turnLimit(minutes: 20))
struct RoutingCrashSoakTests {
    @Test("at any statement and around any COMMIT makes no double offer and loses no slot; the others go on")
    func anywhere() async throws {
        let staffed = try await StaffedMarket()
        var workers: [Worker.ID] = []
        for number in 0..<5 { workers.append(try await staffed.worker("w\(number)")) }
        var (statement, wasCut, madeByTheDead) = (1, true, 0)
        // How long it took from each kill until all was on offer.
        var waits: [Duration] = []
        while wasCut {
            // Killed at its statement while it has the cell; then killed while the three come for it together.
            let alone = try await staffed.batch("a\(statement)", tasks: 3, minutes: 10)
            wasCut = try await routeCut(before: statement, of: staffed)
            madeByTheDead += try await offers(of: alone, staffed)
            waits.append(try await goOn(staffed, workers, alone, "cut before \(statement)"))
            let together = try await staffed.batch("t\(statement)", tasks: 3, minutes: 10)
            let cut = statement
            try await withThrowingTaskGroup { group in
                group.addTask { _ = try await routeCut(before: cut, of: staffed) }
                for _ in 0..<2 { group.addTask { _ = try await staffed.routing().route() } }
                try await group.waitForAll()
            }
            waits.append(try await goOn(staffed, workers, together, "cut before \(statement), together"))
            // A round has about a hundred; its offers are committed by one of the last.
            let isEach = statement > 72 || ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
            statement += isEach ? 1 : 8
        }
        #expect(statement > 50, "the round was never cut late")
        #expect(madeByTheDead > 0)
        // Within a period of the next round's beginning. One wait alone may be long on a machine that is busy with
        // something else; the median is not.
        let median = waits.sorted()[waits.count / 2]
        #expect(median < staffed.routing().period, "half of the waits are as long or longer")
        #expect(try await staffed.ills() == [])
    }

    /// Two others route: everything that there is to offer is on offer within a round, once, and can be taken.
    ///
    /// - Returns: how long it took until all was on offer.
    private func goOn(
        _ staffed: StaffedMarket, _ workers: [Worker.ID], _ batch: Batch.ID, _ what: Comment
    ) async throws -> Duration {
        let others = [staffed.routing(), staffed.routing()]
        let begun = ContinuousClock.now
        // The dead one's row is free as soon as the server has noticed.
        while try await offers(of: batch, staffed) < 3 {
            try await withThrowingTaskGroup { group in
                for other in others { group.addTask { _ = try await other.route() } }
                try await group.waitForAll()
            }
            try #require(begun.duration(to: .now) < .seconds(60), what)
        }
        let wait = begun.duration(to: .now)
        _ = try await others[1].route()
        #expect(try await offers(of: batch, staffed) == 3, what)
        #expect(try await doubled(staffed) == 0, what)
        for worker in workers {
            guard let offer = try await staffed.openOffer(of: worker) else { continue }
            let work = try await staffed.accept(offer)
            _ = try await SubmitAnswer(market: staffed.market)(
                [:], for: work.id, token: work.leaseToken, by: Principal.ID(worker.uuid))
        }
        #expect(
            try await staffed.count(
                "select count(*) as n from slot where batch_id = \(batch) and state = 'submitted'") == 3, what)
        return wait
    }

    private func offers(of batch: Batch.ID, _ staffed: StaffedMarket) async throws -> Int {
        try await staffed.count("select count(*) as n from offer where batch_id = \(batch)")
    }

    /// Batches with more open offers than open slots, and workers with two offers of one.
    private func doubled(_ staffed: StaffedMarket) async throws -> Int {
        try await staffed.count(
            """
            select count(*) as n from (
                select from offer join batch using (requester_id, batch_id)
                 where offer.state = 'open'
                 group by requester_id, batch_id
                having count(*) > (select count(*) from slot
                                    where slot.batch_id = offer.batch_id and slot.state = 'open')
                union all
                select from offer group by batch_id, worker_id having count(*) > 1) as doubled
            """)
    }

    /// - Returns: whether there were as many statements.
    private func routeCut(before number: Int, of staffed: StaffedMarket) async throws -> Bool {
        var limits = RoutingRound.Limits()
        limits.cellRestSeconds = 0
        return try await Scratch.killed(before: number) { market in
            _ = try await RoutingRound(
                market: market, by: staffed.system, limits: limits, logger: StaffedMarket.silence
            ).route()
        }
    }
}
