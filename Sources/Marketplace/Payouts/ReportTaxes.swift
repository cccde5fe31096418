internal import Formats
internal import Foundation
internal import Store
package import Tax

/// Writes a report to a tax authority, as CSV, from what was issued.
///
/// Memory: one page of payees. Each page is read at an instant of its own; a year that is over does not change.
package struct ReportTaxes: Sendable {
    private static let payeesOfPage = 100
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - keys: to open the tax profiles of those who are named, for their taxpayer numbers; each reading is in the
    ///     audit log. `nil` leaves the numbers out.
    ///   - write: takes the next bytes.
    ///   - progress: is told how many payees were looked at.
    /// - Returns: the rows without the header.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance, with keys a finance maker; ``BadInput`` for a year
    ///   or quarter that is none or that the form does not have.
    package func callAsFunction(
        _ form: TaxReportForm, year: Int, quarter: Int? = nil, numbers keys: KeyRing? = nil, by actor: Principal.ID,
        to write: ([UInt8]) throws -> Void, progress: (Int) -> Void = { _ in }
    ) async throws -> Int {
        let catalogue = try TaxCatalogue.builtIn.get()
        guard var table = TaxReportTable(form, year: year, quarter: quarter, catalogue: catalogue) else {
            throw BadInput("year", "and quarter must be such that \(form.rawValue) has rules for them")
        }
        try await market.database.read { try await $0.authorizeFinance(toSee: actor) }
        var writer = CSVWriter(header: table.header)
        var (rows, payees) = (0, 0)
        var last: Worker.ID?
        func append(_ made: [[TaxCell]]) throws {
            for row in made { writer.append(try row.map(CSVCell.init(_:))) }
            rows += made.count
        }
        while true {
            let page = try await page(of: form, year, after: last, keys, by: actor)
            guard let end = page.last else { break }
            for record in page.flatMap(\.records) { try append(try table.add(record)) }
            payees += page.count
            progress(payees)
            try write(writer.take())
            last = end.worker
        }
        try append(table.finish())
        try write(writer.take())
        return rows
    }

    private func page(
        of form: TaxReportForm, _ year: Int, after last: Worker.ID?, _ keys: KeyRing?, by actor: Principal.ID
    ) async throws -> [TaxedPayee] {
        let limit = Self.payeesOfPage
        let payees = try await market.database.read { transaction in
            try await transaction.taxedPayees(of: year, form.rawValue, after: last, limit: limit)
        }
        guard let keys else { return payees }
        var named: [TaxedPayee] = []
        for var payee in payees {
            payee.name(number: try await number(of: payee.worker, keys, by: actor))
            named.append(payee)
        }
        return named
    }

    /// Empty where the profile was erased.
    private func number(of worker: Worker.ID, _ keys: KeyRing, by actor: Principal.ID) async throws -> String {
        do {
            let read = ReadTaxProfile(market: market, keys: keys)
            return try await read(of: worker, for: .taxReporting, by: actor).taxpayerNumber
        } catch is NotFound {
            return ""
        }
    }
}

/// What was paid to somebody in a year, by day.
struct TaxedPayee: Sendable {
    let worker: Worker.ID
    private(set) var records: [TaxRecord]

    init(worker: Worker.ID, records: [TaxRecord]) { (self.worker, self.records) = (worker, records) }

    mutating func name(number: String) {
        for index in records.indices { records[index].payee.taxpayerNumber = number }
    }
}

extension CSVCell {
    fileprivate init(_ cell: TaxCell) throws {
        switch cell {
        case .text(let text): self = .text(text)
        case .number(let number): self = .number(number)
        case .amount(let amount, let digits):
            guard let decimal = CSVDecimal(amount.decimalText(digits: digits)) else { throw MoneyError.outOfRange }
            self = .decimal(decimal)
        }
    }
}
