internal import ArgumentParser
internal import Foundation
internal import Marketplace
internal import Simulation
internal import Store

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Let simulated people act, on a real market or on policies alone.",
        subcommands: [Contracts.self, Policy.self]
    )

    struct Contracts: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Workers claim, answer and are reviewed and paid, under a virtual clock.",
            discussion: """
                Works on the market as it stands; with --fresh, on a new database of its own, where the same files and \
                seed give the same table. Answers come from the files' own expert annotations, with errors by worker.

                guildhall simulate contracts --fresh --workers samples/workers.csv \\
                    --contracts contracts_txt.tar.gz --answers master_clauses.csv.gz --questions pqal.json.gz
                """
        )
        @OptionGroup var options: DatabaseOptions
        @OptionGroup var founding: FoundingOptions
        @Option(help: "The same seed on the same market gives the same run.") var seed: UInt64 = 1
        @Flag(help: "Use a new database, and drop the one of the last such run.") var fresh = false
        @Option(help: "Import this roster first.") var workers: String?
        @Option(help: "Import these contracts first (with --answers).") var contracts: String?
        @Option(help: "The contracts' master_clauses.csv.") var answers: String?
        @Option(help: "Import these medical questions first.") var questions: String?
        @Option(name: .customLong("payouts"), help: "Write the payout files into this folder.") var payoutFolder:
            String?
        @Flag(help: "Print JSON.") var json = false

        mutating func validate() throws {
            guard (contracts == nil) == (answers == nil) else {
                throw ValidationError("--contracts and --answers go together.")
            }
        }

        func run() async throws {
            let clock = ManualClock(at: MarketSimulation.firstMorning)
            try await withSession(options, schema: fresh ? .untouched : .ready) { outer in
                let session =
                    fresh
                    ? try await outer.onFreshDatabase("guildhall_simulation", clock: clock, seed: seed)
                    : try await outer.under(clock)
                try await session.closing {
                    clock.set(to: try await MarketSimulation.beginning(of: session.market))
                    try await importFiles(session)
                    let report = try await session.simulate(clock: clock, seed: seed, payoutFolder: payoutFolder)
                    if json { Console.result(report.json) } else { Console.result(report.table) }
                    guard report.isSound else { throw ExitCode.failure }
                }
            }
        }

        private func importFiles(_ session: Session) async throws {
            let bar = ProgressBar()
            let progress: ProgressReport = { bar.update(done: $0, total: $1, label: $2) }
            let founders = try await session.founders(founding: fresh || founding.found)
            if let workers {
                let summary = try await ImportWorkers(market: session.market)(
                    workers, by: founders.chief, progress: progress
                )
                bar.end()
                Console.note(summary.text())
            }
            if let contracts, let answers {
                let summary = try await ImportContracts(market: session.market)(
                    contracts: contracts, answers: answers, of: founders.requester, by: founders.requesterKey,
                    progress: progress
                )
                bar.end()
                Console.note(summary.text())
            }
            if let questions {
                let summary = try await ImportQuestions(market: session.market)(
                    questions, of: founders.requester, by: founders.requesterKey, progress: progress
                )
                bar.end()
                Console.note(summary.text())
            }
        }
    }
}

extension Session {
    /// Runs the simulation with a progress bar; payout files go into `payoutFolder`, if there is one.
    func simulate(clock: ManualClock, seed: UInt64, payoutFolder: String?) async throws -> SimulationReport {
        let bar = ProgressBar()
        if let payoutFolder {
            try FileManager.default.createDirectory(atPath: payoutFolder, withIntermediateDirectories: true)
        }
        let report = try await MarketSimulation(market: market, clock: clock, seed: seed).run(
            progress: { bar.update(done: $0, total: $1, label: $2) },
            payoutFile: { name, bytes in
                guard let payoutFolder else { return }
                try Data(bytes).write(to: URL(fileURLWithPath: payoutFolder).appendingPathComponent(name))
            }
        )
        bar.end()
        return report
    }

    /// Imports the sample market, works and pays it.
    func runSample(directory: String, clock: ManualClock, seed: UInt64) async throws -> SimulationReport {
        let bar = ProgressBar()
        let sample = SampleMarket(market: market, directory: directory)
        let (_, summaries) = try await sample { bar.update(done: $0, total: $1, label: $2) }
        bar.end()
        for summary in summaries { Console.note(summary.text()) }
        return try await simulate(clock: clock, seed: seed, payoutFolder: nil)
    }

    /// Runs `body` and closes the session, in any case.
    func closing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            let result = try await body()
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }
}
