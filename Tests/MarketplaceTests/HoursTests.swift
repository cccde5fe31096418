import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Weekly hours", .scratchDatabase)
struct HoursTests {
    private let monday = CalendarDate.day("2026-03-02")

    private func committed(_ worker: Worker.ID) async throws -> Int {
        try await Scratch.database.read { try await $0.committedMinutes(of: worker, weekStartsOn: monday) }
    }

    private func worker(_ small: SmallMarket, weekly: Int) async throws -> Worker.ID {
        let worker = try await small.worker("w", weeklyMinutes: weekly)
        try await SetAvailability(market: small.market)(
            AvailabilitySettings(tasksAtOnceMax: 100), of: worker, by: Principal.ID(worker.uuid))
        return worker
    }

    @Test(
        "are committed up to the cap and not beyond, to the minute", arguments: [(59, 0), (60, 1), (119, 1), (120, 2)])
    func cap(weekly: Int, fitting: Int) async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small, weekly: weekly)
        let batch = try await small.batch(small.draft("b", requirement: .all([]), minutes: 60), tasks: 3)
        for _ in 0..<fitting { _ = try await small.claim(worker, batch) }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .hoursCap)
        #expect(try await committed(worker) == 60 * fitting)
    }

    @Test("refuse more once the cap was lowered below what is committed, and take nothing back")
    func loweredCap() async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small, weekly: 100)
        let batch = try await small.batch(small.draft("b", requirement: .all([]), minutes: 40), tasks: 4)
        for _ in 0..<2 { _ = try await small.claim(worker, batch) }
        let set = SetAvailability(market: small.market)
        try await set(AvailabilitySettings(weeklyMinutesMax: 50), of: worker, by: Principal.ID(worker.uuid))
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .hoursCap)
        #expect(try await committed(worker) == 80)
        try await set(AvailabilitySettings(weeklyMinutesMax: 120), of: worker, by: Principal.ID(worker.uuid))
        _ = try await small.claim(worker, batch)
    }

    @Test("given back may be committed again, and cannot be given back twice")
    func release() async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small, weekly: 60)
        let batch = try await small.batch(small.draft("b", requirement: .all([]), minutes: 60), tasks: 2)
        let work = try await small.claim(worker, batch)
        try await ReturnTask(market: small.market)(
            work.id, token: work.leaseToken, .noTime, by: Principal.ID(worker.uuid))
        _ = try await small.claim(worker, batch)
        let again = await refusal(LeaseRefusal.self) {
            try await ReturnTask(market: small.market)(
                work.id, token: work.leaseToken, .noTime, by: Principal.ID(worker.uuid))
        }
        #expect(again != nil)
        #expect(try await committed(worker) == 60)
    }

    @Test("are never passed by 50 claims at once, and none is refused while minutes are left")
    func concurrent() async throws {
        let small = try await SmallMarket()
        let worker = try await worker(small, weekly: 600)
        let batch = try await small.batch(small.draft("b", requirement: .all([]), minutes: 30), tasks: 50)
        let barrier = Barrier(count: 50)
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await barrier.arrive()
                    do {
                        _ = try await small.claim(worker, batch)
                        return true
                    } catch ClaimRefusal.hoursCap {
                        return false
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 20)
        #expect(try await committed(worker) == 600)
    }
}
