/// Improves pairs by moving a slot to another worker, by exchanging two, and, from there, by pushing one slot to where
/// it does not fit and mending what that breaks.
///
/// Bounded by the candidates looked at, not by time, and drawn from a fixed seed: the same market ends the same.
struct TimedSearch {
    private(set) var assignment: TimedAssignment
    private(set) var looksLeft: Int
    private var random = Draws(state: 1)
    /// The slot that no other may push out; -1 for none.
    private var pinned = -1
    /// What was undone or moved since the last mark: slot and the edge before.
    private var log: [(slot: Int, edge: Int)] = []

    init(_ assignment: TimedAssignment, looksMax: Int) {
        (self.assignment, looksLeft) = (assignment, looksMax)
    }

    private struct Move {
        var gain = Int64(0)
        var edge = -1
        /// The slot that makes room, and where it goes; -1 for none.
        var other = -1
        var otherEdge = -1
    }

    /// Tries the slots in this order, and again as long as something was gained.
    mutating func climb(_ slots: [Int]) {
        var isGaining = true
        while isGaining, looksLeft > 0 {
            isGaining = false
            for slot in slots where improve(slot) { isGaining = true }
        }
        log.removeAll(keepingCapacity: true)
    }

    /// Kicks and mends until the bound is reached or the looks are used up, and ends with the best that was seen. In
    /// each round results may be worse by less and less: from what candidates of one task differ by, or a half or third
    /// of that, to nothing (threshold accepting: Dueck and Scheuer 1990).
    mutating func wander(bound: Int128) {
        guard !assignment.slotTask.isEmpty, assignment.market.edgeCount > 0 else { return }
        var best = assignment.value
        let spread = max(spread, 1)
        var round = Int64(0)
        while looksLeft > 0, Int128(best) < bound {
            let widest = max(spread / (round % 3 + 1), 1)
            round += 1
            for step in 0..<Self.kicksPerRound where looksLeft > 0 && Int128(best) < bound {
                looksLeft -= 1
                let (before, mark) = (assignment.value, log.count)
                kick()
                let worse = widest * Int64(Self.kicksPerRound - step) / Int64(Self.kicksPerRound)
                if assignment.value < before - worse { takeBack(to: mark) }
                if assignment.value > best {
                    best = assignment.value
                    log.removeAll(keepingCapacity: true)
                }
            }
        }
        takeBack(to: 0)
    }

    private static let kicksPerRound = 1_000

    /// How much the candidates of one task differ, on average.
    private var spread: Int64 {
        let market = assignment.market
        var sum = Int128(0)
        for task in 0..<market.taskCount {
            for edge in market.edges(of: task) { sum += Int128(assignment.rowBest[task] - market.edgeValue[edge]) }
        }
        return Int64(clamping: sum / Int128(max(market.edgeCount, 1)))
    }

    /// Undoes what was moved since.
    private mutating func takeBack(to mark: Int) {
        while log.count > mark {
            let (slot, edge) = log.removeLast()
            assignment.move(slot, to: edge)
        }
    }

    private mutating func move(_ slot: Int, to edge: Int) {
        log.append((slot, Int(assignment.slotEdge[slot])))
        assignment.move(slot, to: edge)
    }

    /// Moves one slot to a worker drawn at random, pushes out whoever is in the way, and lets all of them, and those
    /// who held the worker before, find their best.
    private mutating func kick() {
        let slot = random.below(assignment.slotTask.count)
        let row = assignment.edges(slot)
        guard !row.isEmpty else { return }
        let edge = row.lowerBound + random.below(row.count)
        guard !assignment.isHeld[edge] else { return }
        let worker = assignment.worker(edge)
        var touched: [Int] = []
        if assignment.slotEdge[slot] >= 0 {
            let left = assignment.worker(Int(assignment.slotEdge[slot]))
            touched = assignment.holders[left].map(Int.init).filter { $0 != slot }
        }
        move(slot, to: -1)
        while !assignment.fits(edge) {
            guard !assignment.holders[worker].isEmpty else { return }
            let out = Int(assignment.holders[worker][random.below(assignment.holders[worker].count)])
            move(out, to: -1)
            touched.insert(out, at: 0)
        }
        move(slot, to: edge)
        touched += assignment.holders[worker].map(Int.init).filter { $0 != slot }
        // It stays for now, or all would only go back.
        pinned = slot
        for _ in 0..<3 {
            var isGaining = false
            for slot in touched where improve(slot) { isGaining = true }
            if !isGaining { break }
        }
        pinned = -1
    }

    /// Makes the slot's best move, when it has one that gains.
    private mutating func improve(_ slot: Int) -> Bool {
        guard looksLeft > 0 else { return false }
        let market = assignment.market
        let worth = assignment.worth(slot)
        let row = assignment.edges(slot)
        looksLeft -= row.count
        var best = Move()
        for edge in row where !assignment.isHeld[edge] {
            let gain = market.edgeValue[edge] - worth
            guard gain > best.gain || gain > 0 else { continue }
            if assignment.fits(edge) {
                if gain > best.gain { best = Move(gain: gain, edge: edge) }
            } else {
                makeRoom(slot, edge, gain, &best)
            }
        }
        guard best.gain > 0 else { return false }
        if best.other >= 0 { move(best.other, to: -1) }
        move(slot, to: best.edge)
        if best.other >= 0, best.otherEdge >= 0 { move(best.other, to: best.otherEdge) }
        return true
    }

    /// The best slot to take from the edge's worker so that this slot fits there.
    private mutating func makeRoom(_ slot: Int, _ edge: Int, _ gain: Int64, _ best: inout Move) {
        let market = assignment.market
        let worker = assignment.worker(edge)
        let missing = assignment.units(edge) - assignment.freeUnits[worker]
        let now = Int(assignment.slotEdge[slot])
        let left = now < 0 ? -1 : assignment.worker(now)
        let leftUnits = now < 0 ? 0 : assignment.freeUnits[left] + assignment.units(now)
        for other in assignment.holders[worker] {
            let other = Int(other)
            guard other != pinned else { continue }
            let otherTask = Int(assignment.slotTask[other])
            let otherWorth = assignment.worth(other)
            guard assignment.units(Int(assignment.slotEdge[other])) >= missing,
                otherTask != Int(assignment.slotTask[slot]),
                gain + assignment.rowBest[otherTask] - otherWorth > best.gain
            else { continue }
            if gain + market.openValue - otherWorth > best.gain {
                best = Move(gain: gain + market.openValue - otherWorth, edge: edge, other: other)
            }
            let row = market.edges(of: otherTask)
            looksLeft -= row.count
            for target in row where !assignment.isHeld[target] {
                let total = gain + market.edgeValue[target] - otherWorth
                guard total > best.gain else { continue }
                let to = assignment.worker(target)
                let isRoom = to == left ? leftUnits >= assignment.units(target) : assignment.fits(target)
                if isRoom { best = Move(gain: total, edge: edge, other: other, otherEdge: target) }
            }
        }
    }
}

/// A small seeded generator (Steele, Lea, Flood 2014, SplitMix64).
struct Draws {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 31)).multipliedFullWidth(by: UInt64(limit)).high)
    }
}
