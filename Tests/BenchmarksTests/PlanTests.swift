import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@testable import Benchmarks

/// The plans by which the hot statements run, on a market of a fixed size that is large enough for indexes to pay.
@Suite("Plans", .scratchDatabase, .serialized)
struct PlanTests {
    private static let size: LargeMarket.Size = {
        var size = LargeMarket.Size(tasks: 0)
        (size.places, size.requirementsPerPlace, size.workers) = (5, 4, 1_000)
        (size.tasksPerBatch, size.hotTasks) = (200, 4_000)
        return size
    }()

    private func withLarge(_ body: (LargeMarket, Market) async throws -> Void) async throws {
        let owner = Scratch.connect(asOwner: true) { $0.statementTimeout = .seconds(120) }
        let market = Market(database: owner, identifiers: Scratch.here.identifiers)
        do {
            try await body(try await LargeMarket(Self.size, in: market), market)
        } catch {
            await owner.shutdown()
            throw error
        }
        await owner.shutdown()
    }

    @Test("no hot statement reads a large table through or sorts more than a page")
    func hotPaths() async throws {
        try await withLarge { large, market in
            // Some history: statements planned over empty tables would be planned for empty tables.
            for number in 20..<170 {
                let worker = Principal.ID(large.hotWorker(number).uuid)
                let work = try await ClaimTask(market: Scratch.market)(
                    from: (large.requester, large.hot), by: worker)
                guard number % 3 > 0 else { continue }
                _ = try await SubmitAnswer(market: Scratch.market)(
                    [:], for: work.id, token: work.leaseToken, by: worker)
            }
            try await Scratch.asOwner { _ = try await $0.execute("analyze") }
            Scratch.clock.advance(by: 3_601)
            try await PlanWatch.enable(on: market.database)
            let watch = PlanWatch()
            let watched = Scratch.connect { ($0.notices, $0.poolSize) = (watch.tap, 1) }
            let (plans, faults) = try await HotPaths(large: large).faults(
                in: Market(database: watched, identifiers: Scratch.here.identifiers, keys: Scratch.keys), watch: watch,
                reading: PlanWatch.Plan.large
            )
            await watched.shutdown()
            #expect(plans > 300)
            #expect(faults == [])
        }
    }

    @Test("a sort over more than a page and a scan of a whole table are found")
    func canFail() async throws {
        try await withLarge { _, market in
            try await PlanWatch.enable(on: market.database)
            let watch = PlanWatch()
            let watched = Scratch.connect { $0.notices = watch.tap }
            try await watched.read { transaction in
                _ = try await transaction.rows("select task_id from slot order by lapses, slot_no desc")
                _ = try await transaction.rows("select task_id from task where requester_id = \(UUID()) limit 1")
            }
            await watched.shutdown()
            let plans = watch.take()
            let faults = { (part: String) in
                plans.first { $0.query.contains(part) }?.faults(reading: PlanWatch.Plan.large)
            }
            #expect(faults("order by lapses") == ["sorts 8000 rows", "reads all of slot"])
            #expect(faults("limit 1") == [])
        }
    }

    @Test("the doctor finds nothing wrong with a generated market, before work and after")
    func sound() async throws {
        try await withLarge { large, market in
            let ills = { try await Doctor(market: market)().filter { !$0.isClean }.map(\.check) }
            #expect(try await ills() == [])
            for number in 1...20 {
                _ = try await ClaimTask(market: Scratch.market)(by: Principal.ID(LargeMarket.worker(number).uuid))
                let worker = Principal.ID(LargeMarket.worker(number + 20).uuid)
                _ = try await ClaimTask(market: Scratch.market)(
                    from: (large.requester, large.batch(for: number + 20, number)), by: worker
                )
                _ = try await ClaimTask(market: Scratch.market)(
                    from: (large.requester, large.hot), by: Principal.ID(large.hotWorker(number).uuid)
                )
            }
            #expect(try await ills() == [])
        }
    }
}
