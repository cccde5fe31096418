import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Market metrics", .scratchDatabase)
struct MarketMetricsTests {
    private func read(_ small: SmallMarket) async throws -> [String: Double] {
        try await MarketMetrics(market: small.market)().reduce(into: [:]) { figures, figure in
            figures[figure.name.replacing("guildhall_", with: "") + (figure.label?.value ?? "")] = figure.value
        }
    }

    /// What is kept of who meets what is worked out for requirements a minute old.
    private func settle(_ small: SmallMarket) async throws {
        Scratch.clock.advance(by: 61)
        while try await SweepEligibility(market: small.market)() > 0 {}
    }

    @Test("an empty market has nothing to wait for")
    func empty() async throws {
        let figures = try await read(SmallMarket())
        #expect(figures["longest_wait_seconds"] == 0 && figures["longest_idle_seconds"] == 0)
        #expect(figures["longest_idle_is_exact"] == 1 && figures["open_batches"] == 0)
        #expect(figures["live_leases"] == 0 && figures["oldest_lease_seconds"] == 0)
        #expect(figures["dead_tuplesslot"] != nil && figures["dead_tuplesassignment"] != nil)
    }

    @Test("work waits since its batch was opened or resumed, as long as somebody active could do it")
    func wait() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("w")
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        _ = try await small.batch(small.draft("nobody", requirement: .language("fr")), tasks: 1)
        _ = try await small.batch(small.draft("draft"), tasks: 1, publish: false)
        try await settle(small)
        Scratch.clock.advance(by: 39)
        #expect(try await read(small)["longest_wait_seconds"] == 100)
        #expect(try await read(small)["open_batches"] == 2)
        let pause = PauseBatch(market: small.market)
        try await pause(batch, of: small.requester, by: small.manager)
        #expect(try await read(small)["longest_wait_seconds"] == 0)
        Scratch.clock.advance(by: 50)
        try await pause.resume(batch, of: small.requester, by: small.manager)
        Scratch.clock.advance(by: 7)
        #expect(try await read(small)["longest_wait_seconds"] == 7)
        try await PauseWorker(market: small.market)(worker, by: small.manager)
        #expect(try await read(small)["longest_wait_seconds"] == 0)
    }

    @Test("a worker is idle since their last lease ended or the work was opened, while they hold none")
    func idle() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(small.draft("b", minutes: 10), tasks: 9)
        try await settle(small)
        Scratch.clock.advance(by: 39)
        let work = [try await small.claim(ann, batch), try await small.claim(ben, batch)]
        #expect(try await read(small)["longest_idle_seconds"] == 0)
        Scratch.clock.advance(by: 20)
        try await small.submit(work[0])
        Scratch.clock.advance(by: 5)
        try await small.submit(work[1])
        Scratch.clock.advance(by: 4)
        #expect(try await read(small)["longest_idle_seconds"] == 9)
        #expect(try await read(small)["longest_idle_is_exact"] == 1)
        _ = try await small.claim(ann, batch)
        #expect(try await read(small)["longest_idle_seconds"] == 4)
        Scratch.clock.advance(by: 3_600)
        let figures = try await read(small)
        #expect(figures["live_leases"] == 1 && figures["oldest_lease_seconds"] == 3_600)
        #expect(figures["lease_overdue_seconds"] == 0)
        Scratch.clock.advance(by: 3)
        #expect(try await read(small)["lease_overdue_seconds"] == 3)
        #expect(try await ExpireLeases(market: small.market)(by: small.manager) == 1)
        #expect(try await read(small)["live_leases"] == 0)
    }

    @Test("more workers than are looked at make it a bound: since the work was open")
    func bound() async throws {
        let small = try await SmallMarket()
        _ = try await small.lawyer("w")
        _ = try await small.batch(small.draft("b"), tasks: 1)
        try await settle(small)
        try await Scratch.asOwner { transaction in
            try await transaction.execute("set local session_replication_role = replica")
            try await transaction.execute(
                """
                insert into worker (worker_id, external_key, state, country, time_zone, weekly_minutes_max,
                                    registered_at)
                select gen_random_uuid(), 'more ' || number, state, country, time_zone, weekly_minutes_max,
                       registered_at
                  from worker, generate_series(1, 250) as number
                """)
            try await transaction.execute(
                """
                insert into worker_requirement
                select worker.worker_id, requirement_id, in_force
                  from (select * from worker_requirement limit 1) as one, worker
                 where worker.external_key like 'more %'
                """)
            try await transaction.execute(
                """
                insert into worker_load (worker_id, live_leases, idle_since)
                select worker_id, 0, \(Scratch.clock.now()) from worker
                """)
        }
        Scratch.clock.advance(by: 9)
        let figures = try await read(small)
        #expect(figures["longest_idle_seconds"] == 70 && figures["longest_idle_is_exact"] == 0)
    }

    @Test("in Prometheus' format each name has its help and type once")
    func prometheus() async throws {
        let text = try await MarketMetrics(market: SmallMarket().market)().prometheusText
        let lines = text.split(separator: "\n")
        #expect(lines.contains("# TYPE guildhall_longest_wait_seconds gauge"))
        #expect(lines.contains { $0.hasPrefix("guildhall_dead_tuples{table=\"slot\"} ") })
        #expect(lines.filter { $0.hasPrefix("# HELP guildhall_dead_tuples ") }.count == 1)
        #expect(
            lines.allSatisfy {
                $0.hasPrefix("#") || $0.firstMatch(of: /^[a-z_]+({[a-z]+="[a-z_]+"})? -?[0-9.e+-]+$/) != nil
            })
    }
}
