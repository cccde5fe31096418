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

    /// Idempotent by requester and external key: asked for again, an existing project of that key is returned as it is.
    ///
    /// - Throws: ``BadInput``, also for parameters that the kind does not take, schemas that do not compile, and a text
    ///   where another guideline has the project's key; ``AccessRefusal``; ``NotFound`` for a guideline or a version;
    ///   ``ProjectRefusal``.
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
            if let found = try await change.transaction.project(of: requester, externalKey: draft.externalKey) {
                return try await change.transaction.same(found, as: draft, shape)
            }
            let fresh: Project.ID = change.make()
            guard let guideline = try await change.guideline(of: draft, from: requester, by: actor) else {
                // Somebody else was making the same project.
                guard let found = try await change.transaction.project(of: requester, externalKey: draft.externalKey)
                else { throw BadInput("guideline", "another one has the project's key; name it, or take another key") }
                return try await change.transaction.same(found, as: draft, shape)
            }
            guard
                try await change.transaction.insertProject(
                    fresh, of: requester, draft, shape, guideline: guideline.id, pin: guideline.pin
                )
            else { throw BadInput("external_key", "is being taken by another project at this moment; try again") }
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

extension Change {
    /// What the workers of a new project are told: made for it, or found.
    ///
    /// - Returns: `nil` when another guideline has the project's key.
    fileprivate func guideline(
        of draft: ProjectDraft, from requester: Requester.ID, by actor: Principal.ID
    ) async throws -> (id: Guideline.ID, pin: Int?)? {
        switch draft.guideline {
        case .text(let text, let version):
            let made = try await addGuideline(
                externalKey: draft.externalKey, name: draft.name, text: text, version: version, of: requester,
                by: actor
            )
            return made.map { ($0, nil) }
        case .existing(let key, let pin):
            guard let found = try await transaction.guideline(of: requester, externalKey: key) else {
                throw NotFound("guideline called '\(key)'")
            }
            if let pin, try await transaction.guidelineVersion(pin, of: found.id, requester) == nil {
                throw NotFound("version of the guideline")
            }
            return (found.id, pin)
        }
    }
}

extension Transaction {
    /// Lets a requester's own people and keys go on, and operators.
    func authorizePublisher(_ actor: Principal.ID, for requester: Requester.ID) async throws {
        if try await holds(actor, .operator, for: nil) { return }
        try await authorize(actor, as: .requester, for: requester)
    }

    /// The same, and auditors: what follows only reads.
    func authorizePublisher(toSee actor: Principal.ID, for requester: Requester.ID) async throws {
        try await letSee(actor) { try await $0.authorizePublisher(actor, for: requester) }
    }
}
