internal import Formats
package import Tax

/// What the payments of a file withhold, each in the light of those before it.
///
/// Payments of a payee count in the order of their days, those of one day in the order of the file.
package struct PaymentQuotes: Sendable {
    /// What a payee's year comes to.
    package struct Total: Hashable, Sendable {
        package let payee: String
        package let year: Int
        package let currency: Currency
        package var payments = 0
        /// Minor units.
        package var gross: Int64 = 0
        package var withheld: Int64 = 0
    }

    package let choice: TaxRuleChoice
    package let catalogue: TaxCatalogue
    /// Those that are quoted, in the file's order.
    package private(set) var payments: [PaymentFile.Payment] = []
    /// By payee, year and currency.
    package private(set) var totals: [Total] = []
    package private(set) var faults: PaymentFaults
    /// What each of ``payments`` counts from.
    private var sums: [TaxSums] = []

    package init(_ file: PaymentFile, choice: TaxRuleChoice, catalogue: TaxCatalogue) {
        (self.choice, self.catalogue, faults) = (choice, catalogue, file.faults)
        var periods: [PeriodKey: TaxSums] = [:]
        var totals: [TotalKey: Total] = [:]
        var before = [TaxSums?](repeating: nil, count: file.payments.count)
        let order = file.payments.indices.sorted {
            (file.payments[$0].payment.day, $0) < (file.payments[$1].payment.day, $1)
        }
        for index in order {
            let payment = file.payments[index]
            do throws(PaymentFault) {
                let ruleSet = try Self.ruleSet(for: payment, choice, catalogue)
                let period = ruleSet.period(on: payment.payment.day, isOfItem: payment.item != nil)
                if period != .payment, let line = faults.refused.line(before: payment) {
                    throw payment.fault("counts from line \(line), which was refused")
                }
                let key = PeriodKey(payee: payment.payee, period: period, item: payment.item, payment.currency)
                let sums = period == .payment ? TaxSums() : periods[key] ?? TaxSums()
                let quote = try Self.quote(payment, ruleSet, sums)
                if period != .payment { periods[key] = quote.sums }
                before[index] = sums
                let total = TotalKey(
                    payee: payment.payee, year: payment.payment.day.year, currency: payment.currency.code)
                try totals[
                    total, default: Total(payee: payment.payee, year: total.year, currency: payment.currency)
                ].add(payment, quote.withheld)
            } catch {
                faults.add(error)
            }
        }
        faults.sort()
        for (index, found) in before.enumerated() {
            guard let found else { continue }
            payments.append(file.payments[index])
            sums.append(found)
        }
        self.totals = totals.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The quote of one of ``payments``, worked out again.
    package func quote(at index: Int) -> TaxQuote? {
        guard payments.indices.contains(index) else { return nil }
        let payment = payments[index].payment
        return try? catalogue.ruleSet(choice.name, on: payment.day)?.quote(payment, after: sums[index])
    }

    private static func ruleSet(
        for payment: PaymentFile.Payment, _ choice: TaxRuleChoice, _ catalogue: TaxCatalogue
    ) throws(PaymentFault) -> TaxRuleSet {
        if let found = catalogue.ruleSet(choice.name, on: payment.payment.day) { return found }
        let first = catalogue.versions(of: choice.name).first.map { "; it begins on \($0.from)" } ?? ""
        throw payment.fault("\(choice.name) is not in force on \(payment.payment.day)\(first)")
    }

    private static func quote(
        _ payment: PaymentFile.Payment, _ ruleSet: TaxRuleSet, _ sums: TaxSums
    ) throws(PaymentFault) -> TaxQuote {
        do throws(TaxFault) {
            return try ruleSet.quote(payment.payment, after: sums)
        } catch {
            throw payment.fault(error.description)
        }
    }
}

extension PaymentFile.Payment {
    fileprivate func fault(_ reason: String) -> PaymentFault {
        PaymentFault(line: line, reason: reason, payee: payee, day: payment.day)
    }
}

extension PaymentQuotes.Total {
    fileprivate mutating func add(_ payment: PaymentFile.Payment, _ withheld: Int64) throws(PaymentFault) {
        let (sum, overflow) = gross.addingReportingOverflow(payment.payment.gross)
        guard !overflow else { throw payment.fault("the payee's year comes to more than can be counted") }
        payments += 1
        gross = sum
        self.withheld += withheld
    }
}

/// What one rule counts together.
private struct PeriodKey: Hashable {
    let payee: String
    let period: TaxPeriod
    let item: String?
    let currency: Currency

    init(payee: String, period: TaxPeriod, item: String?, _ currency: Currency) {
        (self.payee, self.period, self.currency) = (payee, period, currency)
        if case .month = period { self.item = item } else { self.item = nil }
    }
}

private struct TotalKey: Hashable, Comparable {
    let payee: String
    let year: Int
    let currency: String

    static func < (left: TotalKey, right: TotalKey) -> Bool {
        (left.payee, left.year, left.currency) < (right.payee, right.year, right.currency)
    }
}
