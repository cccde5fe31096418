internal import Foundation
internal import Store

/// Who asks, and what they may ask for.
package struct Caller: Hashable, Sendable {
    package let principal: Principal.ID
    package let scopes: Set<TokenScope>
    /// The token or the session that they came with.
    package let door: Door

    package enum Door: Hashable, Sendable {
        case token(AccessToken.ID)
        case session(PersonSession.ID)
    }

    /// - Throws: ``AccessRefusal/scopeMissing(_:)``.
    package func demand(_ scope: TokenScope) throws(AccessRefusal) {
        guard scopes.contains(scope) else { throw .scopeMissing(scope) }
    }
}

extension Market {
    /// Who a bearer token belongs to.
    ///
    /// - Throws: ``AccessRefusal/notAuthenticated``.
    package func authenticate(token secret: String) async throws -> Principal.ID {
        try await caller(token: secret).principal
    }

    /// Who a bearer token belongs to, and what it may be used for. One round trip; another every ten minutes of use.
    ///
    /// - Throws: ``AccessRefusal/notAuthenticated``.
    package func caller(token secret: String) async throws -> Caller {
        guard AccessToken.isWellFormed(secret) else { throw AccessRefusal.notAuthenticated }
        let hash = Digest(of: secret)
        guard let (caller, isNoteworthy) = try await database.caller(ofToken: hash) else {
            throw AccessRefusal.notAuthenticated
        }
        if isNoteworthy { try await database.noteUse(ofToken: hash) }
        return caller
    }

    /// Whose session a cookie is. One round trip; another every minute of use.
    ///
    /// - Throws: ``AccessRefusal/notAuthenticated``.
    package func caller(session secret: String) async throws -> Caller {
        guard PersonSession.isWellFormed(secret) else { throw AccessRefusal.notAuthenticated }
        let hash = Digest(of: secret)
        guard let (caller, isNoteworthy) = try await database.caller(ofSession: hash) else {
            throw AccessRefusal.notAuthenticated
        }
        if isNoteworthy { try await database.noteUse(ofSession: hash) }
        return caller
    }
}
