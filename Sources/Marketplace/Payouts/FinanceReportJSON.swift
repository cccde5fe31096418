package import Formats

extension FinanceReport {
    /// The same for the command line and over HTTP.
    package var json: JSON {
        [
            "aging": .array(
                aging.map {
                    [
                        "age": .string($0.age), "amount_minor": .integer($0.amount.minorUnits),
                        "currency": .string($0.amount.currency.code), "earnings": .integer(Int64($0.earnings)),
                        "workers": .integer(Int64($0.workers)),
                    ]
                }),
            "receivables": .array(
                receivables.map {
                    [
                        "currency": .string($0.owed.currency.code), "owed_minor": .integer($0.owed.minorUnits),
                        "resting_minor": .integer($0.resting.minorUnits), "claims": .integer(Int64($0.claims)),
                        "workers": .integer(Int64($0.workers)),
                    ]
                }),
            "take": .array(
                take.map {
                    [
                        "currency": .string($0.pay.currency.code), "pay_minor": .integer($0.pay.minorUnits),
                        "fees_minor": .integer($0.fees.minorUnits), "top_ups_minor": .integer($0.topUps.minorUnits),
                        "bonuses_minor": .integer($0.bonuses.minorUnits),
                        "accepted": .integer(Int64($0.accepted)), "take_bps": .integer($0.takeBasisPoints),
                        "cost_of_one_minor": .integer($0.costOfOneMinor),
                    ]
                }),
            "accounts": .array(
                liabilities.map {
                    [
                        "kind": .string($0.kind.rawValue), "currency": .string($0.currency.code),
                        "balance_minor": .integer($0.balanceMinor),
                    ]
                }),
            "books_agree": .bool(booksAgree),
        ]
    }
}
