import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Projects and requesters", .scratchDatabase)
struct ProjectTests {
    private static func sample() throws -> JSON {
        let path = ScratchServer.root + "/samples/project.json"
        return try JSON.parse(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
    }

    @Test("the sample file is a project; the same key again is the same project")
    func sampleFile() async throws {
        let small = try await SmallMarket()
        let draft = try ProjectDraft(json: Self.sample())
        let create = CreateProject(market: small.market)
        let id = try await create(draft, of: small.requester, by: small.manager)
        #expect(try await create(draft, of: small.requester, by: small.manager) == id)
        let list = ListProjects(market: small.market)
        let found = try await list.one("lease-clauses", of: small.requester, by: small.manager)
        #expect(found.id == id && found.taskKind == .extraction && found.guidelineVersion == 1)
        #expect(try await small.count("select count(*) as n from project_party") == 1)
        #expect(
            await refusal(NotFound.self) { try await list.one("x", of: small.requester, by: small.manager) } != nil)
    }

    @Test("another project under the same key is refused with what differs")
    func keyTaken() async throws {
        let small = try await SmallMarket()
        let create = CreateProject(market: small.market)
        func draft(_ kind: TaskKind = .extraction, schema: JSON = SmallMarket.schema) -> ProjectDraft {
            ProjectDraft(
                externalKey: "clauses", name: "Clauses", taskKind: kind, guideline: "Read and label.",
                answerSchema: schema)
        }
        #expect(try await create(draft(), of: small.requester, by: small.manager) == small.project)
        var safety = draft()
        safety.function = .safety
        var cleaned = draft()
        cleaned.deidentification = .patterns
        let renamed = ProjectDraft(
            externalKey: "clauses", name: "Leases", taskKind: .extraction, guideline: "Read and label.",
            answerSchema: SmallMarket.schema)
        let parted = ProjectDraft(
            externalKey: "clauses", name: "Clauses", taskKind: .extraction, guideline: "Read and label.",
            answerSchema: SmallMarket.schema, parties: try PartyName.list(["Acme Inc"]))
        let others: [(ProjectDraft, String)] = [
            (draft(.judgement), "kind"), (draft(schema: ["type": "object"]), "answer_schema"),
            (safety, "function"), (cleaned, "deidentification"), (renamed, "name"), (parted, "parties"),
        ]
        for (other, field) in others {
            let found = await refusal(ProjectRefusal.self) {
                try await create(other, of: small.requester, by: small.manager)
            }
            guard case .keyTaken(field) = found else {
                Issue.record("\(field): \(found.map { "\($0)" } ?? "none")")
                continue
            }
            #expect(found?.code == "key_taken" && found?.message.contains(field) == true)
        }
    }

    @Test("a project of its own schemas follows a guideline that is there, at a version")
    func ownSchemas() async throws {
        let small = try await SmallMarket()
        let draft = try ProjectDraft(json: [
            "external_key": "own", "name": "Own", "task_kind": "classification", "existing_guideline": "clauses",
            "guideline_pin": 1, "answer_schema": ["type": "object"], "function": "safety",
            "deidentification": "patterns",
        ])
        let id = try await CreateProject(market: small.market)(draft, of: small.requester, by: small.manager)
        let list = ListProjects(market: small.market)
        let found = try await list.one("own", of: small.requester, by: small.manager)
        #expect(found.guidelinePin == 1 && found.function == .safety && found.deidentification == .patterns)
        let first = try await list(of: small.requester, limit: 1, by: small.manager)
        #expect(first.map(\.id) == [small.project])
        #expect(
            try await list(of: small.requester, after: first.last?.id, by: small.manager).map(\.id) == [id])
        #expect(
            await refusal(AccessRefusal.self) {
                try await list(of: small.requester, by: Principal.ID(small.worker("w").uuid))
            } != nil)
    }

    @Test(
        "a file at fault is refused with the place",
        arguments: [
            (["task_kind": "gossip"], "project.task_kind"), (["parameters": nil], "project"),
            (["answer_schema": ["type": "object"]], "project"), (["input_schema": [:]], "project.input_schema"),
            (["guideline": nil], "project.guideline"), (["existing_guideline": "a"], "project.guideline"),
            (["guideline_pin": 1], "project.guideline_pin"), (["function": "both"], "project.function"),
            (["deidentification": 1], "project.deidentification"), (["parties": [1]], "project.parties"),
            (["colour": "red"], "project.colour"), (["name": nil], "project.name"),
        ] as [([String: JSON?], String)])
    func faults(change: [String: JSON?], field: String) throws {
        var members = try #require(Self.sample().objectValue)
        for (name, value) in change { members[name] = value ?? .null }
        #expect { try ProjectDraft(json: .object(members)) } throws: { ($0 as? BadInput)?.field == field }
    }

    @Test("operators see requesters with their wallets; a payment booked twice by its name is booked once")
    func requesters() async throws {
        let small = try await SmallMarket(wallet: 0)
        let fund = FundRequester(market: small.market)
        let reference = try Reference.uuid(of: "WIRE 118", in: "funding")
        let amount = try Money(5_000, small.usd)
        let transfer = try await fund(small.requester, with: amount, reference: reference, by: small.maker)
        #expect(
            try await fund(
                small.requester, with: amount, reference: Reference.uuid(of: " WIRE 118 ", in: "funding"),
                by: small.maker) == transfer)
        #expect(try Reference.uuid(of: "WIRE 119", in: "funding") != reference)
        let other = try await CreateRequester(market: small.market)(externalKey: "b", name: "B", by: small.manager)
        let list = ListRequesters(market: small.market)
        let first = try await list(limit: 1, by: small.manager)
        #expect(first.map(\.externalKey) == ["acme"] && first.first?.wallets == [amount])
        let rest = try await list(after: first.last?.id, by: small.manager)
        #expect(rest.map(\.id) == [other] && rest.first?.wallets == [])
        #expect(await refusal(AccessRefusal.self) { try await list(by: small.maker) } != nil)
        #expect(await refusal(BadInput.self) { try await list(limit: 201, by: small.manager) } != nil)
    }
}
