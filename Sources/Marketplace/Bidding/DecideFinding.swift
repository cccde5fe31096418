internal import Formats
internal import Foundation
internal import Store

/// Why a finding is not decided. In order of precedence.
package enum FindingRefusal: Refusal, CaseIterable {
    /// It is about whoever would decide it, or they bid in one of its auctions.
    case deciderIsConcerned
    /// Somebody has decided it.
    case decided

    package var code: String {
        switch self {
        case .deciderIsConcerned: "decider_is_concerned"
        case .decided: "finding_decided"
        }
    }

    package var message: String {
        switch self {
        case .deciderIsConcerned: "Nobody decides about what they bid in themselves. Somebody else must."
        case .decided: "The finding has been decided; what was said of it stays."
        }
    }
}

/// Two bidders who may be, or are, one person.
struct LinkedAccounts: Hashable, Sendable {
    let worker: Worker.ID
    let other: Worker.ID
    /// Whether a person has found that they are.
    let isKnown: Bool
    /// What the two have in common, the values of `duplicate_ground`.
    let grounds: [String]
}

/// Screens put what they found into the people's queue.
package struct ReportSuspicions: Sendable {
    /// How many in one transaction.
    package static let most = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// The same again changes the open finding; what a person has decided is opened again only by auctions that they
    /// did not see.
    ///
    /// - Parameters:
    ///   - suspicions: 1 to 200.
    ///   - actor: an operator; the scheduler.
    /// - Returns: how many findings are new.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(_ suspicions: [Suspicion], by actor: Principal.ID) async throws -> Int {
        guard (1...Self.most).contains(suspicions.count) else {
            throw BadInput("suspicions", "must be 1 to \(Self.most)")
        }
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            var (new, changed) = (0, 0)
            for suspicion in suspicions {
                guard let put = try await change.transaction.putFinding(change.make(), suspicion) else { continue }
                changed += 1
                guard put.isNew else { continue }
                new += 1
                try await change.record(
                    "finding_opened", by: actor, on: "screen_finding", put.id.uuid, in: .platform,
                    facts: [
                        "kind": .string(suspicion.kind.rawValue),
                        "workers": .array(suspicion.workers.map { .string("\($0)") }),
                    ]
                )
            }
            try await change.record(
                "bids_screened", by: actor, on: "screen", actor.uuid, in: .platform,
                facts: ["new": .integer(Int64(new)), "changed": .integer(Int64(changed - new))]
            )
            return new
        }
    }
}

/// A person says what is behind a finding. It ends nothing and bars nobody: what follows is a decision of its own,
/// with its own reasons and appeal.
package struct DecideFinding: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - reasons: for other operators to read, 1 to 2,000 characters.
    ///   - actor: an operator whom it is not about, and who bid in none of its auctions.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``FindingRefusal``.
    package func callAsFunction(
        _ id: Finding.ID, _ verdict: FindingVerdict, reasons: String, by actor: Principal.ID
    ) async throws {
        let reasons = try PlainText.lines(reasons, field: "reasons", lengthMax: 2_000)
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            guard let found = try await transaction.lockFinding(id) else { throw NotFound("finding") }
            let isBidder = try await transaction.hasBid(Worker.ID(actor.uuid), in: found.auctions)
            guard !isBidder, !found.workers.contains(where: { $0.uuid == actor.uuid }) else {
                throw FindingRefusal.deciderIsConcerned
            }
            guard let state = found.state.after(verdict) else { throw FindingRefusal.decided }
            try await transaction.decideFinding(id, state, reasons: reasons, by: actor)
            try await change.record(
                "finding_decided", by: actor, on: "screen_finding", id.uuid, in: .platform,
                facts: ["verdict": .string(verdict.rawValue), "kind": .string(found.kind.rawValue)]
            )
        }
    }
}

/// Findings for operators to look at, the oldest first, by pages.
package struct ListFindings: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        in state: FindingState = .open, after last: Finding.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [Finding] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.findings(in: state, after: last, limit: limit)
        }
    }

    /// One, with its evidence.
    ///
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func one(_ id: Finding.ID, by actor: Principal.ID) async throws -> Finding {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let found = try await transaction.finding(id) else { throw NotFound("finding") }
            return found
        }
    }
}
