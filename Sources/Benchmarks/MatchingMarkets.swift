internal import Foundation
internal import Marketplace
internal import Matching

/// Seeded markets like a real one: values log-normal, skills by Zipf in 200 cells, three or four of them a worker, one
/// to three different workers a task, time for 0.3 to 1.7 of what a worker would get on average.
struct MatchingMarkets {
    let tasks: Int
    let workers: Int
    /// Candidates drawn for each task; fewer where a cell is small.
    let degree: Int
    let seed: UInt64

    private static let cells = 200

    func market() throws -> Matching.Market {
        var random = SplitMix64(seed: seed)
        var (members, quality) = ([[Int32]](repeating: [], count: Self.cells), [Double]())
        let reach = (1...Self.cells).reduce(into: [0.0]) { $0.append(($0.last ?? 0) + 1 / Double($1)) }
        for worker in 0..<workers {
            quality.append(0.6 + 0.38 * random.share())
            var own: Set<Int> = []
            let skills = 3 + random.below(2)
            while own.count < skills { own.insert(Self.cell(reach, &random)) }
            for cell in own.sorted() { members[cell].append(Int32(worker)) }
        }
        var (demands, offsets, candidates) = ([TaskDemand](), [0], [Candidate]())
        demands.reserveCapacity(tasks)
        candidates.reserveCapacity(tasks * degree)
        var (lastTask, slots) = ([Int](repeating: -1, count: workers), 0)
        for task in 0..<tasks {
            demands.append(TaskDemand(id: UInt128(task), slots: 1 + random.below(3), units: 1))
            slots += demands[task].slots
            let worth = 30e6 * exp(0.7 * random.normal())
            let cell = members[Self.cell(reach, &random)]
            for _ in 0..<degree where !cell.isEmpty {
                let worker = cell[random.below(cell.count)]
                guard lastTask[Int(worker)] != task else { continue }
                lastTask[Int(worker)] = task
                let value = worth * (quality[Int(worker)] + 0.1 * random.share() - 0.35)
                candidates.append(Candidate(worker: worker, value: Int64(value.rounded())))
            }
            offsets.append(candidates.count)
        }
        let mean = Double(slots) / Double(workers)
        return try Matching.Market(
            tasks: demands,
            workers: (0..<workers).map {
                WorkerSupply(
                    id: UInt128($0), units: Int((mean * (0.3 + 1.4 * random.share())).rounded()), tasksMax: 100_000)
            },
            offsets: offsets, candidates: candidates)
    }

    private static func cell(_ reach: [Double], _ random: inout SplitMix64) -> Int {
        let draw = random.share() * (reach.last ?? 1)
        var (low, high) = (0, cells - 1)
        while low < high {
            let middle = (low + high) / 2
            if reach[middle + 1] < draw { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Matching.Market {
    /// As scripts/oracle.py reads it: tasks of one unit each.
    var transport: [Int64] {
        var numbers = [1, Int64(tasks.count), Int64(workers.count), Int64(candidates.count)]
        numbers.reserveCapacity(4 + tasks.count + workers.count + 3 * candidates.count)
        numbers += tasks.map { Int64($0.slots) }
        numbers += workers.map { Int64(min($0.units, $0.tasksMax)) }
        for task in tasks.indices {
            numbers.append(contentsOf: repeatElement(Int64(task), count: offsets[task + 1] - offsets[task]))
        }
        numbers += candidates.map { Int64($0.worker) }
        return numbers + candidates.map(\.value)
    }
}

extension SplitMix64 {
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// 0 to 1.
    mutating func share() -> Double { Double(next() >> 11) / Double(1 << 53) }

    /// Box and Muller 1958.
    mutating func normal() -> Double { (-2 * log(1 - share())).squareRoot() * cos(2 * .pi * share()) }
}
