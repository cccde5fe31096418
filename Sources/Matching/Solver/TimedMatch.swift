/// Matches when tasks of one worker differ in length, which no auction of places can count: prices first, then
/// rounding, repair and search (ALGORITHMS.md, section 1.6). The bound holds always; the optimum is not promised.
struct TimedMatch {
    let market: SolverMarket
    let places: Places

    /// ALGORITHMS.md, section 1.6.
    private static let passes = 400
    /// The candidates that all passes together look at, at most; fewer passes in a larger market.
    private static let passLooksMax = 400_000_000

    init(_ market: SolverMarket, _ places: Places) {
        self.places = places
        var market = market
        market.spreadUnits()
        self.market = market
    }

    /// Goes on from earlier prices, when there are any, with a quarter of the passes.
    func solve(looksMax: Int, after earlier: EarlierMatch?) -> (proposal: Proposal, openSlots: Int) {
        guard let earlier else { return solve(looksMax, TimedPrices(market, places), share: 1, isWarm: false) }
        var prices = TimedPrices(market, places)
        let shortest = market.shortest()
        prices.begin(
            unitPrices: market.workerIDs.enumerated().map { place, id in
                (earlier.prices[id] ?? 0) / Int64(shortest[place])
            })
        let warm = solve(looksMax, prices, share: 4, isWarm: true)
        let isNear = warm.proposal.certificate.ratioMillionths >= Certificate.coldMillionths
        return isNear ? warm : solve(looksMax: looksMax, after: nil)
    }

    private func solve(
        _ looksMax: Int, _ begun: TimedPrices, share: Int, isWarm: Bool
    ) -> (proposal: Proposal, openSlots: Int) {
        var prices = begun
        prices.run(passes: min(Self.passes, max(Self.passLooksMax / max(market.edgeCount, 1), 40)) / share)
        let bound = prices.bound >> Int128(prices.shift)
        var assignment = TimedAssignment(market, places)
        assignment.round(prices)
        var search = TimedSearch(assignment, looksMax: looksMax)
        search.climb(order(assignment, prices))
        search.wander(bound: bound)
        return (proposal(search.assignment, prices, bound, isWarm: isWarm), search.assignment.openSlots)
    }

    /// First the slots that are farthest from their best at the prices: there the gain is.
    private func order(_ assignment: TimedAssignment, _ prices: TimedPrices) -> [Int] {
        let regrets = assignment.slotTask.indices.map { slot in
            let best = assignment.edges(slot).reduce(Int64.min / 2) { best, edge in
                assignment.isHeld[edge] ? best : max(best, prices.surplus(edge))
            }
            let now = Int(assignment.slotEdge[slot])
            return best - (now < 0 ? 0 : prices.surplus(now))
        }
        return regrets.indices.sorted { (regrets[$0], $1) > (regrets[$1], $0) }
    }

    private func proposal(
        _ assignment: TimedAssignment, _ prices: TimedPrices, _ bound: Int128, isWarm: Bool
    ) -> Proposal {
        let edges = assignment.pairs
        let shortest = market.shortest()
        let isIdle = market.workerUnits.indices.map { places.counts[$0] == 0 }
        let placePrices = market.workerPlace.map {
            isIdle[$0] ? Proposal.infinitePrice : prices.cost($0, units: Int64(shortest[$0])) >> Int64(prices.shift)
        }
        return Proposal(
            pairs: market.pairs(edges), prices: placePrices,
            unitPrices: zip(placePrices, market.workerPlace).map { price, worker in
                price == Proposal.infinitePrice ? price : price / Int64(shortest[worker])
            },
            certificate: Certificate(market.value(edges), bound: bound), bids: 0, isSettled: true, isWarm: isWarm
        )
    }
}

extension SolverMarket {
    /// How many tasks each worker is a candidate of.
    func degrees() -> [Int32] {
        var degrees = [Int32](repeating: 0, count: workerCount)
        for task in 0..<taskCount where slots[task] > 0 {
            for edge in edges(of: task) { degrees[Int(edgeWorker[edge])] += 1 }
        }
        return degrees
    }
}
