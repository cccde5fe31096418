internal import ArgumentParser
internal import Formats
internal import Marketplace
internal import Matching
internal import Store

extension ScheduleCommand {
    struct Weights: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What the value of an offer is made of, as it is set now: show, set.",
            discussion: """
                Examples:
                  guildhall schedule weights
                  guildhall schedule weights set weights.json --reason "Late answers cost us more."
                """,
            subcommands: [Show.self, Set.self], defaultSubcommand: Show.self
        )

        struct Show: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Every weight with its unit, its default and what is in force.",
                discussion: """
                    Rates are in micros of the reference currency for one unit. A currency without one has what the \
                    newest conversion in the ledger gives, where any rate is set; else it is compared at par.

                    Example: guildhall schedule weights show --json
                    """)
            @OptionGroup var options: DatabaseOptions
            @Option(help: .actor("an operator")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await withSession(options) { session in
                    let found = try await ShowSchedulerWeights(market: session.market)(
                        by: try await session.market.person(named: by))
                    if json { return Console.result(found.json) }
                    found.lines.forEach { Console.result($0) }
                }
            }
        }

        struct Set: AsyncParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Set what routing and the ladder go by, from their next round on, and prices of hours.",
                discussion: """
                    The file is a JSON object of whole numbers by name: those that 'guildhall schedule weights' shows, \
                    and rate_XXX, by ISO 4217, in micros of the reference currency for one unit. What it does not name \
                    has its default. Earlier settings stay on record. Hours are priced anew within a minute or two; \
                    until then they have no price, and work is routed as before the first night.

                    Example: {"lateness": 1500000, "rate_USD": 1000000, "rate_JPY": 6700}
                    """)
            @OptionGroup var options: DatabaseOptions
            @Argument(help: "A JSON file.") var file: String
            @Option(help: "Why, for others to read.") var reason: String
            @Option(help: .actor("an operator")) var by = "operator"
            @Flag(help: "Print JSON.") var json = false

            func run() async throws {
                try await withSession(options) { session in
                    let version = try await SetSchedulerWeights(market: session.market)(
                        try readJSONFile(file, "file"), reason: reason,
                        by: try await session.market.person(named: by))
                    Console.result(
                        ["version": .integer(Int64(version))],
                        "Version \(version) holds from the next rounds on; hours are priced anew.", asJSON: json)
                }
            }
        }
    }
}

extension ShowSchedulerWeights.InForce {
    fileprivate var lines: [String] {
        var lines = zip(settings.weights.rows, ValueWeights.ofMarket.rows).map { now, usual in
            "  \(now.name) = \(now.value) \(now.unit)"
                + (now.value == usual.value ? "" : ", by default \(usual.value)") + ": \(now.meaning)"
        }
        lines += rates.map { "  \($0.name) = \($0.value) micros of the reference currency" }
        if !atPar.isEmpty {
            lines.append("Compared at par, as no rate is set: \(atPar.joined(separator: ", ")).")
        }
        if let policy {
            lines.append("Version \(policy.version), set \(utcText(policy.setAt)) by \(policy.setBy): \(policy.reason)")
        } else {
            lines.append("Nobody has set anything: these are the defaults.")
        }
        return lines
    }
}
