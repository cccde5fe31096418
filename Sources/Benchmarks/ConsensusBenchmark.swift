internal import Consensus
internal import Foundation
internal import Marketplace

/// Fits of 1,000,000 labels drawn from a seed; Dawid-Skene in turn with crowd-kit's on the same labels.
struct ConsensusBenchmark {
    let rounds: Int
    private static let python = ".guildhall/oracle/bin/python"
    /// So many of crowd-kit's take seconds each.
    private static let roundsOfBoth = 5

    func run() throws {
        let labels = try drawn()
        line(
            "Consensus of \(grouped(Double(labels.all.count))) labels of \(grouped(Double(labels.itemCount))) tasks by "
                + "\(grouped(Double(labels.workerCount))) workers, \(labels.answerCount) answers; CPU time, median of "
                + "\(rounds):")
        for (name, fit) in try methods(labels) {
            let times = try (0..<rounds).map { _ in try cpuSeconds { _ = try fit() } }
            line("  \(name), 50 rounds: \(twoDigits(times.median)) s  (goal: 3)")
        }
        let fit = try DawidSkene(prior: 5, roundsMax: 50).fit(labels)
        let warning = cpuSeconds { _ = labels.warnings(about: fit) }
        let increment = try incrementMicroseconds(labels, fit)
        line(
            "  what speaks against a fit: \(twoDigits(warning)) s; one more label: \(twoDigits(increment)) µs; peak "
                + "memory of all of it \(grouped(peakMegabytes())) MB")
        guard FileManager.default.isExecutableFile(atPath: Self.python) else {
            return line("  crowd-kit is not there: make oracle installs it.")
        }
        try race(labels)
    }

    private func methods(_ labels: Labels) throws -> [(String, () throws -> Fit)] {
        [
            ("dawid-skene", { try DawidSkene(prior: 0, roundsMax: 50, tolerance: -1).fit(labels) }),
            ("dawid-skene with a prior", { try DawidSkene(prior: 5, roundsMax: 50, tolerance: -1).fit(labels) }),
            ("one-coin", { OneCoin(roundsMax: 50, tolerance: -1).fit(labels) }),
            ("mace", { try Mace(roundsMax: 50, tolerance: -1).fit(labels) }),
        ]
    }

    /// Of taking one label in between two full fits, the mean of 100,000.
    private func incrementMicroseconds(_ labels: Labels, _ fit: Fit) throws -> Double {
        var online = try OnlineConsensus(labels, fit, prior: 5)
        let seconds = cpuSeconds { for label in labels.all.prefix(100_000) { online.add(label) } }
        return seconds * 10
    }

    private func race(_ labels: Labels) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "labels-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        let numbers = labels.all.flatMap { [$0.item, $0.worker, $0.answer] }
        try numbers.withUnsafeBytes { Data($0) }.write(to: file)
        var (ours, theirs, ratios) = ([Double](), [Double](), [Double]())
        for _ in 0..<rounds {
            let seconds = try cpuSeconds {
                _ = try DawidSkene(prior: 0, roundsMax: Self.roundsOfBoth, tolerance: -1).fit(labels)
            }
            let answer = try crowdKit(file)
            ours.append(seconds)
            theirs.append(answer)
            ratios.append(answer / seconds)
        }
        line(
            "  dawid-skene, \(Self.roundsOfBoth) rounds, in turn with crowd-kit 1.4.2: ours \(twoDigits(ours.median)) "
                + "s, theirs \(twoDigits(theirs.median)) s; times as fast: \(twoDigits(ratios.median))  (goal: 10)")
    }

    private func crowdKit(_ file: URL) throws -> Double {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: Self.python)
        process.arguments = ["scripts/consensus-oracle.py", "time", file.path, String(Self.roundsOfBoth)]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return Double(text) ?? .nan
    }

    /// 200,000 tasks of five answers each; workers from poor to good.
    private func drawn() throws -> Labels {
        var random = SplitMix64(seed: 1)
        var labels: [Label] = []
        for item in 0..<200_000 {
            let truth = random.next() % 5
            for _ in 0..<5 {
                let worker = random.next() % 10_000
                let isRight = random.next() % 1_000 < 500 + worker % 100 * 9 / 2
                let answer = isRight ? truth : random.next() % 5
                labels.append(Label(item: Int32(item), worker: Int32(worker), answer: Int32(answer)))
            }
        }
        return try Labels(itemCount: 200_000, workerCount: 10_000, answerCount: 5, labels: labels)
    }
}
