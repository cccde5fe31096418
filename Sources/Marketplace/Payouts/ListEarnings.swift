package import Formats
package import Foundation
internal import Store

/// An answer, a top-up, a bonus or a remedy and what became of its pay.
package struct EarningLine: Sendable {
    package enum Standing: String, Sendable, CaseIterable {
        /// Handed in, no verdict yet: the pay of its terms.
        case pending
        /// Accepted, in no payout yet.
        case due
        /// In a payout that was not issued yet.
        case inPayout = "in_payout"
        /// It has left with a bank file; the bank has not said yet that it paid.
        case sent
        /// By the bank's word; of a batch without accounts when it was issued.
        case paid
    }

    package enum Kind: String, Sendable, CaseIterable {
        case work
        case topUp = "top_up"
        case bonus
        /// What an appeal has paid: of pay that was refused, or taken back.
        case remedy
    }

    /// After which line a page begins.
    package struct Mark: Sendable {
        package let at: Date
        package let line: UUID

        package init(at: Date, line: UUID) { (self.at, self.line) = (at, line) }
    }

    package let mark: Mark
    package let assignment: Assignment.ID
    package let batch: String
    package let standing: Standing
    /// What is paid, or what the terms say while it is pending.
    package let amount: Money
    /// The share of the terms that was accepted, in ten-thousandths; `nil` while it is pending, and of what is no work.
    package let basisPoints: Int?
    package let kind: Kind
    /// As they were frozen at the lease.
    package let terms: JSON
    package let payout: PayoutBatch.ID?
    package let paidAt: Date?
}

/// What a worker's work comes to in a currency.
package struct EarningSum: Hashable, Sendable {
    package let pending: Money
    package let due: Money
    package let inPayout: Money
    /// What has left, and of which the bank has not said yet that it was paid.
    package let sent: Money
    package let paid: Money
    /// Of what was sent and paid, what was kept back for taxes.
    package let withheld: Money
    /// Of what was sent and paid, what was kept for clawbacks.
    package let kept: Money
}

/// A worker's earnings: sums by currency, and the assignments with their frozen terms, newest first, by pages.
package struct ListEarnings: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - before: the mark of the last line of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is the worker, or in finance; ``BadInput``.
    package func callAsFunction(
        of worker: Worker.ID, before: EarningLine.Mark? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> (sums: [EarningSum], lines: [EarningLine]) {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            if actor.uuid != worker.uuid { try await transaction.authorizeFinance(toSee: actor) }
            return (
                try await transaction.earningSums(of: worker),
                try await transaction.earningLines(of: worker, before: before, limit: limit)
            )
        }
    }
}

extension EarningLine {
    init(row: Row) throws {
        let currency: Currency = try row["currency"]
        mark = Mark(at: try row["at"], line: try row["line_id"])
        assignment = try row["assignment_id"]
        batch = try row["batch"]
        amount = try Money(row["amount_minor"], currency)
        let isTopUp = try row.value("flag_id", as: UUID?.self) != nil
        let isBonus = try row.value("bonus_id", as: UUID?.self) != nil
        let isRemedy: Bool = try row["is_remedy"]
        let kind: Kind = isTopUp ? .topUp : isRemedy ? .remedy : isBonus ? .bonus : .work
        self.kind = kind
        terms = try row["terms"]
        payout = try row["payout_batch_id"]
        let isEarned = try row.value("transfer_id", as: UUID?.self) != nil
        basisPoints = isEarned && kind == .work ? try row["share_bps"] : nil
        let state: PayoutBatchState? = try row["payout_state"]
        let isPaid = try row.value("line_state", as: PayoutLineState?.self) == .settled
        paidAt = isPaid ? try row["settled_at"] : nil
        standing =
            switch state {
            case .issued: isPaid ? .paid : .sent
            case .prepared, .approved, .cancelled: .inPayout
            case nil: isEarned ? .due : .pending
            }
    }
}
