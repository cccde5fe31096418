internal import ArgumentParser
internal import Foundation
internal import Marketplace
internal import Simulation
internal import Store

extension SimulateCommand {
    struct Policy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compare scheduling policies over weeks of simulated tasks and experts.",
            discussion: """
                Calls the scheduler's pure functions and the solver alone: no database is needed, and no money moves. \
                Every policy meets the same tasks, experts and answers to offers. Welfare is given as a share of what \
                nobody could exceed who knew the tasks, hours and answers beforehand \
                (docs/SIMULATION.md). Equal arguments print equal lines.

                Printed are welfare, fill, time to fill, hours used, earnings among equals and how far luck made \
                them, cost, labels that are wrong and how sure they claim to be, starvation, offers and prices; in \
                S1 also what answers that stop once they suffice cost against five for each, in S8 what a bid ring \
                takes.

                Scenarios: S1 tight, S2 slack, S3 demand shock, S4 credential cliff, S5 thin cell, S6 spammers, S7 \
                copy rings and sleepers, S8 bid ring, S9 newcomers, S10 outage, S11 prices mis-scaled, S12 time zones, \
                S13 a third without a deadline.

                Policies: ours, fifo (best available, first come first served), greedy (most valuable pair first), \
                pull (workers pick from a list), hindsight (the bound).

                With --database each run has a new database of its own (the last one stays until the next), on which \
                the scheduler's own rounds, leases, reviews, postings and payouts run: policies ours and pull, at \
                most 1000 experts. It fails unless money in is money out and held and the doctor finds nothing.

                guildhall simulate policy --workers 300 --days 28 --seeds 5 --scenario S1 --policy all --svg s1.svg
                """
        )
        @OptionGroup var options: DatabaseOptions
        @Flag(help: "Run on the embedded database, with money.") var database = false
        @Option(help: "Experts, 10 to 20000.") var workers = 300
        @Option(help: "Days, 7 to 60.") var days = 28
        @Option(help: "The first seed.") var seed: UInt64 = 1
        @Option(help: "How many seeds, one after the other, 1 to 100.") var seeds = 1
        @Option(help: "S1 to S13, several with commas, or all.") var scenario = "S1"
        @Option(help: "ours, fifo, greedy, pull, hindsight, several with commas, or all.") var policy = "all"
        @Option(
            help: """
                What every policy is granted, to measure what its lack costs: skills, demand, answers (all accept, at \
                once), windows (always there), hours, durations (all alike), time (five days for each), several with \
                commas.
                """) var grant: String?
        @Flag(help: "Print JSON.") var json = false
        @Option(name: .customLong("csv"), help: "Write every figure of every seed into this file.") var csvFile: String?
        @Option(name: .customLong("svg"), help: "Draw charts into this file.") var svgFile: String?

        func run() async throws {
            do {
                let study = try PolicyStudy(
                    workers: workers, days: days, seed: seed, seeds: seeds, scenarios: try scenarios(),
                    policies: try policies(), grants: try grants()
                )
                let bar = ProgressBar()
                let report =
                    database
                    ? try await onDatabase(study, bar)
                    : try await study.run { bar.update(done: $0, total: $1, label: "markets") }
                bar.end()
                if let csvFile { try Data(report.csv).write(to: URL(fileURLWithPath: csvFile)) }
                if let svgFile { try Data(report.svg.utf8).write(to: URL(fileURLWithPath: svgFile)) }
                if json { Console.result(report.json) } else { Console.result(report.lines.joined(separator: "\n")) }
                guard report.isSound else { throw ExitCode.failure }
            } catch let code as ExitCode {
                throw code
            } catch {
                throw Console.failure(error)
            }
        }

        private func onDatabase(_ study: PolicyStudy, _ bar: ProgressBar) async throws -> PolicyReport {
            try study.checkForDatabase()
            var report: PolicyReport?
            try await withSession(options, schema: .untouched) { outer in
                report = try await study.runOnDatabase { seed, body in
                    let clock = ManualClock(at: MarketSimulation.firstMorning)
                    let session = try await outer.onFreshDatabase("guildhall_study", clock: clock, seed: seed)
                    return try await session.closing {
                        try await body(session.market, clock) { bar.update(done: $0, total: $1, label: $2) }
                    }
                }
            }
            guard let report else { throw ExitCode.failure }
            return report
        }

        private func scenarios() throws(BadInput) -> [PolicyScenario] {
            var found: [PolicyScenario] = []
            for name in scenario.split(separator: ",") {
                guard let named = PolicyScenario.named(String(name)) else {
                    throw BadInput("scenario", "must be S1 to S13, or all; not \(name)")
                }
                found += named.filter { !found.contains($0) }
            }
            return found
        }

        private func grants() throws(BadInput) -> WeekGrants {
            var found: WeekGrants = []
            for name in (grant ?? "").split(separator: ",") {
                guard let named = WeekGrants.byName.first(where: { $0.name == name }) else {
                    let names = WeekGrants.byName.map(\.name).joined(separator: ", ")
                    throw BadInput("grant", "must be \(names); not \(name)")
                }
                found.insert(named.grant)
            }
            return found
        }

        private func policies() throws(BadInput) -> [WeekPolicy] {
            if policy == "all" { return WeekPolicy.allCases }
            var found: [WeekPolicy] = []
            for name in policy.split(separator: ",") {
                guard let named = WeekPolicy(rawValue: String(name)) else {
                    let names = WeekPolicy.allCases.map(\.rawValue).joined(separator: ", ")
                    throw BadInput("policy", "must be \(names), or all; not \(name)")
                }
                if !found.contains(named) { found.append(named) }
            }
            return found
        }
    }
}
