/// Matches tasks with workers for the greatest total value, within everyone's time, and proves how good the result is.
///
/// The same market gives the same bytes in any order of its tasks, workers and candidates. When all tasks of a worker
/// are equally long, an auction decides (``Auction``); when they are not, prices are found first and rounded after
/// (``TimedMatch``).
package struct Matcher: Sendable {
    /// How near to the optimum.
    package let precision: Precision
    /// When to stop bidding.
    package let bidsMax: Int
    /// When to stop improving a match of tasks of different lengths, in candidates looked at; nil for 50 for each
    /// candidate of the market, of large ones fewer, and at most 60,000,000: half a second or less.
    package let looksMax: Int?

    /// How near to the optimum an auction goes; finer takes more bids.
    package enum Precision: Hashable, Sendable {
        /// The optimum itself, when each worker's tasks are equally long.
        case exact
        /// Within so many thousandths of the mean value for each slot; clamped to 1 to 1,000. ALGORITHMS.md, section
        /// 1.4 measured 50 for ticks and 10 for the night.
        case perMille(Int)
    }

    /// A matcher; without arguments the nightly one, bounded to 200 million bids.
    package init(precision: Precision = .perMille(10), bidsMax: Int = 200_000_000, looksMax: Int? = nil) {
        (self.precision, self.bidsMax, self.looksMax) = (precision, bidsMax, looksMax)
    }

    /// Solves one market, going on from an earlier match when there is one. Cost: bids × candidates of a task.
    /// - Throws: ``MarketFault/tooLargeForExact``; ``MarketFault/cannotFill(task:filled:of:)`` and
    ///   ``MarketFault/notFilled(filled:of:)`` when every slot has to be filled.
    package func propose(_ market: Market, after earlier: EarlierMatch? = nil) throws(MarketFault) -> Proposal {
        var ordered = SolverMarket(market)
        let places = Places(ordered)
        let isTimed = places.isTimed.contains(true)
        if !isTimed { ordered.spread(by: try scale(of: ordered)) }
        if market.fill == .everySlot {
            if !isTimed, let short = Filling(ordered, places.counts).short() {
                let id = ordered.taskIDs[short.task]
                let task = market.tasks.firstIndex { $0.id == id } ?? 0
                throw .cannotFill(task: task, filled: short.filled, of: ordered.slots.reduce(0) { $0 + Int($1) })
            }
            ordered.openValue = try farBelow(ordered, isTimed: isTimed)
        }
        if isTimed {
            let solved = TimedMatch(ordered, places).solve(
                looksMax: looksMax ?? Self.looks(candidates: ordered.edgeCount), after: earlier)
            if market.fill == .everySlot, solved.openSlots > 0 {
                let slots = ordered.slots.reduce(0) { $0 + Int($1) }
                throw .notFilled(filled: slots - solved.openSlots, of: slots)
            }
            return solved.proposal
        }
        if let earlier {
            let warm = warm(ordered, places.counts, earlier)
            if warm.certificate.ratioMillionths >= Certificate.coldMillionths { return warm }
        }
        var auction = Auction(ordered, places: places.counts, bidsMax: bidsMax)
        let isSettled = auction.solve(epsilons: epsilons(ordered))
        return proposal(auction, places.counts, isSettled: isSettled, isWarm: false)
    }

    private static func looks(candidates: Int) -> Int {
        min(50 * candidates, 2_000_000 + 20 * candidates, 60_000_000)
    }

    private func warm(_ market: SolverMarket, _ places: [Int32], _ earlier: EarlierMatch) -> Proposal {
        var auction = Auction(market, places: places, bidsMax: bidsMax)
        let epsilon = epsilons(market).last ?? 1
        let prices = market.workerIDs.map { id in
            let (price, overflow) = (earlier.prices[id] ?? 0).multipliedReportingOverflow(by: market.scale)
            return overflow ? 0 : price
        }
        auction.takeOver(prices: prices, edges: market.edges(earlier.pairs), epsilon)
        let isSettled = auction.settle(epsilon)
        return proposal(auction, places, isSettled: isSettled, isWarm: true)
    }

    private func proposal(_ auction: Auction, _ places: [Int32], isSettled: Bool, isWarm: Bool) -> Proposal {
        let market = auction.market
        let units = market.shortest()
        let edges = market.filled(auction.isHeld, auction.open, auction.book)
        let prices = market.workerPlace.map {
            places[$0] == 0 ? Proposal.infinitePrice : auction.prices[$0] / market.scale
        }
        let bound = Bound(market: market, places: places, prices: auction.prices).value / Int128(market.scale)
        return Proposal(
            pairs: market.pairs(edges), prices: prices,
            unitPrices: zip(prices, market.workerPlace).map { price, worker in
                price == Proposal.infinitePrice ? price : price / Int64(units[worker])
            },
            certificate: Certificate(market.value(edges), bound: bound), bids: auction.bids, isSettled: isSettled,
            isWarm: isWarm
        )
    }

    /// For an exact result the values are spread so far that slots × epsilon 1 is less than one unit of value.
    private func scale(of market: SolverMarket) throws(MarketFault) -> Int64 {
        guard precision == .exact else { return 1 }
        let scale = market.slots.reduce(Int64(1)) { $0 + Int64($1) }
        let greatest = market.edgeValue.reduce(Int64(1)) { max($0, $1) }
        guard greatest <= Self.most / scale else { throw .tooLargeForExact }
        return scale
    }

    /// The greatest number that values may come to, so that no price can overflow.
    private static let most = Int64.max / 16

    /// What an open slot is worth when none may be: so little that no price makes one worth while. Along a chain of
    /// swaps that fills a slot, prices differ by the greatest value and epsilon at each link.
    private func farBelow(_ market: SolverMarket, isTimed: Bool) throws(MarketFault) -> Int64 {
        let greatest = market.edgeValue.reduce(Int64(1)) { max($0, $1) }
        let slots = market.slots.reduce(Int64(1)) { $0 + Int64($1) }
        let links = isTimed ? 16 : 2 * slots
        guard greatest <= Self.most / links / 2 else { throw .tooLargeForExact }
        return -2 * greatest * links
    }

    /// How far off a choice may be in each phase, falling.
    func epsilons(_ market: SolverMarket) -> [Int64] {
        switch precision {
        case .perMille(let share):
            let sum = market.edgeValue.reduce(Int128(0)) { $0 + Int128($1) }
            let mean = Int64(clamping: sum / Int128(max(market.edgeCount, 1)))
            return [max(1, Int64(clamping: Int128(mean) * Int128(min(max(share, 1), 1_000)) / 1_000))]
        case .exact:
            var epsilons: [Int64] = [1]
            let greatest = market.edgeValue.reduce(Int64(1)) { max($0, $1) }
            while let next = epsilons.last, next < greatest / 32 { epsilons.append(next * 8) }
            return epsilons.reversed()
        }
    }
}

extension Certificate {
    init(_ value: Int128, bound: Int128) {
        self.init(value: Int64(clamping: value), bound: Int64(clamping: bound))
    }
}
