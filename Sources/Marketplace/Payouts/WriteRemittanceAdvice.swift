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
    let paidAt: Date
    /// `failed` where it came back: then its earnings are due again, and nothing was withheld.
    let state: String
    let reason: String?

    var hasFailed: Bool { state == "failed" }
}

/// Tells a worker what a payment is for: each piece of work, bonus and top-up, what was withheld, what was paid.
///
/// Columns: kind (`work`, `top_up`, `bonus`, `withheld`, `clawed_back`, `paid`), earned_at (RFC 3339), batch,
/// assignment, share_bps (of the terms, in ten-thousandths), amount, currency. The amounts above the last line add up
/// to it.
package struct WriteRemittanceAdvice: Sendable {
    private static let pageSize = 500
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter write: takes the file in pieces.
    /// - Returns: how many earnings.
    /// - Throws: ``AccessRefusal`` unless the actor is the worker or in finance; ``NotFound`` for a payout that was not
    ///   issued or does not pay the worker; what `write` throws.
    package func callAsFunction(
        of payout: PayoutBatch.ID, to worker: Worker.ID, as form: TableForm, by actor: Principal.ID,
        to write: ([UInt8]) throws -> Void
    ) async throws -> Int {
        let found = try await market.database.read { transaction in
            if actor.uuid != worker.uuid { try await transaction.authorizeFinance(actor) }
            return (
                share: try await transaction.paidShare(of: payout, worker),
                key: try await transaction.externalKey(of: worker)
            )
        }
        guard let share = found.share else { throw NotFound("issued payout of this worker") }
        var table = PrintedTable(
            form, title: "Remittance advice", facts: share.facts(for: found.key ?? "\(worker)"), header: Self.header)
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
                .text("paid"), .text(share.paidAt.formatted(.iso8601)), .text(""), .text(""), .text(""),
                try .money(share.net),
                .text(share.net.currency.code),
            ], isTotal: true)
        table.finish()
        try write(table.take())
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
    fileprivate func facts(for key: String) -> [(name: String, value: String)] {
        var facts = [
            ("Worker", key), ("Payout", "\(payout)"), ("End-to-end id", endToEndID),
            ("Issued", paidAt.formatted(.iso8601)),
            ("Before taxes", "\(gross)"), ("Withheld", "\(withheld)"), ("Taken back", "\(kept)"),
            ("Paid", "\(net)"),
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
