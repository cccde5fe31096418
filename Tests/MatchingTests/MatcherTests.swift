import Matching
import Testing

@Suite struct MatcherTests {
    @Test("With equal durations the exact matcher finds the optimum of every small market, and proves it")
    func optimum() throws {
        for seed in 0..<300 {
            var random = SplitMix64(state: UInt64(seed))
            let input = RandomMarket.small(equalUnits: true, &random)
            let proposal = try Matcher(precision: .exact).propose(input.market())
            let optimum = input.optimum()
            try #require(input.violation(of: proposal) == nil, "seed \(seed)")
            try #require(proposal.certificate.value == optimum, "seed \(seed)")
            try #require(proposal.certificate.bound == optimum && proposal.isSettled, "seed \(seed)")
        }
    }

    @Test("With mixed durations nobody is overbooked, and the bound is never below the optimum")
    func mixedDurations() throws {
        var (value, best) = (Int64(0), Int64(0))
        for seed in 0..<300 {
            var random = SplitMix64(state: UInt64(10_000 + seed))
            let input = RandomMarket.small(equalUnits: false, &random)
            for precision in [Matcher.Precision.exact, .perMille(200)] {
                let proposal = try Matcher(precision: precision, looksMax: 20_000).propose(input.market())
                let optimum = input.optimum()
                try #require(input.violation(of: proposal) == nil, "seed \(seed)")
                try #require(proposal.certificate.value <= optimum, "seed \(seed)")
                try #require(proposal.certificate.bound >= optimum, "seed \(seed)")
                if precision == .exact {
                    value += proposal.certificate.value
                    best += optimum
                }
            }
        }
        #expect(value * 1_000 >= best * 995, "\(value) of \(best)")
    }

    @Test("An auction cut short is still valid, and its bound still holds", arguments: [0, 1, 3, 7])
    func interrupted(bidsMax: Int) throws {
        for seed in 0..<500 {
            var random = SplitMix64(state: UInt64(20_000 + seed))
            let input = RandomMarket.small(equalUnits: true, &random)
            let proposal = try Matcher(precision: .exact, bidsMax: bidsMax).propose(input.market())
            try #require(input.violation(of: proposal) == nil, "seed \(seed)")
            try #require(proposal.bids <= bidsMax && proposal.certificate.bound >= input.optimum(), "seed \(seed)")
        }
    }

    @Test("The order of tasks, workers and candidates changes nothing")
    func shuffleInvariance() throws {
        for seed in 0..<300 {
            var random = SplitMix64(state: UInt64(30_000 + seed))
            let input =
                seed < 290
                ? RandomMarket.small(equalUnits: seed % 2 == 0, &random)
                : RandomMarket.large(tasks: 200, workers: 40, degree: 10, &random)
            let other = input.shuffled(&random)
            let precision = seed % 3 == 0 ? Matcher.Precision.exact : .perMille(10)
            let matcher = Matcher(precision: precision, looksMax: 20_000)
            let one = try matcher.propose(input.market())
            let two = try matcher.propose(other.market())
            try #require(one.pairs == two.pairs && one.certificate == two.certificate, "seed \(seed)")
            let prices = Dictionary(uniqueKeysWithValues: zip(input.workers.map(\.id), one.prices))
            try #require(prices == Dictionary(uniqueKeysWithValues: zip(other.workers.map(\.id), two.prices)))
        }
    }

    @Test("Markets of 2,000 tasks and 200 workers are proven within 2 %", arguments: 1...3)
    func largeMarkets(seed: Int) throws {
        var random = SplitMix64(state: UInt64(seed))
        let input = RandomMarket.large(tasks: 2_000, workers: 200, degree: 20, &random)
        let proposal = try Matcher().propose(input.market())
        #expect(input.violation(of: proposal) == nil)
        #expect(proposal.certificate.ratioMillionths >= 980_000, "\(proposal.certificate), \(proposal.bids) bids")
        #expect(proposal.isSettled)
    }

    @Test("A middling market is solved exactly, with prices only where nothing is left")
    func exactMiddling() throws {
        var random = SplitMix64(state: 4)
        let input = RandomMarket.large(tasks: 200, workers: 30, degree: 8, &random)
        let proposal = try Matcher(precision: .exact).propose(input.market())
        #expect(proposal.certificate.ratioMillionths == 1_000_000, "\(proposal.certificate), \(proposal.bids) bids")
        let load = Dictionary(grouping: proposal.pairs, by: \.worker).mapValues(\.count)
        for (worker, price) in zip(input.workers, proposal.prices) where price > 0 && price < .max {
            #expect(load[worker.id] == min(worker.units / 4, worker.tasksMax))
        }
    }

    @Test("A worker without time, or without tasks left, gets nothing, and nobody waits for ever")
    func withoutCapacity() throws {
        let workers = [
            WorkerSupply(id: 1, units: 0, tasksMax: 9), WorkerSupply(id: 2, units: 99, tasksMax: 0),
            WorkerSupply(id: 3, units: 3, tasksMax: 9), WorkerSupply(id: 4, units: 4, tasksMax: 9),
        ]
        let row = (0..<4).map { Candidate(worker: Int32($0), value: 10) }
        let task = TaskDemand(id: 1, slots: 3, units: 4)
        let market = try Market(tasks: [task], workers: workers, offsets: [0, 4], candidates: row)
        let proposal = try Matcher().propose(market)
        #expect(proposal.pairs.map(\.worker) == [4])
        #expect(proposal.prices[0] == Proposal.infinitePrice && proposal.prices[1] == Proposal.infinitePrice)
        #expect(proposal.certificate.value == 10 && proposal.certificate.bound == 10)
    }

    @Test("Ties end at the id, and an empty market is the best of all")
    func ties() throws {
        let workers = [9, 3, 5].map { WorkerSupply(id: $0, units: 4, tasksMax: 1) }
        let row = (0..<3).map { Candidate(worker: Int32($0), value: 7) }
        let tasks = [8, 2].map { TaskDemand(id: $0, slots: 1, units: 1) }
        let market = try Market(tasks: tasks, workers: workers, offsets: [0, 3, 6], candidates: row + row)
        let pairs = try Matcher(precision: .exact).propose(market).pairs
        #expect(pairs.map { [$0.task, $0.worker] } == [[2, 3], [8, 5]])
        let rivals = [6, 4, 5].map { TaskDemand(id: $0, slots: 1, units: 1) }
        let bids = [9, 7, 7].map { Candidate(worker: 0, value: $0) }
        let contested = try Market(
            tasks: rivals, workers: [WorkerSupply(id: 1, units: 2, tasksMax: 2)], offsets: [0, 1, 2, 3],
            candidates: bids)
        #expect(try Matcher().propose(contested).pairs.map(\.task) == [4, 6])
        let empty = try Matcher().propose(Market(tasks: [], workers: [], offsets: [0], candidates: []))
        #expect(empty.pairs.isEmpty && empty.certificate.ratioMillionths == 1_000_000)
    }

    @Test("Values at the upper bound do not overflow")
    func greatestValues() throws {
        let most = Market.Bounds.valueMax
        let workers = (0..<40).map { WorkerSupply(id: UInt128($0), units: 400_000, tasksMax: .max) }
        let tasks = (0..<40).map { TaskDemand(id: UInt128($0), slots: 30, units: $0 == 0 ? 400_000 : 1) }
        let row = (0..<40).map { Candidate(worker: Int32($0), value: most - Int64($0)) }
        let market = try Market(
            tasks: tasks, workers: workers, offsets: Array(stride(from: 0, through: 1_600, by: 40)),
            candidates: Array(repeating: row, count: 40).flatMap(\.self))
        for precision in [Matcher.Precision.exact, .perMille(0), .perMille(.max)] {
            let proposal = try Matcher(precision: precision, bidsMax: 50_000, looksMax: 100_000).propose(market)
            #expect(proposal.certificate.bound >= proposal.certificate.value && proposal.certificate.value > 0)
        }
        let many = (0..<5_000).map { TaskDemand(id: UInt128($0), slots: 1_000, units: 1) }
        #expect(throws: MarketFault.tooManySlots) {
            try Market(tasks: many, workers: [], offsets: Array(repeating: 0, count: 5_001), candidates: [])
        }
        let most4 = try Market(
            tasks: Array(many.prefix(4_000)), workers: [WorkerSupply(id: 1, units: 1, tasksMax: 1)],
            offsets: [0] + Array(repeating: 1, count: 4_000), candidates: [Candidate(worker: 0, value: most)])
        #expect(throws: MarketFault.tooLargeForExact) { try Matcher(precision: .exact).propose(most4) }
    }
}

@Suite struct MarketTests {
    static let task = TaskDemand(id: 1, slots: 1, units: 1)
    static let worker = WorkerSupply(id: 1, units: 1, tasksMax: 1)

    struct Case: Sendable, CustomTestStringConvertible {
        let fault: MarketFault
        var tasks = [MarketTests.task]
        var workers = [MarketTests.worker]
        var offsets = [0, 1]
        var candidates = [Candidate(worker: 0, value: 1)]
        var testDescription: String { "\(fault)" }
    }

    static let cases: [Case] = [
        Case(fault: .slotsOutOfBounds(task: 0), tasks: [TaskDemand(id: 1, slots: -1, units: 1)]),
        Case(fault: .slotsOutOfBounds(task: 0), tasks: [TaskDemand(id: 1, slots: 1_001, units: 1)]),
        Case(fault: .unitsOutOfBounds(task: 0), tasks: [TaskDemand(id: 1, slots: 1, units: 0)]),
        Case(fault: .unitsOutOfBounds(task: 0), tasks: [TaskDemand(id: 1, slots: 1, units: .max)]),
        Case(fault: .taskTwice, tasks: [task, task], offsets: [0, 1, 1]),
        Case(fault: .supplyOutOfBounds(worker: 0), workers: [WorkerSupply(id: 1, units: -1, tasksMax: 1)]),
        Case(fault: .supplyOutOfBounds(worker: 0), workers: [WorkerSupply(id: 1, units: 400_001, tasksMax: 1)]),
        Case(fault: .supplyOutOfBounds(worker: 0), workers: [WorkerSupply(id: 1, units: 1, tasksMax: -1)]),
        Case(fault: .workerTwice, workers: [worker, worker]),
        Case(fault: .offsetsMalformed, offsets: []),
        Case(fault: .offsetsMalformed, offsets: [0]),
        Case(fault: .offsetsMalformed, offsets: [1, 1]),
        Case(fault: .offsetsMalformed, offsets: [0, 2]),
        Case(fault: .offsetsMalformed, tasks: [task, TaskDemand(id: 2, slots: 1, units: 1)], offsets: [0, 2, 1]),
        Case(fault: .noSuchWorker(task: 0), candidates: [Candidate(worker: 1, value: 1)]),
        Case(fault: .noSuchWorker(task: 0), candidates: [Candidate(worker: -1, value: 1)]),
        Case(fault: .valueOutOfBounds(task: 0), candidates: [Candidate(worker: 0, value: -1)]),
        Case(fault: .valueOutOfBounds(task: 0), candidates: [Candidate(worker: 0, value: .max)]),
        Case(
            fault: .candidateTwice(task: 0), offsets: [0, 2],
            candidates: [Candidate(worker: 0, value: 1), Candidate(worker: 0, value: 2)]),
    ]

    @Test("A malformed market is refused with its place", arguments: cases)
    func refusals(wrong: Case) {
        #expect(throws: wrong.fault) {
            try Market(
                tasks: wrong.tasks, workers: wrong.workers, offsets: wrong.offsets, candidates: wrong.candidates)
        }
    }
}
