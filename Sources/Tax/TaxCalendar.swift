extension TaxDay {
    /// The day in UTC, counted from 1970-01-01, which is 0.
    ///
    /// Source: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days.
    /// - Returns: `nil` outside the years 2000 to 2100.
    package init?(daysSince1970 days: Int) {
        guard (10_957...47_846).contains(days) else { return nil }
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        self.init(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// The last day of the month that begins so many months after this one's.
    fileprivate func endOfMonth(_ later: Int = 0) -> TaxDay {
        let months = month - 1 + later
        let ends = [31, 30, 29, 28].lazy.compactMap {
            TaxDay(year: year + months / 12, month: months % 12 + 1, day: $0)
        }
        return ends.first ?? self
    }
}

extension TaxRuleSet {
    /// The day of an instant where the rule is from.
    package func day(atSecondsSince1970 seconds: Int64) -> TaxDay? {
        let (local, overflow) = seconds.addingReportingOverflow(Int64(utcOffsetMinutes) * 60)
        guard !overflow else { return nil }
        return TaxDay(daysSince1970: Int((local >= 0 ? local : local - 86_399) / 86_400))
    }

    /// The last day on which a quote of that day is still what would be quoted, as far as the calendar goes.
    package func quoteHolds(from day: TaxDay) -> TaxDay {
        let end =
            switch method {
            case .cumulative, .perPayment: day.endOfMonth()
            case .unitedStates: day.endOfMonth(12 - day.month)
            case .gross: day.endOfMonth((3 - day.month % 3) % 3)
            }
        return until.map { min($0, end) } ?? end
    }

    /// Whether what is withheld depends on where the work was done.
    package var dependsOnPlace: Bool {
        if case .unitedStates = method { true } else { false }
    }

    /// Whether there is anything to work out or to report.
    package var hasEffect: Bool {
        if case .gross(let rule) = method { !rule.reports.isEmpty } else { true }
    }
}

extension TaxPeriod {
    /// The first day; `nil` of a payment that counts by itself.
    package var start: TaxDay? {
        switch self {
        case .payment: nil
        case .month(let year, let month): TaxDay(year: year, month: month, day: 1)
        case .year(let year): TaxDay(year: year, month: 1, day: 1)
        }
    }
}
