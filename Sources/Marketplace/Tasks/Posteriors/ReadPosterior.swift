internal import Consensus
package import Formats
internal import Store

/// What the answers to a task come to, by the newest full fit and everything since.
package struct TaskPosterior: Hashable, Sendable {
    /// The classes of its project, in their order.
    package let classes: [String]
    /// How likely each is the right one, calibrated, in millionths.
    package let millionths: [Int64]
    /// How many answers are in it.
    package let answers: Int
    /// The full fit that it is calibrated by; 0 before the first.
    package let fit: Int
    /// Whether that fit may decide anything.
    package let isTrusted: Bool

    package var json: JSON {
        [
            "posterior": .object(
                Dictionary(zip(classes, millionths.map(JSON.integer)), uniquingKeysWith: { first, _ in first })),
            "answers": .integer(Int64(answers)), "fit": .integer(Int64(fit)), "trusted": .bool(isTrusted),
        ]
    }
}

/// Shows what the answers to a task come to.
package struct ReadPosterior: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: somebody who publishes for the requester.
    /// - Returns: `nil` where nothing was weighed: no answer, or a kind without classes.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``ContentRefusal``; ``VaultRefusal``.
    package func callAsFunction(
        _ task: WorkTask.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> TaskPosterior? {
        try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let place = try await transaction.placeOfTask(task, requester) else { throw NotFound("task") }
            guard let classes = AnswerClasses(place.shape),
                let stored = try await transaction.posterior(of: task, requester),
                let key = try await transaction.presentKey(of: requester, place.function, in: market.keys),
                let evidence = try stored.evidence(key)
            else { return nil }
            let found = try await transaction.newestFit(of: place.project, requester)
            let (world, fit) = try LabelWorld.kept(found, classes, key, in: place.project)
            return TaskPosterior(
                classes: classes.names,
                millionths: world.calibration.applied(to: evidence.posterior).map(TaskEvidence.millionths),
                answers: evidence.voices.count, fit: fit, isTrusted: try found?["is_trusted"] ?? false)
        }
    }
}

/// What a worker's answers in a project have come to.
package struct ConfusionRecord: Hashable, Sendable {
    /// A row for each class given, of a cell for each true one, in millionths.
    package let cells: [Int64]
    package let answers: Int64
    /// The full fit that it begins from; 0 before the first.
    package let fit: Int
}

/// Shows what a worker's answers in a project are worth, as far as is known.
package struct ReadConfusions: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: an operator.
    /// - Returns: `nil` where nothing of theirs was weighed.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``ContentRefusal``; ``VaultRefusal``.
    package func callAsFunction(
        of worker: Worker.ID, in project: Project.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> ConfusionRecord? {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let found = try await transaction.project(project, of: requester) else { throw NotFound("project") }
            guard let classes = AnswerClasses(found.shape),
                let stored = try await transaction.table(of: worker, in: project, requester),
                let key = try await transaction.presentKey(of: requester, found.function, in: market.keys)
            else { return nil }
            let table = try stored.opened(classes, key, in: project)
            return ConfusionRecord(
                cells: table.table.cells.map(TaskEvidence.millionths), answers: table.answers, fit: table.fit)
        }
    }
}
