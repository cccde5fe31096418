internal import ArgumentParser
internal import Foundation
internal import Store

/// Measures ratios against peers, both sides in turn in one run; prints medians. `make bench`.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures Guildhall against pgbench and psql, both sides in turn, and prints medians."
    )

    enum Size: String, ExpressibleByArgument { case small, full }

    @Option(help: "small: minutes. full: more rounds of more seconds.") var size = Size.small
    @Option(
        help: """
            Only this part: matching, consensus, rate, clearing, claim, eligibility, copy, publish, routing, ledger, \
            payouts, online, large, commits, edge or serve.
            """)
    var only: String?
    @Option(help: "Connections of the claim part.") var connections = [1, 8, 16]
    @Flag(help: "Of the large part, the next task and its statement only.") var nextOnly = false
    @Option(help: "Transfers of the account whose balance the ledger part asks for.") var transfers: Int?
    @Option(help: "Leases and answers of the commits part.") var commits: Int?
    @Option(help: "The program to start.") var program = ".build/release/guildhall"

    func run() async throws {
        // First, so that the memory it takes is its own.
        if wants("matching") {
            try MatchingBenchmark(
                rounds: size == .full ? 5 : 3, ticks: size == .full ? 1_000 : 200,
                sparseMarkets: size == .full ? 20 : 5
            ).run()
        }
        if wants("consensus") { try ConsensusBenchmark(rounds: size == .full ? 5 : 3).run() }
        if wants("rate") { try RateBenchmark(rounds: size == .full ? 25 : 9).run() }
        if wants("clearing") { try ClearingBenchmark(rounds: size == .full ? 15 : 5).run() }
        if ["matching", "consensus", "rate"].contains(only) { return }
        let cluster = try await EmbeddedCluster(
            directory: ".guildhall/bench",
            settings: ["max_wal_size": "4GB", "shared_buffers": "512MB", "max_connections": "150"],
            binaries: try PostgresBinaries.locate()
        ).start()
        do {
            let bench = try await Workbench(cluster: cluster)
            line("PostgreSQL \(cluster.binaries.version), durable (fsync on), Unix socket, this machine shared or not.")
            if wants("clearing") { try await AuctionBenchmark(bench: bench, bids: 100_000).run() }
            if wants("claim") {
                try await ClaimBenchmark(
                    bench: bench, rounds: size == .full ? 9 : 5, claims: size == .full ? 32_000 : 8_000,
                    counts: connections
                ).run()
            }
            if wants("eligibility") {
                try await EligibilityBenchmark(bench: bench, workers: size == .full ? 1_000_000 : 100_000).run()
            }
            if wants("copy") { try await CopyBenchmark(bench: bench, rounds: size == .full ? 7 : 3).run() }
            if wants("publish") {
                try await PublishBenchmark(
                    bench: bench, rounds: size == .full ? 5 : 3, count: size == .full ? 1_000_000 : 200_000
                ).run()
            }
            if wants("routing") { try await RoutingBenchmark(bench: bench, rounds: size == .full ? 9 : 5).run() }
            if wants("ledger") {
                try await LedgerBenchmark(
                    bench: bench, rounds: size == .full ? 9 : 5, posts: size == .full ? 32_000 : 8_000,
                    transfers: transfers ?? (size == .full ? 10_000_000 : 1_000_000)
                ).run()
            }
            if wants("payouts") { try await PayoutBenchmark(bench: bench, payees: 100_000).run() }
            if wants("online") {
                try await OnlineBenchmark(bench: bench, tasks: size == .full ? 200_000 : 20_000).run()
            }
            if wants("large") {
                try await LargeBenchmark(bench: bench, isFull: size == .full, rounds: 3, nextOnly: nextOnly).run()
            }
            if wants("commits") {
                try await CommitBenchmark(bench: bench, commits: commits ?? (size == .full ? 1_000_000 : 20_000)).run()
            }
            if wants("edge") {
                try await EdgeBenchmark(
                    bench: bench, program: program, rounds: size == .full ? 9 : 5, pairs: size == .full ? 12_800 : 3_200
                ).run()
            }
            try await cluster.stop()
            if wants("serve") { try await ServeBenchmark(program: program, rounds: 5).run() }
        } catch {
            _ = try? await cluster.stop()
            throw error
        }
    }

    private func wants(_ part: String) -> Bool { only == nil || only == part }
}

func line(_ text: String) {
    FileHandle.standardOutput.write(Data((text + "\n").utf8))
}

extension Array where Element == Double {
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = sorted()
        return count.isMultiple(of: 2) ? (sorted[count / 2 - 1] + sorted[count / 2]) / 2 : sorted[count / 2]
    }
}

/// `12,345`
func grouped(_ value: Double) -> String {
    guard let whole = Int(exactly: value.rounded()) else { return "?" }
    return String(
        String(whole).reversed().enumerated().flatMap {
            $0.offset > 0 && $0.offset % 3 == 0 ? [",", $0.element] : [$0.element]
        }.reversed())
}

func twoDigits(_ value: Double) -> String {
    value.formatted(.number.precision(.fractionLength(2)).locale(Locale(identifier: "en_US_POSIX")))
}
