import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

/// The running server against its own specification, by a program that nobody here wrote (PyPI `schemathesis`), with
/// the key of each role: no 5xx, no status, type or member that is not documented, no bad data taken, no key ignored.
///
/// A few cases of every endpoint in each run; in a soak at least 5,000 for each role.
@Suite(
    "Schemathesis", .scratchDatabase, .serialized,
    .enabled(if: Clients.areInstalled, "schemathesis is not installed; `make clients` does it"),
    .turnLimit(minutes: 20))
struct SchemathesisTests {
    private static var isSoak: Bool { ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1" }
    /// `session` is the worker, signed in by a browser.
    private static let roles =
        isSoak
        ? [
            "operator", "maker", "checker", "reviewer", "requester", "worker", "stranger", "auditor", "agency_manager",
            "session",
        ] : ["worker"]

    @Test("everything is as it is documented", arguments: roles)
    func conforms(role: String) async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.worker("ben"))
        let batch = try await small.batch(small.draft("one", redundancy: 2), tasks: 20)
        let offered = try await small.batch(small.draft("two", door: .offer), tasks: 2)
        let work = try await small.claim(ann, batch)
        Scratch.clock.advance(by: 1)
        let offer = try await MakeOffer(market: small.market)(
            of: offered, from: small.requester, to: ann, reason: [:], answerBy: Scratch.clock.now() + 600,
            by: small.manager)
        let buyer = try await CreatePrincipal(market: small.market)(
            .key, named: "Buyer", roles: [.requester], for: small.requester, by: small.manager)
        let create = CreatePrincipal(market: small.market)
        let auditor = try await create(.person, named: "Auditor", roles: [.auditor], by: small.manager)
        let boss = try await create(.person, named: "Boss", roles: [], by: small.manager)
        let agency = try await CreateTeam(market: small.market)(
            TeamDraft(externalKey: "agency", kind: .agency, name: "Agency", base: "DE"), by: small.manager)
        try await AppointManager(market: small.market)(boss, of: agency.id, by: small.manager)
        let people = [
            "operator": small.manager, "maker": small.maker, "checker": small.checker, "reviewer": small.reviewer,
            "requester": buyer, "worker": Principal.ID(ann.uuid), "stranger": Principal.ID(ben.uuid),
            "auditor": auditor, "agency_manager": boss,
        ]
        let headers: [String]
        if role == "session" {
            headers = ["Cookie: \(try await signIn(ann, in: small))", "Sec-Fetch-Site: same-origin"]
        } else {
            let token = try await IssueToken(market: small.market)(
                for: try #require(people[role]), lifetime: 360_000, by: small.manager)
            headers = ["Authorization: Bearer \(token.secret)"]
        }
        let ids = [
            "requester": "\(small.requester)", "batch": "\(batch)", "project": "\(small.project)",
            "assignment": "\(work.id)", "offer": "\(offer)", "worker": "\(ann)", "team": "\(agency.id)",
        ]
        var settings = ServerSettings()
        settings.requestsPerMinute = 1_000_000
        settings.attemptsPerMinute = 3_000_000
        try await LiveServer.run(small.market, settings: settings) { server in
            try await attack(server, as: role, headers, ids, cases: Self.isSoak ? 60 : 1)
            #expect(try await server.send("GET", "/health").status == 200)
        }
        #expect(try await small.ills() == [])
    }

    /// The cookie of a worker who signed in.
    private func signIn(_ worker: Worker.ID, in small: SmallMarket) async throws -> String {
        let hasher = PasswordHasher(PasswordHasher.Cost(logRounds: 4, blockSize: 1, parallelism: 1))
        let (email, password) = ("ann@example.org", "correct horse battery")
        let code = try await small.invitation(of: Principal.ID(worker.uuid), email: email)
        try await RedeemTicket(market: small.market, hasher: hasher)(code, password: password)
        let session = try await SignIn(market: small.market, hasher: hasher)(email: email, password: password)
        return "__Host-guildhall=\(session.secret)"
    }

    private func attack(
        _ server: LiveServer, as role: String, _ headers: [String], _ ids: [String: String], cases: Int
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/guildhall-schemathesis-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Half of the endpoints would never meet what is there without its ids. Data that are of the right shape may
        // still not be what the market takes, which it says by 422; and no shape says that a text has no U+0000 (400).
        // It has no way to write CSV, which is all that rosters are. Keys and cookies are sent, not made up.
        let parameters = ids.sorted { $0.key < $1.key }.map { "\"path.\($0.key)\" = \"\($0.value)\"" }
        let configuration = """
            [parameters]
            \(parameters.joined(separator: "\n"))
            [generation]
            with-security-parameters = false
            [checks.positive_data_acceptance]
            expected-statuses = ["2xx", 304, 400, 401, 403, 404, 409, 410, 412, 422, 428, 503]
            [checks.negative_data_rejection]
            expected-statuses = [400, 401, 403, 404, 406, 412, 422, 428, "5xx"]
            [checks.missing_required_header]
            expected-statuses = [400, 401, 403, 404, 406, 422, 428]
            """
        _ = FileManager.default.createFile(
            atPath: folder + "/schemathesis.toml", contents: Data(configuration.utf8))
        let (status, output) = try await Clients.run(
            "schemathesis",
            [
                "run", "http://127.0.0.1:\(server.port)/openapi.json", "--max-examples", "\(cases)", "--seed", "1",
                "--checks", "all", "--continue-on-failure",
                "--phases", Self.isSoak ? "examples,coverage,fuzzing" : "fuzzing", "--no-shrink", "--warnings", "off",
                "--exclude-path-regex", "stream$|/v1/live$|/v1/worker-rosters$", "--suppress-health-check", "all",
                "--request-timeout", "30", "--output-sanitize", "true",
            ] + headers.flatMap { ["-H", $0] }, environment: ["NO_COLOR": "1", "COLUMNS": "160"], in: folder)
        if Self.isSoak { Console.note("schemathesis as \(role): \(output.suffix(900))") }
        let line = output.split(separator: "\n").last { $0.contains(" generated") }
        let figure = line.map { $0.trimmingCharacters(in: .whitespaces) } ?? "no figure"
        print("scorecard row 18 | as \(role): \(figure), exit \(status) | no 5xx, nothing undocumented, no key ignored")
        #expect(status == 0, "as \(role): \(output.suffix(12_000))")
    }
}

private enum Console {
    static func note(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
}
