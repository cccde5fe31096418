import Consensus
import Formats
import Foundation

/// A worker-labelled set of the folder that `GUILDHALL_DATA` names; see ATTRIBUTION.md there.
struct CrowdSet: Sendable {
    static let folder = ProcessInfo.processInfo.environment["GUILDHALL_DATA"]
    static let names = ["adult2", "rte", "sentiment_sp_amt", "weather_amt", "weather_cf", "zencrowd_all"]

    let labels: Labels
    /// The known answers, by item; an item without one is not in it.
    let truth: [Int32: Int32]

    init(_ name: String) throws {
        let path = "\(Self.folder ?? "")/crowd/\(name)/"
        let answers = try AnswerTable(
            ByteReader(path: path + "answers.csv.gz"), columns: ["task", "worker", "label"])
        let known = try AnswerTable(ByteReader(path: path + "truth.csv.gz"), columns: ["task", "label"])
        let (tasks, workers, labels) = (answers.columns[0], answers.columns[1], answers.columns[2])
        self.labels = try Labels(
            itemCount: tasks.names.count, workerCount: workers.names.count, answerCount: labels.names.count,
            labels: answers.lines.indices.map {
                Label(item: tasks.codes[$0], worker: workers.codes[$0], answer: labels.codes[$0])
            }
        )
        let items = Dictionary(uniqueKeysWithValues: tasks.names.enumerated().map { ($1, Int32($0)) })
        let codes = Dictionary(uniqueKeysWithValues: labels.names.enumerated().map { ($1, Int32($0)) })
        var truth: [Int32: Int32] = [:]
        for row in known.lines.indices {
            let task = known.columns[0].names[Int(known.columns[0].codes[row])]
            let label = known.columns[1].names[Int(known.columns[1].codes[row])]
            if let item = items[task] { truth[item] = codes[label] ?? -1 }
        }
        self.truth = truth
    }

    /// The share of the known answers that a fit found.
    func accuracy(_ fit: Fit) -> Double {
        let right = truth.count { fit.likeliest(item: Int($0.key))?.answer == $0.value }
        return Double(right) / Double(truth.count)
    }

    /// That of a majority which breaks ties by lot, in expectation.
    func majorityAccuracy() -> Double {
        let majorities = labels.majorities()
        return truth.reduce(0) { $0 + majorities[Int($1.key)].share(of: $1.value) } / Double(truth.count)
    }
}
