/// What a finding is about.
package enum ScreenKind: String, Hashable, Sendable, CaseIterable {
    /// Bidders who are dear in the same auctions.
    case ring
    /// Bidders who win in turns.
    case rotation
    /// Bidders who bid the same amount more often than others do.
    case identicalBids = "identical_bids"
    /// Linked accounts that bid in the same auctions.
    case linkedAccounts = "linked_accounts"
    /// A worker who lets awards lapse far more often than others do.
    case nonPerformance = "non_performance"
}

/// Something for a person to look at. It says that numbers are unusual, never that anybody did wrong.
package struct ScreenFinding: Hashable, Sendable {
    /// What it is about.
    package let kind: ScreenKind
    /// Whom it is about, by id.
    package let bidders: [UInt128]
    /// How surprising in a clean cell, as -log10 of the chance that any finding of the kind is as strong; 3 is one in a
    /// thousand. For linked accounts, which are no matter of chance: how many auctions they share.
    package let score: Double
    /// The auctions to look at first, the most unusual first; at most ``auctionsMax``.
    package let auctions: [UInt128]
    /// Numbers by name.
    package let evidence: [String: Double]

    /// The most auctions of one finding.
    package static let auctionsMax = 50
}

/// How unusual one bidder is.
package struct ScreenedBidder: Hashable, Sendable {
    /// The worker.
    package let bidder: UInt128
    /// The rank of the strongest set they are in: its score or that of its weakest member, whichever is less. About 2
    /// for most, and what bidders are ranked by; 0 for those with too few bids.
    package let score: Double
}

/// How unusual one auction is.
package struct ScreenedSpread: Hashable, Sendable {
    /// The auction.
    package let auction: UInt128
    /// How high the strongest set bid in it, in standard deviations; 0 where fewer than two of them did.
    package let score: Double
    /// How its bids lie; nil where there are too few.
    package let spread: BidSpread?
}

/// What the screens say of one cell.
package struct ScreenReport: Hashable, Sendable {
    /// For the queue, by kind, the most surprising first.
    package let findings: [ScreenFinding]
    /// Every compared bidder, the highest score first.
    package let bidders: [ScreenedBidder]
    /// Every auction, the highest score first.
    package let auctions: [ScreenedSpread]
    /// How surprising the strongest set is: what cells are ranked by. 0 if there is none.
    package let score: Double

    /// From which surprise on a finding is made: at most five in a thousand clean cells for each kind.
    package static let threshold = 2.3
    /// The most findings of one kind.
    package static let findingsMax = 100
}

extension ScreenHistory {
    /// Runs all screens. The same history gives the same report.
    ///
    /// Time: O(bids + pairs of compared bidders × auctions). Nothing follows from a report but that people look.
    package func screened() -> ScreenReport {
        let ring = RingScreen(self)
        let sets = ring.sets()
        let strongest = sets.max { ring.surprise($0) < ring.surprise($1) }
        let findings =
            ringFindings(ring, sets) + rotationFindings(ring.bidders) + identicalFindings(ring.bidders)
            + linkFindings() + lapseFindings()
        return ScreenReport(
            findings: findings, bidders: bidderScores(ring, sets), auctions: auctionScores(ring, strongest),
            score: strongest.map { ring.surprise($0) } ?? 0
        )
    }

    private func bidderScores(_ ring: RingScreen, _ sets: [RingScreen.Suspected]) -> [ScreenedBidder] {
        var scores = ring.bidders.map { _ in 0.0 }
        for set in sets {
            for member in set.members { scores[member] = max(scores[member], set.rank) }
        }
        return zip(ring.bidders, scores).map { ScreenedBidder(bidder: $0, score: $1) }
            .sorted { $0.score == $1.score ? $0.bidder < $1.bidder : $0.score > $1.score }
    }

    private func auctionScores(_ ring: RingScreen, _ set: RingScreen.Suspected?) -> [ScreenedSpread] {
        auctions.enumerated().map { place, auction in
            ScreenedSpread(
                auction: auction.id, score: set.flatMap { ring.height(of: $0.members, in: place) } ?? 0,
                spread: BidSpread(auction.bids.map(\.bidMinor)))
        }.sorted { $0.score == $1.score ? $0.auction < $1.auction : $0.score > $1.score }
    }

    /// Sets that are surprising enough, but for those that share two bidders with a stronger one.
    private func ringFindings(_ ring: RingScreen, _ sets: [RingScreen.Suspected]) -> [ScreenFinding] {
        var surprising: [(set: RingScreen.Suspected, surprise: Double)] = []
        for set in sets where set.weakest >= 2 {
            let surprise = ring.surprise(set)
            if surprise >= ScreenReport.threshold { surprising.append((set, surprise)) }
        }
        surprising.sort { one, other in
            one.surprise == other.surprise ? one.set.rank > other.set.rank : one.surprise > other.surprise
        }
        var taken: [Set<Int>] = []
        var findings: [ScreenFinding] = []
        for (set, surprise) in surprising where findings.count < ScreenReport.findingsMax {
            let members = Set(set.members)
            if taken.contains(where: { $0.intersection(members).count >= 2 }) { continue }
            taken.append(members)
            findings.append(finding(ring, set, surprise))
        }
        return findings
    }

    private func finding(_ ring: RingScreen, _ set: RingScreen.Suspected, _ surprise: Double) -> ScreenFinding {
        let heights = auctions.indices.compactMap { place in
            ring.height(of: set.members, in: place).map { (place: place, height: $0) }
        }
        let high = heights.filter { $0.height >= 2 }.sorted {
            $0.height == $1.height ? $0.place < $1.place : $0.height > $1.height
        }
        let members = set.members.map { ring.bidders[$0] }
        let rotation = Rotation(auctions, members: members)
        var evidence = [
            "set_score": set.score, "weakest_member": set.weakest, "auctions_together": Double(heights.count),
            "auctions_high": Double(high.count), "won_when_high": Double(high.count { isWon($0.place, members) }),
            "wins": Double(rotation.wins), "win_entropy": rotation.entropy, "turns": rotation.turnShare,
            "turns_expected": rotation.expectedShare,
        ]
        let isHigh = Set(high.map(\.place))
        for (name, places) in [
            ("high", high.map(\.place)), ("other", auctions.indices.filter { !isHigh.contains($0) }),
        ] {
            let spreads = places.compactMap { BidSpread(auctions[$0].bids.map(\.bidMinor)) }
            let kurtoses = spreads.compactMap(\.kurtosis)
            let differences = spreads.compactMap(\.difference)
            if !spreads.isEmpty { evidence["variation_\(name)"] = spreads.map(\.variation).screenMedian }
            if !kurtoses.isEmpty { evidence["kurtosis_\(name)"] = kurtoses.screenMedian }
            if !differences.isEmpty { evidence["difference_\(name)"] = differences.screenMedian }
        }
        return ScreenFinding(
            kind: .ring, bidders: members, score: surprise,
            auctions: high.prefix(ScreenFinding.auctionsMax).map { auctions[$0.place].id }, evidence: evidence)
    }

    private func isWon(_ place: Int, _ members: [UInt128]) -> Bool {
        auctions[place].bids.contains { $0.isWinner && members.contains($0.bidder) }
    }
}
