internal import Foundation

/// All rule sets that are known, each name in the versions that followed one another.
package struct TaxCatalogue: Sendable {
    /// By name, then by day.
    package let ruleSets: [TaxRuleSet]

    /// The rule sets that come with the program, from `Sources/Tax/rules.json`.
    package static let builtIn = Result { () throws(TaxDataFault) in
        try TaxCatalogue(json: PackageResources.rules_json)
    }

    /// Reads a list of rule sets of our own; not for bytes from outside that nobody has looked at.
    /// - Throws: ``TaxDataFault``.
    package init(json: [UInt8]) throws(TaxDataFault) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let read: [TaxRuleSet]
        do {
            read = try decoder.decode([TaxRuleSet].self, from: Data(json))
        } catch {
            throw TaxDataFault(reason: "\(error)")
        }
        try self.init(read)
    }

    init(_ ruleSets: [TaxRuleSet]) throws(TaxDataFault) {
        self.ruleSets = ruleSets.sorted { ($0.name, $0.from) < ($1.name, $1.from) }
        for ruleSet in self.ruleSets {
            if let reason = ruleSet.complaint { throw TaxDataFault(reason: "\(ruleSet.name): \(reason)") }
        }
        for (earlier, later) in zip(self.ruleSets, self.ruleSets.dropFirst()) where earlier.name == later.name {
            guard let until = earlier.until, until < later.from else {
                throw TaxDataFault(reason: "\(later.name): two versions are in force on \(later.from)")
            }
        }
    }

    /// Without repetition, in order.
    package var names: [String] {
        ruleSets.map(\.name).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// The version in force on a day.
    package func ruleSet(_ name: String, on day: TaxDay) -> TaxRuleSet? {
        ruleSets.first { $0.name == name && $0.isInForce(on: day) }
    }

    /// All versions of a name, by day.
    package func versions(of name: String) -> [TaxRuleSet] { ruleSets.filter { $0.name == name } }
}

/// Rule sets that cannot be used.
package struct TaxDataFault: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package var description: String { "tax rules: \(reason)" }
}

extension TaxRuleSet {
    /// What is wrong with it, if anything is.
    fileprivate var complaint: String? {
        if let until, until < from { return "ends before it begins" }
        guard (-840...840).contains(utcOffsetMinutes) else { return "its clock is no place's" }
        switch method {
        case .gross: return nil
        case .cumulative(let rule):
            guard (0...10_000).contains(rule.costBps) else { return "the cost is no share" }
            guard (0...TaxBounds.amountMax / 12).contains(rule.monthlyDeductionMinor) else {
                return "the monthly deduction is out of bounds"
            }
            return rule.table.complaint
        case .perPayment(let rule):
            guard rule.allowances.isWellFormed else { return "the allowances do not cover every amount once" }
            return rule.table.complaint
        case .unitedStates(let rule):
            guard (0...10_000).contains(rule.backupBps), (0...10_000).contains(rule.foreignBps) else {
                return "a rate is no share"
            }
            let years = rule.thresholds.map(\.fromYear)
            guard let first = years.first, first <= from.year, years == Set(years).sorted() else {
                return "the thresholds do not begin with the rule, or are out of order"
            }
            guard rule.thresholds.allSatisfy({ (0...TaxBounds.amountMax).contains($0.minor) }) else {
                return "a threshold is out of bounds"
            }
            return (0...100).contains(rule.w8benYears) ? nil : "a form is valid for 0 to 100 years"
        }
    }
}

/// What no amount goes beyond.
package enum TaxBounds {
    /// Minor units of one payment, and of a payee's year: 10^15.
    package static let amountMax: Int64 = 1_000_000_000_000_000
}

extension [TaxBracket] {
    /// Steps go up, the last is open, and the tax has no jump where one step gives way to the next.
    fileprivate var complaint: String? {
        guard let last, last.upToMinor == nil else { return "the last step of the table has an end" }
        var end: Int64 = 0
        for (step, next) in zip(self, dropFirst()) {
            guard let upTo = step.upToMinor, upTo > end, upTo <= TaxBounds.amountMax else {
                return "the steps of the table do not go up"
            }
            guard step.rateBps < next.rateBps else { return "the rates of the table do not go up" }
            end = upTo
            let (below, above) = (step.tax(ExactAmount(minor: upTo)), next.tax(ExactAmount(minor: upTo)))
            guard below == above else { return "the tax jumps at \(upTo)" }
        }
        guard allSatisfy({ (0...10_000).contains($0.rateBps) }) else { return "a rate is no share" }
        guard allSatisfy({ (0...TaxBounds.amountMax).contains($0.quickDeductionMinor) }) else {
            return "a quick deduction is out of bounds"
        }
        return nil
    }
}

extension [PaymentRule.Allowance] {
    fileprivate var isWellFormed: Bool {
        guard let last, last.upToMinor == nil else { return false }
        let ends = dropLast().map(\.upToMinor)
        return ends.allSatisfy { $0.map { (1...TaxBounds.amountMax).contains($0) } ?? false }
            && ends.compactMap(\.self) == Set(ends.compactMap(\.self)).sorted()
            && allSatisfy {
                (0...10_000).contains($0.minusBps ?? 0) && (0...TaxBounds.amountMax).contains($0.minusMinor ?? 0)
                    && ($0.minusBps == nil) != ($0.minusMinor == nil)
            }
    }
}
