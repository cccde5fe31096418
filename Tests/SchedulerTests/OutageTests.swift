import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("After an outage", .scratchDatabase)
struct OutageTests {
    @Test("of half an hour, all work that somebody can do is on offer within a minute of the schedulers' return")
    func recovery() async throws {
        let staffed = try await StaffedMarket()
        for number in 0..<40 { _ = try await staffed.worker("w\(number)", weeklyMinutes: 2_400) }
        for number in 0..<20 { _ = try await staffed.batch("before\(number)", tasks: 3) }
        _ = try await staffed.routing().route()
        // Nobody decides, work goes on coming, and what was on offer lapses.
        Scratch.clock.advance(by: 1_800)
        for number in 0..<20 { _ = try await staffed.batch("meanwhile\(number)", tasks: 5) }
        let (market, system) = (staffed.market, staffed.system)
        let begun = ContinuousClock.now
        try await withThrowingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    await SchedulerLoop(
                        market: market, urgent: market, by: system, notices: nil, logger: StaffedMarket.silence
                    ).run()
                }
            }
            while try await isLeft(staffed), begun.duration(to: .now) < .seconds(120) {
                try await Task.sleep(for: .milliseconds(200))
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        let took = begun.duration(to: .now)
        print("recovery from an outage: \(took)")
        #expect(try await staffed.count("select count(*) as n from offer where state = 'open'") >= 100)
        #expect(took < .seconds(60))
        #expect(try await staffed.ills() == [])
    }

    /// Whether the old offers are still out, or a slot is not on offer.
    private func isLeft(_ staffed: StaffedMarket) async throws -> Bool {
        try await staffed.count(
            """
            select (select count(*) from offer where state = 'open' and answer_by <= '2026-03-02T09:30:00Z')
                   + (select count(*) from slot where state = 'open' and batch_id in
                        (select batch_id from batch where name like 'meanwhile%'))
                   - (select count(*) from offer where state = 'open' and batch_id in
                        (select batch_id from batch where name like 'meanwhile%')) as n
            """) > 0
    }
}
