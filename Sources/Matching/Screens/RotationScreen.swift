internal import Foundation

/// Who of some bidders wins after whom, in auctions that all of them bid in and exactly one of them wins.
///
/// Source: Ishii 2008, Journal of Industrial Economics 56 (favours given and returned); the entropy is Shannon's.
struct Rotation: Hashable {
    /// In how many auctions one of them won.
    let wins: Int
    /// How evenly the wins are spread: 1 for evenly, 0 when one wins always.
    let entropy: Double
    /// How often the next win goes to another.
    let turnShare: Double
    /// How often it would if each win fell by itself, with the same shares of wins.
    let expectedShare: Double
    /// The chance that by itself it would be so often or more.
    let tail: Double

    /// - Parameter auctions: in their order, the bids by bidder.
    init(_ auctions: [ScreenedAuction], members: [UInt128]) {
        var winners: [UInt128] = []
        for auction in auctions {
            var (seen, won) = (0, [UInt128]())
            for bid in auction.bids where members.contains(bid.bidder) {
                seen += 1
                if bid.isWinner { won.append(bid.bidder) }
            }
            if seen == members.count, won.count == 1 { winners += won }
        }
        self.init(winners: winners, members: members)
    }

    init(winners: [UInt128], members: [UInt128]) {
        wins = winners.count
        let counts = members.map { member in Double(winners.count { $0 == member }) }
        let shares = counts.map { $0 / Double(max(1, winners.count)) }
        let bits = shares.filter { $0 > 0 }.reduce(0) { $0 - $1 * log($1) }
        entropy = members.count > 1 ? bits / log(Double(members.count)) : 0
        let pairs = max(0, winners.count - 1)
        let turns = zip(winners, winners.dropFirst()).count { $0 != $1 }
        turnShare = pairs > 0 ? Double(turns) / Double(pairs) : 0
        // Of the wins in any order: without replacement, hence a little above one less the sum of squares.
        let total = Double(winners.count)
        let same = counts.reduce(0) { $0 + $1 * ($1 - 1) } / max(1, total * (total - 1))
        expectedShare = pairs > 0 ? 1 - same : 0
        tail = pairs > 0 ? Tail.binomial(hits: turns, of: pairs, chance: expectedShare) : 1
    }
}

extension ScreenHistory {
    /// Pairs and threes that win in turns more strictly than chance would have it.
    func rotationFindings(_ bidders: [UInt128]) -> [ScreenFinding] {
        // The wins of each compared bidder, and the auctions each bids in.
        let place = Dictionary(uniqueKeysWithValues: bidders.enumerated().map { ($0.element, $0.offset) })
        let active = bidders.filter { bidder in
            auctions.count { $0.bids.contains { $0.bidder == bidder && $0.isWinner } } >= RotationBounds.winsMin
        }.prefix(RotationBounds.biddersMax)
        guard active.count >= 2, !place.isEmpty else { return [] }
        var groups: [[UInt128]] = []
        for (first, one) in active.enumerated() {
            for (second, two) in active.enumerated() where second > first {
                groups.append([one, two])
                for three in active.dropFirst(second + 1) { groups.append([one, two, three]) }
            }
        }
        var findings: [ScreenFinding] = []
        for members in groups {
            let rotation = Rotation(auctions, members: members)
            let surprise = Tail.surprise(rotation.tail, of: Double(groups.count))
            guard rotation.wins >= RotationBounds.winsMin * members.count, surprise >= ScreenReport.threshold else {
                continue
            }
            findings.append(
                ScreenFinding(
                    kind: .rotation, bidders: members, score: surprise,
                    auctions: Array(
                        auctions.filter { auction in
                            auction.bids.count { $0.isWinner && members.contains($0.bidder) } == 1
                        }.map(\.id).prefix(ScreenFinding.auctionsMax)),
                    evidence: [
                        "wins": Double(rotation.wins), "win_entropy": rotation.entropy,
                        "turns": rotation.turnShare, "turns_expected": rotation.expectedShare,
                    ]))
        }
        return strongest(findings)
    }

    /// The most surprising first, at most as many as a report has.
    func strongest(_ findings: [ScreenFinding]) -> [ScreenFinding] {
        Array(
            findings.sorted {
                $0.score == $1.score ? $0.bidders.lexicographicallyPrecedes($1.bidders) : $0.score > $1.score
            }.prefix(ScreenReport.findingsMax))
    }
}

private enum RotationBounds {
    /// The fewest wins for each member.
    static let winsMin = 5
    /// Of how many bidders threes are compared.
    static let biddersMax = 16
}
