import Marketplace
import Store
import TestSupport
import Testing

@Suite("Lists of tasks", .scratchDatabase)
struct TaskListTests {
    @Test("say where the tasks of a batch stand, by pages, to those who publish")
    func lines() async throws {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("b", redundancy: 2), tasks: 3)
        let work = try await small.claim(small.lawyer("ann"), batch)
        let list = ListTasks(market: small.market)
        let first = try await list(of: batch, from: small.requester, limit: 2, by: small.manager)
        let rest = try await list(of: batch, from: small.requester, after: first.last?.id, by: small.manager)
        #expect(first.count == 2 && (first + rest).map(\.externalKey).sorted() == ["b-0", "b-1", "b-2"])
        let held = try #require((first + rest).first { $0.id == work.task })
        #expect(held.slots.map(\.state).sorted { $0.rawValue < $1.rawValue } == [.leased, .open])
        #expect(held.slots.compactMap(\.leaseUntil) == [work.leaseUntil])
        let one = try await list.one(held.externalKey, of: batch, from: small.requester, by: small.manager)
        #expect(one.id == held.id && one.slots == held.slots && one.state == .open)
        await #expect(throws: NotFound.self) {
            try await list.one("none", of: batch, from: small.requester, by: small.manager)
        }
        await #expect(throws: BadInput.self) {
            try await list(of: batch, from: small.requester, limit: 201, by: small.manager)
        }
        await #expect(throws: AccessRefusal.self) {
            try await list(of: batch, from: small.requester, by: small.reviewer)
        }
    }
}
