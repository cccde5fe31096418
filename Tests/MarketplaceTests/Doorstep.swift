import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// A market with somebody who signs in by a password.
struct Doorstep: Sendable {
    static let password = "correct horse battery"
    /// Fast: what it costs is told by the hash itself.
    let hasher = PasswordHasher(.init(logRounds: 4, blockSize: 1, parallelism: 1))
    let small: SmallMarket
    var market: Market { small.market }

    init() async throws { small = try await SmallMarket() }

    /// The finance maker, who took an invitation.
    func invited() async throws -> Principal.ID {
        let code = try await small.invitation(of: small.maker, email: "Maker@example.org")
        try await RedeemTicket(market: market, hasher: hasher)(code, password: Self.password)
        return small.maker
    }

    func signIn(
        _ email: String = "maker@example.org", _ password: String = password, code: String? = nil,
        replacing old: String? = nil
    ) async throws -> NewSession {
        try await SignIn(market: market, hasher: hasher)(email: email, password: password, code: code, replacing: old)
    }

    /// The secret of a new authenticator, confirmed, and the recovery codes.
    func secondFactor(of person: Principal.ID) async throws -> (secret: [UInt8], recovery: [String]) {
        _ = try await BeginSecondFactor(market: market, hasher: hasher)(password: Self.password, by: person)
        let secret = try await Scratch.database.read { try await $0.keptSecret(.totp, of: person.uuid, Scratch.keys) }
        let bytes = try #require(secret)
        let code = TOTP.code(of: bytes, step: TOTP.step(at: Scratch.clock.now()))
        return (bytes, try await ConfirmSecondFactor(market: market)(code: code, by: person))
    }

    func actions(_ action: String) async throws -> Int {
        try await Scratch.asOwner {
            try await $0.oneRow("select count(*) as n from audit_event where action = \(action)")["n"]
        }
    }
}

/// Keeps what is delivered.
actor KeepingSink: NoticeSink {
    private(set) var letters: [Letter] = []

    func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome] {
        self.letters += letters
        return Dictionary(letters.map { ($0.notice.id, .delivered) }, uniquingKeysWith: { first, _ in first })
    }
}
