import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Importing a roster", .scratchDatabase)
struct RosterImportTests {
    /// Rows as a file would have them; `changes` lays fields over the first lawyer's.
    private func entries(_ changes: [[String: String]]) throws -> [RosterEntry] {
        let first = [
            "worker_key": "L1", "name": "Eleanor Hayes", "email": "e.hayes@chambers.example", "country": "US",
            "time_zone": "America/New_York", "weekly_hours": "20", "profession": "lawyer", "tier": "expert",
            "years": "24", "credential_kind": "bar_admission", "issuer": "Unified Court System",
            "jurisdiction": "US-NY", "number": "4102233", "issued_on": "2001-03-12", "expires_on": "2028-03-31",
            "specialties": "licensing;privacy", "languages": "en;fr", "standing": "active",
        ]
        var writer = CSVWriter(header: WorkerRoster.columns)
        for change in changes {
            let row = first.merging(change) { _, new in new }
            writer.append(WorkerRoster.columns.map { .text(row[$0] ?? "") })
        }
        let roster = try WorkerRoster(ByteReader(bytes: writer.take(), name: "roster.csv"))
        var entries: [RosterEntry] = []
        while let item = try roster.next() {
            switch item {
            case .entry(let entry): entries.append(entry)
            case .fault(let fault): throw fault
            }
        }
        return entries
    }

    private static let second = [
        "worker_key": "P1", "name": "Noor Haddad", "email": "noor@clinic.example", "profession": "physician",
        "credential_kind": "medical_licence", "jurisdiction": "DE-BY", "number": "77", "specialties": "Cardiology",
    ]

    private func importing(_ changes: [[String: String]], _ crew: Crew) async throws -> RosterImport {
        try await ImportRoster(market: crew.market)(entries(changes), by: crew.chief)
    }

    private func facts(_ crew: Crew, _ key: String) async throws -> WorkerFacts? {
        let worker = try await crew.market.database.read { try await $0.workerID(externalKey: key) }
        guard let worker else { return nil }
        return try await crew.facts(of: worker)
    }

    @Test("a worker is registered, active, in their profession, with tier and verified credentials")
    func whole() async throws {
        let crew = try await Crew()
        let result = try await importing([[:], ["jurisdiction": "US-DE", "number": "5518", "expires_on": ""]], crew)
        #expect(result == RosterImport(added: 1, unchanged: 0, credentials: 2, refused: []))
        let facts = try #require(try await facts(crew, "L1"))
        #expect(facts.state == .active && facts.languages == ["en", "fr"])
        #expect(facts.professions == [.lawyer: .init(tier: .expert, years: 24, specialties: ["licensing", "privacy"])])
        #expect(Set(facts.credentials.map(\.jurisdiction)) == ["US-NY", "US-DE"])
        // The last day counts: validity ends with it.
        #expect(Set(facts.credentials.map(\.validity.upper)) == [.at("2028-04-01T00:00:00Z"), nil])
    }

    @Test("importing twice adds nothing")
    func twice() async throws {
        let crew = try await Crew()
        let rows = [[:], Self.second, ["standing": "lapsed", "number": "9"]]
        #expect(try await importing(rows, crew) == RosterImport(added: 2, unchanged: 0, credentials: 3, refused: []))
        func count() async throws -> [Int] {
            try await crew.market.database.read { transaction in
                let row = try await transaction.oneRow(
                    """
                    select (select count(*) from worker) as workers, (select count(*) from credential) as credentials,
                           (select count(*) from tier_period) as tiers, (select count(*) from audit_event) as events
                    """)
                return [try row["workers"], try row["credentials"], try row["tiers"], try row["events"]]
            }
        }
        let before = try await count()
        #expect(try await importing(rows, crew) == RosterImport(added: 0, unchanged: 2, credentials: 0, refused: []))
        #expect(try await count() == before)
    }

    @Test("rows of a worker may come in another call; what is new is added")
    func later() async throws {
        let crew = try await Crew()
        _ = try await importing([[:]], crew)
        let result = try await importing([["jurisdiction": "US-DE", "number": "5518"]], crew)
        #expect(result == RosterImport(added: 1, unchanged: 0, credentials: 1, refused: []))
        #expect(try await facts(crew, "L1")?.credentials.count == 2)
    }

    @Test(
        "a credential that its issuer suspended or let lapse is on record and does not count",
        arguments: [
            "suspended", "lapsed",
        ])
    func standing(word: String) async throws {
        let crew = try await Crew()
        _ = try await importing([["standing": word]], crew)
        #expect(try await facts(crew, "L1")?.credentials == [])
        let state: String = try await crew.market.database.read {
            try await $0.oneRow("select state from credential")["state"]
        }
        #expect(state == "revoked")
    }

    @Test(
        "a worker who cannot be taken is refused whole, with line and reason, and stops nobody else",
        arguments: [
            (["email": "noor@clinic.example"], "This e-mail address is another worker's."),
            (["name": "A\u{202e}B"], "name: must not contain the invisible character U+202E"),
            (["country": "XX"], "country: is no country of ISO 3166-1"),
        ])
    func refused(change: [String: String], reason: String) async throws {
        let crew = try await Crew()
        let third = ["worker_key": "L2", "email": "l2@x.example", "number": "3"]
        let result = try await importing([Self.second, change, third], crew)
        #expect(result.added == 2)
        #expect(result.refused.map(\.line) == [3])
        #expect(result.refused.first?.reason.hasPrefix(reason) == true, "\(result.refused)")
        #expect(try await facts(crew, "L1") == nil)
    }

    @Test(
        "rows of one worker that disagree are refused together, naming both lines",
        arguments: [
            ("name", "Another Name"), ("email", "other@x.example"), ("country", "DE"), ("time_zone", "Europe/Berlin"),
            ("weekly_hours", "3"), ("languages", "de"), ("tier", "generalist"), ("years", "2"),
        ])
    func disagreement(field: String, value: String) async throws {
        let crew = try await Crew()
        let result = try await importing([[:], ["number": "2", field: value]], crew)
        #expect(result.added == 0 && result.refused.count == 1)
        #expect(result.refused.first?.reason.hasPrefix("line 3: disagrees with line 2 in ") == true)
    }

    @Test("a worker who is known under another address is not taken for the same")
    func otherAddress() async throws {
        let crew = try await Crew()
        _ = try await importing([[:]], crew)
        let result = try await importing([["email": "new@x.example"]], crew)
        #expect(result.refused.map(\.reason) == ["email: is not the one that the worker is registered with"])
    }

    @Test("the sample roster is taken whole, and once")
    func sample() async throws {
        let crew = try await Crew()
        let roster = try WorkerRoster(path: ScratchServer.root + "/samples/workers.csv")
        var entries: [RosterEntry] = []
        while let item = try roster.next() {
            if case .entry(let entry) = item { entries.append(entry) }
        }
        let first = try await ImportRoster(market: crew.market)(entries, by: crew.chief)
        #expect(first.refused == [])
        #expect(first.credentials == entries.count && first.added == Set(entries.map(\.workerKey)).count)
        let again = try await ImportRoster(market: crew.market)(entries, by: crew.chief)
        #expect(again == RosterImport(added: 0, unchanged: first.added, credentials: 0, refused: []))
    }

    @Test("a licence number of another worker opens a case: the paper is left out, the worker on record, not active")
    func takenNumber() async throws {
        let crew = try await Crew()
        let same = ["worker_key": "L2", "email": "l2@x.example", "name": "Somebody Else"]
        let result = try await importing([[:], same], crew)
        #expect(result.added == 2 && result.refused == [])
        #expect(result.held.map(\.workerKey) == ["L2"] && result.held.map(\.line) == [3])
        let facts = try #require(try await facts(crew, "L2"))
        #expect(facts.state == .registered && facts.credentials == [])
        let found = try await ListDuplicates(market: crew.market)(in: .open, by: crew.chief)
        #expect(found.map(\.ground) == [.licence] && found.map { Set($0.externalKeys) } == [["L1", "L2"]])
        let again = try await importing([[:], same], crew)
        #expect(again.unchanged == 2 && again.held.map(\.workerKey) == ["L2"])
        #expect(try await ListDuplicates(market: crew.market)(in: .open, by: crew.chief) == found)
        try await DecideDuplicate(market: crew.market)(
            try #require(found.first).id, .differentPeople, reasons: "A slip.", by: crew.chief)
        try await ActivateWorker(market: crew.market)(facts.worker, by: crew.chief)
    }

    @Test("with keys, one mailbox under two keys of the roster opens a case, and the second is not active")
    func sameIdentity() async throws {
        let crew = try await Crew()
        let keys = KeyRing.generate()
        let rows = [
            ["email": "e.hayes@chambers.example"],
            ["worker_key": "L2", "name": "HAYES, Eleanor", "email": "e.hayes+2@chambers.example", "number": "5"],
        ]
        let take = ImportRoster(market: crew.market, keys: keys)
        let result = try await take(try entries(rows), by: crew.chief)
        #expect(result.added == 2 && result.held.map(\.workerKey) == ["L2"])
        #expect(try await facts(crew, "L1")?.state == .active)
        #expect(try await facts(crew, "L2")?.state == .registered)
        let found = try await ListDuplicates(market: crew.market)(in: .open, by: crew.chief)
        #expect(found.map(\.ground) == [.identity])
        // The roster knows no accounts; once they are on file, they are compared like everybody's.
        let set = SetPayoutMethod(market: crew.market, keys: keys)
        for key in ["L1", "L2"] {
            let worker = try #require(try await crew.market.database.read { try await $0.workerID(externalKey: key) })
            try await set(.sample(), of: worker, by: crew.chief)
        }
        #expect(
            try await Set(ListDuplicates(market: crew.market)(in: .open, by: crew.chief).map(\.ground))
                == [.identity, .payoutAccount])
    }

    @Test("only an operator imports")
    func access() async throws {
        let crew = try await Crew()
        let stranger = try await crew.person("stranger", .reviewer)
        let rows = try entries([[:]])
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await ImportRoster(market: crew.market)(rows, by: stranger)
        }
    }
}
