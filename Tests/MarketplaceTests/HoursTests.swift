import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Weekly hours", .scratchDatabase)
struct HoursTests {
    private let monday = CalendarDate.day("2026-03-02")

    private func reserve(_ minutes: Int, _ worker: Worker.ID, cap: Int) async throws -> Bool {
        try await Scratch.database.transaction {
            try await $0.reserveMinutes(minutes, of: worker, weekStartsOn: monday, cap: cap)
        }
    }

    private func committed(_ worker: Worker.ID) async throws -> Int {
        try await Scratch.database.read { try await $0.committedMinutes(of: worker, weekStartsOn: monday) }
    }

    @Test(
        "minutes are committed up to the cap and not beyond",
        arguments: [
            ([60, 40], [true, true], 100), ([60, 41], [true, false], 60), ([101], [false], 0),
            ([100, 1], [true, false], 100),
            ([0], [false], 0), ([-5], [false], 0), ([60, .max], [true, false], 60),
        ])
    func cap(minutes: [Int], answers: [Bool], sum: Int) async throws {
        let worker = try await Crew().worker()
        var seen: [Bool] = []
        for count in minutes { seen.append(try await reserve(count, worker, cap: 100)) }
        #expect(seen == answers)
        #expect(try await committed(worker) == sum)
    }

    @Test("a cap that was lowered below what is committed refuses more, and takes nothing back")
    func loweredCap() async throws {
        let worker = try await Crew().worker()
        #expect(try await reserve(90, worker, cap: 100))
        #expect(try await !reserve(1, worker, cap: 50))
        #expect(try await committed(worker) == 90)
        #expect(try await reserve(30, worker, cap: 120))
    }

    @Test("minutes given back may be committed again; more than is committed cannot be given back")
    func release() async throws {
        let worker = try await Crew().worker()
        #expect(try await reserve(100, worker, cap: 100))
        try await Scratch.database.transaction { try await $0.releaseMinutes(40, of: worker, weekStartsOn: monday) }
        #expect(try await reserve(40, worker, cap: 100))
        for minutes in [101, 0, -1] {
            await #expect(throws: StoreError.unexpectedRowCount(0)) {
                try await Scratch.database.transaction {
                    try await $0.releaseMinutes(minutes, of: worker, weekStartsOn: monday)
                }
            }
        }
    }

    @Test("50 reservations at once never pass the cap, and none is refused while minutes are left")
    func concurrent() async throws {
        let worker = try await Crew().worker()
        let barrier = Barrier(count: 50)
        let taken = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    await barrier.arrive()
                    return try await reserve(30, worker, cap: 600)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 20)
        #expect(try await committed(worker) == 600)
    }
}
