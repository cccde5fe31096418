package import Foundation
internal import Store

/// Forgets sessions, tickets and failed attempts that are long over. The audit log keeps what was done.
package struct ForgetSignIns: Sendable {
    /// Seconds after their end that they are still shown: 30 days.
    package static let keptSeconds: TimeInterval = 30 * 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction; no audit event, as nothing that anybody did is changed.
    ///
    /// - Returns: how many of the kind that had most; call again at once while it is `most`.
    package func callAsFunction(most: Int = 1_000) async throws -> Int {
        guard (1...10_000).contains(most) else { throw BadInput("most", "must be 1 to 10,000") }
        return try await market.database.transaction { transaction in
            let over = transaction.instant - Self.keptSeconds
            let sessions = try await transaction.forget(
                "person_session", by: "session_hash", whose: "ends_at", before: over, most: most)
            let tickets = try await transaction.forget(
                "sign_in_ticket", by: "ticket_hash", whose: "expires_at", before: over, most: most)
            let attempts = try await transaction.forget(
                "provider_attempt", by: "state_hash", whose: "expires_at", before: transaction.instant, most: most)
            let failures = try await transaction.forget(
                "sign_in_failure", by: "name_hash", whose: "failed_at",
                before: transaction.instant - SignInBackOff.forgottenAfter, most: most)
            let proposals = try await transaction.forget(
                "operator_proposal", by: "subject_id", whose: "proposed_at",
                before: transaction.instant - OperatorProposal.lifetime, most: most)
            return max(sessions, tickets, attempts, failures, proposals)
        }
    }
}
