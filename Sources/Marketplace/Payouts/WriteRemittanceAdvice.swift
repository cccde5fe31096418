package import Formats
internal import Foundation
internal import Store

/// What a payment to a worker was, as their advice says it.
struct PaidShare: Sendable {
    let share: UUID
    let line: PayoutLine.ID
    let payout: PayoutBatch.ID
    /// What was paid, after taxes and clawbacks.
    let net: Money
    /// What it was before, less by `withheld` and `kept`.
    let gross: Money
    let withheld: Money
    /// For clawbacks.
    let kept: Money
    let endToEndID: String
    /// When it left.
    let issuedAt: Date
    /// On which day it counts as paid.
    let paidOn: CalendarDate
    let standing: Standing
    let reason: String?

    /// What became of it, by the bank's word; see ``PayoutLineState``.
    enum Standing: String {
        /// It has left, and the bank has not said yet that it paid.
        case sent
        case paid
        /// It came back: then its earnings are due again, and nothing was withheld.
        case returned

        init(_ state: PayoutLineState) {
            switch state {
            case .open: self = .sent
            case .settled: self = .paid
            case .failed: self = .returned
            }
        }
    }
}

/// Tells a worker what a payment is for: each piece of work, bonus, top-up and remedy; what was withheld, and paid.
///
/// Columns: kind (`work`, `top_up`, `bonus`, `remedy`, `withheld`, `clawed_back`, `sent`, `paid`, `returned`),
/// earned_at (RFC 3339), batch, assignment, share_bps (of the terms, in ten-thousandths), amount, currency. The amounts
/// above a line of the last three kinds add up to it, and it says what the bank has: whoever joined or left an agency
/// within the time is paid by two payments of a payout, one below the other.
package struct WriteRemittanceAdvice: Sendable {
    private static let pageSize = 500
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter write: takes the file in pieces.
    /// - Returns: how many earnings.
    /// - Throws: ``AccessRefusal`` unless the actor is the worker, in finance or an auditor; ``NotFound`` for a payout
    ///   that was not issued or does not pay the worker; what `write` throws.
    package func callAsFunction(
        of payout: PayoutBatch.ID, to worker: Worker.ID, as form: TableForm, by actor: Principal.ID,
        to write: ([UInt8]) throws -> Void
    ) async throws -> Int {
        let found = try await market.database.read { transaction in
            if actor.uuid != worker.uuid { try await transaction.authorizeFinance(toSee: actor) }
            return (
                shares: try await transaction.paidShares(of: payout, worker),
                key: try await transaction.externalKey(of: worker)
            )
        }
        guard !found.shares.isEmpty else { throw NotFound("issued payout of this worker") }
        var facts: [(name: String, value: String)] = [("Worker", found.key ?? "\(worker)"), ("Payout", "\(payout)")]
        for share in found.shares { facts += share.facts }
        var table = PrintedTable(form, title: "Remittance advice", facts: facts, header: Self.header)
        var count = 0
        for share in found.shares { count += try await append(share, of: worker, to: &table, write) }
        table.finish()
        try write(table.take())
        return count
    }

    /// - Returns: how many earnings.
    private func append(
        _ share: PaidShare, of worker: Worker.ID, to table: inout PrintedTable, _ write: ([UInt8]) throws -> Void
    ) async throws -> Int {
        var (count, last): (Int, UUID?) = (0, nil)
        while true {
            let page = try await market.database.read { [last] in
                try await $0.paidEarnings(of: share.line, worker, after: last, limit: Self.pageSize)
            }
            for earning in page { table.append(try earning.cells) }
            count += page.count
            try write(table.take())
            guard page.count == Self.pageSize else { break }
            last = page.last?.transfer
        }
        for tax in try await market.database.read({ try await $0.withheldParts(of: share.share) }) {
            table.append([
                .text("withheld"), .text(""), .text(tax.ruleSet), .text(""), .text(""),
                try .money(tax.amount, minus: true),
                .text(tax.amount.currency.code),
            ])
        }
        for kept in try await market.database.read({ try await $0.keptParts(of: share.share) }) {
            table.append([
                .text("clawed_back"), .text(""), .text(kept.rule), .text(""), .text(""),
                try .money(kept.amount, minus: true), .text(kept.amount.currency.code),
            ])
        }
        table.append(
            [
                .text(share.standing.rawValue), .text(share.issuedAt.formatted(.iso8601)), .text(""), .text(""),
                .text(""), try .money(share.net), .text(share.net.currency.code),
            ], isTotal: true)
        return count
    }

    private static let header = ["kind", "earned_at", "batch", "assignment", "share_bps", "amount", "currency"]
}

/// An earning of a payment.
struct PaidEarning: Sendable {
    let transfer: UUID
    let kind: String
    let earnedAt: Date
    let batch: String
    let assignment: Assignment.ID
    let basisPoints: Int?
    let amount: Money

    fileprivate var cells: [CSVCell] {
        get throws {
            [
                .text(kind), .text(earnedAt.formatted(.iso8601)), .text(batch), .text("\(assignment)"),
                basisPoints.map { .number(Int64($0)) } ?? .text(""), try .money(amount), .text(amount.currency.code),
            ]
        }
    }
}

extension PaidShare {
    fileprivate var facts: [(name: String, value: String)] {
        var facts = [
            ("End-to-end id", endToEndID), ("Issued", issuedAt.formatted(.iso8601)),
            ("Before taxes", "\(gross)"), ("Withheld", "\(withheld)"), ("Taken back", "\(kept)"),
            (standing.rawValue.capitalized, "\(net)"),
        ]
        if let reason { facts.append(("Returned by the bank", reason)) }
        return facts
    }
}

extension CSVCell {
    static func money(_ amount: Money, minus: Bool = false) throws -> CSVCell {
        let text = minus && amount.minorUnits != 0 ? "-" + amount.decimalText : amount.decimalText
        guard let decimal = CSVDecimal(text) else { throw MoneyError.outOfRange }
        return .decimal(decimal)
    }
}
