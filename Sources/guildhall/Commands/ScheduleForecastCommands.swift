internal import ArgumentParser
internal import Formats
internal import Marketplace
internal import Store

extension ScheduleCommand {
    struct Backtest: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "How well each week's hours were forecast, the newest first.",
            discussion: """
                Once a week each worker's hours are forecast from the windows that they declared and what came of \
                their weeks before; a week later the forecast is compared with the ledger of hours. Promised are hours \
                that there are in nine of ten weeks. Where a forecast is off by more than a fifth, prices follow the \
                use of hours three times as fast: by the last week that was tested until a tenth of the next has \
                passed, then by what that week has used so far.

                Example: guildhall schedule backtest --limit 8
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "How many, 1 to 200.") var limit = 20
        @Option(help: "Only weeks before this Monday, as yyyy-MM-dd.") var before: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListBacktests(market: session.market)(
                    before: try before.map { try readDay($0, "before") }, limit: limit,
                    by: try await session.market.person(named: by))
                Console.list(found.map { ($0.json, $0.text) }, asJSON: json)
            }
        }
    }

    struct Prices: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What a quarter of an hour of each worker is worth to the days ahead, as the last night found.",
            discussion: """
                In micro-units: millionths of the currency's unit, or of the reference currency's where 'guildhall \
                schedule weights' has rates. A worker who is expected to give no more hours has the price 0, as there \
                is nothing to save. Go on with --after the last one shown.

                Example: guildhall schedule prices --limit 20
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Option(help: "How many, 1 to 200.") var limit = 50
        @Option(help: "Only those after this worker's id.") var after: String?
        @Option(help: .actor("an operator")) var by = "operator"
        @Flag(help: "Print JSON.") var json = false

        func validate() throws { try checkPage(limit) }

        func run() async throws {
            try await withSession(options) { session in
                let found = try await ListHourPrices(market: session.market)(
                    after: try pageID(after, of: Worker.self, field: "after"), limit: limit,
                    by: try await session.market.person(named: by))
                guard let found else {
                    return Console.result(.null, "No night has priced anybody's hours yet.", asJSON: json)
                }
                if json {
                    return Console.result([
                        "solve": found.solve.json,
                        "items": .array(found.page.map(\.json)),
                    ])
                }
                Console.result(
                    "\(found.solve.solvedOn)  \(found.solve.workers) workers, \(found.solve.demands) answers, "
                        + "\(found.solve.certificateMillionths) millionths of the best, at least")
                for tag in found.page {
                    Console.result("\(tag.worker)  \(tag.priceMicros) micro-units, \(tag.units) quarters of an hour")
                }
            }
        }
    }
}

extension ForecastBacktest {
    fileprivate var text: String {
        "\(weekStartsOn)  forecast \(forecastMinutes) min, worked \(workedMinutes) min, "
            + "off by \(errorBasisPoints)/10000; \(promisesKept) of \(promises) promises kept"
    }
}
