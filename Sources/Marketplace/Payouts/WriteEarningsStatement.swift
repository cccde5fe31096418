package import Formats
internal import Foundation
internal import Store

/// A worker's year: every payment with what was withheld, and the sums in each currency.
///
/// A payment belongs to the year of the day on which the bank is to pay, as in reports to authorities; one without
/// accounts to that of its taxes, or, untaxed, in which it was issued, in UTC. One that came back stands there with its
/// reason and counts for nothing; those of which the bank has not said yet that it paid have a sum of their own.
/// Columns: kind (`payment`, `sent`, `returned`, `total`, `total_sent`), issued_at (RFC 3339), payout, reference,
/// gross, withheld, net, currency, clawed_back, paid_on.
package struct WriteEarningsStatement: Sendable {
    private static let pageSize = 500
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - year: 2000 to 9998.
    ///   - write: takes the file in pieces.
    /// - Returns: how many payments, returned ones among them.
    /// - Throws: ``AccessRefusal`` unless the actor is the worker or in finance; ``BadInput``; ``NotFound`` for no such
    ///   worker; what `write` throws.
    package func callAsFunction(
        of worker: Worker.ID, year: Int, as form: TableForm, by actor: Principal.ID, to write: ([UInt8]) throws -> Void
    ) async throws -> Int {
        guard (2_000...9_998).contains(year), let first = CalendarDate(year: year, month: 1, day: 1),
            let next = CalendarDate(year: year + 1, month: 1, day: 1)
        else { throw BadInput("year", "must be 2000 to 9998") }
        let key = try await market.database.read { transaction in
            if actor.uuid != worker.uuid { try await transaction.authorizeFinance(actor) }
            return try await transaction.externalKey(of: worker)
        }
        guard let key else { throw NotFound("worker") }
        var table = PrintedTable(
            form, title: "Statement of payments, \(year)",
            facts: [("Worker", key), ("Year", "\(year), by the day of payment")],
            header: [
                "kind", "issued_at", "payout", "reference", "gross", "withheld", "net", "currency", "clawed_back",
                "paid_on",
            ])
        var (sums, sent): ([Currency: Sum], [Currency: Sum]) = ([:], [:])
        var (count, last): (Int, PaidShare?) = (0, nil)
        while true {
            let page = try await market.database.read { [last] in
                try await $0.paidShares(of: worker, from: first, to: next, after: last, limit: Self.pageSize)
            }
            for share in page {
                table.append(try cells(of: share))
                switch share.standing {
                case .paid: try sums[share.net.currency, default: Sum()].add(share)
                case .sent: try sent[share.net.currency, default: Sum()].add(share)
                case .returned: break
                }
            }
            count += page.count
            try write(table.take())
            guard page.count == Self.pageSize else { break }
            last = page.last
        }
        for (name, totals) in [("total", sums), ("total_sent", sent)] {
            for (currency, sum) in totals.sorted(by: { $0.key.code < $1.key.code }) {
                table.append(try cells(of: sum, named: name, in: currency), isTotal: true)
            }
        }
        table.finish()
        try write(table.take())
        return count
    }

    private func cells(of share: PaidShare) throws -> [CSVCell] {
        [
            .text(share.standing == .paid ? "payment" : share.standing.rawValue),
            .text(share.issuedAt.formatted(.iso8601)), .text("\(share.payout)"),
            .text(share.reason.map { "\(share.endToEndID) \($0)" } ?? share.endToEndID), try .money(share.gross),
            try .money(share.withheld), try .money(share.net), .text(share.net.currency.code),
            try .money(share.kept), .text("\(share.paidOn)"),
        ]
    }

    private func cells(of sum: Sum, named name: String, in currency: Currency) throws -> [CSVCell] {
        [
            .text(name), .text(""), .text(""), .text("\(sum.count) payments"), try .money(Money(sum.gross, currency)),
            try .money(Money(sum.withheld, currency)), try .money(Money(sum.net, currency)), .text(currency.code),
            try .money(Money(sum.kept, currency)), .text(""),
        ]
    }

    private struct Sum {
        var (count, gross, withheld, kept, net): (Int, Int64, Int64, Int64, Int64) = (0, 0, 0, 0, 0)

        /// - Throws: ``MoneyError`` beyond what an amount can be.
        mutating func add(_ share: PaidShare) throws {
            let currency = share.net.currency
            count += 1
            gross = try Money(gross, currency).adding(share.gross).minorUnits
            withheld = try Money(withheld, currency).adding(share.withheld).minorUnits
            kept = try Money(kept, currency).adding(share.kept).minorUnits
            net = try Money(net, currency).adding(share.net).minorUnits
        }
    }
}
