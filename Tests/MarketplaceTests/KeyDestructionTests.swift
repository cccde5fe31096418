import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("The destruction of a requester's keys", .scratchDatabase)
struct KeyDestructionTests {
    private func destroy(_ small: SmallMarket) -> DestroyRequesterKey { DestroyRequesterKey(market: small.market) }

    /// A market whose one batch was worked through, accepted and closed.
    private func closed() async throws -> (SmallMarket, Batch.ID) {
        let small = try await SmallMarket()
        let batch = try await small.batch(small.draft("done"), tasks: 1)
        try await small.earn(small.lawyer("ann"), batch)
        _ = try await CloseBatch(market: small.market)(batch, of: small.requester, by: small.manager)
        return (small, batch)
    }

    @Test("takes two operators, after which nothing of the content opens and everything else stands")
    func twoPeople() async throws {
        let (small, batch) = try await closed()
        let draft = try await small.batch(small.draft("draft"), tasks: 1, publish: false)
        #expect(try await small.exported(batch).contains("\"text\":\"done-0\""))
        let faulty = try await ImportTasks(market: small.market)(
            TaskFile(bytes: Array("{\"external_key\":\"x\",\"Ann\":1}".utf8), name: "f", format: .jsonl), to: draft,
            of: small.requester, by: small.manager
        )
        #expect(faulty.run.counts.faulty == 1)
        try await destroy(small).propose(small.requester, reasons: "The contract ended.", by: small.manager)
        #expect(
            await refusal(DestroyRefusal.self) { try await destroy(small).confirm(small.requester, by: small.manager) }
                == .sameOperator)
        #expect(try await small.contents().count == 2, "still there")
        try await destroy(small).confirm(small.requester, by: small.second)

        #expect(await refusal(ContentRefusal.self) { try await small.contents(of: batch) } == .destroyed)
        let readings = try await small.count("select count(*) as n from content_reading where purpose = 'export'")
        let results = try await small.exported(batch)
        #expect(
            try await small.count("select count(*) as n from content_reading where purpose = 'export'")
                == readings + 1, "what there is of answers left")
        #expect(try await small.count("select count(*) as n from import_fault") == 0)
        #expect(results.contains("\"answer\":null") && results.contains("\"payload\":null"))
        #expect(try await small.count("select count(*) as n from requester_key where wrapped is not null") == 0)
        #expect(try await small.count("select count(*) as n from requester_key") == 2, "of both functions")
        #expect(try await small.count("select count(*) as n from reference_answer") == 0)
        #expect(try await small.count("select count(*) as n from earning") == 1)
        #expect(try await small.count("select count(*) as n from submission") == 1)
        // What is left of it takes nothing in and is not published.
        #expect(
            await refusal(ContentRefusal.self) {
                try await AddTasks(market: small.market)(
                    small.drafts(["new"]), to: draft, of: small.requester, by: small.manager)
            } == .destroyed)
        #expect(
            await refusal(ContentRefusal.self) {
                try await PublishBatch(market: small.market)(draft, of: small.requester, by: small.manager)
            } == .destroyed)
        #expect(try await RewrapKeys(market: small.market, keys: Scratch.keys.adding())(by: small.manager) == 0)
        #expect(try await small.ills() == [])
    }

    @Test("of one requester leaves the others' content as it is")
    func others() async throws {
        let (small, batch) = try await closed()
        let other = try await CreateRequester(market: small.market)(
            externalKey: "other", name: "Other", by: small.manager)
        try await destroy(small).propose(other, reasons: "Left.", by: small.manager)
        try await destroy(small).confirm(other, by: small.second)
        #expect(try await small.contents(of: batch) == ["done-0": ["text": "done-0"]])
    }

    @Test("is refused in the order of precedence", arguments: DestroyRefusal.allCases)
    func refusals(expected: DestroyRefusal) async throws {
        let (small, _) = try await closed()
        let requester = small.requester
        let found: DestroyRefusal?
        switch expected {
        case .noPerson:
            let system = try await small.market.systemPrincipal()
            found = await refusal(DestroyRefusal.self) {
                try await destroy(small).propose(requester, reasons: "x", by: system)
            }
        case .alreadyDestroyed:
            try await destroy(small).propose(requester, reasons: "x", by: small.manager)
            try await destroy(small).confirm(requester, by: small.second)
            found = await refusal(DestroyRefusal.self) { try await destroy(small).confirm(requester, by: small.second) }
            #expect(
                await refusal(DestroyRefusal.self) {
                    try await destroy(small).propose(requester, reasons: "x", by: small.manager)
                } == .alreadyDestroyed)
            #expect(
                await refusal(DestroyRefusal.self) { try await destroy(small).withdraw(requester, by: small.manager) }
                    == .alreadyDestroyed)
        case .alreadyProposed:
            try await destroy(small).propose(requester, reasons: "x", by: small.manager)
            found = await refusal(DestroyRefusal.self) {
                try await destroy(small).propose(requester, reasons: "x", by: small.second)
            }
        case .notProposed:
            try await destroy(small).propose(requester, reasons: "x", by: small.manager)
            try await destroy(small).withdraw(requester, by: small.second)
            found = await refusal(DestroyRefusal.self) { try await destroy(small).confirm(requester, by: small.second) }
        case .sameOperator:
            try await destroy(small).propose(requester, reasons: "x", by: small.manager)
            // An open batch would be told of after that.
            _ = try await small.batch(small.draft("open"), tasks: 1)
            found = await refusal(DestroyRefusal.self) {
                try await destroy(small).confirm(requester, by: small.manager)
            }
        case .batchesOpen:
            try await destroy(small).propose(requester, reasons: "x", by: small.manager)
            _ = try await small.batch(small.draft("open"), tasks: 1)
            try await unseal()
            found = await refusal(DestroyRefusal.self) { try await destroy(small).confirm(requester, by: small.second) }
        case .unsealed:
            try await unseal()
            found = await refusal(DestroyRefusal.self) {
                try await destroy(small).propose(requester, reasons: "x", by: small.manager)
            }
            #expect(try await small.count("select count(*) as n from key_destruction") == 0)
        }
        #expect(found == expected)
        #expect(!expected.code.isEmpty && !expected.message.isEmpty)
    }

    private func unseal() async throws {
        try await Scratch.asOwner {
            try await $0.execute("update task_content set payload = '{}', sealed = null, mark = null")
        }
    }

    @Test("is asked for and confirmed by operators only, for a requester that is there, with reasons")
    func access() async throws {
        let (small, _) = try await closed()
        await #expect(throws: AccessRefusal.self) {
            try await destroy(small).propose(small.requester, reasons: "x", by: small.reviewer)
        }
        await #expect(throws: BadInput.self) {
            try await destroy(small).propose(small.requester, reasons: "", by: small.manager)
        }
        await #expect(throws: NotFound.self) {
            try await destroy(small).propose(Requester.ID(small.project.uuid), reasons: "x", by: small.manager)
        }
        try await destroy(small).propose(small.requester, reasons: "x", by: small.manager)
        await #expect(throws: AccessRefusal.self) {
            try await destroy(small).confirm(small.requester, by: small.reviewer)
        }
    }

    @Test("and a publication at the same time end in one of them")
    func race() async throws {
        let (small, _) = try await closed()
        var drafts: [Batch.ID] = []
        for number in 0..<6 {
            drafts.append(try await small.batch(small.draft("d\(number)"), tasks: 1, publish: false))
        }
        try await destroy(small).propose(small.requester, reasons: "x", by: small.manager)
        await withTaskGroup { group in
            group.addTask { try? await destroy(small).confirm(small.requester, by: small.second) }
            for draft in drafts {
                group.addTask {
                    _ = try? await PublishBatch(market: small.market)(draft, of: small.requester, by: small.manager)
                }
            }
        }
        let unreadable = try await small.count(
            """
            select count(*) as n from batch join requester_key using (requester_id)
             where batch.state = 'open' and requester_key.destroyed_at is not null
            """)
        #expect(unreadable == 0)
    }
}
