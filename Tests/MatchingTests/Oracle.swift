import Foundation
import Matching

/// scipy and OR-tools, asked once for many instances (scripts/oracle.py has the form).
enum Oracle {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let python = root.appending(path: ".guildhall/oracle/bin/python")

    /// Whether scripts/oracle.sh could install them.
    static let isThere = FileManager.default.isExecutableFile(atPath: python.path)

    /// The least cost or greatest value of each instance.
    static func optima(_ instances: [[Int64]]) throws -> [Int64] {
        let file = FileManager.default.temporaryDirectory.appending(path: "oracle-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try instances.flatMap(\.self).withUnsafeBytes { Data($0) }.write(to: file)
        let (process, output) = (Process(), Pipe())
        process.executableURL = python
        process.arguments = [root.appending(path: "scripts/oracle.py").path, file.path]
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
            .compactMap { $0.split(separator: " ").first.flatMap { Int64($0) } }
    }
}

/// A dense assignment, as a file of DIMACS and as the oracle wants it.
struct DenseCosts {
    let rows: Int
    let columns: Int
    let costs: [Int64]

    /// Square and not, with few and many ties, with costs below zero.
    init(seed: Int, sideMax: Int) {
        var random = SplitMix64(state: UInt64(seed) &+ 77)
        let rows = 1 + random.below(sideMax)
        self.rows = rows
        columns = seed % 4 == 0 ? 1 + random.below(sideMax) : rows
        let width = [2, 10, 1_000, 1_000_000, 1_000_000_000][random.below(5)]
        let least = seed % 3 == 0 ? -width / 2 : 0
        let isProduct = seed % 25 == 0
        costs = (0..<(rows * columns)).map { [columns] place in
            // i × j is the hardest known for auctions (Machol and Wien 1976).
            isProduct
                ? Int64((place / columns + 1) * (place % columns + 1)) : Int64(least + random.below(width))
        }
    }

    var instance: [Int64] { [0, Int64(rows), Int64(columns)] + costs }

    var file: String {
        var text = "c seeded\np asn \(rows + columns) \(rows * columns)\n"
        for row in 1...rows { text += "n \(row)\n" }
        for (place, cost) in costs.enumerated() {
            text += "a \(place / columns + 1) \(rows + place % columns + 1) \(cost)\n"
        }
        return text
    }
}

extension RandomMarket {
    /// Skills as in a real market: few workers can do most tasks; slots 1 to 3, hours 0.3 to 1.7 of what is wanted.
    static func skilled(tasks: Int, workers: Int, degree: Int, seed: Int) -> RandomMarket {
        var random = SplitMix64(state: UInt64(seed) &* 1_000 &+ 5)
        var result = RandomMarket()
        let quality = (0..<workers).map { _ in 600 + random.below(400) }
        var slots = 0
        for task in 0..<tasks {
            result.tasks.append(TaskDemand(id: UInt128(task), slots: 1 + random.below(3), units: 4))
            slots += result.tasks[task].slots
            let worth = 1 + random.below(1 << random.below(17))
            // A square of a draw: low numbers are many times as frequent.
            var chosen: Set<Int> = []
            for _ in 0..<degree {
                let draw = random.below(1_000)
                chosen.insert(min(workers - 1, draw * draw * workers / 1_000_000 + random.below(1 + workers / 50)))
            }
            result.rows.append(
                chosen.sorted().map {
                    Candidate(worker: Int32($0), value: Int64(worth * (quality[$0] + random.below(100) - 500) * 1_000))
                })
        }
        result.rows = result.rows.map { $0.filter { $0.value > 0 } }
        let mean = max(slots * 4 / max(workers, 1), 1)
        result.workers = (0..<workers).map {
            WorkerSupply(
                id: UInt128($0), units: random.below(40) == 0 ? 0 : mean * (30 + random.below(140)) / 100,
                tasksMax: 3 + random.below(2 * mean))
        }
        return result
    }

    /// For tasks of equal length.
    var instance: [Int64] {
        let places = workers.map { Int64(min($0.units / (tasks.first?.units ?? 1), $0.tasksMax)) }
        let arcs = rows.enumerated().flatMap { task, row in row.map { (Int64(task), $0) } }
        var numbers = [1, Int64(tasks.count), Int64(workers.count), Int64(arcs.count)]
        numbers += tasks.map { Int64($0.slots) } + places
        return numbers + arcs.map(\.0) + arcs.map { Int64($0.1.worker) } + arcs.map(\.1.value)
    }
}
