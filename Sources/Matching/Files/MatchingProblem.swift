/// A matching as a file states it, ready to be solved.
package struct MatchingProblem: Sendable {
    /// What the total weight is to be.
    package let goal: MatchingFile.Goal
    private let market: Market
    /// Numbers in the file of the market's tasks and workers, whose ids are their places here.
    private let taskNumbers: [Int32]
    private let workerNumbers: [Int32]
    /// `p asn` with fewer right nodes than left ones: the right ones are the tasks.
    private let isTurned: Bool
    /// weight = base + sign × value.
    private let base: Int64
    private let sign: Int64
    /// Where a task was described, or its first arc; for faults.
    private let taskLines: [Int32]
    private let isAssignment: Bool

    /// What was found.
    package struct Solution: Sendable {
        /// The total weight of the pairs: the optimum itself when it equals ``bound``.
        package let optimum: Int64
        /// What no assignment can be better than: a lower bound when the goal is the least, else an upper one.
        package let bound: Int64
        /// Numbers of the file: left node and right node, or task and worker; sorted.
        package let pairs: [(left: Int, right: Int, weight: Int64)]
        /// Slots without a worker.
        package let openSlots: Int

        /// Whether the bound proves that nothing is better.
        package var isProven: Bool { optimum == bound }
    }

    init(_ file: MatchingFile) throws(MatchingFault) {
        let arcs = file.arcs
        switch file.form {
        case .market(let stated, let tasks, let workers, _):
            (self.goal, isAssignment, isTurned) = (stated, false, false)
            taskNumbers = (0..<tasks).map { Int32($0 + 1) }
            workerNumbers = (0..<workers).map { Int32($0 + 1) }
        case .assignment, nil:
            (self.goal, isAssignment) = (.min, true)
            let lefts = file.isLeft.indices.dropFirst().filter { file.isLeft[$0] }.map { Int32($0) }
            let rights = file.isLeft.indices.dropFirst().filter { !file.isLeft[$0] }.map { Int32($0) }
            isTurned = lefts.count > rights.count
            (taskNumbers, workerNumbers) = isTurned ? (rights, lefts) : (lefts, rights)
            try Self.checkSides(file)
        }
        let rows = Rows(
            isTurned ? arcs.rights : arcs.lefts, isTurned ? arcs.lefts : arcs.rights, taskNumbers, workerNumbers)
        try rows.checkTwice(arcs)
        (base, sign) = Self.transform(self.goal, arcs.weights)
        let isFull = self.goal != .max
        let isMarket = !isAssignment
        let (base, sign) = (base, sign)
        let candidates = rows.order.map { arc in
            Candidate(
                worker: rows.workers[Int(arc)],
                value: max(sign * (arcs.weights[Int(arc)] - base), 0),
                units: isMarket ? arcs.units[Int(arc)] : 0)
        }
        taskLines = zip(taskNumbers, rows.offsets).map { number, start in
            if isMarket, file.tasks[Int(number)].line > 0 { return file.tasks[Int(number)].line }
            return start < rows.order.count ? arcs.lines[Int(rows.order[start])] : 0
        }
        let lines = taskLines
        do throws(MarketFault) {
            market = try Market(
                tasks: taskNumbers.enumerated().map { place, number in
                    let side = isMarket ? file.tasks[Int(number)] : .init(first: 1, second: 1)
                    return TaskDemand(id: UInt128(place), slots: side.first, units: side.second)
                },
                workers: workerNumbers.enumerated().map { place, number in
                    let side = isMarket ? file.workers[Int(number)] : .init(first: 1, second: 1)
                    return WorkerSupply(id: UInt128(place), units: side.first, tasksMax: side.second)
                },
                offsets: rows.offsets, candidates: candidates, fill: isFull ? .everySlot : .whatPays)
        } catch {
            throw Self.fault(error, lines, taskNumbers)
        }
    }

    private static func checkSides(_ file: MatchingFile) throws(MatchingFault) {
        for (arc, (left, right)) in zip(file.arcs.lefts, file.arcs.rights).enumerated() {
            let line = Int(file.arcs.lines[arc])
            guard file.isLeft[Int(left)] else {
                throw MatchingFault(line, "node \(left) is not named by an 'n' line, so no arc can leave it")
            }
            guard !file.isLeft[Int(right)] else {
                throw MatchingFault(line, "node \(right) is a left node, so no arc can lead to it")
            }
        }
    }

    /// Values are weights turned so that more is better and none is below zero.
    private static func transform(_ goal: MatchingFile.Goal, _ weights: [Int64]) -> (base: Int64, sign: Int64) {
        switch goal {
        case .max: (0, 1)
        case .maxFull: (weights.min() ?? 0, 1)
        case .min: (weights.max() ?? 0, -1)
        }
    }

    /// Solves it. Files with a goal that fills every slot are solved exactly, `max` ones where `exact` asks for it,
    /// when each worker's tasks are equally long; the bound holds always.
    /// - Parameter looksMax: as ``Matcher/looksMax``.
    /// - Throws: ``MatchingFault`` when it is infeasible.
    package func solve(exact: Bool, looksMax: Int = 60_000_000) throws(MatchingFault) -> Solution {
        let proposal: Proposal
        do throws(MarketFault) {
            if exact || goal != .max {
                proposal = try Matcher(precision: .exact, looksMax: looksMax).propose(market)
            } else {
                proposal = try near()
            }
        } catch {
            throw Self.fault(error, taskLines, taskNumbers)
        }
        let slots = Int64(proposal.pairs.count)
        let pairs = proposal.pairs.map { pair in
            let (task, worker) = (Int(taskNumbers[Int(pair.task)]), Int(workerNumbers[Int(pair.worker)]))
            let weight = base + sign * pair.value
            return isTurned ? (worker, task, weight) : (task, worker, weight)
        }
        return Solution(
            optimum: slots * base + sign * proposal.certificate.value,
            bound: slots * base + sign * proposal.certificate.bound,
            pairs: pairs.sorted { ($0.0, $0.1) < ($1.0, $1.1) },
            openSlots: market.tasks.reduce(0) { $0 + $1.slots } - proposal.pairs.count
        )
    }

    /// Finer and finer until 0.9975 is proven, three times at most.
    private func near() throws(MarketFault) -> Proposal {
        var proposal = try Matcher(precision: .perMille(10)).propose(market)
        for perMille in [3, 1] where proposal.certificate.ratioMillionths < 997_500 && proposal.bids > 0 {
            proposal = try Matcher(precision: .perMille(perMille)).propose(market)
        }
        return proposal
    }

    private static func fault(_ fault: MarketFault, _ lines: [Int32], _ numbers: [Int32]) -> MatchingFault {
        switch fault {
        case .cannotFill(let task, let filled, let all):
            MatchingFault(
                lines[task] > 0 ? Int(lines[task]) : nil,
                "infeasible: at most \(filled) of \(all) can be matched; \(numbers[task]) goes short",
                isInfeasible: true)
        case .notFilled(let filled, let all):
            MatchingFault(
                nil, "no assignment found that fills every slot, \(filled) of \(all) at best; perhaps there is none",
                isInfeasible: true)
        case .tooLargeForExact:
            MatchingFault(nil, "the weights are too large to be solved exactly with so many slots")
        case .tooManySlots:
            MatchingFault(nil, "more than \(Market.Bounds.slotsMax) slots in all")
        case .slotsOutOfBounds, .unitsOutOfBounds, .taskTwice, .supplyOutOfBounds, .workerTwice, .tooManyCandidates,
            .offsetsMalformed, .noSuchWorker, .valueOutOfBounds, .candidateTwice:
            MatchingFault(nil, "not a market: \(fault)")
        }
    }
}

/// The arcs by task, then worker, as places in the market.
private struct Rows {
    let offsets: [Int]
    /// Arcs by task and, within, by worker.
    let order: [Int32]
    /// Per arc, in the file's order.
    let workers: [Int32]

    init(_ lefts: [Int32], _ rights: [Int32], _ taskNumbers: [Int32], _ workerNumbers: [Int32]) {
        func places(_ numbers: [Int32]) -> [Int32] {
            var places = [Int32](repeating: 0, count: Int(numbers.last ?? 0) + 1)
            for (place, number) in numbers.enumerated() { places[Int(number)] = Int32(place) }
            return places
        }
        let (taskPlaces, workerPlaces) = (places(taskNumbers), places(workerNumbers))
        let tasks = lefts.map { taskPlaces[Int($0)] }
        let workers = rights.map { workerPlaces[Int($0)] }
        // Two stable passes: by worker, then by task.
        let byWorker = Self.sorted(Array(Int32(0)..<Int32(lefts.count)), workers, workerNumbers.count).order
        let byTask = Self.sorted(byWorker, tasks, taskNumbers.count)
        (order, offsets, self.workers) = (byTask.order, byTask.offsets, workers)
    }

    private static func sorted(
        _ order: [Int32], _ keys: [Int32], _ count: Int
    ) -> (order: [Int32], offsets: [Int]) {
        var offsets = [Int](repeating: 0, count: count + 1)
        for key in keys { offsets[Int(key) + 1] += 1 }
        for key in 0..<count { offsets[key + 1] += offsets[key] }
        var next = offsets
        var result = order
        for item in order {
            let key = Int(keys[Int(item)])
            result[next[key]] = item
            next[key] += 1
        }
        return (result, offsets)
    }

    func checkTwice(_ arcs: MatchingFile.Arcs) throws(MatchingFault) {
        for task in 0..<(offsets.count - 1) {
            for place in (offsets[task]..<offsets[task + 1]).dropFirst()
            where workers[Int(order[place])] == workers[Int(order[place - 1])] {
                let (arc, before) = (Int(order[place]), Int(order[place - 1]))
                throw MatchingFault(
                    Int(arcs.lines[arc]),
                    "\(arcs.lefts[arc]) and \(arcs.rights[arc]) were paired in line \(arcs.lines[before])")
            }
        }
    }
}
