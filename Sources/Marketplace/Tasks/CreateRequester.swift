internal import Formats
internal import Foundation
internal import Store

/// Enters an organisation that will publish and pay.
package struct CreateRequester: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by `externalKey`: an existing requester of that key is returned as it is.
    ///
    /// - Throws: ``BadInput``; ``AccessRefusal`` unless the actor is an operator.
    package func callAsFunction(
        externalKey: String, name: String, by actor: Principal.ID
    ) async throws -> Requester.ID {
        try externalKey.mustHave(1...200, as: "external_key")
        try name.mustHave(1...200, as: "name")
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let fresh: Requester.ID = change.make()
            guard try await change.transaction.insertRequester(fresh, externalKey: externalKey, name: name) else {
                guard let found = try await change.transaction.requester(externalKey: externalKey) else {
                    throw NotFound("requester")
                }
                return found
            }
            try await change.record(
                "requester_created", by: actor, on: "requester", fresh.uuid, in: .requester(fresh),
                facts: ["external_key": .string(externalKey)]
            )
            return fresh
        }
    }
}

/// Enters a programme of a requester.
package struct CreateProject: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by requester and external key: an existing project of that key is returned as it is.
    ///
    /// - Throws: ``BadInput``, also for parameters that the kind does not take and schemas that do not compile;
    ///   ``AccessRefusal``.
    package func callAsFunction(
        _ draft: ProjectDraft, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Project.ID {
        let shape = try draft.validate()
        return try await market.change { change in
            try await change.transaction.authorizePublisher(actor, for: requester)
            guard try await change.transaction.requesterExists(requester) else { throw NotFound("requester") }
            if let name = draft.retentionClass {
                guard try await change.transaction.retentionClass(name) != nil else {
                    throw NotFound("retention class")
                }
            }
            let fresh: Project.ID = change.make()
            guard try await change.transaction.insertProject(fresh, of: requester, draft, shape) else {
                guard let found = try await change.transaction.project(of: requester, externalKey: draft.externalKey)
                else { throw NotFound("project") }
                return found.id
            }
            try await change.transaction.insertParties(draft.parties, of: fresh, of: requester)
            try await change.record(
                "project_created", by: actor, on: "project", fresh.uuid, in: .requester(requester),
                facts: [
                    "external_key": .string(draft.externalKey), "parties": .integer(Int64(draft.parties.count)),
                    "function": .string(draft.function.rawValue),
                    "deidentification": .string(draft.deidentification.rawValue),
                ]
            )
            return fresh
        }
    }
}

extension Transaction {
    /// Lets a requester's own people and keys go on, and operators.
    func authorizePublisher(_ actor: Principal.ID, for requester: Requester.ID) async throws {
        if try await holds(actor, .operator, for: nil) { return }
        try await authorize(actor, as: .requester, for: requester)
    }
}
