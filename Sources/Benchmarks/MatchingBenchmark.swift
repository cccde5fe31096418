internal import Foundation
internal import Marketplace
internal import Matching

/// The matching of tasks with workers: against OR-tools' min-cost flow on the same graph, in turn; the largest market
/// of the design; ticks with 0.1 % churn.
struct MatchingBenchmark {
    let rounds: Int
    let ticks: Int
    let sparseMarkets: Int

    func run() throws {
        try large()
        guard Oracle.isThere else { return line("  OR-tools is not there: make oracle installs it.") }
        try race()
        try sparse()
    }

    /// 1,000,000 tasks, 100,000 workers, 10,000,000 candidates; then ticks on the same market.
    private func large() throws {
        let market = try MatchingMarkets(tasks: 1_000_000, workers: 100_000, degree: 11, seed: 1).market()
        line("Matching \(size(market)), this machine shared or not:")
        var ratio = Int64(0)
        let seconds = try cpuSeconds {
            ratio = try Matcher(precision: .perMille(70)).propose(market).certificate.ratioMillionths
        }
        line(
            "  cold: \(twoDigits(seconds)) s of CPU, certificate \(share(ratio)), peak memory "
                + "\(grouped(peakMegabytes())) MB  (goal: 10 s, 0.995, 1,500 MB)")
        var standing: StandingMatch?
        let start = cpuSeconds { standing = StandingMatch(market, perMille: 70) }
        guard var standing else { return }
        var churn = Churn(market)
        var (times, least, made) = ([Double](), Int64.max, 0)
        for number in 0..<ticks {
            let change = churn.next(number)
            var tick: StandingMatch.Tick?
            times.append(try cpuSeconds { tick = try standing.tick(change) })
            least = min(least, tick?.certificate.ratioMillionths ?? 0)
            made += tick?.made.count ?? 0
        }
        times.sort()
        line(
            "  \(ticks) ticks, each 0.1 % of tasks gone and as many new, 0.1 % of workers with other hours (after "
                + "\(twoDigits(start)) s to stand up):")
        line(
            "    p50 \(grouped(times.median * 1_000)) ms, "
                + "p99 \(grouped(times[(times.count * 99 - 1) / 100] * 1_000)) ms of CPU, certificate never "
                + "below \(share(least)), \(made / max(ticks, 1)) pairs new in each  "
                + "(goal: p99 250 ms)"
        )
    }

    /// 200,000 tasks, 20,000 workers, 3,400,000 candidates, both sides in turn.
    private func race() throws {
        let market = try MatchingMarkets(tasks: 200_000, workers: 20_000, degree: 18, seed: 1).market()
        let oracle = try Oracle([market.transport])
        defer { oracle.remove() }
        var (ours, theirs, ratios) = ([Double](), [Double](), [Double]())
        var certificate = Certificate(value: 0, bound: 0)
        var optimum = Int64(0)
        for _ in 0..<rounds {
            let seconds = try cpuSeconds {
                certificate = try Matcher(precision: .perMille(50)).propose(market).certificate
            }
            let answer = try oracle.ask()[0]
            optimum = answer.optimum
            ours.append(seconds)
            theirs.append(answer.solving)
            ratios.append(answer.solving / seconds)
        }
        line("Matching \(size(market)), in turn with OR-tools' SimpleMinCostFlow; CPU time, median of \(rounds):")
        line(
            "  ours \(twoDigits(ours.median)) s with reading the market, certificate "
                + "\(share(certificate.ratioMillionths)), "
                + "\(share(Certificate(value: certificate.value, bound: optimum).ratioMillionths)) of the optimum; "
                + "theirs \(twoDigits(theirs.median)) s without building the graph"
        )
        line(
            "  times as fast: \(twoDigits(ratios.median))  (goal: 4, certificate 0.9975); the bound is "
                + (certificate.bound >= optimum ? "not below the optimum" : "BELOW THE OPTIMUM"))
    }

    private func sparse() throws {
        let markets = try (0..<sparseMarkets).map {
            try MatchingMarkets(
                tasks: 200_000 / sparseMarkets * ($0 + 1), workers: 20_000 / sparseMarkets * ($0 + 1),
                degree: 8 + $0 % 10, seed: UInt64($0) + 10
            ).market()
        }
        let oracle = try Oracle(markets.map(\.transport))
        defer { oracle.remove() }
        let optima = try oracle.ask().map(\.optimum)
        var (least, isSound) = (Int64(1_000_000), optima.count == markets.count)
        for (market, optimum) in zip(markets, optima) {
            let certificate = try Matcher().propose(market).certificate
            least = min(least, Certificate(value: certificate.value, bound: optimum).ratioMillionths)
            isSound = isSound && certificate.bound >= optimum && certificate.value <= optimum
        }
        line(
            "Matching \(sparseMarkets) seeded markets of up to 200,000 tasks: at least "
                + "\(share(least)) of OR-tools' optimum (goal: 0.995); the bound "
                + (isSound ? "is never below it" : "FAILS"))
    }

    private func size(_ market: Matching.Market) -> String {
        "\(grouped(Double(market.tasks.count))) tasks, \(grouped(Double(market.workers.count))) workers, "
            + "\(grouped(Double(market.candidates.count))) candidates"
    }

    /// `0.9975`
    private func share(_ millionths: Int64) -> String {
        (Double(millionths / 100) / 1e4).formatted(
            .number.precision(.fractionLength(4)).locale(Locale(identifier: "en_US_POSIX")))
    }
}

/// What changes in a market from tick to tick: a task that goes is followed by one like it, worth more or less.
private struct Churn {
    private let market: Matching.Market
    private var ids: [UInt128]
    private var random = SplitMix64(seed: 9)

    init(_ market: Matching.Market) {
        self.market = market
        ids = market.tasks.map(\.id)
    }

    mutating func next(_ tick: Int) -> StandingMatch.Change {
        var change = StandingMatch.Change()
        var chosen: Set<Int> = []
        while chosen.count < market.tasks.count / 1_000 { chosen.insert(random.below(market.tasks.count)) }
        for task in chosen.sorted() {
            change.gone.append(ids[task])
            ids[task] = UInt128((tick + 1) * market.tasks.count + task)
            let row = market.candidates[market.offsets[task]..<market.offsets[task + 1]].map {
                (worker: UInt128($0.worker), value: Int64(Double($0.value) * (0.8 + 0.4 * random.share())))
            }
            change.arrived.append(.init(id: ids[task], slots: market.tasks[task].slots, candidates: row))
        }
        for _ in 0..<(market.workers.count / 1_000) {
            let worker = random.below(market.workers.count)
            let places = Double(market.workers[worker].units) * (0.8 + 0.4 * random.share())
            change.places.append((UInt128(worker), Int(places.rounded())))
        }
        return change
    }
}

/// OR-tools, in a process of its own for each time it is asked.
private struct Oracle {
    struct Answer {
        let optimum: Int64
        /// CPU seconds.
        let solving: Double
    }

    private static let python = ".guildhall/oracle/bin/python"
    static var isThere: Bool { FileManager.default.isExecutableFile(atPath: python) }

    private let file = FileManager.default.temporaryDirectory.appending(path: "oracle-\(UUID().uuidString)")

    init(_ instances: [[Int64]]) throws {
        _ = FileManager.default.createFile(atPath: file.path, contents: nil)
        let handle = try FileHandle(forWritingTo: file)
        for instance in instances { try handle.write(contentsOf: instance.withUnsafeBytes { Data($0) }) }
        try handle.close()
    }

    func remove() { try? FileManager.default.removeItem(at: file) }

    func ask() throws -> [Answer] {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: Self.python)
        process.arguments = ["scripts/oracle.py", file.path]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").compactMap { row in
            let fields = row.split(separator: " ")
            guard fields.count == 3, let optimum = Int64(fields[0]), let solving = Double(fields[1]) else { return nil }
            return Answer(optimum: optimum, solving: solving)
        }
    }
}
