extension ScreenHistory {
    /// Pairs that bid the same amount more often than the pairs of this cell do when their bids are near each other.
    ///
    /// Bids are written in steps, and who is alike bids alike; so what is compared is how many of the bids within
    /// ``nearShare`` of the cell's median bid are the very same.
    func identicalFindings(_ bidders: [UInt128]) -> [ScreenFinding] {
        let place = Dictionary(uniqueKeysWithValues: bidders.enumerated().map { ($0.element, $0.offset) })
        let near = auctions.flatMap { $0.bids.map { Double($0.bidMinor) } }.screenMedian * Self.nearShare
        var close = [Int](repeating: 0, count: bidders.count * bidders.count)
        var same = close
        for auction in auctions {
            let own = auction.bids.compactMap { bid in place[bid.bidder].map { (place: $0, bid: bid.bidMinor) } }
            for (first, one) in own.enumerated() {
                for two in own[(first + 1)...] where Double(abs(one.bid - two.bid)) <= near {
                    let cell = one.place * bidders.count + two.place
                    close[cell] += 1
                    if one.bid == two.bid { same[cell] += 1 }
                }
            }
        }
        let (allClose, allSame) = (close.reduce(0, +), same.reduce(0, +))
        let pairs = Double(close.count { $0 > 0 })
        var findings: [ScreenFinding] = []
        for cell in close.indices where same[cell] >= 4 {
            // What others do, with one more either way so that nothing is impossible.
            let chance = Double(allSame - same[cell] + 1) / Double(allClose - close[cell] + 2)
            let tail = Tail.binomial(hits: same[cell], of: close[cell], chance: chance)
            let surprise = Tail.surprise(tail, of: pairs)
            guard surprise >= ScreenReport.threshold else { continue }
            let pair = [bidders[cell / bidders.count], bidders[cell % bidders.count]]
            findings.append(
                ScreenFinding(
                    kind: .identicalBids, bidders: pair, score: surprise, auctions: together(pair) { $0[0] == $0[1] },
                    evidence: [
                        "near_each_other": Double(close[cell]), "identical": Double(same[cell]),
                        "share_of_others": chance,
                    ]))
        }
        return strongest(findings)
    }

    /// How near bids must be, as a share of the median bid.
    private static let nearShare = 0.05

    /// Linked accounts that bid against each other in two auctions or more.
    func linkFindings() -> [ScreenFinding] {
        strongest(
            links.compactMap { link in
                let pair = [link.one, link.other]
                guard link.one != link.other else { return nil }
                let shared = auctions.filter { auction in
                    auction.bids.count { $0.bidder == link.one || $0.bidder == link.other } == 2
                }
                guard shared.count >= 2 else { return nil }
                let won = shared.count { $0.bids.contains { $0.isWinner && pair.contains($0.bidder) } }
                return ScreenFinding(
                    kind: .linkedAccounts, bidders: pair, score: Double(shared.count),
                    auctions: Array(shared.map(\.id).prefix(ScreenFinding.auctionsMax)),
                    evidence: ["auctions_together": Double(shared.count), "won_by_either": Double(won)])
            })
    }

    /// Workers who do not take what they have won far more often than all others of the cell: they let it lapse,
    /// decline it, or accept it and leave it.
    func lapseFindings() -> [ScreenFinding] {
        let awarded = awards.reduce(0) { $0 + $1.awarded }
        let missed = awards.reduce(0) { $0 + $1.missed }
        return strongest(
            awards.compactMap { row in
                guard row.missed >= 3 else { return nil }
                let chance = Double(missed - row.missed + 1) / Double(awarded - row.awarded + 2)
                let tail = Tail.binomial(hits: row.missed, of: row.awarded, chance: min(1, chance))
                let surprise = Tail.surprise(tail, of: Double(awards.count))
                guard surprise >= ScreenReport.threshold else { return nil }
                return ScreenFinding(
                    kind: .nonPerformance, bidders: [row.bidder], score: surprise, auctions: [],
                    evidence: [
                        "awarded": Double(row.awarded), "lapsed": Double(row.lapsed),
                        "declined": Double(row.declined), "unused": Double(row.unused), "share_of_others": chance,
                    ])
            })
    }

    /// The auctions in which all of some bidders bid, and their bids are like this.
    private func together(_ bidders: [UInt128], like holds: ([Int64]) -> Bool) -> [UInt128] {
        let found = auctions.filter { auction in
            let bids = auction.bids.filter { bidders.contains($0.bidder) }.map(\.bidMinor)
            return bids.count == bidders.count && holds(bids)
        }
        return Array(found.map(\.id).prefix(ScreenFinding.auctionsMax))
    }
}
