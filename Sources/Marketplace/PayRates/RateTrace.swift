package import Formats
internal import Foundation

extension ResolvedRate {
    /// How the price came about, for the worker who is paid it and for those who check it.
    package var trace: JSON {
        [
            "rate": .string(rate.key), "rate_id": .string("\(rate.id)"), "unit": .string(rate.unit.rawValue),
            "amount_minor": .integer(rate.amount.minorUnits), "currency": .string(pay.currency.code),
            "band": [.integer(rate.band.lowerBound), .integer(rate.band.upperBound)],
            "base_minor": .integer(base), "premiums": .array(premiums.map(\.json)),
            "whole_capped": .bool(isWholeCapped), "rounding": "half_up_at_the_end",
            "pay_minor": .integer(pay.minorUnits), "candidates": candidates.told,
            "candidates_left_off": .integer(Int64(max(0, candidates.count - [RateCandidate].toldMax))),
        ]
    }

    /// The same in sentences, one a line.
    package var lines: [String] {
        let per =
            switch rate.unit {
            case .task: "a task"
            case .item: "an item"
            case .hour: "an hour"
            }
        var lines = ["\(pay) for one accepted task.", "Rate \(rate.key): \(rate.amount) \(per)."]
        for candidate in candidates where candidate.lostBy != nil {
            lines.append("Not \(candidate.rate.key): \(candidate.sentence).")
        }
        lines.append("Before premiums: \(Self.text(base, pay.currency)).")
        for premium in premiums {
            let isCapped = premium.factorBasisPoints < premium.rule.factorBasisPoints
            lines.append(
                "\(premium.rule.kind.rawValue) × \(premium.factorBasisPoints)/10000\(isCapped ? " (capped)" : ""): "
                    + "\(Self.text(premium.running, pay.currency)).")
        }
        if isWholeCapped { lines.append("The premiums together are held at the cap of the whole.") }
        return lines
    }

    private static func text(_ minorUnits: Int64, _ currency: Currency) -> String {
        (try? Money(minorUnits, currency))?.description ?? "\(minorUnits) minor units"
    }
}

extension RateCandidate {
    /// Why it was not taken.
    package var sentence: String {
        switch lostBy {
        case .none: "taken"
        case .profession, .tier, .taskKind: "it is for other work"
        case .currency: "it is in another currency"
        case .inForce: "it does not hold at this time"
        case .region: "it is for another region"
        case .language: "it is for another language"
        case .lessSpecific: "another fits more narrowly"
        case .price: "its price is out of range"
        }
    }

    var json: JSON {
        [
            "rate": .string(rate.key), "rate_id": .string("\(rate.id)"),
            "lost_by": lostBy.map { .string($0.rawValue) } ?? .null, "why": .string(sentence),
        ]
    }
}

extension [RateCandidate] {
    /// How many a trace names, so that terms stay small; the one that was taken always among them.
    static var toldMax: Int { 50 }

    fileprivate var told: JSON {
        let taken = filter { $0.lostBy == nil }
        return .array((taken + filter { $0.lostBy != nil }).prefix(Self.toldMax).map(\.json))
    }
}

extension AppliedPremium {
    var json: JSON {
        [
            "kind": .string(rule.kind.rawValue), "rule_factor_bps": .integer(Int64(rule.factorBasisPoints)),
            "factor_bps": .integer(Int64(factorBasisPoints)), "running_minor": .integer(running),
        ]
    }
}

extension RateResolution {
    /// The whole answer as JSON: `{"pay_minor": …, …}` or `{"no_rate": {"missing": …}, "candidates": […]}`.
    package var json: JSON {
        switch self {
        case .resolved(let rate): rate.trace
        case .noRate(let missing, let candidates):
            [
                "no_rate": ["missing": .string(missing.rawValue)], "candidates": candidates.told,
                "candidates_left_off": .integer(Int64(max(0, candidates.count - [RateCandidate].toldMax))),
            ]
        }
    }

    /// The whole answer in sentences.
    package var lines: [String] {
        switch self {
        case .resolved(let rate): rate.lines
        case .noRate(let missing, let candidates):
            ["There is no rate for this; what is missing: \(missing.rawValue)."]
                + candidates.map { "Not \($0.rate.key): \($0.sentence)." }
        }
    }
}
