internal import Formats
internal import Foundation
internal import Store

/// The first principals of an empty market: Guildhall itself and one operator. Running it again finds them.
package struct Bootstrap: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: the operator called `name`.
    package func callAsFunction(operatorName name: String) async throws -> Principal.ID {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.advisoryLock(AdvisoryLock("bootstrap"))
            if let found = try await transaction.findPrincipal(named: name, kind: .person) { return found }
            guard try await !transaction.anyPrincipalExists() else { throw NotFound("operator called '\(name)'") }
            let system = Principal(id: change.make(), kind: .system, name: "guildhall")
            let person = Principal(id: change.make(), kind: .person, name: name)
            try await transaction.insert(system)
            try await transaction.insert(person)
            for holder in [system.id, person.id] {
                try await transaction.insertGrant(
                    id: change.make(Role.self).uuid, of: .operator, to: holder, for: nil, by: system.id
                )
            }
            try await change.record("market_founded", by: system.id, on: "principal", person.id.uuid, in: .platform)
            return person.id
        }
    }
}

extension Market {
    /// Guildhall itself, as the scheduler acts. Made by ``Bootstrap``.
    package func systemPrincipal() async throws -> Principal.ID {
        let found = try await database.read { try await $0.findPrincipal(named: "guildhall", kind: .system) }
        guard let found else { throw NotFound("system principal: the market is empty") }
        return found
    }

    /// The same, in a market that is founded now if it is empty: with an operator called `operator`.
    package func foundedSystemPrincipal() async throws -> Principal.ID {
        do {
            return try await systemPrincipal()
        } catch is NotFound {
            _ = try await Bootstrap(market: self)(operatorName: "operator")
            return try await systemPrincipal()
        }
    }
}

extension Market {
    /// The person who acts under a name at the command line.
    package func person(named name: String) async throws -> Principal.ID {
        let found = try await database.read { try await $0.findPrincipal(named: name, kind: .person) }
        guard let found else { throw NotFound("person called '\(name)'") }
        return found
    }
}

/// Makes a person or key and gives it roles.
package struct CreatePrincipal: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by kind and name: an existing principal of that name is returned as it is.
    ///
    /// - Throws: ``BadInput`` for an auditor who would be something else, too; ``AccessRefusal``.
    package func callAsFunction(
        _ kind: PrincipalKind, named name: String, roles: [Role], for requester: Requester.ID? = nil,
        by actor: Principal.ID
    ) async throws -> Principal.ID {
        let name = try PlainText.line(name, field: "name", lengthMax: 200)
        guard !roles.contains(.auditor) || roles == [.auditor] else {
            throw BadInput("role", "auditor goes with no other: who looks at what was done does none of it")
        }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            try await transaction.advisoryLock(AdvisoryLock("principal", name))
            if let found = try await transaction.findPrincipal(named: name, kind: kind) { return found }
            let principal = Principal(id: change.make(), kind: kind, name: name)
            try await transaction.insert(principal)
            for role in roles {
                try await transaction.insertGrant(
                    id: change.make(Role.self).uuid, of: role, to: principal.id,
                    for: role == .requester ? requester : nil, by: actor
                )
            }
            try await change.record(
                "principal_created", by: actor, on: "principal", principal.id.uuid, in: .platform,
                facts: ["roles": .array(roles.map { .string($0.rawValue) })]
            )
            return principal.id
        }
    }
}

extension Market {
    /// A requester's key by its name.
    package func keyPrincipal(named name: String) async throws -> Principal.ID {
        let found = try await database.read { try await $0.findPrincipal(named: name, kind: .key) }
        guard let found else { throw NotFound("key called '\(name)'") }
        return found
    }
}
