package import Formats
internal import Foundation
internal import Matching
internal import Store

/// What is stored of an auction, worked out again from its stored bids, and where the two differ.
package struct AuctionVerification: Sendable {
    package let bids: Int
    /// Of the recomputed market and result.
    package let hash: Digest
    /// One sentence for each difference; the first ``faultsMax``.
    package let faults: [String]
    package static let faultsMax = 100
}

/// Recomputes an auction from its stored bids and compares: the record to the byte, the seed and every bid with what
/// was committed to and placed, the terms with what the log tells of the opening, the frozen quality with its formula,
/// the awards with the result, and those that moved up with the rule (the first ``AwardReplay/risesMost`` times).
package struct VerifyAuction: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: an operator.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``AuctionReadingRefusal/notCleared(_:)``; ``AuctionMarketFault``.
    package func callAsFunction(_ key: Auction.Key, by actor: Principal.ID) async throws -> AuctionVerification {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let auction = try await transaction.auction(key) else { throw NotFound("auction") }
            guard auction.state.isCleared else { throw AuctionReadingRefusal.notCleared(auction.state) }
            return try await transaction.verification(of: auction)
        }
    }
}

/// The whole computation of an auction, line by line, from stored bids to awards.
package struct ExplainAuction: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - first: how many bidders to pass over.
    ///   - limit: how many bidders, 1 to 200.
    ///   - actor: an operator: it names every bid.
    /// - Returns: lines, and how many bidders come after them.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``AuctionReadingRefusal/notCleared(_:)``.
    package func callAsFunction(
        _ key: Auction.Key, first: Int = 0, limit: Int = 50, by actor: Principal.ID
    ) async throws -> (lines: [String], rest: Int) {
        let limit = try PageLimit.checked(limit)
        guard (0...AuctionMarket.Bounds.biddersMax).contains(first) else { throw BadInput("first", "is out of range") }
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            guard let auction = try await transaction.auction(key) else { throw NotFound("auction") }
            guard auction.state.isCleared else { throw AuctionReadingRefusal.notCleared(auction.state) }
            let record = try AuctionRecord(clearing: auction, bids: try await transaction.bidders(in: auction))
            let computed = try record.market.explanation(auction.lane, first: first, most: limit)
            let awards = try await transaction.awards(of: auction, limit: PageLimit.most)
            return (
                auction.frame + computed.lines + awards.map(\.line)
                    + ["Record: SHA-256 \(record.hash.hexadecimal)."], computed.rest
            )
        }
    }
}

extension Auction {
    /// What the kernel is given, and where it comes from.
    fileprivate var frame: [String] {
        let seedText = seed.map { $0.hexadecimal } ?? "sealed"
        return [
            "Round \(round) of batch \(batch), rules \(ruleVersion), \(state.rawValue); opened "
                + "\(openedAt.ISO8601Format()), closed \(closedAt.map { $0.ISO8601Format() } ?? "not yet").",
            "Seed \(seedText), committed to as SHA-256 \(commitment.hexadecimal).",
            "Quality in money: \(quality.valueMinor) for each hundredth of the lower bound of '\(quality.skill.path)' "
                + "above \(quality.baselineBasisPoints) ten-thousandths, rounded down; who has no estimate counts as "
                + "\(quality.defaultBasisPoints). Frozen at the opening.",
        ]
    }
}

extension Award {
    fileprivate var line: String {
        let parts = (try? total.split(into: units)) ?? []
        let least = parts.last?.minorUnits ?? 0
        let more = parts.count { $0.minorUnits > least }
        let each = more == 0 ? "each pays \(least)" : "\(more) pay \(least + 1), the rest \(least)"
        let how = isMovedUp ? "by moving up" : "by the clearing"
        return "Award \(id) to \(worker), \(how), \(state.rawValue): \(units) units for \(total.minorUnits); \(each)."
    }
}

extension Transaction {
    /// Works a cleared auction out again and compares.
    func verification(of auction: Auction) async throws -> AuctionVerification {
        var faults: [String] = []
        if let seed = auction.seed, Digest(of: seed) != auction.commitment {
            faults.append("The seed is not the one that was committed to.")
        }
        let (bids, odd) = try await oddBids(of: auction)
        faults += odd
        let opening = try await openingEvent(of: auction)
        if !opening.isThere { faults.append("The log does not tell of its opening.") }
        if let terms = opening.terms, terms != auction.termsHash.hexadecimal {
            faults.append("The terms are not those of which the log tells that it was opened on them.")
        }
        let record = try AuctionRecord(clearing: auction, bids: try await bidders(in: auction))
        if try await !isStored(record, of: auction.key) {
            faults.append("The stored market, result or hash is not what the stored bids come to.")
        }
        faults += try await oddAwards(of: auction).map {
            "The award \($0) is not what the result gives its winner."
        }
        faults += AwardReplay(
            record: record, lane: auction.lane, budgetMinor: auction.budgetMinor,
            awards: try await awardRows(of: auction)
        ).faults()
        return AuctionVerification(
            bids: bids, hash: record.hash, faults: Array(faults.prefix(AuctionVerification.faultsMax)))
    }

    private func oddBids(of auction: Auction) async throws -> (count: Int, faults: [String]) {
        var (count, faults): (Int, [String]) = (0, [])
        var last: Bid.ID?
        repeat {
            let page = try await openedBids(of: auction.key, after: last, limit: 1_000)
            for bid in page {
                count += 1
                if bid.opened?.commitment(of: bid.id, version: bid.version) != bid.commitment {
                    faults.append("The bid \(bid.id) is not the one that was committed to.")
                }
                if !bid.isAsPlaced {
                    faults.append("The bid \(bid.id) is for another quantity, or from another day, than it was placed.")
                }
                if bid.qualityMinor != auction.quality.worth(ofLow: bid.lowBasisPoints) {
                    faults.append("The quality of the bid \(bid.id) is not what the formula gives.")
                }
            }
            last = page.last?.id
        } while last != nil
        return (count, faults)
    }
}

extension AuctionVerification {
    package var json: JSON {
        [
            "bids": .integer(Int64(bids)), "hash": .string(hash.hexadecimal),
            "faults": .array(faults.map { .string($0) }),
        ]
    }
}
