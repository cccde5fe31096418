package import Foundation
internal import Store

/// What finance looks at: what is owed to whom and since when, what the platform keeps, what accepted work costs, and
/// whether the books agree.
package struct FinanceReport: Sendable {
    /// Earnings that were not paid, by how long ago they were earned.
    package struct Aging: Hashable, Sendable {
        /// 0 under 7 days, 1 under 14, 2 under 30, 3 under 60, 4 older.
        let bucket: Int
        package let amount: Money
        package let earnings: Int
        package let workers: Int

        /// `under 7 days` to `60 days and more`.
        package var age: String {
            let bounds = [7, 14, 30, 60]
            return bucket < bounds.count ? "under \(bounds[bucket]) days" : "60 days and more"
        }
    }

    /// What was accepted within the time, less what was taken back within it, of whatever time: below zero where more
    /// was.
    package struct Take: Hashable, Sendable {
        package let pay: Money
        package let fees: Money
        package let topUps: Money
        package let bonuses: Money
        /// Accepted assignments, each of one answer, less those of which all pay was taken back.
        package let accepted: Int

        /// Fees in ten-thousandths of pay and fees, rounded down; 0 where nothing was accepted.
        package var takeBasisPoints: Int64 {
            let whole = pay.minorUnits + fees.minorUnits
            return whole > 0 ? Int64(Int128(fees.minorUnits) * 10_000 / Int128(whole)) : 0
        }

        /// Pay, fee, top-up and bonus of one accepted answer on average, rounded half up to a minor unit.
        package var costOfOneMinor: Int64 {
            guard accepted > 0 else { return 0 }
            let cost = pay.minorUnits + fees.minorUnits + topUps.minorUnits + bonuses.minorUnits
            return (cost + Int64(accepted) / 2) / Int64(accepted)
        }
    }

    /// What workers owe of pay that was taken back.
    package struct Receivable: Hashable, Sendable {
        package let owed: Money
        package let claims: Int
        package let workers: Int
        /// Of which may not be kept of payouts yet: a week has not passed, or an appeal is open.
        package let resting: Money
    }

    package let aging: [Aging]
    package let receivables: [Receivable]
    package let take: [Take]
    /// Every kind of account; the sum in each currency is zero when the books agree.
    package let liabilities: [TrialBalanceLine]

    /// Whether debits and credits of all accounts come to nothing in each currency.
    package var booksAgree: Bool {
        Dictionary(grouping: liabilities, by: \.currency).values.allSatisfy { lines in
            lines.reduce(0) { $0 + $1.balanceMinor } == 0
        }
    }
}

/// Makes ``FinanceReport``. Goes over all transfers.
package struct ReportFinance: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - start: of the time over which take rate and cost are told.
    ///   - end: not part of it.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``BadInput``.
    package func callAsFunction(from start: Date, to end: Date, by actor: Principal.ID) async throws -> FinanceReport {
        guard start < end else { throw BadInput("to", "must be after from") }
        return try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return FinanceReport(
                aging: try await transaction.agingLines(),
                receivables: try await transaction.receivableLines(),
                take: try await transaction.takeLines(from: start, to: end),
                liabilities: try await transaction.trialBalance()
            )
        }
    }
}
