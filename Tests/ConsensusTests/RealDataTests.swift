import Consensus
import Foundation
import Testing

private let dataFolder = ProcessInfo.processInfo.environment["GUILDHALL_DATA"]

/// Runs on data that is not ours to commit; see ATTRIBUTION.md in the folder that `GUILDHALL_DATA` names.
@Suite(.enabled(if: dataFolder != nil)) struct RealDataTests {
    /// Recognising textual entailment, Snow et al. 2008: 800 items, 164 workers, 8,000 labels.
    private func rte() throws -> (labels: Labels, truth: [Int32]) {
        let folder = URL(filePath: try #require(dataFolder)).appending(path: "crowd/rte")
        let answers = try rows(folder.appending(path: "answers.csv.gz"))
        let truth = try rows(folder.appending(path: "truth.csv.gz"))
        let items = codes(truth.map { $0[0] })
        let workers = codes(answers.map { $0[1] })
        let labels = try answers.map { row in
            Label(
                item: try #require(items[row[0]]), worker: try #require(workers[row[1]]),
                answer: try #require(Int32(row[2])))
        }
        let byItem = try truth.map { (try #require(items[$0[0]]), try #require(Int32($0[1]))) }
        let all = try Labels(itemCount: items.count, workerCount: workers.count, answerCount: 2, labels: labels)
        return (all, byItem.sorted { $0.0 < $1.0 }.map(\.1))
    }

    private func codes(_ names: [Substring]) -> [Substring: Int32] {
        Dictionary(uniqueKeysWithValues: Set(names).sorted().enumerated().map { ($1, Int32($0)) })
    }

    /// The rows of a gzipped table without quoted fields, without its header.
    private func rows(_ file: URL) throws -> [[Substring]] {
        let (process, output) = (Process(), Pipe())
        process.executableURL = URL(filePath: "/bin/gzip")
        process.arguments = ["-dc", file.path]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        let lines = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.dropFirst().map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    @Test("On rte the fair majority is right on 0.8969 of the items, one-coin EM on 0.925")
    func accuracy() throws {
        let (labels, truth) = try rte()
        #expect(labels.itemCount == 800 && labels.workerCount == 164 && labels.all.count == 8_000)
        let right = zip(labels.majorities(), truth).reduce(0.0) { $0 + $1.0.share(of: $1.1) }
        #expect(abs(right / 800 - 0.896875) < 1e-9)
        let estimate = OneCoin().estimate(labels)
        let hits = truth.indices.filter { estimate.likeliest(item: $0)?.answer == truth[$0] }
        #expect(hits.count == 740 && estimate.rounds == 25)
    }

    @Test("On rte agreement is that of the reference implementation")
    func agreement() throws {
        let labels = try rte().labels
        #expect(labels.percentAgreement().agreeingPairs == 22_633 && labels.percentAgreement().pairs == 36_000)
        #expect(abs(try #require(labels.krippendorffAlpha()) - 0.24147876613881003) < 1e-12)
    }
}
