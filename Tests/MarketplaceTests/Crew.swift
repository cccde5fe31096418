import Formats
import Foundation
import Marketplace
import Store
import TestSupport

/// The people of a test's market: an operator, finance, and as many workers as a test makes.
struct Crew: Sendable {
    let market: Market
    let chief: Principal.ID

    init() async throws {
        market = Scratch.market
        chief = try await Bootstrap(market: market)(operatorName: "ada")
    }

    /// Another operator, for what two people must look at; made when first asked for.
    var second: Principal.ID {
        get async throws {
            try await CreatePrincipal(market: market)(.person, named: "bob", roles: [.operator], by: chief)
        }
    }

    func person(_ name: String, _ roles: Role...) async throws -> Principal.ID {
        try await CreatePrincipal(market: market)(.person, named: name, roles: roles, by: chief)
    }

    /// An active worker without a profession.
    func worker(_ key: String = "w1", timeZone: String = "Europe/Berlin") async throws -> Worker.ID {
        let worker = try await RegisterWorker(market: market)(.sample(key, timeZone: timeZone), by: chief)
        try await ActivateWorker(market: market)(worker, by: chief)
        return worker
    }

    /// An active lawyer with an admission in New York until the end of 2027, which two people have verified.
    func lawyer(
        _ key: String = "w1", tier: Tier = .specialist
    ) async throws -> (worker: Worker.ID, admission: Credential.ID) {
        let worker = try await worker(key)
        try await DeclareProfession(market: market)(
            .lawyer, years: 9, specialties: ["Licensing"], of: worker, by: chief
        )
        let admission = try await SubmitCredential(market: market)(.admission(number: key), of: worker, by: chief)
        try await VerifyCredential(market: market)(admission, by: chief)
        try await ConfirmCredential(market: market)(admission, by: try await second)
        try await GrantTier(market: market)(tier, in: .lawyer, to: worker, by: chief)
        return (worker, admission)
    }

    func facts(of worker: Worker.ID, at instant: Date = Scratch.start) async throws -> WorkerFacts? {
        try await market.database.read { try await $0.workerFacts(worker, at: instant) }
    }
}

extension Registration {
    static func sample(
        _ key: String = "w1", name: String = "Grace Hopper", email: String? = nil, country: String = "DE",
        timeZone: String = "Europe/Berlin", weeklyMinutesMax: Int = 600, languages: [String] = ["en", "de"]
    ) throws -> Registration {
        try Registration(
            externalKey: key, name: name, email: email ?? "\(key.lowercased())@example.org", country: country,
            timeZone: timeZone, weeklyMinutesMax: weeklyMinutesMax, languages: languages
        )
    }
}

extension CredentialSubmission {
    static func admission(
        number: String = "4102233", jurisdiction: String = "US-NY", expires: String? = "2027-12-31"
    ) throws -> CredentialSubmission {
        try CredentialSubmission(
            profession: .lawyer, kind: .barAdmission, issuer: "New York State Unified Court System",
            jurisdiction: jurisdiction, number: number, issuedOn: .day("2015-06-01"),
            expiresOn: expires.map(CalendarDate.day)
        )
    }
}

extension CalendarDate {
    /// For literals in tests.
    static func day(_ text: String) -> CalendarDate {
        guard let date = CalendarDate(iso: text) else { preconditionFailure("no such day: \(text)") }
        return date
    }
}

extension Date {
    /// For literals in tests: ISO 8601 with `Z`.
    static func at(_ text: String) -> Date {
        guard let date = try? Date(text, strategy: .iso8601) else { preconditionFailure("no such instant: \(text)") }
        return date
    }
}

extension Crew {
    /// What a refused call threw, as text; for tables.
    static func refusal<Result>(_ body: () async throws -> Result) async -> String {
        do {
            _ = try await body()
            return "none"
        } catch let refusal as any Refusal {
            return refusal.code
        } catch {
            return "\(error)"
        }
    }
}
