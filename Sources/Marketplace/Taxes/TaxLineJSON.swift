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

extension TaxLine {
    /// - Returns: `nil` for what ``json`` never is.
    package init?(_ json: JSON) {
        guard let step = json["step"]?.stringValue.flatMap(TaxStep.init(rawValue:)),
            let amount = ExactAmount(json["amount_minor"]), let note = json["note"]?.stringValue,
            let rule = json["rule"]?.stringValue
        else { return nil }
        self.init(step: step, amount: amount, note: note, rule: rule)
        base = ExactAmount(json["base_minor"])
        rateBps = json["rate_bps"]?.integerValue.map { Int(clamping: $0) }
        quickDeduction = json["quick_deduction_minor"]?.integerValue
        rounding = json["rounding"]?.stringValue.flatMap(TaxRounding.init(rawValue:))
    }
}

extension ExactAmount {
    fileprivate init?(_ json: JSON?) {
        switch json {
        case .integer(let minor): self.init(minor: minor)
        case .number(let text): self.init(minorText: text)
        case .null, .bool, .string, .array, .object, nil: return nil
        }
    }
}
