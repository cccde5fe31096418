/// How payments of one kind of payee are taxed in one span of time: data, with its sources.
package struct TaxRuleSet: Hashable, Sendable {
    /// Lower-case words with hyphens.
    package let name: String
    /// One sentence.
    package let title: String
    /// The first day on which it is in force.
    package let from: TaxDay
    /// The last day; `nil` while nothing has replaced it.
    package let until: TaxDay?
    /// ISO 4217; `nil` where any currency will do.
    package let currency: String?
    /// Of the clock by which days are told where the rule is from; summer time is left aside.
    package let utcOffsetMinutes: Int
    package let method: TaxMethod
    /// Where the rule itself is from.
    package let formula: TaxSource
    /// Where its table or thresholds are from.
    package let table: TaxSource?

    /// Whether exempt income, deductions and reliefs of a payee count.
    package var takesClaims: Bool {
        switch method {
        case .cumulative: true
        case .gross, .perPayment, .unitedStates: false
        }
    }

    package func isInForce(on day: TaxDay) -> Bool { from <= day && (until.map { day <= $0 } ?? true) }
}

/// Where a rule was read, and how far that can be relied on.
package struct TaxSource: Hashable, Sendable, Decodable {
    package enum Mark: String, Sendable, Decodable {
        /// Read in the source named.
        case verified = "V"
        /// Common knowledge: a tax adviser must confirm it.
        case known = "K"
    }

    package let text: String
    package let mark: Mark

    /// `SAT Announcement 2025 No. 16 [V]`
    package var label: String { "\(text) [\(mark.rawValue)]" }
}

/// How an amount comes about.
package enum TaxMethod: Hashable, Sendable {
    case gross(GrossRule)
    case cumulative(CumulativeRule)
    case perPayment(PaymentRule)
    case unitedStates(UnitedStatesRule)
}

/// A report to an authority in which a payment stands.
package enum TaxReport: String, Sendable, CaseIterable, Decodable {
    case form1099NEC = "1099-nec"
    case form1042S = "1042-s"
    case chinaWithholding = "cn-withholding"
    case decree810 = "decree-810"
    case dac7
}

/// Nothing is withheld.
package struct GrossRule: Hashable, Sendable, Decodable {
    package let reports: [TaxReport]
}

/// One step of a table of rates.
package struct TaxBracket: Hashable, Sendable, Decodable {
    /// The most that it taxes, included; `nil` in the last. Minor units.
    package let upToMinor: Int64?
    /// Of the whole taxable amount, in ten-thousandths.
    package let rateBps: Int
    /// What is taken off again, so that the tax is that of each slice at its own rate. Minor units.
    package let quickDeductionMinor: Int64
}

extension [TaxBracket] {
    /// The step that taxes an amount.
    func bracket(of taxable: ExactAmount) -> TaxBracket? {
        first { step in step.upToMinor.map { taxable <= ExactAmount(minor: $0) } ?? true }
    }
}

extension TaxRuleSet: Decodable {
    private enum CodingKeys: String, CodingKey {
        case name, title, from, until, currency, utcOffsetMinutes, formula, table
        case gross, cumulative, perPayment, unitedStates
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        name = try members.decode(String.self, forKey: .name)
        title = try members.decode(String.self, forKey: .title)
        from = try members.decode(TaxDay.self, forKey: .from)
        until = try members.decodeIfPresent(TaxDay.self, forKey: .until)
        currency = try members.decodeIfPresent(String.self, forKey: .currency)
        utcOffsetMinutes = try members.decodeIfPresent(Int.self, forKey: .utcOffsetMinutes) ?? 0
        formula = try members.decode(TaxSource.self, forKey: .formula)
        table = try members.decodeIfPresent(TaxSource.self, forKey: .table)
        let methods: [TaxMethod?] = [
            try members.decodeIfPresent(GrossRule.self, forKey: .gross).map(TaxMethod.gross),
            try members.decodeIfPresent(CumulativeRule.self, forKey: .cumulative).map(TaxMethod.cumulative),
            try members.decodeIfPresent(PaymentRule.self, forKey: .perPayment).map(TaxMethod.perPayment),
            try members.decodeIfPresent(UnitedStatesRule.self, forKey: .unitedStates).map(TaxMethod.unitedStates),
        ]
        let given = methods.compactMap(\.self)
        guard given.count == 1 else {
            throw DecodingError.dataCorruptedError(
                forKey: .name, in: members,
                debugDescription: "needs exactly one of gross, cumulative, per_payment, "
                    + "united_states")
        }
        method = given[0]
    }
}
