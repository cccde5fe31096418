import Matching
import Testing

@Suite struct StandingMatchTests {
    /// A market of places that changes by a list of rows, and the match that follows it.
    struct Following {
        var market: RandomMarket
        var standing: StandingMatch
        var nextID: UInt128 = 1_000
        var random: SplitMix64

        init(seed: Int) throws {
            random = SplitMix64(state: UInt64(seed) &+ 400_000)
            market = RandomMarket.small(equalUnits: true, &random)
            // Places alone.
            market.tasks = market.tasks.map { TaskDemand(id: $0.id, slots: $0.slots, units: 1) }
            market.workers = market.workers.map {
                WorkerSupply(id: $0.id, units: min($0.units, $0.tasksMax), tasksMax: 100_000)
            }
            standing = try #require(StandingMatch(market.market(), perMille: 1))
        }

        mutating func change() -> StandingMatch.Change {
            var change = StandingMatch.Change()
            if !market.tasks.isEmpty, random.below(3) > 0 {
                let task = random.below(market.tasks.count)
                change.gone.append(market.tasks.remove(at: task).id)
                market.rows.remove(at: task)
            }
            if market.tasks.count < 5, random.below(3) > 0 {
                let slots = random.below(4)
                let row = market.workers.indices.filter { _ in random.below(4) > 0 }.map {
                    Candidate(worker: Int32($0), value: Int64(random.below(1_000)))
                }
                market.tasks.append(TaskDemand(id: nextID, slots: slots, units: 1))
                market.rows.append(row)
                change.arrived.append(
                    .init(
                        id: nextID, slots: slots,
                        candidates: row.map { (market.workers[Int($0.worker)].id, $0.value) }))
                nextID += 1
            }
            if !market.workers.isEmpty, random.below(2) > 0 {
                let worker = random.below(market.workers.count)
                let (id, count) = (market.workers[worker].id, random.below(5))
                market.workers[worker] = WorkerSupply(id: id, units: count, tasksMax: 100_000)
                change.places.append((id, count))
            }
            return change
        }
    }

    @Test("However the market changes, nobody is overbooked, the bound holds, and the match stays near the optimum")
    func follows() throws {
        for seed in 0..<300 {
            var following = try Following(seed: seed)
            var pairs = Set(following.standing.pairs)
            for step in 0..<12 {
                let tick = try following.standing.tick(following.change())
                let place: Comment = "seed \(seed), step \(step)"
                pairs.subtract(tick.dropped)
                pairs.formUnion(tick.made)
                try #require(pairs == Set(following.standing.pairs), place)
                try #require(following.violation(pairs, tick.certificate) == nil, place)
                let optimum = following.market.optimum()
                try #require(tick.certificate.value <= optimum && tick.certificate.bound >= optimum, place)
                // Within epsilon for each slot, of which there are at most 15; epsilon is 1 at least.
                try #require(optimum - tick.certificate.value <= 15 * following.epsilonMax, place)
            }
        }
    }

    @Test("Rows of tasks that went are cleared away, and the match goes on")
    func clearsAway() throws {
        var random = SplitMix64(state: 8)
        var market = RandomMarket.large(tasks: 60, workers: 12, degree: 6, &random)
        market.tasks = market.tasks.map { TaskDemand(id: $0.id, slots: $0.slots, units: 1) }
        var standing = try #require(StandingMatch(market.market(), perMille: 10))
        for step in 0..<200 {
            var change = StandingMatch.Change()
            let row = random.below(market.tasks.count)
            change.gone = [market.tasks[row].id]
            market.tasks[row] = TaskDemand(id: UInt128(1_000 + step), slots: 2, units: 1)
            change.arrived = [
                .init(
                    id: UInt128(1_000 + step), slots: 2,
                    candidates: market.rows[row].map { (market.workers[Int($0.worker)].id, $0.value) })
            ]
            let tick = try standing.tick(change)
            let cold = try Matcher().propose(market.market())
            try #require(tick.certificate.bound >= cold.certificate.value, "step \(step)")
            try #require(tick.certificate.value * 100 >= cold.certificate.value * 97, "step \(step)")
        }
    }

    @Test("A change that names what is not there is refused before any of it is taken")
    func refusals() throws {
        let market = try Market(
            tasks: [TaskDemand(id: 1, slots: 1, units: 1)], workers: [WorkerSupply(id: 7, units: 1, tasksMax: 1)],
            offsets: [0, 1], candidates: [Candidate(worker: 0, value: 5)])
        var standing = try #require(StandingMatch(market, perMille: 10))
        let before = standing.pairs
        func expect(_ fault: StandingMatch.Fault, _ edit: (inout StandingMatch.Change) -> Void) {
            var change = StandingMatch.Change()
            edit(&change)
            #expect(throws: fault) { try standing.tick(change) }
            #expect(standing.pairs == before)
        }
        expect(.unknownTask(2)) { $0.gone = [1, 2] }
        expect(.unknownTask(1)) { $0.gone = [1, 1] }
        expect(.knownTask(1)) { $0.arrived = [.init(id: 1, slots: 1, candidates: [])] }
        expect(.unknownWorker(8)) { $0.arrived = [.init(id: 3, slots: 1, candidates: [(8, 1)])] }
        expect(.unknownWorker(7)) { $0.arrived = [.init(id: 3, slots: 1, candidates: [(7, 1), (7, 2)])] }
        expect(.outOfBounds(3)) { $0.arrived = [.init(id: 3, slots: 1, candidates: [(7, -1)])] }
        expect(.outOfBounds(3)) { $0.arrived = [.init(id: 3, slots: -1, candidates: [])] }
        expect(.unknownWorker(9)) { $0.places = [(9, 1)] }
        expect(.outOfBounds(7)) { $0.places = [(7, -1)] }
    }
}

extension StandingMatchTests.Following {
    /// A thousandth of a mean below 1,000,000.
    var epsilonMax: Int64 { 1_000 }

    func violation(_ pairs: Set<Proposal.Pair>, _ certificate: Certificate) -> String? {
        for worker in market.workers where pairs.count(where: { $0.worker == worker.id }) > worker.units {
            return "over the places"
        }
        for task in market.tasks where pairs.count(where: { $0.task == task.id }) > task.slots {
            return "over the slots"
        }
        let known = Set(market.tasks.map(\.id))
        if pairs.contains(where: { !known.contains($0.task) }) { return "a task that is gone" }
        return pairs.reduce(0) { $0 + $1.value } == certificate.value ? nil : "wrong sum"
    }
}
