package import Formats
package import Tax

extension TaxLine {
    /// As commands print it and as a withholding keeps it. Amounts are in minor units, with decimals where a step was
    /// not rounded.
    package var json: JSON {
        var members: [String: JSON] = [
            "step": .string(step.rawValue), "note": .string(note), "rule": .string(rule), "amount_minor": amount.json,
        ]
        if let base { members["base_minor"] = base.json }
        if let rateBps { members["rate_bps"] = .integer(Int64(rateBps)) }
        if let quickDeduction { members["quick_deduction_minor"] = .integer(quickDeduction) }
        if let rounding { members["rounding"] = .string(rounding.rawValue) }
        return .object(members)
    }
}

extension ExactAmount {
    /// Minor units.
    var json: JSON { whole.map { .integer($0) } ?? .number(decimalText(digits: 0)) }
}
