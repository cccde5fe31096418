internal import Matching

/// Every number that the ladder depends on, for people.
package enum EscalationRules {
    /// How many workers of one batch are looked at, by id.
    static let workersMax = 20_000

    /// One number.
    package struct Row: Hashable, Sendable {
        package let name: String
        package let value: Int64
        package let unit: String
        package let meaning: String
    }

    /// All, in the order in which they are used.
    package static var rows: [Row] {
        let rules = EscalationPlan.Rules()
        let times = "millionths of the service time"
        func row(_ name: String, _ value: Int, _ unit: String, _ meaning: String) -> Row {
            Row(name: name, value: Int64(value), unit: unit, meaning: meaning)
        }
        return [
            row("reach", rules.ladder.reachMillionths, times, "slack under which more people are asked"),
            row("price", rules.ladder.priceMillionths, times, "slack under which further offers pay more"),
            row("forced", rules.ladder.forcedMillionths, times, "slack under which the price of hours is ignored"),
            row("pay_step", rules.ladder.payStepMillionths, "millionths of the pay", "what one raise adds"),
            row(
                "forced_share", rules.forcedShareMillionths, "millionths of a day's hours",
                "what of them, as forecast, it takes at most"),
            row("raise_every", Int(rules.raiseSeconds), "seconds", "from a step to the next raise, at least"),
            row("answer", Int(rules.answerSeconds), "seconds", "for the answer, while the worker is there"),
            row("workers", workersMax, "workers", "who are looked at for one batch, by id; the log tells of more"),
        ]
    }
}
