package import Formats
internal import Foundation
package import Store

extension RateCard {
    /// The card as finance writes it; see samples/rate-card.json.
    ///
    /// - Parameter range: when its lines hold; `nil` takes the card's own `in_force`.
    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON, inForce range: InstantRange? = nil) throws(BadInput) {
        let card = try RateFields(
            json, "card", known: ["name", "in_force", "rates", "premiums", "caps", "remark"])
        let inForce: InstantRange
        if let range { inForce = range } else { inForce = try card.range("in_force") }
        var rates: [PayRate] = []
        for (place, line) in try card.list("rates").enumerated() {
            let rate = try ProposedRate(json: line, at: "rates[\(place)]", inForce: inForce)
            rates.append(PayRate(id: Identifier(UUID(first: Digest(of: line).bytes)), rate))
        }
        var premiums: [PremiumRule] = []
        for (place, line) in try card.list("premiums").enumerated() {
            premiums.append(try PremiumRule(json: line, at: "premiums[\(place)]", inForce: inForce))
        }
        let caps = try PremiumCaps(json: card.value("caps"))
        try self.init(name: try card.text("name"), rates: rates, premiums: premiums, caps: caps)
    }
}

extension UUID {
    /// From the first sixteen bytes; zeros for what is missing.
    fileprivate init(first bytes: [UInt8]) {
        func byte(_ place: Int) -> UInt8 { place < bytes.count ? bytes[place] : 0 }
        self.init(
            uuid: (
                byte(0), byte(1), byte(2), byte(3), byte(4), byte(5), byte(6), byte(7),
                byte(8), byte(9), byte(10), byte(11), byte(12), byte(13), byte(14), byte(15)
            ))
    }
}

extension ProposedRate {
    init(json: JSON, at path: String, inForce: InstantRange) throws(BadInput) {
        let line = try RateFields(
            json, path,
            known: [
                "profession", "tier", "task_kind", "region", "language", "unit", "currency", "amount_minor",
                "least_minor", "most_minor",
            ])
        guard let unit = PayUnit(rawValue: try line.text("unit")) else {
            throw BadInput("\(path).unit", "must be task, item or hour")
        }
        let minor = try line.integer("amount_minor")
        let (least, most) = (try line.integer("least_minor", or: minor), try line.integer("most_minor", or: minor))
        guard least <= most else { throw BadInput("\(path).least_minor", "must not be above most_minor") }
        let currency = try line.currency()
        guard let amount = try? Money(minor, currency) else {
            throw BadInput("\(path).amount_minor", "is out of range")
        }
        try self.init(
            profession: try line.profession(), tier: try line.tier(), taskKind: try line.taskKind(),
            region: try line.orAny("region"), language: try line.orAny("language"), unit: unit,
            amount: amount, band: least...most, inForce: inForce
        )
    }
}

extension PremiumRule {
    init(json: JSON, at path: String, inForce: InstantRange) throws(BadInput) {
        let line = try RateFields(
            json, path, known: ["kind", "within_hours", "least_level", "language", "factor_bps"])
        guard let kind = PremiumKind(rawValue: try line.text("kind")) else {
            let names = PremiumKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw BadInput("\(path).kind", "must be one of \(names)")
        }
        let threshold =
            switch kind {
            case .urgency: try line.integer("within_hours")
            case .difficulty: try line.integer("least_level")
            case .unsocialHours, .languageScarcity: Int64(0)
            }
        try self.init(
            kind: kind, threshold: Int(threshold), language: try line.orAny("language"),
            factorBasisPoints: Int(try line.integer("factor_bps")), inForce: inForce
        )
    }
}

extension PremiumCaps {
    init(json: JSON) throws(BadInput) {
        if json.isNull {
            self = .none
            return
        }
        let kinds = PremiumKind.allCases.map(\.rawValue)
        let caps = try RateFields(json, "caps", known: Set(kinds + ["whole"]))
        func cap(_ name: String) throws(BadInput) -> Int { Int(try caps.integer(name, or: 10_000)) }
        try self.init(
            urgency: cap("urgency"), unsocialHours: cap("unsocial_hours"),
            languageScarcity: cap("language_scarcity"), difficulty: cap("difficulty"), whole: cap("whole")
        )
    }
}

extension RateTask {
    /// The task as a requester describes it; see samples/what-if/.
    ///
    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON) throws(BadInput) {
        let task = try RateFields(
            json, "task",
            known: [
                "profession", "tier", "task_kind", "region", "language", "currency", "expected_minutes", "items",
                "hours_to_due", "unsocial_hours", "difficulty",
            ])
        let hours = task.value("hours_to_due").isNull ? nil : Int(try task.integer("hours_to_due"))
        try self.init(
            profession: try task.profession(), tier: try task.tier(), taskKind: try task.taskKind(),
            region: try task.orAny("region"), language: try task.orAny("language"), currency: try task.currency(),
            expectedMinutes: Int(try task.integer("expected_minutes")), items: Int(try task.integer("items", or: 1)),
            hoursToDue: hours, isUnsocial: try task.flag("unsocial_hours"),
            difficulty: Int(try task.integer("difficulty", or: 1))
        )
    }

    /// What ``init(json:)`` reads.
    package var json: JSON {
        [
            "profession": .string(profession.code), "tier": .string(tier.rawValue),
            "task_kind": .string(taskKind.rawValue), "region": .string(region ?? "any"),
            "language": .string(language ?? "any"), "currency": .string(currency.code),
            "expected_minutes": .integer(Int64(expectedMinutes)), "items": .integer(Int64(items)),
            "hours_to_due": hoursToDue.map { .integer(Int64($0)) } ?? .null, "unsocial_hours": .bool(isUnsocial),
            "difficulty": .integer(Int64(difficulty)),
        ]
    }
}
