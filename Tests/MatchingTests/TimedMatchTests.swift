import Matching
import Testing

/// Tasks of one worker that differ in length, slots that must be filled, and matches that go on from earlier ones.
@Suite struct TimedMatchTests {
    @Test("Where each candidate needs its own time, nobody is overbooked, and the bound is never below the optimum")
    func ownUnits() throws {
        var (value, best) = (Int64(0), Int64(0))
        for seed in 0..<400 {
            var random = SplitMix64(state: UInt64(50_000 + seed))
            var input = RandomMarket.small(equalUnits: true, &random)
            input.rows = input.rows.map { row in
                row.map { Candidate(worker: $0.worker, value: $0.value, units: Int32(1 + random.below(5))) }
            }
            let proposal = try Matcher(precision: .exact, looksMax: 20_000).propose(input.market())
            let optimum = input.optimum()
            try #require(input.violation(of: proposal) == nil, "seed \(seed)")
            try #require(proposal.certificate.value <= optimum, "seed \(seed)")
            try #require(proposal.certificate.bound >= optimum, "seed \(seed)")
            value += proposal.certificate.value
            best += optimum
        }
        #expect(value * 1_000 >= best * 995, "\(value) of \(best)")
    }

    @Test("Where every slot must be filled, the greatest value that fills them is found, or that none does")
    func everySlot() throws {
        var (filled, refused) = (0, 0)
        for seed in 0..<3_000 {
            var random = SplitMix64(state: UInt64(70_000 + seed))
            var input = RandomMarket.small(equalUnits: true, &random)
            input.fill = .everySlot
            let optimum = input.fullOptimum()
            do {
                let proposal = try Matcher(precision: .exact).propose(input.market())
                try #require(input.violation(of: proposal) == nil, "seed \(seed)")
                try #require(proposal.certificate.value == optimum, "seed \(seed)")
                try #require(proposal.certificate.bound == optimum, "seed \(seed)")
                filled += 1
            } catch let fault as MarketFault {
                guard case .cannotFill = fault else { throw fault }
                try #require(optimum == nil, "seed \(seed)")
                refused += 1
            }
        }
        #expect(filled > 500 && refused > 500)
    }

    @Test("A match that goes on from an earlier one is as good, and says whether it did")
    func warm() throws {
        var warm = 0
        for seed in 0..<1_000 {
            var random = SplitMix64(state: UInt64(90_000 + seed))
            let input = RandomMarket.small(equalUnits: seed % 4 > 0, &random)
            let earlier = EarlierMatch(try Matcher(precision: .exact).propose(input.market()), of: try input.market())
            let changed = input.changed(&random)
            let proposal = try Matcher(precision: .exact).propose(changed.market(), after: earlier)
            let optimum = changed.optimum()
            try #require(changed.violation(of: proposal) == nil, "seed \(seed)")
            try #require(proposal.certificate.bound >= optimum, "seed \(seed)")
            if seed % 4 > 0 { try #require(proposal.certificate.value == optimum, "seed \(seed)") }
            if proposal.isWarm { warm += 1 }
        }
        #expect(warm > 500, "\(warm)")
    }

    @Test("Nonsense for earlier prices and pairs changes nothing but the way")
    func warmNonsense() throws {
        for seed in 0..<500 {
            var random = SplitMix64(state: UInt64(110_000 + seed))
            let input = RandomMarket.small(equalUnits: true, &random)
            let prices = [Int64.min, -1, 0, 17, 1 << 40, .max]
            let earlier = EarlierMatch(
                prices: Dictionary(uniqueKeysWithValues: input.workers.map { ($0.id, prices[random.below(6)]) }),
                pairs: (0..<9).map { _ in
                    Proposal.Pair(task: UInt128(random.below(12)), worker: UInt128(random.below(6)), value: .max)
                })
            let proposal = try Matcher(precision: .exact).propose(input.market(), after: earlier)
            try #require(input.violation(of: proposal) == nil, "seed \(seed)")
            try #require(proposal.certificate.value == input.optimum(), "seed \(seed)")
        }
    }

    @Test("A market of 400 tasks of different lengths is proven within 1 %, in any order of its rows the same")
    func larger() throws {
        var random = SplitMix64(state: 3)
        var input = RandomMarket.large(tasks: 400, workers: 25, degree: 12, &random)
        input.tasks = input.tasks.map { TaskDemand(id: $0.id, slots: $0.slots, units: 1 + random.below(8)) }
        let matcher = Matcher(looksMax: 300_000)
        let one = try matcher.propose(input.market())
        #expect(input.violation(of: one) == nil)
        #expect(one.certificate.ratioMillionths >= 990_000, "\(one.certificate)")
        let two = try matcher.propose(input.shuffled(&random).market())
        #expect(one.pairs == two.pairs && one.certificate == two.certificate)
    }
}

extension RandomMarket {
    /// One task gone, one new, one worker with other hours.
    func changed(_ random: inout SplitMix64) -> RandomMarket {
        var result = self
        if !result.tasks.isEmpty {
            let task = random.below(result.tasks.count)
            result.tasks.remove(at: task)
            result.rows.remove(at: task)
        }
        let row = result.workers.indices.filter { _ in random.below(3) > 0 }.map {
            Candidate(worker: Int32($0), value: Int64(random.below(500)))
        }
        result.tasks.append(
            TaskDemand(id: 99, slots: 1 + random.below(2), units: tasks.first?.units ?? 1))
        result.rows.append(row)
        if let worker = result.workers.first {
            result.workers[0] = WorkerSupply(id: worker.id, units: random.below(10), tasksMax: random.below(5))
        }
        return result
    }
}
