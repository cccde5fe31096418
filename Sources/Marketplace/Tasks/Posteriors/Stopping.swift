internal import Consensus
package import Formats
package import Foundation
internal import Store

/// The values of the PostgreSQL enum `stopping_basis`, in its order: by what an adaptive batch decides whether a task
/// has answers enough.
package enum StoppingBasis: String, Sendable, CaseIterable, SQLEnum {
    /// The share of the commonest answer.
    case agreement
    /// The calibrated probability of the likeliest one.
    case posterior
}

/// The values of the PostgreSQL enum `stopping_outcome`, in its order.
package enum StoppingOutcome: String, Sendable, CaseIterable, SQLEnum {
    case enough
    /// One more is asked for.
    case another
    /// None is left to ask for: people settle it.
    case unsettled
}

/// Why one more answer to a task was asked for, or no more.
package struct Stopping: Sendable {
    package typealias ID = Identifier<Stopping>
    package let id: ID
    package let task: WorkTask.ID
    package let basis: StoppingBasis
    package let outcome: StoppingOutcome
    package let answers: Int
    package let least: Int
    package let most: Int
    /// What was reached, and what was wanted, in ten-thousandths.
    package let confidenceBasisPoints: Int
    package let targetBasisPoints: Int
    package let decidedAt: Date
    /// The full fit that it was calibrated by; `nil` for agreement.
    package let fit: Int?
    /// How likely each class was, by its name, in millionths; `nil` for agreement, and where it cannot be opened.
    package let posterior: [String: Int64]?

    /// For the requester to read.
    package var sentence: String {
        let reached = "\(Self.percent(confidenceBasisPoints)) of \(Self.percent(targetBasisPoints)) wanted"
        let measure =
            basis == .agreement ? "the commonest answer has \(reached)" : "the likeliest answer has \(reached)"
        let next =
            switch outcome {
            case .enough: "no more are asked for"
            case .another: "one more is asked for"
            case .unsettled: "none is left to ask for, so that people settle it"
            }
        return "After \(answers) answers (\(least) to \(most)) \(measure): \(next)."
    }

    private static func percent(_ basisPoints: Int) -> String {
        let rest = basisPoints % 100
        return "\(basisPoints / 100).\(rest < 10 ? "0" : "")\(rest) %"
    }

    package var json: JSON {
        [
            "stopping": .string("\(id)"), "task": .string("\(task)"), "basis": .string(basis.rawValue),
            "outcome": .string(outcome.rawValue), "answers": .integer(Int64(answers)),
            "least": .integer(Int64(least)), "most": .integer(Int64(most)),
            "confidence_bps": .integer(Int64(confidenceBasisPoints)),
            "target_bps": .integer(Int64(targetBasisPoints)), "decided_at": .string(decidedAt.ISO8601Format()),
            "fit": fit.map { .integer(Int64($0)) } ?? .null,
            "posterior": posterior.map { .object($0.mapValues(JSON.integer)) } ?? .null,
            "sentence": .string(sentence),
        ]
    }
}

/// What was decided on, so that it can be decided again.
struct StoppingGrounds: Sendable {
    let evidence: TaskEvidence
    let calibration: Calibration

    /// The calibrated probability of each class.
    var posterior: [Double] { calibration.applied(to: evidence.posterior) }

    /// Of the likeliest class, in ten-thousandths, rounded down: nothing is taken for reached that was not.
    var confidenceBasisPoints: Int {
        Int(exactly: ((posterior.max() ?? 0) * 10_000).rounded(.down)) ?? 0
    }

    init(_ evidence: TaskEvidence, _ calibration: Calibration) {
        // As it is kept, so that it comes to the same again.
        let kept = { (number: Double) in TaskEvidence.number(TaskEvidence.millionths(number)) }
        self.evidence = evidence
        self.calibration = Calibration(
            temperature: kept(calibration.temperature), doubt: kept(calibration.doubt))
    }

    var json: JSON {
        [
            "evidence": evidence.json, "temperature": .integer(TaskEvidence.millionths(calibration.temperature)),
            "doubt": .integer(TaskEvidence.millionths(calibration.doubt)),
        ]
    }

    init?(_ json: JSON) {
        guard let evidence = json["evidence"].flatMap(TaskEvidence.init),
            let temperature = json["temperature"]?.integerValue, let doubt = json["doubt"]?.integerValue
        else { return nil }
        self.init(
            evidence,
            Calibration(temperature: TaskEvidence.number(temperature), doubt: TaskEvidence.number(doubt)))
    }
}

/// Lists why answers to the tasks of a batch were asked for, or no more, oldest first.
package struct ListStoppings: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - task: only of this one.
    ///   - after: the last one of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: somebody who publishes for the requester.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``VaultRefusal``.
    package func callAsFunction(
        of batch: Batch.ID, from requester: Requester.ID, task: WorkTask.ID? = nil, after: Stopping.ID? = nil,
        limit: Int = 50, by actor: Principal.ID
    ) async throws -> [Stopping] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizePublisher(toSee: actor, for: requester)
            guard let found = try await transaction.batch(batch, of: requester),
                let project = try await transaction.project(found.project, of: requester)
            else { throw NotFound("batch") }
            let rows = try await transaction.stoppings(
                of: batch, requester, task: task, after: after, limit: limit)
            let classes = AnswerClasses(project.shape)?.names ?? []
            let key = try await transaction.keyIfAny(of: requester, project.function, in: market.keys)
            return try rows.map { row in
                let grounds = try StoppingGrounds.opened(row, by: key)
                return try Stopping(
                    row: row,
                    posterior: grounds.map {
                        Dictionary(
                            zip(classes, $0.posterior.map(TaskEvidence.millionths)),
                            uniquingKeysWith: { first, _ in first })
                    })
            }
        }
    }
}

extension StoppingGrounds {
    /// Of a row of `stopping`; `nil` for agreement, and without a key.
    /// - Throws: ``VaultRefusal``.
    static func opened(_ row: Row, by key: ContentKey?) throws -> StoppingGrounds? {
        guard let sealed: Bytes = try row["sealed"], let key else { return nil }
        let json = try key.open(sealed, as: .stopping(try row["stopping_id"]))
        guard let grounds = StoppingGrounds(json) else { throw VaultRefusal.unreadable }
        return grounds
    }
}

extension Transaction {
    /// `nil` as well where keys are missing or destroyed: then what is sealed stays closed, and the rest is shown.
    func keyIfAny(
        of requester: Requester.ID, _ function: WorkFunction, in keys: KeyRing?
    ) async throws -> ContentKey? {
        do {
            return try await presentKey(of: requester, function, in: keys)
        } catch is ContentRefusal {
            return nil
        }
    }
}
