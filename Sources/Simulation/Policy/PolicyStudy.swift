package import Marketplace
internal import Matching

/// Plays policies in seeded markets and compares them: the large study, which calls the pure policy functions and the
/// solver alone, without store or money.
package struct PolicyStudy: Sendable {
    /// Experts of each market; newcomers come on top.
    package let workers: Int
    /// How long each market lasts.
    package let days: Int
    /// The first seed, and how many, one after the other.
    package let seed: UInt64
    /// How many markets of each scenario.
    package let seeds: Int
    /// In this order.
    package let scenarios: [PolicyScenario]
    /// In this order.
    package let policies: [WeekPolicy]
    /// What every policy is granted.
    package let grants: WeekGrants

    /// What no study exceeds: the largest market fits into 4 GB.
    package enum Bounds {
        /// Experts.
        package static let workers = 10...20_000
        /// Days.
        package static let days = 7...60
        /// Seeds.
        package static let seeds = 1...100
    }

    /// - Throws: ``BadInput``.
    package init(
        workers: Int, days: Int, seed: UInt64, seeds: Int, scenarios: [PolicyScenario], policies: [WeekPolicy],
        grants: WeekGrants = []
    ) throws(BadInput) {
        func check(_ field: String, _ value: Int, _ range: ClosedRange<Int>) throws(BadInput) {
            guard range.contains(value) else {
                throw BadInput(field, "must be \(range.lowerBound) to \(range.upperBound)")
            }
        }
        try check("workers", workers, Bounds.workers)
        try check("days", days, Bounds.days)
        try check("seeds", seeds, Bounds.seeds)
        guard !scenarios.isEmpty else { throw BadInput("scenario", "must be S1 to S13, or all") }
        guard !policies.isEmpty else { throw BadInput("policy", "must be one of those named in the help, or all") }
        (self.workers, self.days, self.seed, self.seeds) = (workers, days, seed, seeds)
        (self.scenarios, self.policies, self.grants) = (scenarios, policies, grants)
    }

    /// One market and one policy.
    package struct Outcome: Hashable, Sendable {
        /// The market's kind.
        package let scenario: PolicyScenario
        /// The market's seed.
        package let seed: UInt64
        /// Who decided.
        package let policy: WeekPolicy
        /// Tasks created.
        package let tasks: Int
        /// What was measured.
        package let metrics: [WeekMetric: Double]
    }

    /// Plays everything, two markets at a time; the result does not depend on which ends first.
    /// - Parameter progress: called with how many of how many markets are done.
    package func run(progress: @escaping (Int, Int) -> Void = { _, _ in }) async throws -> PolicyReport {
        let markets = scenarios.flatMap { scenario in
            (0..<seeds).map { (scenario: scenario, seed: seed &+ UInt64($0)) }
        }
        var found = [[Outcome]](repeating: [], count: markets.count)
        try await withThrowingTaskGroup(of: (Int, [Outcome]).self) { group in
            var next = 0
            func start() {
                guard next < markets.count else { return }
                let (place, market) = (next, markets[next])
                next += 1
                group.addTask { (place, try await outcomes(market.scenario, seed: market.seed)) }
            }
            start()
            start()
            var done = 0
            while let (place, outcomes) = try await group.next() {
                found[place] = outcomes
                done += 1
                progress(done, markets.count)
                start()
            }
        }
        return PolicyReport(study: self, outcomes: found.flatMap(\.self))
    }

    /// All policies in one market, beside each other and beside its bounds.
    func outcomes(_ scenario: PolicyScenario, seed: UInt64) async throws -> [Outcome] {
        let market = WeekMarketMaker(workers: workers, days: days, seed: seed, scenario: scenario, grants: grants)
            .market()
        async let bound = Self.beside { try HindsightBound.value(market, .recorded) }
        async let boundOfAll = Self.beside { try HindsightBound.value(market, .actual) }
        let tallies = try await withThrowingTaskGroup(of: (WeekPolicy, WeekTally).self) { group in
            for policy in policies where policy != .hindsight {
                group.addTask {
                    var run = WeekRun(market: market, policy: policy)
                    return (policy, try run.run())
                }
            }
            return try await group.reduce(into: [WeekPolicy: WeekTally]()) { $0[$1.0] = $1.1 }
        }
        let bounds = (try await bound, try await boundOfAll)
        return try policies.map { policy in
            var metrics =
                tallies[policy]?.metrics(bound: bounds.0, boundOfAll: bounds.1, days: days) ?? [.welfare: 1]
            if scenario == .bids, policy == .ours { metrics.merge(try BidRing.metrics(seed: seed)) { $1 } }
            if scenario == .tight, policy == .ours { metrics.merge(RedundancyTrial.metrics(market)) { $1 } }
            return Outcome(
                scenario: scenario, seed: seed, policy: policy, tasks: market.tasks.count, metrics: metrics)
        }
    }

    /// On another thread.
    private static func beside(_ work: @Sendable () throws -> Double) async throws -> Double { try work() }
}
