import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Names of batches", .scratchDatabase)
struct NameTakenTests {
    @Test("another batch under the same name is refused with what differs; the same again is the same")
    func nameTaken() async throws {
        let small = try await SmallMarket()
        let create = CreateBatch(market: small.market)
        let id = try await small.batch(small.draft("b", dueAt: Scratch.start + 9_000.25), tasks: 1, publish: false)
        func again(_ draft: BatchDraft) async throws -> Batch.ID {
            try await create(draft, of: small.requester, by: small.manager)
        }
        let due = Scratch.start + 9_000.25
        #expect(try await again(small.draft("b", dueAt: due)) == id)
        let others: [(BatchDraft, String)] = [
            (try small.draft("b", door: .offer, dueAt: due), "door"),
            (try small.draft("b", requirement: .language("fr"), dueAt: due), "requirement"),
            (try small.draft("b", minutes: 31, dueAt: due), "expected_minutes"),
            (try small.draft("b", dueAt: due, sensitivity: 1), "sensitivity"),
            (try small.draft("b", redundancy: 2, dueAt: due), "redundancy"),
            (try small.draft("b", budget: 1_000_000, dueAt: due), "budget_minor"),
            (try small.draft("b"), "due_at"), (try small.draft("b", priority: 3, dueAt: due), "priority"),
        ]
        for (other, field) in others {
            let found = await refusal(BatchRefusal.self) { try await again(other) }
            guard case .nameTaken(field) = found else {
                Issue.record("\(field): \(found.map { "\($0)" } ?? "none")")
                continue
            }
            #expect(found?.code == "name_taken" && found?.message.contains(field) == true)
        }
        let clone = CloneBatch(market: small.market)
        let copy = try await clone(id, of: small.requester, as: "c", by: small.manager)
        #expect(try await clone(id, of: small.requester, as: "c", by: small.manager) == copy)
        let other = try await small.batch(small.draft("other", minutes: 10), tasks: 1)
        await #expect(throws: BatchRefusal.self) {
            try await clone(other, of: small.requester, as: "c", by: small.manager)
        }
        // What may change of an open batch has changed for good reasons.
        _ = try await PublishBatch(market: small.market)(id, of: small.requester, by: small.manager)
        #expect(try await again(small.draft("b", budget: 1_000_000)) == id)
        await #expect(throws: BatchRefusal.self) { try await again(small.draft("b", minutes: 31)) }
        #expect(try await small.ills() == [])
    }
}
