internal import Formats
package import Foundation
internal import Matching
internal import Store

/// Compares the cleared auctions of each cell with each other (``Matching/ScreenHistory``) and puts what is unusual
/// into the people's queue. Nothing else follows from it.
package struct ScreenBids: Sendable {
    /// How many of a cell's latest auctions are compared.
    package static let auctionsMax = 500
    /// How many bids of them, the latest.
    static let bidsMax = 200_000
    /// How far back.
    package static let daysBack = 365
    /// A little less than a day, so that a round that is late does not pass a day over.
    package static let usualPeriod: TimeInterval = 23 * 3_600
    let market: Market

    package init(market: Market) { self.market = market }

    /// Auctions of one cell that are in one currency.
    struct Place: Hashable, Sendable {
        let cell: ScreenCell
        let currency: Currency
    }

    /// What a piece of screening came to.
    package struct Outcome: Hashable, Sendable {
        package let cells: Int
        /// Findings that are new.
        package let opened: Int
        /// Whether there may be more cells to look at.
        package let hasMore: Bool
    }

    /// Takes cells whose turn it is, so that several may do it at once and none is looked at twice; reads each in one
    /// transaction, and writes what was found in another: the screens run in neither. What is cut off after it took its
    /// cells leaves them until their next turn.
    ///
    /// - Parameters:
    ///   - most: how many cells, 1 to 100.
    ///   - every: seconds from one turn of a cell to its next, 0 to a year; 0 for all cells at once.
    ///   - actor: an operator; the scheduler.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(
        most: Int = 10, every: TimeInterval = usualPeriod, by actor: Principal.ID
    ) async throws -> Outcome {
        guard (1...100).contains(most) else { throw BadInput("most", "must be 1 to 100") }
        guard (0...366 * 86_400).contains(every) else { throw BadInput("every", "must be 0 to 366 days") }
        let places = try await market.database.transaction { transaction in
            try await transaction.authorize(actor, as: .operator)
            let since = transaction.instant - Double(Self.daysBack) * 86_400
            return try await transaction.takeScreenedPlaces(since: since, every: every, limit: most)
        }
        var opened = 0
        for place in places {
            let bids = try await market.database.read { transaction in
                let found = try await transaction.clearedBids(
                    of: place, auctions: Self.auctionsMax, limit: Self.bidsMax)
                let workers = Array(Set(found.map(\.worker)))
                return (found: found, links: try await transaction.linkedAccounts(among: workers))
            }
            let suspicions = try Screening(place: place, bids: bids.found, links: bids.links).suspicions()
            if !suspicions.isEmpty {
                opened += try await ReportSuspicions(market: market)(
                    Array(suspicions.prefix(ReportSuspicions.most)), by: actor)
            }
        }
        return Outcome(cells: places.count, opened: opened, hasMore: places.count == most)
    }
}

/// A bid of a cleared auction, with what came of it.
struct ClearedBid: Hashable, Sendable {
    let auction: UUID
    let worker: Worker.ID
    let amountMinor: Int64
    let qualityMinor: Int64
    let isWinner: Bool
    /// Units that were awarded; of these let lapse, declined, and accepted but not taken in their time.
    let awarded: Int
    let lapsed: Int
    let declined: Int
    let unused: Int

    var isPerformed: Bool { lapsed + declined + unused == 0 }
}

/// One cell under the screens.
private struct Screening {
    let place: ScreenBids.Place
    /// In the order in which the auctions were closed.
    let bids: [ClearedBid]
    let links: [LinkedAccounts]

    func suspicions() throws -> [Suspicion] {
        try history().screened().findings.map { finding in
            let workers = Set(finding.bidders.map { Worker.ID(UUID(bits: $0)) })
            var evidence = finding.evidence.mapValues(Self.number)
            evidence["currency"] = .string(place.currency.code)
            if finding.kind == .linkedAccounts { evidence["grounds"] = .array(grounds(of: workers)) }
            return try Suspicion(
                FindingKind(finding.kind), in: place.cell, place.currency, scoreMilli: Self.milli(finding.score),
                workers: workers,
                auctions: auctions(of: finding, workers), evidence: .object(evidence)
            )
        }
    }

    private func history() throws(ScreenFault) -> ScreenHistory {
        var order: [UUID] = []
        let byAuction = Dictionary(grouping: bids, by: \.auction)
        for bid in bids where order.last != bid.auction { order.append(bid.auction) }
        let awards = Dictionary(grouping: bids, by: \.worker).map { worker, own in
            ScreenedAwards(
                bidder: worker.uuid.bits, awarded: own.reduce(0) { $0 + $1.awarded },
                lapsed: own.reduce(0) { $0 + $1.lapsed }, declined: own.reduce(0) { $0 + $1.declined },
                unused: own.reduce(0) { $0 + $1.unused })
        }
        return try ScreenHistory(
            auctions: order.map { auction in
                ScreenedAuction(
                    id: auction.bits,
                    bids: (byAuction[auction] ?? []).map {
                        ScreenedBid(
                            bidder: $0.worker.uuid.bits, bidMinor: $0.amountMinor, qualityMinor: $0.qualityMinor,
                            isWinner: $0.isWinner)
                    })
            },
            links: links.map { ScreenedLink($0.worker.uuid.bits, $0.other.uuid.bits) }, awards: awards
        )
    }

    /// Those that the finding names; where it names none, those in which the worker did not take what they had won,
    /// else those in which any of them bid.
    private func auctions(of finding: Matching.ScreenFinding, _ workers: Set<Worker.ID>) -> Set<UUID> {
        guard finding.auctions.isEmpty else { return Set(finding.auctions.map { UUID(bits: $0) }) }
        let own = bids.filter { workers.contains($0.worker) }
        let missed = own.filter { !$0.isPerformed }
        return Set((finding.kind == .nonPerformance && !missed.isEmpty ? missed : own).map(\.auction))
    }

    /// What two accounts have in common, and whether a person has found that they are one's.
    private func grounds(of workers: Set<Worker.ID>) -> [JSON] {
        links.filter { workers.contains($0.worker) && workers.contains($0.other) }.map { link in
            ["is_known": .bool(link.isKnown), "grounds": .array(link.grounds.map { .string($0) })]
        }
    }

    /// Rounded to thousandths, as a number is told to people; what is none is left out as null.
    private static func number(_ value: Double) -> JSON {
        guard value.isFinite, value.magnitude < 1e12 else { return .null }
        return .number(String(format: "%.3f", value))
    }

    private static func milli(_ score: Double) -> Int64 {
        Int64(exactly: (min(max(score.isNaN ? 0 : score, 0), 1e9) * 1_000).rounded()) ?? 0
    }
}

extension FindingKind {
    init(_ kind: Matching.ScreenKind) {
        self =
            switch kind {
            case .ring: .ring
            case .rotation: .rotation
            case .identicalBids: .identicalBids
            case .linkedAccounts: .linkedAccounts
            case .nonPerformance: .nonPerformance
            }
    }
}
