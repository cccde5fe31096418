package import Formats
internal import Foundation
internal import Store

/// Tells an agency what a payment to it is for: for each of its people what they earned, what was withheld, what was
/// kept for clawbacks, and what is left for them.
///
/// Columns: worker, name, gross, withheld, clawed_back, net, currency; the last line has the sums, and its net is the
/// payment. It is called `total` once the bank has paid it, `total_sent` before, and `total_returned` after it came
/// back: then nothing of it was paid.
package struct WriteAgencyStatement: Sendable {
    private static let pageSize = 200
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter write: takes the file in pieces.
    /// - Returns: how many people.
    /// - Throws: ``AccessRefusal`` unless the actor manages the agency or is in finance; ``NotFound`` for a line of a
    ///   payout that was not issued, or that pays no agency; what `write` throws.
    package func callAsFunction(
        of line: PayoutLine.ID, as form: TableForm, by actor: Principal.ID, to write: ([UInt8]) throws -> Void
    ) async throws -> Int {
        let found = try await market.database.read { transaction in
            let payment = try await transaction.agencyPayment(line)
            let isManager = if let payment { try await transaction.manages(actor, payment.team) } else { false }
            if !isManager { try await transaction.authorizeFinance(toSee: actor) }
            return payment
        }
        guard let payment = found else { throw NotFound("issued payment to an agency") }
        var table = PrintedTable(
            form, title: "Statement of a payment", facts: payment.facts,
            header: ["worker", "name", "gross", "withheld", "clawed_back", "net", "currency"])
        let currency = payment.amount.currency
        var (count, gross, withheld, kept): (Int, Int64, Int64, Int64) = (0, 0, 0, 0)
        var last: Worker.ID?
        while true {
            let page = try await market.database.read { [last] in
                try await $0.namedShares(of: line, after: last, limit: Self.pageSize)
            }
            for named in page {
                let own = named.share.amount.minorUnits + named.withheldMinor + named.share.keptMinor
                (gross, withheld, kept) = (gross + own, withheld + named.withheldMinor, kept + named.share.keptMinor)
                table.append([
                    .text(named.workerKey), .text(named.workerName), try .money(Money(own, currency)),
                    try .money(Money(named.withheldMinor, currency)),
                    try .money(Money(named.share.keptMinor, currency)),
                    try .money(named.share.amount), .text(currency.code),
                ])
            }
            count += page.count
            try write(table.take())
            guard page.count == Self.pageSize else { break }
            last = page.last?.share.worker
        }
        table.append(
            [
                .text(payment.standing == .paid ? "total" : "total_\(payment.standing.rawValue)"),
                .text("\(count) people"), try .money(Money(gross, currency)),
                try .money(Money(withheld, currency)), try .money(Money(kept, currency)),
                try .money(payment.amount), .text(currency.code),
            ], isTotal: true)
        table.finish()
        try write(table.take())
        return count
    }
}

/// A payment to an agency that has left.
struct AgencyPayment: Sendable {
    let team: Team.ID
    let name: String
    let payout: PayoutBatch.ID
    let endToEndID: String
    let amount: Money
    let issuedAt: Date
    let standing: PaidShare.Standing
    /// Why it came back.
    let reason: String?

    fileprivate var facts: [(name: String, value: String)] {
        var facts = [
            ("Agency", name), ("Payout", "\(payout)"), ("End-to-end id", endToEndID),
            ("Issued", issuedAt.formatted(.iso8601)), (standing.rawValue.capitalized, "\(amount)"),
        ]
        if let reason { facts.append(("Returned by the bank", reason)) }
        return facts
    }
}
