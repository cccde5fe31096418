internal import ArgumentParser
internal import Simulation

struct OverviewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overview",
        abstract: "Tasks by state, time to fill, and money against the ledger, from the database."
    )
    @OptionGroup var options: DatabaseOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let overview = try await MarketOverview.read(session.market)
            if json { Console.result(overview.json) } else { Console.result(overview.table) }
        }
    }
}
