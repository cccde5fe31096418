package import Foundation
internal import Store

/// What one operator says and another one has yet to say, too: what lets one person act as others, or be paid for them.
package enum OperatorProposal {
    /// Seconds that it waits.
    package static let lifetime: TimeInterval = 7 * 86_400
}

extension Change {
    /// Whether another operator has said the same within a week. If none has, it is noted as said by this one, in place
    /// of what was. Both say it in the same words, so that there is no id to approve blindly.
    ///
    /// - Parameters:
    ///   - content: of all that is said, and of nothing else of the same subject.
    ///   - subject: what the change is of; whoever calls holds a lock for it.
    ///   - actor: an operator.
    func isSaidByTwo(_ content: Digest, of subject: UUID, by actor: Principal.ID) async throws -> Bool {
        let first = try await transaction.proposer(
            of: subject, content, after: instant - OperatorProposal.lifetime)
        guard let first, first != actor else {
            try await transaction.propose(subject, content, by: actor)
            return false
        }
        try await transaction.endProposal(of: subject)
        return true
    }
}
