internal import Formats
internal import Foundation
internal import Store

/// Why a person's own sign-in is not changed.
package enum OwnSignInRefusal: Refusal, CaseIterable {
    /// They do not sign in by a password.
    case noPassword
    /// The present password, or the code, is wrong.
    case notConfirmed
    case alreadyOn
    case notBegun

    package var code: String {
        switch self {
        case .noPassword: "no_password"
        case .notConfirmed: "not_confirmed"
        case .alreadyOn: "second_factor_on"
        case .notBegun: "second_factor_not_begun"
        }
    }

    package var message: String {
        switch self {
        case .noPassword: "You do not sign in by a password here."
        case .notConfirmed: "The password or the code is wrong."
        case .alreadyOn: "You have a second factor; take it away first."
        case .notBegun: "Begin with a new second factor first."
        }
    }
}

/// A person chooses another password. Their sessions end, the one that asks included.
package struct ChangePassword: Sendable {
    let market: Market
    let hasher: PasswordHasher

    package init(market: Market, hasher: PasswordHasher) { (self.market, self.hasher) = (market, hasher) }

    /// - Parameter actor: whose password it is.
    /// - Throws: ``OwnSignInRefusal``; ``BadInput``; ``SignInRefusal/busy``.
    package func callAsFunction(from old: String, to new: String, by actor: Principal.ID) async throws {
        let login = try await market.login(of: actor)
        let stored = try await hasher.hash(try NewPassword.checked(new, for: login.email))
        try await market.confirming(old, of: login, hasher) { change in
            try await change.setPassword(stored, of: actor, named: login.email)
            try await change.record("password_set", by: actor, on: "principal", actor.uuid, in: .platform)
        }
    }
}

/// A person takes an authenticator as their second factor: it is shown once, and asked for once they typed a code of
/// it.
package struct BeginSecondFactor: Sendable {
    /// What the authenticator is given.
    package struct Secret: Hashable, Sendable {
        /// base32.
        package let secret: String
        /// `otpauth://totp/…`, for a QR code.
        package let address: String
    }

    let market: Market
    let hasher: PasswordHasher

    package init(market: Market, hasher: PasswordHasher) { (self.market, self.hasher) = (market, hasher) }

    /// - Parameter actor: whose it will be.
    /// - Throws: ``OwnSignInRefusal``; ``VaultRefusal``; ``SignInRefusal/busy``.
    package func callAsFunction(password: String, by actor: Principal.ID) async throws -> Secret {
        let login = try await market.login(of: actor)
        guard !login.hasSecondFactor else { throw OwnSignInRefusal.alreadyOn }
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<TOTP.secretBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        try await market.confirming(password, of: login, hasher) { change in
            guard try await change.transaction.lockLogin(of: actor)?.hasSecondFactor == false else {
                throw OwnSignInRefusal.alreadyOn
            }
            try await change.keepSecret(secret, .totp, of: actor.uuid)
            try await change.record("second_factor_begun", by: actor, on: "principal", actor.uuid, in: .platform)
        }
        return Secret(secret: TOTP.base32(secret), address: TOTP.address(of: secret, name: login.email))
    }
}

/// The person typed a code of their authenticator: from now on one is asked for.
package struct ConfirmSecondFactor: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: ten recovery codes, shown once.
    /// - Throws: ``OwnSignInRefusal``; ``VaultRefusal``.
    package func callAsFunction(code: String, by actor: Principal.ID) async throws -> [String] {
        let codes = RecoveryCodes.make()
        return try await market.change { change -> [String] in
            let transaction = change.transaction
            guard let login = try await transaction.lockLogin(of: actor) else { throw OwnSignInRefusal.noPassword }
            guard !login.hasSecondFactor else { throw OwnSignInRefusal.alreadyOn }
            guard let secret = try await transaction.keptSecret(.totp, of: actor.uuid, change.keys) else {
                throw OwnSignInRefusal.notBegun
            }
            guard let step = TOTP.step(of: code, by: secret, at: change.instant) else {
                throw OwnSignInRefusal.notConfirmed
            }
            try await transaction.enableSecondFactor(of: actor, step: step)
            try await transaction.replaceRecoveryCodes(
                of: actor, codes.map { RecoveryCodes.hash($0.filter { $0 != "-" }, of: actor) })
            try await transaction.tell(actor, kind: "second_factor_changed", facts: ["is_on": true], id: change.make())
            try await change.record("second_factor_on", by: actor, on: "principal", actor.uuid, in: .platform)
            return codes
        }
    }
}

/// Takes a second factor away: its holder by password and code; an operator where a person lost theirs.
package struct RemoveSecondFactor: Sendable {
    let market: Market
    let hasher: PasswordHasher

    package init(market: Market, hasher: PasswordHasher) { (self.market, self.hasher) = (market, hasher) }

    /// - Throws: ``OwnSignInRefusal``; ``VaultRefusal``; ``SignInRefusal/busy``.
    package func callAsFunction(password: String, code: String, by actor: Principal.ID) async throws {
        let login = try await market.login(of: actor)
        try await market.confirming(password, of: login, hasher) { change in
            guard try await change.transaction.lockLogin(of: actor)?.hasSecondFactor == true else {
                throw OwnSignInRefusal.notBegun
            }
            guard try await change.useSecondFactor(code, of: actor) != nil else { throw OwnSignInRefusal.notConfirmed }
            try await change.removeSecondFactor(of: actor, by: actor)
        }
    }

    /// - Parameter actor: an operator, who made sure who asks; not for themselves.
    /// - Throws: ``AccessRefusal``; ``OwnSignInRefusal``; ``BadInput``.
    package func callAsFunction(of holder: Principal.ID, by actor: Principal.ID) async throws {
        guard holder != actor else {
            throw BadInput("person", "must be somebody else: use password and code for yourself")
        }
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard try await change.transaction.lockLogin(of: holder)?.hasSecondFactor == true else {
                throw OwnSignInRefusal.notBegun
            }
            try await change.removeSecondFactor(of: holder, by: actor)
        }
    }
}

/// Nobody signs in by a person's address any more; their sessions end. Again by an invitation.
package struct CloseLogin: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: an operator.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(of holder: Principal.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard try await change.transaction.lockLogin(of: holder) != nil else { throw NotFound("login") }
            try await change.transaction.closeLogin(of: holder)
            try await change.transaction.deleteSecret(.totp, of: holder.uuid)
            try await change.transaction.replaceRecoveryCodes(of: holder, [])
            try await change.transaction.endSessions(of: holder)
            try await change.transaction.endTickets(of: holder)
            try await change.record("login_closed", by: actor, on: "principal", holder.uuid, in: .platform)
        }
    }
}

extension Market {
    /// - Throws: ``OwnSignInRefusal/noPassword``.
    fileprivate func login(of holder: Principal.ID) async throws -> PersonLogin {
        let login = try await database.read { try await $0.login(of: holder) }
        guard let login, login.passwordHash != nil, !login.isClosed else { throw OwnSignInRefusal.noPassword }
        return login
    }

    /// Changes something that asks for the password again. What is wrong counts as a failed attempt to sign in does, so
    /// that a stolen session cannot try passwords either.
    fileprivate func confirming(
        _ password: String, of login: PersonLogin, _ hasher: PasswordHasher,
        _ body: @Sendable (Change) async throws -> Void
    ) async throws {
        guard password.utf8.count <= 1_024 else { throw OwnSignInRefusal.notConfirmed }
        let isRight = try await hasher.matches(password, login.passwordHash)
        let isDone = try await change { change in
            let hash = Digest(of: "sign_in/" + login.email)
            try await change.transaction.advisoryLock(AdvisoryLock("sign_in", hash.hexadecimal))
            let isLocked =
                try await change.transaction.signInFailures(hash).lockedUntil ?? .distantPast > change.instant
            let isSame = try await change.transaction.login(of: login.holder)?.passwordHash == login.passwordHash
            guard isRight, isSame, !isLocked else {
                _ = try await change.noteFailure(
                    hash, try await change.transaction.signInFailures(hash).count, isLocked: isLocked)
                return false
            }
            try await body(change)
            return true
        }
        guard isDone else { throw OwnSignInRefusal.notConfirmed }
    }
}

extension Change {
    fileprivate func removeSecondFactor(of holder: Principal.ID, by actor: Principal.ID) async throws {
        try await transaction.disableSecondFactor(of: holder)
        try await transaction.deleteSecret(.totp, of: holder.uuid)
        try await transaction.replaceRecoveryCodes(of: holder, [])
        try await transaction.tell(holder, kind: "second_factor_changed", facts: ["is_on": false], id: make())
        try await record("second_factor_off", by: actor, on: "principal", holder.uuid, in: .platform)
    }
}
