import Formats
import Foundation
import Matching
import Testing

private let dataFolder = ProcessInfo.processInfo.environment["GUILDHALL_DATA"]

/// Runs on data that is not ours to commit; see ATTRIBUTION.md in the folder that `GUILDHALL_DATA` names.
@Suite("RealData: assignment with different durations", .enabled(if: dataFolder != nil))
struct RealDataTests {
    /// An instance of the generalized assignment problem: agents, tasks, costs and times by agent, then task.
    struct Instance {
        let agents: Int
        let tasks: Int
        let costs: [Int]
        let times: [Int]
        let capacities: [Int]

        init(_ bytes: [UInt8]) throws {
            let numbers = bytes.split { $0 <= 0x20 }.compactMap { Int(String(decoding: $0, as: UTF8.self)) }
            (agents, tasks) = (try #require(numbers.first), try #require(numbers.dropFirst().first))
            let cells = agents * tasks
            try #require(numbers.count == 2 + 2 * cells + agents)
            costs = Array(numbers[2..<(2 + cells)])
            times = Array(numbers[(2 + cells)..<(2 + 2 * cells)])
            capacities = Array(numbers[(2 + 2 * cells)...])
        }

        /// As a file of ours: every task once, at the least or the greatest total.
        func file(_ goal: MatchingFile.Goal) -> String {
            var text = "p mat \(goal.rawValue) \(tasks) \(agents) \(agents * tasks)\n"
            for (agent, capacity) in capacities.enumerated() { text += "w \(agent + 1) \(capacity)\n" }
            for cell in costs.indices {
                text += "a \(cell % tasks + 1) \(cell / tasks + 1) \(costs[cell]) \(times[cell])\n"
            }
            return text
        }
    }

    @Test("Every instance is feasible, 0.5 % from the optimum on average and 2 % at worst, with a bound that holds")
    func generalizedAssignment() throws {
        let folder = URL(filePath: try #require(dataFolder)).appending(path: "gap")
        let bounds = try String(contentsOf: folder.appending(path: "bounds.txt"), encoding: .utf8)
        var (gaps, seconds): ([Double], [Double]) = ([], [])
        for row in bounds.split(whereSeparator: \.isNewline) {
            let fields = row.split(separator: "\t")
            try #require(fields.count == 3)
            let (name, optimum) = (String(fields[0].dropLast(4)), try #require(Int64(fields[1])))
            let isMax = fields[0].hasSuffix("_Max")
            let archive = try Data(contentsOf: folder.appending(path: "\(name).zip"))
            let zip = try ZipReader(Array(archive), name: name)
            let instance = try Instance(zip.contents(at: try #require(zip.names.firstIndex(of: name))))
            var lines = MatchingFile()
            try lines.feed(Array(instance.file(isMax ? .maxFull : .min).utf8))
            let problem = try lines.finish()
            let start = threadSeconds()
            // As long as the command looks.
            let solution = try problem.solve(exact: true)
            seconds.append(threadSeconds() - start)
            try #require(violation(of: solution, instance) == nil, "\(fields[0])")
            try #require(isMax ? solution.bound >= optimum : solution.bound <= optimum, "\(fields[0])")
            gaps.append(Double(abs(solution.optimum - optimum)) / Double(optimum))
        }
        let mean = gaps.reduce(0, +) / Double(gaps.count)
        // The goal is 2 s each, as the program is built for use.
        print("gap: mean \(mean), worst \(gaps.max() ?? 1), at most \(seconds.max() ?? 0) s of CPU for one instance")
        #expect(gaps.count == 54 && mean <= 0.005 && (gaps.max() ?? 1) <= 0.02, "\(mean), \(gaps.max() ?? 1)")
    }

    /// What this thread has had of a processor.
    private func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func violation(of solution: MatchingProblem.Solution, _ instance: Instance) -> String? {
        var (left, total) = (instance.capacities, Int64(0))
        for pair in solution.pairs {
            let cell = (pair.right - 1) * instance.tasks + pair.left - 1
            left[pair.right - 1] -= instance.times[cell]
            total += Int64(instance.costs[cell])
        }
        if Set(solution.pairs.map(\.left)).count != instance.tasks { return "a task goes short" }
        if solution.pairs.count != instance.tasks { return "a task comes twice" }
        if left.contains(where: { $0 < 0 }) { return "an agent has too much" }
        return total == solution.optimum ? nil : "the total is wrong"
    }
}
