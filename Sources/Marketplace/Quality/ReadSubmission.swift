package import Formats
internal import Foundation
internal import Store

/// A submission with what it answers, as a reviewer sees it.
package struct SubmissionInReview: Sendable {
    package let item: ReviewItem
    package let answer: JSON
    package let payload: JSON
    /// For whoever decides between two who differ: what both have said, the first first, without who they are; empty
    /// for everybody else.
    package let opinions: [OpinionSeen]
}

/// What somebody has said of an answer, as an adjudicator sees it.
package struct OpinionSeen: Hashable, Sendable {
    package let role: OpinionRole
    package let verdict: Verdict
    package let shareBasisPoints: Int
    package let reasons: String
    package let sheet: ReviewSheet

    init(_ opinion: Opinion) {
        (role, reasons, sheet) = (opinion.role, opinion.reasons, opinion.sheet)
        (verdict, shareBasisPoints) = (opinion.judgement.verdict, opinion.judgement.basisPoints)
    }

    package var json: JSON {
        [
            "role": .string(role.rawValue), "verdict": .string(verdict.rawValue),
            "share_bps": .integer(Int64(shareBasisPoints)), "reasons": .string(reasons), "sheet": sheet.json,
        ]
    }
}

/// A reviewer reads a submission that waits for a judgement, with its task, and who decides between two what both have
/// said. Each reading is on record.
package struct ReadSubmission: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: a reviewer who may judge it; from now on barred from the task as a worker.
    /// - Throws: ``AccessRefusal``; ``NotFound`` for one that does not wait for a judgement;
    ///   ``ReviewRefusal`` for who must not judge it; ``ContentRefusal``.
    package func callAsFunction(
        _ id: Assignment.ID, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> SubmissionInReview {
        try await market.log { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .reviewer)
            // Whoever reviews and works cannot take a lease on the task meanwhile.
            _ = try await transaction.lockWorkersForEligibility([Worker.ID(actor.uuid)])
            guard let (item, answer) = try await transaction.submittedForReview(id, of: requester) else {
                throw NotFound("submission that waits for a review")
            }
            if item.worker.uuid != actor.uuid, try await transaction.isCloseColleague(actor, of: item.worker) {
                throw ReviewRefusal.closeColleague
            }
            if let bar = try await transaction.reviewBar(to: actor, on: item.task, of: requester) { throw bar }
            let opinions = try await transaction.opinions(on: id, of: requester)
            let decides = item.isDisputed && opinions.allSatisfy { $0.person != actor }
            let content = try await change.content(of: [item.task], from: requester, for: .review(id, by: actor))
            let key = try await change.presentKey(ofTask: item.task, requester)
            return SubmissionInReview(
                item: item, answer: try answer.opened(by: key, as: .answer(to: id)),
                payload: content[item.task] ?? .null, opinions: decides ? opinions.map(OpinionSeen.init) : []
            )
        }
    }
}
