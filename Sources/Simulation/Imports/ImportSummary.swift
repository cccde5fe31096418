package import Formats
package import Marketplace

/// What is told while something long goes on: how much is done, of how much where that is known, and what it is.
package typealias ProgressReport = (_ done: Int, _ total: Int?, _ label: String) -> Void

/// What an import came to.
package struct ImportSummary: Sendable {
    /// How many faults and remarks are kept, each; those beyond are counted only.
    package static let kept = 200

    /// A batch that an import released.
    package struct Release: Hashable, Sendable {
        package let batch: Batch.ID
        package let name: String
        package let tasks: Int
        package let held: Money
        package let budget: Money
    }

    /// What was imported, in the plural: `contracts`.
    package let label: String
    /// Records that were read, the faulty ones included.
    package internal(set) var read = 0
    package internal(set) var added = 0
    /// Those that were known already.
    package internal(set) var unchanged = 0
    /// Records that could not be taken in, with position and reason; they did not stop the rest.
    package private(set) var faults: [RecordFault] = []
    package private(set) var faultCount = 0
    /// What had to be left out of records that were taken in.
    package private(set) var remarks: [RecordFault] = []
    package private(set) var remarkCount = 0
    package internal(set) var releases: [Release] = []

    init(label: String) { self.label = label }

    mutating func note(fault: RecordFault) {
        faultCount += 1
        if faults.count < Self.kept { faults.append(fault) }
    }

    /// Faults of which some were only counted.
    mutating func note(faults told: [RecordFault], of count: Int) {
        told.forEach { note(fault: $0) }
        faultCount += max(0, count - told.count)
    }

    mutating func note(remark: RecordFault) {
        remarkCount += 1
        if remarks.count < Self.kept { remarks.append(remark) }
    }

    /// For people: a line of counts, a line for each released batch, then the first faults and remarks.
    ///
    /// - Parameter shown: how many faults and how many remarks.
    package func text(showing shown: Int = 10) -> String {
        var lines = [
            "\(label): \(read) read, \(added) added, \(unchanged) unchanged, "
                + "\(faultCount) faults, \(remarkCount) remarks"
        ]
        lines += releases.map {
            "  published '\($0.name)': \($0.tasks) tasks, held \($0.held) of a budget of \($0.budget)"
        }
        lines += Self.lines("fault", faults, faultCount, shown) + Self.lines("remark", remarks, remarkCount, shown)
        return lines.joined(separator: "\n")
    }

    private static func lines(_ word: String, _ kept: [RecordFault], _ count: Int, _ shown: Int) -> [String] {
        let told = kept.prefix(max(0, shown)).map { "  \(word): \($0)" }
        return count > told.count ? told + ["  and \(count - told.count) more \(word)s"] : told
    }
}
