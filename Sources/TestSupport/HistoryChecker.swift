/// What transactions on append-only lists did, and whether their isolation held.
///
/// Every element is appended once, so a list that was read tells the order of the appends that made it.
/// Source: Kingsbury, Alvaro: Elle, inferring isolation anomalies from experimental observations (VLDB 2020); the names
/// of the anomalies are Adya's (1999).
package struct HistoryChecker: Sendable {
    /// One step of a transaction.
    package enum Step: Hashable, Sendable {
        case append(key: Int, element: Int)
        /// The whole list, oldest first.
        case read(key: Int, list: [Int])
    }

    package enum Outcome: Hashable, Sendable {
        case committed
        /// Rolled back for certain.
        case aborted
        /// The client was not told.
        case unknown
    }

    package struct Entry: Sendable {
        let steps: [Step]
        let outcome: Outcome

        package init(_ steps: [Step], _ outcome: Outcome = .committed) {
            self.steps = steps
            self.outcome = outcome
        }
    }

    /// What must not be seen.
    package enum Anomaly: String, Hashable, Sendable, CaseIterable {
        /// A cycle of writes over writes.
        case dirtyWrite = "G0"
        /// A read of what was rolled back.
        case abortedRead = "G1a"
        /// A read of a state in the middle of another transaction.
        case intermediateRead = "G1b"
        /// A cycle of writes and reads of what was written.
        case circularFlow = "G1c"
        /// A cycle with exactly one read that missed a write: no snapshot, or a lost update.
        case singleAntiDependency = "G-single"
        /// A cycle with several such reads: write skew.
        case antiDependencyCycle = "G2-item"
        /// Two reads of one key of which neither is the beginning of the other, or an element twice.
        case incompatibleOrder = "incompatible order"
        /// A committed append that the final list does not have.
        case lostAppend = "lost append"
        /// A transaction does not see its own appends, or a list changes under it other than by them.
        case internalInconsistency = "internal"
    }

    private enum Edge: Int {
        case writeWrite, writeRead, readWrite
    }

    private let entries: [Entry]
    private let final: [Int: [Int]]
    private var writer: [Int: [Int: Int]] = [:]
    private var edges: [[(target: Int, kind: Edge)]]

    /// - Parameter final: the lists when all had ended.
    package init(entries: [Entry], final: [Int: [Int]]) {
        self.entries = entries
        self.final = final
        edges = Array(repeating: [], count: entries.count)
        for (index, entry) in entries.enumerated() {
            for case .append(let key, let element) in entry.steps { writer[key, default: [:]][element] = index }
        }
    }

    /// Every anomaly in the history, with how often it was met.
    package func anomalies() -> [Anomaly: Int] {
        var found: [Anomaly: Int] = [:]
        func note(_ anomaly: Anomaly, _ count: Int = 1) {
            if count > 0 { found[anomaly, default: 0] += count }
        }
        for entry in entries where entry.outcome == .committed {
            for case .read(let key, let list) in entry.steps {
                if !isPrefix(list, of: key, for: entry) { note(.incompatibleOrder) }
                if list.contains(where: { outcome(of: key, $0) == .aborted }) { note(.abortedRead) }
                if endsInTheMiddle(list, of: key, for: entry) { note(.intermediateRead) }
            }
            if !isConsistentInside(entry) { note(.internalInconsistency) }
            for case .append(let key, let element) in entry.steps where final[key]?.contains(element) != true {
                note(.lostAppend)
            }
        }
        for (key, list) in final {
            if Set(list).count != list.count { note(.incompatibleOrder) }
            note(.abortedRead, list.count { outcome(of: key, $0) == .aborted })
        }
        for (anomaly, count) in cycles() { note(anomaly, count) }
        return found
    }

    private func outcome(of key: Int, _ element: Int) -> Outcome? {
        writer[key]?[element].map { entries[$0].outcome }
    }

    // MARK: Single reads

    /// Elements that the transaction appended itself are at the end until it commits; elsewhere they may come later.
    private func isPrefix(_ list: [Int], of key: Int, for entry: Entry) -> Bool {
        let own = ownAppends(of: entry, to: key)
        let others = list.filter { !own.contains($0) }
        let expected = (final[key] ?? []).filter { !own.contains($0) }
        return expected.starts(with: others) && Set(list).count == list.count
    }

    private func endsInTheMiddle(_ list: [Int], of key: Int, for entry: Entry) -> Bool {
        let own = ownAppends(of: entry, to: key)
        guard let last = list.last(where: { !own.contains($0) }), let index = writer[key]?[last] else { return false }
        return ownAppends(of: entries[index], to: key).last != last
    }

    private func ownAppends(of entry: Entry, to key: Int) -> [Int] {
        entry.steps.compactMap { step in
            guard case .append(key, let element) = step else { return nil }
            return element
        }
    }

    /// Each read shows all own appends so far, at its end.
    private func isConsistentInside(_ entry: Entry) -> Bool {
        var own: [Int: [Int]] = [:]
        for step in entry.steps {
            switch step {
            case .append(let key, let element): own[key, default: []].append(element)
            case .read(let key, let list):
                if !(own[key] ?? []).allSatisfy(list.contains) { return false }
            }
        }
        return true
    }

    // MARK: Cycles

    private func cycles() -> [Anomaly: Int] {
        var graph = self
        graph.draw()
        var found: [Anomaly: Int] = [:]
        for component in graph.components(upTo: .writeWrite) where component.count > 1 {
            if graph.has(.writeWrite, inside: component) { found[.dirtyWrite, default: 0] += 1 }
        }
        for component in graph.components(upTo: .writeRead) where component.count > 1 {
            if graph.has(.writeRead, inside: component) { found[.circularFlow, default: 0] += 1 }
        }
        for component in graph.components(upTo: .readWrite) where component.count > 1 {
            let inside = Set(component)
            var isSingle = false
            var hasReadWrite = false
            for node in component {
                for edge in graph.edges[node] where edge.kind == .readWrite && inside.contains(edge.target) {
                    hasReadWrite = true
                    if graph.reaches(node, from: edge.target, inside: inside) { isSingle = true }
                }
            }
            if isSingle {
                found[.singleAntiDependency, default: 0] += 1
            } else if hasReadWrite {
                found[.antiDependencyCycle, default: 0] += 1
            }
        }
        return found
    }

    /// Edges between transactions that took effect: who overwrote, read, and missed whom.
    private mutating func draw() {
        for (key, list) in final {
            for (earlier, later) in zip(list, list.dropFirst()) { connect(key, earlier, key, later, .writeWrite) }
        }
        for (reader, entry) in entries.enumerated() where entry.outcome == .committed {
            for case .read(let key, let list) in entry.steps {
                let own = ownAppends(of: entry, to: key)
                let seen = list.filter { !own.contains($0) }
                let order = (final[key] ?? []).filter { !own.contains($0) }
                if let last = seen.last, let source = writer[key]?[last] { connect(source, reader, .writeRead) }
                if seen.count < order.count, let target = writer[key]?[order[seen.count]] {
                    connect(reader, target, .readWrite)
                }
            }
        }
    }

    private mutating func connect(_ key: Int, _ earlier: Int, _ otherKey: Int, _ later: Int, _ kind: Edge) {
        guard let source = writer[key]?[earlier], let target = writer[otherKey]?[later] else { return }
        connect(source, target, kind)
    }

    private mutating func connect(_ source: Int, _ target: Int, _ kind: Edge) {
        if source != target { edges[source].append((target, kind)) }
    }

    private func has(_ kind: Edge, inside component: [Int]) -> Bool {
        let inside = Set(component)
        return component.contains { edges[$0].contains { $0.kind == kind && inside.contains($0.target) } }
    }

    /// Whether a path without a missed write leads from one transaction to another.
    private func reaches(_ target: Int, from source: Int, inside: Set<Int>) -> Bool {
        var seen: Set = [source]
        var open = [source]
        while let node = open.popLast() {
            if node == target { return true }
            for edge in edges[node] where edge.kind != .readWrite && inside.contains(edge.target) {
                if seen.insert(edge.target).inserted { open.append(edge.target) }
            }
        }
        return false
    }

    /// Strongly connected components over the edges of a kind and those before it (Kosaraju's two passes).
    private func components(upTo kind: Edge) -> [[Int]] {
        let forward = edges.map { $0.filter { $0.kind.rawValue <= kind.rawValue }.map(\.target) }
        var backward = [[Int]](repeating: [], count: edges.count)
        for (source, targets) in forward.enumerated() {
            for target in targets { backward[target].append(source) }
        }
        var order: [Int] = []
        var isSeen = [Bool](repeating: false, count: edges.count)
        for start in edges.indices where !isSeen[start] { Self.visit(start, forward, &isSeen) { order.append($0) } }
        var components: [[Int]] = []
        isSeen = [Bool](repeating: false, count: edges.count)
        for start in order.reversed() where !isSeen[start] {
            var component: [Int] = []
            Self.visit(start, backward, &isSeen) { component.append($0) }
            components.append(component)
        }
        return components
    }

    /// Depth first, told of each node when it is left; without recursion, since histories are long.
    private static func visit(_ start: Int, _ graph: [[Int]], _ isSeen: inout [Bool], leave: (Int) -> Void) {
        var stack = [(node: start, next: 0)]
        isSeen[start] = true
        while let (node, next) = stack.last {
            if next < graph[node].count {
                stack[stack.count - 1].next += 1
                let target = graph[node][next]
                if !isSeen[target] {
                    isSeen[target] = true
                    stack.append((target, 0))
                }
            } else {
                stack.removeLast()
                leave(node)
            }
        }
    }
}
