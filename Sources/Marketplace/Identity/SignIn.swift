internal import Formats
internal import Foundation
internal import Store

/// Why nobody is signed in. Whoever asks learns nothing of whether there is such a person.
package enum SignInRefusal: Refusal, CaseIterable {
    /// Too many sign in at once.
    case busy
    /// Name, password or code is wrong, nobody signs in by that name, or there were too many attempts: which, is not
    /// said.
    case failed
    /// Name and password are right; the second factor is missing.
    case codeMissing
    /// The ticket is unknown, used or expired.
    case ticketInvalid

    package var code: String {
        switch self {
        case .busy: "sign_in_busy"
        case .failed: "sign_in_failed"
        case .codeMissing: "second_factor_missing"
        case .ticketInvalid: "ticket_invalid"
        }
    }

    package var message: String {
        switch self {
        case .busy: "Too many people sign in at once. Try again in a second."
        case .failed: "Address, password or code is wrong, or there were too many attempts; then wait and try again."
        case .codeMissing: "Send the six digits of your authenticator as code, too, or a recovery code."
        case .ticketInvalid: "This link is not good any more: it was used, or has expired. Ask for another one."
        }
    }
}

/// How long nobody signs in by a name after failed attempts: from the fifth on half a minute, doubled by each, at most
/// an hour. A day after the last one they are forgotten.
enum SignInBackOff {
    static let forgottenAfter: TimeInterval = 86_400

    /// - Returns: seconds.
    static func lock(afterFailures failures: Int) -> TimeInterval {
        failures < 5 ? 0 : TimeInterval(min(30 << min(failures - 5, 10), 3_600))
    }
}

/// How a person signs in, as it is stored.
struct PersonLogin: Sendable {
    let holder: Principal.ID
    let email: String
    let passwordHash: String?
    let hasSecondFactor: Bool
    let isClosed: Bool
}

/// The name that a person signs in by.
enum LoginName {
    /// - Throws: ``BadInput`` for what is no address.
    static func checked(_ text: String) throws(BadInput) -> String {
        let name = text.trimmingCharacters(in: .whitespaces).lowercased()
        guard MailMessage.isAddress(name) else { throw BadInput("email", "is not an e-mail address") }
        return name
    }
}

/// A person signs in by address, password and, where they have one, second factor.
///
/// Every attempt hashes one password, reads and writes the same rows and records an event, whether anybody has the name
/// or not; what fails counts by a hash of the name.
package struct SignIn: Sendable {
    private enum Outcome: Sendable {
        case session(NewSession)
        case refused(SignInRefusal)
    }

    let market: Market
    let hasher: PasswordHasher

    package init(market: Market, hasher: PasswordHasher) { (self.market, self.hasher) = (market, hasher) }

    /// - Parameters:
    ///   - code: of the authenticator, or a recovery code.
    ///   - old: the cookie that the person came with; its session ends.
    /// - Throws: ``BadInput``; ``SignInRefusal``; ``VaultRefusal``.
    package func callAsFunction(
        email: String, password: String, code: String? = nil, replacing old: String? = nil
    ) async throws -> NewSession {
        let name = try LoginName.checked(email)
        guard password.utf8.count <= 1_024, code?.utf8.count ?? 0 <= 100 else {
            throw BadInput("password", "is too long")
        }
        let known = try await market.database.read { try await $0.login(named: name) }
        let isRight = try await hasher.matches(password, known?.passwordHash)
        let secret = "gs_" + AccessToken.randomHexadecimal()
        let outcome = try await market.change { change -> Outcome in
            let transaction = change.transaction
            let hash = Digest(of: "sign_in/" + name)
            try await transaction.advisoryLock(AdvisoryLock("sign_in", hash.hexadecimal))
            let failures = try await transaction.signInFailures(hash)
            // As it is now: another password would need another hashing.
            let login = try await transaction.login(named: name)
            let isOpen = login?.isClosed == false && login?.passwordHash == known?.passwordHash
            guard failures.lockedUntil ?? .distantPast <= change.instant else {
                return .refused(try await change.noteFailure(hash, failures.count, isLocked: true))
            }
            guard isRight, isOpen, let login else {
                return .refused(try await change.noteFailure(hash, failures.count, isLocked: false))
            }
            var method = SignInMethod.password
            if login.hasSecondFactor {
                guard let code else {
                    try await change.noteHalfway(login.holder)
                    return .refused(.codeMissing)
                }
                guard let used = try await change.useSecondFactor(code, of: login.holder) else {
                    return .refused(try await change.noteFailure(hash, failures.count, isLocked: false))
                }
                method = used
            }
            try await transaction.forgetFailures(hash)
            return .session(
                try await change.beginSession(of: login.holder, by: method, secret: secret, replacing: old))
        }
        switch outcome {
        case .session(let session): return session
        case .refused(let refusal): throw refusal
        }
    }
}

extension Change {
    /// Guildhall itself, as which those act who have not said who they are.
    func system() async throws -> Principal.ID {
        guard let id = try await transaction.findPrincipal(named: "guildhall", kind: .system) else {
            throw NotFound("system principal: the market is empty")
        }
        return id
    }

    /// Counts an attempt that failed; one while the name is locked does not count. The event names nobody.
    func noteFailure(_ hash: Digest, _ before: Int, isLocked: Bool) async throws -> SignInRefusal {
        let failures = isLocked ? before : before + 1
        let seconds = SignInBackOff.lock(afterFailures: failures)
        try await transaction.noteFailures(
            hash, failures, lockedUntil: isLocked || seconds == 0 ? nil : instant + seconds, keepsLock: isLocked)
        try await record(
            "sign_in_failed", by: try await system(), on: "sign_in",
            Reference.uuid(of: hash.hexadecimal, in: "sign_in"), in: .platform,
            facts: ["failures": .integer(Int64(failures)), "was_locked": .bool(isLocked)])
        return .failed
    }

    fileprivate func noteHalfway(_ holder: Principal.ID) async throws {
        try await record(
            "second_factor_asked", by: try await system(), on: "principal", holder.uuid, in: .platform)
    }

    /// Uses up a code of the authenticator, which counts once, or a recovery code.
    ///
    /// - Returns: which it was; `nil` when it is neither.
    func useSecondFactor(_ code: String, of holder: Principal.ID) async throws -> SignInMethod? {
        let code = code.filter { !$0.isWhitespace && $0 != "-" }
        guard code.utf8.count == 6 else {
            let isUsed = try await transaction.useRecoveryCode(RecoveryCodes.hash(code, of: holder), of: holder)
            return isUsed ? .recoveryCode : nil
        }
        guard let secret = try await transaction.keptSecret(.totp, of: holder.uuid, keys),
            let step = TOTP.step(of: code, by: secret, at: instant),
            try await transaction.useStep(step, of: holder)
        else { return nil }
        return .totp
    }
}

/// Codes that stand in for a lost authenticator, each once.
enum RecoveryCodes {
    static let count = 10

    /// Shape: 16 letters and digits of base32 (80 random bits), in four groups.
    static func make() -> [String] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in
            let text = TOTP.base32((0..<10).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
            return stride(from: 0, to: 16, by: 4).map { String(text.dropFirst($0).prefix(4)) }.joined(separator: "-")
        }
    }

    /// - Parameter code: without hyphens.
    static func hash(_ code: String, of holder: Principal.ID) -> Digest {
        Digest(of: "recovery_code/\(holder)/\(code.uppercased())")
    }
}
