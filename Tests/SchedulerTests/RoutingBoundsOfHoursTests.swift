import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Scheduler

@Suite("Routing under windows of weeks and rest", .scratchDatabase)
struct RoutingBoundsOfHoursTests {
    @Test("offers nothing that would be reserved into a rest or beyond a window", arguments: [false, true])
    func bounds(isWindow: Bool) async throws {
        let staffed = try await StaffedMarket()
        let worker = try await staffed.worker("w")
        let before = try await staffed.batch("before", door: .claim, tasks: 2)
        _ = try await SetHoursPolicy(market: staffed.market)(
            HoursPolicy(
                country: "US", dailyMinutesMax: 1_440, weeklyMinutesMax: 10_080,
                window: HoursWindow.ifGiven(weeks: isWindow ? 2 : nil, averageMinutes: isWindow ? 35 : nil),
                restMinutes: isWindow ? nil : 1_370, reason: "Law"),
            by: staffed.manager)
        // Of 70 minutes 10 are left, or all 70 once the time has passed.
        for _ in 0..<2 { try await staffed.earn(worker, before) }
        _ = try await staffed.batch("b", tasks: 3)
        let barred = try await staffed.routing().route()
        #expect(barred.offersMade == 0)
        #expect(barred.plan?.workers.map(\.bar.rule) == [.hours])
        #expect(try await staffed.openOffer(of: worker) == nil)
        Scratch.clock.advance(by: isWindow ? 14 * 86_400 : 86_400)
        let open = try await staffed.routing().route()
        #expect(open.offersMade == 1)
        _ = try await staffed.accept(try #require(try await staffed.openOffer(of: worker)))
        #expect(try await staffed.ills() == [])
    }
}
