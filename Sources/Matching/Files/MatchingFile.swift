/// A matching read from a file, line by line: DIMACS' assignment format (`p asn`), or the sparse one of ours (`p mat`).
/// docs/FILES.md has both.
///
/// Bounded: sizes and numbers are checked as they come, and nothing is kept beyond what the problem line announces.
package struct MatchingFile: Sendable {
    /// What the total weight is to be.
    package enum Goal: String, Sendable {
        /// As great as possible; slots may stay open.
        case max
        /// As great as possible with every slot filled.
        case maxFull = "max-full"
        /// As little as possible with every slot filled.
        case min
    }

    /// The weight of a pair, at most, above and below zero.
    package static let weightMax: Int64 = 500_000_000_000

    var lines = MatchingLines()
    var form: Form?
    /// Per task of `p mat`, or per left node; by number in the file.
    var tasks: [Side] = []
    var workers: [Side] = []
    var arcs = Arcs()
    /// Of `p asn`: which nodes an `n` line made left ones.
    var isLeft: [Bool] = []

    enum Form: Equatable {
        case assignment(nodes: Int, arcs: Int)
        case market(Goal, tasks: Int, workers: Int, arcs: Int)
    }

    /// A task or a worker: slots and units, or units and tasks at most.
    struct Side {
        var first: Int
        var second: Int
        /// Where it was set; 0 for nowhere.
        var line: Int32 = 0
    }

    /// The arcs in the file's order, numbers as in the file.
    struct Arcs {
        var lefts: [Int32] = []
        var rights: [Int32] = []
        var weights: [Int64] = []
        var units: [Int32] = []
        var lines: [Int32] = []
    }

    /// Nothing read yet.
    package init() {}

    /// Reads on.
    /// - Throws: ``MatchingFault``, after which the file is not to be read on.
    package mutating func feed(_ bytes: [UInt8]) throws(MatchingFault) {
        var lines = lines
        try lines.feed(bytes) { (number, words) throws(MatchingFault) in try take(number, words) }
        self.lines = lines
    }

    /// The whole of it.
    package mutating func finish() throws(MatchingFault) -> MatchingProblem {
        var lines = lines
        try lines.finish { (number, words) throws(MatchingFault) in try take(number, words) }
        switch form {
        case nil:
            throw MatchingFault(nil, "there is no problem line: 'p asn NODES ARCS' or 'p mat GOAL TASKS WORKERS PAIRS'")
        case .assignment(_, let arcs): try checkCount(arcs)
        case .market(_, _, _, let arcs): try checkCount(arcs)
        }
        return try MatchingProblem(self)
    }

    private func checkCount(_ announced: Int) throws(MatchingFault) {
        guard arcs.lefts.count == announced else {
            throw MatchingFault(
                nil, "the problem line announces \(announced) 'a' lines, and there are \(arcs.lefts.count)")
        }
    }

    private mutating func take(_ line: Int, _ words: [MatchingLines.Word]) throws(MatchingFault) {
        let rest = words.dropFirst()
        guard line <= Int32.max else { throw MatchingFault(line, "there are too many lines") }
        if words[0].isWord("p") { return try takeProblem(line, rest) }
        guard let form else { throw MatchingFault(line, "the problem line must come first") }
        let keyword = words[0].text
        switch form {
        case .assignment(let nodes, let most):
            switch keyword {
            case "n": try takeNode(line, rest, nodes)
            case "a": try takeArc(line, rest, lefts: nodes, rights: nodes, most, nil)
            default: throw MatchingFault(line, "unknown line '\(keyword)'")
            }
        case .market(_, let tasks, let workers, let most):
            let (slots, units) = (0...Int64(Market.Bounds.slotsPerTaskMax), Int64(Market.Bounds.unitsMax))
            switch keyword {
            case "t": try takeSide(line, rest, tasks, (slots, 1...units), \.tasks)
            case "w": try takeSide(line, rest, workers, (0...units, 0...Int64(Int32.max)), \.workers)
            case "a": try takeArc(line, rest, lefts: tasks, rights: workers, most, units)
            default: throw MatchingFault(line, "unknown line '\(keyword)'")
            }
        }
    }
}

// One kind of line each.
extension MatchingFile {
    private mutating func takeProblem(
        _ line: Int, _ words: ArraySlice<MatchingLines.Word>
    ) throws(MatchingFault) {
        guard form == nil else { throw MatchingFault(line, "there is a second problem line") }
        guard let kind = words.first else { throw MatchingFault(line, "the problem line names no problem") }
        let rest = words.dropFirst()
        if kind.isWord("asn") {
            let counts = try numbers(line, rest, ["nodes", "arcs"], needed: 2)
            let nodes = try within(line, counts[0], 0...Int64(Market.Bounds.tasksMax), "nodes")
            let arcs = try within(line, counts[1], 0...Int64(Market.Bounds.candidatesMax), "arcs")
            isLeft = Array(repeating: false, count: nodes + 1)
            form = .assignment(nodes: nodes, arcs: arcs)
        } else if kind.isWord("mat") {
            guard let word = rest.first, let goal = Goal(rawValue: word.text) else {
                throw MatchingFault(line, "the goal must be max, max-full or min")
            }
            let counts = try numbers(line, rest.dropFirst(), ["tasks", "workers", "pairs"], needed: 3)
            let tasks = try within(line, counts[0], 0...Int64(Market.Bounds.tasksMax), "tasks")
            let workers = try within(line, counts[1], 0...Int64(Market.Bounds.workersMax), "workers")
            let arcs = try within(line, counts[2], 0...Int64(Market.Bounds.candidatesMax), "pairs")
            self.tasks = Array(repeating: Side(first: 1, second: 1), count: tasks + 1)
            self.workers = Array(repeating: Side(first: 1, second: Int(Int32.max)), count: workers + 1)
            form = .market(goal, tasks: tasks, workers: workers, arcs: arcs)
        } else {
            throw MatchingFault(line, "the problem is '\(kind.text)'; only asn and mat are solved here")
        }
    }

    private mutating func takeNode(
        _ line: Int, _ words: ArraySlice<MatchingLines.Word>, _ nodes: Int
    ) throws(MatchingFault) {
        let named = try numbers(line, words, ["node"], needed: 1)[0]
        guard nodes > 0 else { throw MatchingFault(line, "the problem line announces no node") }
        let node = try within(line, named, 1...Int64(nodes), "node")
        guard !isLeft[node] else { throw MatchingFault(line, "node \(node) is named twice") }
        isLeft[node] = true
    }

    private mutating func takeSide(
        _ line: Int, _ words: ArraySlice<MatchingLines.Word>, _ count: Int,
        _ bounds: (ClosedRange<Int64>, ClosedRange<Int64>), _ path: WritableKeyPath<MatchingFile, [Side]>
    ) throws(MatchingFault) {
        let isTask = path == \.tasks
        let names = isTask ? ["task", "slots", "units"] : ["worker", "units", "tasks at most"]
        let values = try numbers(line, words, names, needed: 2)
        guard count > 0 else { throw MatchingFault(line, "the problem line announces no \(names[0])") }
        let number = try within(line, values[0], 1...Int64(count), names[0])
        guard self[keyPath: path][number].line == 0 else {
            throw MatchingFault(line, "\(names[0]) \(number) is described twice")
        }
        self[keyPath: path][number].line = Int32(line)
        self[keyPath: path][number].first = try within(line, values[1], bounds.0, names[1])
        if values.count > 2 { self[keyPath: path][number].second = try within(line, values[2], bounds.1, names[2]) }
    }

    private mutating func takeArc(
        _ line: Int, _ words: ArraySlice<MatchingLines.Word>, lefts: Int, rights: Int, _ most: Int,
        _ unitsMax: Int64?
    ) throws(MatchingFault) {
        let names = unitsMax == nil ? ["left node", "right node", "cost"] : ["task", "worker", "weight", "units"]
        let values = try numbers(line, words, names, needed: 3)
        guard arcs.lefts.count < most else {
            throw MatchingFault(line, "there are more 'a' lines than the problem line announces (\(most))")
        }
        guard lefts > 0, rights > 0 else { throw MatchingFault(line, "the problem line announces no \(names[0])") }
        arcs.lefts.append(Int32(try within(line, values[0], 1...Int64(lefts), names[0])))
        arcs.rights.append(Int32(try within(line, values[1], 1...Int64(rights), names[1])))
        _ = try within(line, values[2], -Self.weightMax...Self.weightMax, names[2])
        arcs.weights.append(values[2])
        arcs.lines.append(Int32(line))
        guard let unitsMax else { return }
        arcs.units.append(values.count > 3 ? Int32(try within(line, values[3], 1...unitsMax, names[3])) : 0)
    }

    private func numbers(
        _ line: Int, _ words: ArraySlice<MatchingLines.Word>, _ names: [String], needed: Int
    ) throws(MatchingFault) -> [Int64] {
        guard (needed...names.count).contains(words.count) else {
            throw MatchingFault(
                line, "\(words.count) numbers where \(names.joined(separator: ", ")) should stand")
        }
        var values: [Int64] = []
        for (name, word) in zip(names, words) {
            guard let value = word.number else {
                throw MatchingFault(line, "the \(name) must be a whole number, not '\(word.text)'")
            }
            values.append(value)
        }
        return values
    }

    private func within(
        _ line: Int, _ value: Int64, _ bounds: ClosedRange<Int64>, _ name: String
    ) throws(MatchingFault) -> Int {
        guard bounds.contains(value) else {
            throw MatchingFault(
                line, "\(name) \(value) is out of bounds: \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return Int(value)
    }
}
