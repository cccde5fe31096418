internal import Foundation
package import Store

/// Whoever acts: a person, a requester's key, or Guildhall itself.
package struct Principal: Sendable {
    package typealias ID = Identifier<Principal>
    package let id: ID
    package let kind: PrincipalKind
    package let name: String
}

/// The values of the PostgreSQL enum `principal_kind`, in its order.
package enum PrincipalKind: String, Sendable, CaseIterable, SQLEnum {
    case person, key, system
}

/// The values of the PostgreSQL enum `role`, in its order.
package enum Role: String, Sendable, CaseIterable, SQLEnum {
    case `operator`
    case financeMaker = "finance_maker"
    case financeChecker = "finance_checker"
    case requester, reviewer, worker
    case agencyManager = "agency_manager"
    case auditor
}

/// Why a principal may not do something.
package enum AccessRefusal: Refusal {
    /// The token is unknown, expired or revoked.
    case notAuthenticated
    case roleMissing(Role)
    /// The token is for other things.
    case scopeMissing(TokenScope)

    package var code: String {
        switch self {
        case .notAuthenticated: "not_authenticated"
        case .roleMissing: "role_missing"
        case .scopeMissing: "scope_missing"
        }
    }

    package var message: String {
        switch self {
        case .notAuthenticated: "The access token is missing, unknown or expired."
        case .roleMissing(let role): "This needs the role '\(role.rawValue)'."
        case .scopeMissing(let scope): "This needs a token with the scope '\(scope.rawValue)'."
        }
    }
}

extension Transaction {
    /// Lets a principal go on only with a role that it holds at this instant.
    ///
    /// - Parameter requester: for ``Role/requester``, whose it must be.
    /// - Throws: ``AccessRefusal/roleMissing(_:)``.
    package func authorize(
        _ principal: Principal.ID, as role: Role, for requester: Requester.ID? = nil
    ) async throws {
        guard try await holds(principal, role, for: requester) else { throw AccessRefusal.roleMissing(role) }
    }

    /// Lets whoever holds a platform's role go on, and auditors: what follows only reads.
    package func authorize(_ principal: Principal.ID, toSeeAs role: Role) async throws {
        // What is a worker's own is nobody's to look into by it.
        guard role != .worker else { return try await authorize(principal, as: role) }
        try await letSee(principal) { try await $0.authorize(principal, as: role) }
    }

    /// Lets a requester's own people and keys go on, operators and auditors: what follows only reads.
    func authorizeOperator(toSee actor: Principal.ID, orRequester requester: Requester.ID) async throws {
        try await letSee(actor) { try await $0.authorizeOperator(actor, orRequester: requester) }
    }

    /// Lets whom a check lets go on, and auditors. Only for what reads, and opens nothing that is on record or sealed
    /// from operators: an auditor sees what operators and finance see, and changes nothing.
    func letSee(
        _ actor: Principal.ID, _ check: @Sendable (Transaction) async throws -> Void
    ) async throws {
        do {
            try await check(self)
        } catch let refusal as AccessRefusal {
            guard try await holds(actor, .auditor, for: nil) else { throw refusal }
        }
    }

    /// Lets a requester's own people and keys go on, and operators.
    func authorizeOperator(_ actor: Principal.ID, orRequester requester: Requester.ID) async throws {
        if try await holds(actor, .operator, for: nil) { return }
        try await authorize(actor, as: .requester, for: requester)
    }
}
