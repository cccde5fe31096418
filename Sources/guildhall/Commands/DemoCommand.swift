internal import ArgumentParser
internal import Simulation
internal import Store

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "The main job on the sample market: import, work, review, pay; ends with its table.",
        discussion:
            "On the embedded PostgreSQL, whatever DATABASE_URL says, in a database of its own, made anew each time."
    )
    @OptionGroup var options: DatabaseOptions
    @Option(help: "The sample market's folder.") var samples = "samples"
    @Option(help: "The same seed gives the same table.") var seed: UInt64 = 1
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let clock = ManualClock(at: MarketSimulation.firstMorning)
        guard options.databaseURL == nil else {
            throw ValidationError("The demo runs on the embedded PostgreSQL; leave --database-url out.")
        }
        try await withSession(options.embedded, schema: .untouched) { outer in
            let session = try await outer.onFreshDatabase("guildhall_demo", clock: clock, seed: seed)
            try await session.closing {
                let report = try await session.runSample(directory: samples, clock: clock, seed: seed)
                if json { Console.result(report.json) } else { Console.result(report.table) }
                guard report.isSound else { throw ExitCode.failure }
            }
        }
    }
}
