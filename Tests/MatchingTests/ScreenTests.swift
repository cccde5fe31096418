import Matching
import Testing

@Suite("Screens")
struct ScreenTests {
    @Test("how bids lie: variation, kurtosis and the winner's distance")
    func spread() throws {
        let spread = try #require(BidSpread([100, 110, 120, 130]))
        #expect(abs(spread.variation - 12.909_944 / 115) < 1e-6)
        #expect(abs((spread.kurtosis ?? 0) + 1.2) < 1e-9)
        #expect(abs((spread.difference ?? 0) - 1) < 1e-9)
        let cover = try #require(BidSpread([100, 130, 131, 132]))
        #expect((cover.difference ?? 0) == 30)
        #expect(BidSpread([100]) == nil && BidSpread([0, 0]) == nil)
        #expect(BidSpread([5, 7, 7])?.difference == nil)
    }

    @Test("the same history in any order of bids, links and awards gives the same report")
    func order() throws {
        var random = SplitMix64(state: 8)
        let drawn = try RingMarkets().draw(isRinged: true, &random).history
        let ids = Array(Set(drawn.auctions.flatMap { $0.bids.map(\.bidder) })).sorted()
        let links = [ScreenedLink(ids[0], ids[1]), ScreenedLink(ids[3], ids[2])]
        let awards = ids.map { ScreenedAwards(bidder: $0, awarded: 20, lapsed: $0 == ids[4] ? 12 : 1) }
        let one = try ScreenHistory(auctions: drawn.auctions, links: links, awards: awards).screened()
        let other = try ScreenHistory(
            auctions: drawn.auctions.map { .init(id: $0.id, bids: $0.bids.shuffled(using: &random)) },
            links: links.reversed().map { ScreenedLink($0.other, $0.one) }, awards: awards.reversed()
        ).screened()
        #expect(one == other)
        #expect(Set(one.findings.map(\.kind)).isSuperset(of: [.linkedAccounts, .nonPerformance]))
    }

    @Test("a ring is found with its members, its auctions and its numbers")
    func ring() throws {
        var random = SplitMix64(state: 21)
        let drawn = try RingMarkets(auctions: 150).draw(isRinged: true, &random)
        let finding = try #require(drawn.history.screened().findings.first { $0.kind == .ring })
        #expect(finding.bidders.count >= 2 && drawn.ring.isSuperset(of: finding.bidders))
        let hits = finding.auctions.count { drawn.coordinated.contains($0) }
        #expect(hits * 2 > finding.auctions.count)
        for name in [
            "set_score", "weakest_member", "auctions_high", "win_entropy", "variation_high", "difference_other",
        ] {
            #expect(finding.evidence[name] != nil, "no \(name)")
        }
    }

    @Test("two who always win in turns are found, two who win at random are not")
    func rotation() throws {
        var random = SplitMix64(state: 31)
        let turns = try history(80, &random) { place, _ in place % 2 }
        let finding = try #require(turns.screened().findings.first { $0.kind == .rotation })
        #expect(finding.bidders == [0, 1] && finding.evidence["turns"] == 1)
        let chance = try history(80, &random) { _, random in random.below(2) }
        #expect(chance.screened().findings.allSatisfy { $0.kind != .rotation })
    }

    @Test("two who bid the same more often than others are found")
    func identical() throws {
        var random = SplitMix64(state: 41)
        let auctions = (0..<60).map { place in
            var bids = (0..<6).map { Int64(1_000 + random.below(40) * 50 + $0) }
            if place.isMultiple(of: 4) { bids[3] = bids[1] }
            return auction(place, bids, winner: random.below(6))
        }
        let findings = try ScreenHistory(auctions: auctions).screened().findings.filter { $0.kind == .identicalBids }
        #expect(findings.map(\.bidders) == [[1, 3]])
        #expect(findings.first?.evidence["identical"] == 15)
        #expect(findings.first?.auctions.count == 15)
    }

    @Test("linked accounts that bid in the same auctions are found, with how often")
    func linked() throws {
        var random = SplitMix64(state: 51)
        let base = try history(20, &random) { _, random in random.below(5) }
        let found = try ScreenHistory(
            auctions: base.auctions, links: [ScreenedLink(4, 2), ScreenedLink(1, 99), ScreenedLink(3, 3)]
        ).screened().findings
        #expect(found.map(\.kind) == [.linkedAccounts])
        #expect(found.first?.bidders == [2, 4] && found.first?.evidence["auctions_together"] == 20)
    }

    @Test("a worker who lets awards lapse far more often than others is found")
    func nonPerformance() throws {
        let awards = (0..<30).map {
            ScreenedAwards(bidder: $0, awarded: 20, lapsed: $0 == 7 ? 9 : $0.isMultiple(of: 2) ? 1 : 0)
        }
        let found = try ScreenHistory(auctions: [], awards: awards).screened().findings
        #expect(found.map(\.kind) == [.nonPerformance] && found.first?.bidders == [7])
        let usual = awards.map { ScreenedAwards(bidder: $0.bidder, awarded: 20, lapsed: 3) }
        #expect(try ScreenHistory(auctions: [], awards: usual).screened().findings == [])
    }

    @Test("a worker who declines, or accepts and leaves, far more often than others is found too")
    func notTaken() throws {
        for (declined, unused) in [(9, 0), (0, 9), (4, 5)] {
            let awards = (0..<30).map {
                ScreenedAwards(
                    bidder: $0, awarded: 20, lapsed: $0 != 7 && $0.isMultiple(of: 2) ? 1 : 0,
                    declined: $0 == 7 ? declined : 0, unused: $0 == 7 ? unused : 0)
            }
            let found = try ScreenHistory(auctions: [], awards: awards).screened().findings
            #expect(found.map(\.kind) == [.nonPerformance] && found.first?.bidders == [7])
            #expect(found.first?.evidence["declined"] == Double(declined))
            #expect(found.first?.evidence["unused"] == Double(unused) && found.first?.evidence["lapsed"] == 0)
        }
    }

    @Test("a history out of bounds is refused")
    func faults() throws {
        let twice = auction(0, [5, 6], winner: 0)
        let double = ScreenedAuction(id: 1, bids: twice.bids + [twice.bids[0]])
        #expect(throws: ScreenFault.bidderTwice(auction: 0)) { try ScreenHistory(auctions: [double]) }
        #expect(throws: ScreenFault.bidOutOfBounds(auction: 1)) {
            try ScreenHistory(auctions: [twice, auction(1, [-1, 5], winner: 0)])
        }
        #expect(throws: ScreenFault.awardsMalformed(row: 0)) {
            try ScreenHistory(auctions: [], awards: [.init(bidder: 1, awarded: 2, lapsed: 3)])
        }
        #expect(throws: ScreenFault.awardsMalformed(row: 0)) {
            try ScreenHistory(auctions: [], awards: [.init(bidder: 1, awarded: 2, lapsed: 1, declined: 1, unused: 1)])
        }
        #expect(throws: ScreenFault.tooLarge) {
            try ScreenHistory(auctions: Array(repeating: twice, count: ScreenHistory.Bounds.auctionsMax + 1))
        }
        let empty = try ScreenHistory(auctions: []).screened()
        #expect(empty.findings == [] && empty.score == 0)
    }

    @Test("a cell of very many bidders is screened in bounded time")
    func large() throws {
        var random = SplitMix64(state: 61)
        let report = try RingMarkets(auctions: 60, bidders: 150).draw(isRinged: true, &random).history.screened()
        #expect(report.bidders.count == ScreenHistory.Bounds.comparedMax)
    }

    private func auction(_ id: Int, _ bids: [Int64], winner: Int) -> ScreenedAuction {
        ScreenedAuction(
            id: UInt128(id),
            bids: bids.enumerated().map {
                ScreenedBid(
                    bidder: UInt128($0.offset), bidMinor: $0.element, qualityMinor: 0, isWinner: $0.offset == winner)
            })
    }

    private func history(
        _ count: Int, _ random: inout SplitMix64, winner: (Int, inout SplitMix64) -> Int
    ) throws -> ScreenHistory {
        try ScreenHistory(
            auctions: (0..<count).map { place in
                auction(
                    place, (0..<5).map { _ in Int64(1_000 + random.below(1_000)) },
                    winner: winner(place, &random))
            })
    }
}
