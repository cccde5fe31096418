import Testing

@testable import Formats

@Suite("The roster of workers")
struct WorkerRosterTests {
    private static let good = [
        "worker_key": "L01", "name": "陈思远", "email": "a.b+c@Mail.Example", "country": "US",
        "time_zone": "America/New_York", "weekly_hours": "20", "profession": "lawyer", "tier": "expert", "years": "11",
        "credential_kind": "bar_admission", "issuer": "State Bar", "jurisdiction": "US-NY", "number": "4-1",
        "issued_on": "2012-02-29", "expires_on": "", "specialties": "licensing; privacy;;licensing",
        "languages": "zh;en", "standing": "active",
    ]

    private func read(_ changes: [String: String]) throws -> (entries: [RosterEntry], faults: [RecordFault]) {
        let row = Self.good.merging(changes) { _, new in new }
        let columns = ["comment"] + WorkerRoster.columns.reversed()
        var writer = CSVWriter(header: columns)
        writer.append(columns.map { .text(row[$0] ?? "") })
        return try readRoster(WorkerRoster(ByteReader(bytes: writer.take(), name: "data/workers.csv")))
    }

    @Test("a row is an entry, whatever the order of the columns")
    func entry() throws {
        let (entries, faults) = try read([:])
        let entry = try #require(entries.first)
        #expect(faults.isEmpty)
        #expect((entry.workerKey, entry.name, entry.email) == ("L01", "陈思远", "a.b+c@mail.example"))
        #expect((entry.country, entry.timeZone, entry.weeklyHours) == ("US", "America/New_York", 20))
        #expect((entry.profession, entry.tier, entry.years) == (.lawyer, .expert, 11))
        #expect((entry.credentialKind, entry.issuer, entry.standing) == (.barAdmission, "State Bar", .active))
        #expect((entry.jurisdiction, entry.number, entry.line) == ("US-NY", "4-1", 2))
        #expect((entry.issuedOn, entry.expiresOn) == (try #require(CalendarDate(iso: "2012-02-29")), nil))
        #expect(entry.specialties == ["licensing", "privacy"])
        #expect(entry.languages == ["zh", "en"])
    }

    private static let faulty: [(column: String, value: String, reason: String)] = [
        ("worker_key", " ", "worker_key is empty"),
        ("name", "", "name is empty"),
        ("email", "ann", "email “ann” is not an e-mail address"),
        ("email", "ann@home", "email “ann@home” is not an e-mail address"),
        ("email", "a@b@c.example", "email “a@b@c.example” is not an e-mail address"),
        ("email", "a b@c.example", "email “a b@c.example” is not an e-mail address"),
        ("email", ".a@c.example", "email “.a@c.example” is not an e-mail address"),
        ("email", "a@-c.example", "email “a@-c.example” is not an e-mail address"),
        ("email", "a@c..example", "email “a@c..example” is not an e-mail address"),
        ("country", "USA", "country “USA” is not two capital letters"),
        ("country", "us", "country “us” is not two capital letters"),
        ("time_zone", "Mars/Olympus", "time_zone “Mars/Olympus” is not a known time zone"),
        ("time_zone", "", "time_zone “” is not a known time zone"),
        ("weekly_hours", "0", "weekly_hours “0” is not a whole number from 1 to 80"),
        ("weekly_hours", "81", "weekly_hours “81” is not a whole number from 1 to 80"),
        ("years", "9999999999999999999", "years “9999999999999999999” is not a whole number from 0 to 80"),
        ("years", "x", "years “x” is not a whole number from 0 to 80"),
        ("profession", "baker", "profession “baker” is none of lawyer, physician"),
        ("profession", "physician", "a physician cannot hold a bar_admission"),
        ("tier", "Expert", "tier “Expert” is none of generalist, specialist, expert, principal"),
        ("credential_kind", "medical_licence", "a lawyer cannot hold a medical_licence"),
        ("jurisdiction", "New York", "jurisdiction “New York” is not of the form US-NY or DE"),
        ("jurisdiction", "US-", "jurisdiction “US-” is not of the form US-NY or DE"),
        ("jurisdiction", "", "jurisdiction “” is not of the form US-NY or DE"),
        ("issued_on", "2011-02-29", "issued_on “2011-02-29” is not a date of the form yyyy-MM-dd"),
        ("expires_on", "never", "expires_on “never” is not a date of the form yyyy-MM-dd"),
        ("expires_on", "2012-02-28", "expires_on 2012-02-28 is before issued_on 2012-02-29"),
        ("standing", "", "standing “” is none of active, suspended, lapsed"),
    ]

    @Test("a bad row is a fault with its line and the reason", arguments: faulty)
    func faults(column: String, value: String, reason: String) throws {
        let (entries, faults) = try read([column: value])
        #expect(entries.isEmpty)
        #expect(faults == [RecordFault(position: "workers.csv line 2", line: 2, reason: reason)])
    }

    @Test("a roster without one of the columns is an error that names it")
    func columns() {
        let reason = "there is no column email"
        #expect(throws: FormatError.malformed(path: "test.csv", position: 0, reason: reason)) {
            try WorkerRoster(ByteReader(bytes: Array("worker_key,name\n".utf8), name: "test.csv"))
        }
    }
}
