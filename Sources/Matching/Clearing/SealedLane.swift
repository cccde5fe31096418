/// The bids of a sealed auction in the order in which they win: the highest score first, ties by hash.
///
/// Every bidder is a run of as many equal units as they can get. Sums over the runs are kept, so that what any bid of
/// any bidder would win and be paid is found in O(log n) without clearing again.
///
/// Source: the Vickrey auction for several alike units, with a score in place of the bid (Asker and Cantillon 2008, The
/// RAND Journal of Economics 39(1)). A bidder's n-th unit takes the place of the n-th last of the units that would win
/// without that bidder; it is paid the most at which it still wins.
struct SealedLane {
    let market: AuctionMarket
    let ties: [AuctionTie]
    /// Places in the market's bidders, the best first.
    let order: [Int32]
    /// The rank of each bidder, by their place in the market.
    private let rank: [Int32]
    /// By rank.
    private let scores: [Int64]
    /// The units of all better ranks; one more than there are bidders.
    private let unitsBefore: [Int64]
    /// The scores of these units together.
    private let scoreBefore: [Int128]

    /// Time: O(n log n).
    init(_ market: AuctionMarket) {
        let ties = market.bidders.map { AuctionTie(auction: market.id, bidder: $0.id, seed: market.seed) }
        let scores = market.bidders.map { $0.qualityMinor - $0.bidMinor }
        let order = (0..<Int32(market.bidders.count)).sorted { one, other in
            let (one, other) = (Int(one), Int(other))
            return scores[one] == scores[other] ? ties[one] < ties[other] : scores[one] > scores[other]
        }
        var rank = [Int32](repeating: 0, count: order.count)
        var unitsBefore: [Int64] = [0]
        var scoreBefore: [Int128] = [0]
        var (units, sum) = (Int64(0), Int128(0))
        for (place, bidder) in order.enumerated() {
            let capacity = Int64(market.capacity(market.bidders[Int(bidder)]))
            rank[Int(bidder)] = Int32(place)
            units += capacity
            sum += Int128(capacity) * Int128(scores[Int(bidder)])
            unitsBefore.append(units)
            scoreBefore.append(sum)
        }
        (self.market, self.ties, self.order, self.rank) = (market, ties, order, rank)
        self.scores = order.map { scores[Int($0)] }
        (self.unitsBefore, self.scoreBefore) = (unitsBefore, scoreBefore)
    }

    /// How many units a bidder wins with a bid, all others as they are.
    /// - Parameters:
    ///   - bidder: their place in the market.
    ///   - quantity: as if they had offered so many units; else what they did offer.
    func units(of bidder: Int, bid: Int64, quantity: Int? = nil) -> Int {
        let own = market.bidders[bidder]
        let score = own.qualityMinor - bid
        guard score >= market.reserveScoreMinor else { return 0 }
        let ahead: Int
        if bid == own.bidMinor {
            ahead = Int(rank[bidder])
        } else {
            ahead = order.firstPlace { other in
                let other = Int(other)
                let theirs = scores[Int(rank[other])]
                return theirs < score || (theirs == score && ties[other] >= ties[bidder])
            }
        }
        let isOwnAhead = Int(rank[bidder]) < ahead
        let unitsAhead = unitsBefore[ahead] - (isOwnAhead ? Int64(market.capacity(own)) : 0)
        let left = max(0, Int64(market.unitsWanted) - unitsAhead)
        return Int(min(Int64(min(quantity ?? own.quantity, market.tasks)), left))
    }

    /// What a bidder is paid for some of their units: each the most at which it is still won, the ceiling at most.
    /// - Parameter units: counted from 0, of those the bidder wins.
    func payment(of bidder: Int, units: Range<Int>) -> Int64 {
        let own = market.bidders[bidder]
        let least = max(market.reserveScoreMinor, own.qualityMinor - market.ceilingMinor)
        let wanted = Int64(market.unitsWanted)
        let displaced = (wanted - Int64(units.upperBound))..<(wanted - Int64(units.lowerBound))
        let better = unitsOfOthers(than: bidder, above: least)
        let (first, last) = (min(displaced.lowerBound, better), min(displaced.upperBound, better))
        let scored = scoreOfOthers(than: bidder, first: last) - scoreOfOthers(than: bidder, first: first)
        let others = scored + Int128(Int64(units.count) - (last - first)) * Int128(least)
        return Int64(Int128(units.count) * Int128(own.qualityMinor) - others)
    }

    /// The scores that a bidder's units displace, the best first, each with how many units have it; the last part is
    /// what counts where nobody stands behind: the reserve, or the score of the ceiling.
    func displaced(by bidder: Int, units: Int) -> [(score: Int64, units: Int)] {
        let own = market.bidders[bidder]
        let least = max(market.reserveScoreMinor, own.qualityMinor - market.ceilingMinor)
        var found: [(score: Int64, units: Int)] = []
        var from = Int64(market.unitsWanted - units)
        var left = Int64(units)
        let ownRank = Int(rank[bidder])
        let ownUnits = Int64(market.capacity(own))
        let full = from < unitsBefore[ownRank] ? from : from + ownUnits
        var place = max(0, unitsBefore.firstPlace { $0 > full } - 1)
        while left > 0, place < scores.count, scores[place] > least {
            defer { place += 1 }
            if place == ownRank { continue }
            let end = unitsBefore[place + 1] - (place > ownRank ? ownUnits : 0)
            let taken = min(left, end - from)
            if taken > 0 { found.append((scores[place], Int(taken))) }
            (from, left) = (from + max(0, taken), left - max(0, taken))
        }
        if left > 0 { found.append((least, Int(left))) }
        return found
    }

    /// How many units of others have a better score.
    private func unitsOfOthers(than bidder: Int, above score: Int64) -> Int64 {
        let ahead = scores.firstPlace { $0 <= score }
        let isOwnAhead = Int(rank[bidder]) < ahead
        return unitsBefore[ahead] - (isOwnAhead ? Int64(market.capacity(market.bidders[bidder])) : 0)
    }

    /// The scores of the first units of all others together; there must be as many.
    private func scoreOfOthers(than bidder: Int, first units: Int64) -> Int128 {
        let ownRank = Int(rank[bidder])
        guard units > unitsBefore[ownRank] else { return score(first: units) }
        let own = Int64(market.capacity(market.bidders[bidder]))
        return score(first: units + own) - Int128(own) * Int128(scores[ownRank])
    }

    private func score(first units: Int64) -> Int128 {
        let ahead = unitsBefore.firstPlace { $0 > units } - 1
        let rest = units - unitsBefore[ahead]
        return scoreBefore[ahead] + (rest == 0 ? 0 : Int128(rest) * Int128(scores[ahead]))
    }
}

extension SealedLane {
    /// Clears the lane, as few bidders as there may be.
    func clear() -> AuctionResult {
        var (filled, paid) = (0, Int64(0))
        var cutOff: Int64?
        var bestLosing: Int64?
        var standings: [AuctionResult.Standing] = []
        standings.reserveCapacity(order.count)
        for (place, bidder) in order.enumerated() {
            let own = market.bidders[Int(bidder)]
            let units = units(of: Int(bidder), bid: own.bidMinor)
            let payment = units > 0 ? payment(of: Int(bidder), units: 0..<units) : 0
            if units > 0 { cutOff = scores[place] }
            if bestLosing == nil, units < market.capacity(own), scores[place] >= market.reserveScoreMinor {
                bestLosing = scores[place]
            }
            (filled, paid) = (filled + units, paid + payment)
            standings.append(
                .init(bidder: own.id, scoreMinor: scores[place], units: units, paymentMinor: payment))
        }
        return AuctionResult(
            lane: .sealed,
            outcome: filled == market.unitsWanted ? .cleared : filled > 0 ? .partlyFilled : .reserveNotMet,
            unitsWanted: market.unitsWanted, unitsFilled: filled, paymentMinor: paid, cutOffScoreMinor: cutOff,
            bestLosingScoreMinor: bestLosing, clearingPriceMinor: nil, standings: standings
        )
    }
}
