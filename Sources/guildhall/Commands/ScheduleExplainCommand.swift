internal import ArgumentParser
internal import Formats
internal import Marketplace
internal import Matching
internal import Scheduler

extension ScheduleCommand {
    struct Explain: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print what the value of an offer is made of: every weight with its unit and default.",
            discussion: """
                A pair of task and worker is worth the sum of its parts: quality, pay, handling, lateness, affinity, \
                urgency, fairness and exploring. Of two plans the one with the greater sum is taken, less what the \
                workers' hours would bring elsewhere. What a worker asks for an hour is no part of it. These are the \
                defaults, and no database is needed; what a market's operators have set is shown by 'guildhall \
                schedule weights'. Amounts in different currencies are compared by the rates that are set there \
                (rate_USD, rate_JPY, …); those of a currency without one at par: one unit as one of the reference \
                currency.

                Examples:
                  guildhall schedule explain
                  guildhall schedule explain --json
                """
        )
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let weights = ValueWeights.ofMarket.rows.map { WeightRow($0.name, $0.value, $0.unit, $0.meaning) }
            let ladder = EscalationRules.rows.map { WeightRow($0.name, $0.value, $0.unit, $0.meaning) }
            let reasons = UnroutedReason.allCases
            if json {
                return Console.result([
                    "weights": .array(weights.map(\.json)), "ladder": .array(ladder.map(\.json)),
                    "parts": .array(PairValue.Part.allCases.map { .string($0.rawValue) }),
                    "reasons": .object(
                        Dictionary(
                            reasons.map { ($0.rawValue, JSON.string($0.sentence)) },
                            uniquingKeysWith: { first, _ in first })),
                ])
            }
            Console.result("Weights of the value of a pair")
            weights.forEach { Console.result($0.line) }
            Console.result("\nThe ladder of a deadline")
            ladder.forEach { Console.result($0.line) }
            Console.result("\nCurrencies are compared at par where 'guildhall schedule weights' has no rate for them.")
            Console.result("\nWhat keeps a worker from an offer, the nearest to one last")
            reasons.forEach { Console.result("  \($0.rawValue)  \($0.sentence)") }
        }
    }
}

private struct WeightRow {
    let name: String
    let value: Int64
    let unit: String
    let meaning: String

    init(_ name: String, _ value: Int64, _ unit: String, _ meaning: String) {
        (self.name, self.value, self.unit, self.meaning) = (name, value, unit, meaning)
    }

    var line: String { "  \(name) = \(value) \(unit): \(meaning)" }

    var json: JSON {
        ["name": .string(name), "default": .integer(value), "unit": .string(unit), "meaning": .string(meaning)]
    }
}
