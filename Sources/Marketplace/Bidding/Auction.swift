internal import Formats
package import Foundation
package import Matching
internal import Store

/// A round in which workers bid for the tasks of a batch. What decides it is fixed at the opening.
package struct Auction: Sendable {
    package typealias ID = Identifier<Auction>

    /// Whose it is, and which.
    package struct Key: Hashable, Sendable {
        package let requester: Requester.ID
        package let id: ID

        package init(requester: Requester.ID, id: ID) { (self.requester, self.id) = (requester, id) }
    }

    package let id: ID
    package let requester: Requester.ID
    package let batch: Batch.ID
    /// Of its batch, from 1.
    package let round: Int
    package let lane: AuctionLane
    package let state: AuctionState
    package let openedAt: Date
    /// Bids are taken before it. Moved by bids in the last seconds, up to ``closesLatestAt``.
    package let closesAt: Date
    package let closesLatestAt: Date
    package let closedAt: Date?
    package let snipeSeconds: Int
    package let extensionSeconds: Int
    /// By how much bids may move the close, all together.
    package let extensionMostSeconds: Int
    package let acceptanceSeconds: Int
    package let reservedSeconds: Int
    /// How many tasks there are to be had and by how many different workers each: at the opening, then at the close.
    package let tasks: Int
    package let redundancy: Int
    package let expectedMinutes: Int
    package let currency: Currency
    /// The bounds of a bid for one assignment, in minor units, and how far later rounds may widen the ceiling.
    package let floorMinor: Int64
    package let ceilingMinor: Int64
    package let ceilingMostMinor: Int64
    /// The least score that wins; sealed lane.
    package let reserveScoreMinor: Int64?
    /// What all units may cost, and the fall of the price in a step; clock lane.
    package let budgetMinor: Int64?
    package let stepBasisPoints: Int?
    package let quality: QualityInMoney
    package let widenBasisPoints: Int
    package let roundsLeft: Int
    package let ruleVersion: Int
    /// SHA-256 of the seed.
    package let commitment: Digest
    /// What ties are broken by; `nil` until the close.
    package let seed: [UInt8]?
    /// How many winners have their award.
    let awardsWritten: Int
    /// Of the stored record; `nil` until it is cleared.
    let recordHash: Digest?

    package var key: Key { Key(requester: requester, id: id) }
    var batchKey: Batch.Key { Batch.Key(requester: requester, id: batch) }
}

extension Auction {
    /// Of the rules that ``AuctionMarket/clear(_:)`` follows; another version of them gets the next number.
    package static let rules = 1
    /// Versions by which this program can clear.
    static let rulesKnown = 1...1

    /// The close as it was said at the opening, before bids moved it.
    var firstClose: Date { closesLatestAt - TimeInterval(extensionMostSeconds) }

    /// SHA-256 of everything that was fixed at the opening, in canonical JSON: what the log says of it and what is
    /// stored can be compared. What changes afterwards is not in it: the close, what there is to be had, the rounds
    /// left.
    var termsHash: Digest {
        let amount = { (value: Int64?) -> JSON in value.map { .integer($0) } ?? .null }
        let count = { (value: Int) -> JSON in .integer(Int64(value)) }
        let terms: JSON = [
            "batch": .string("\(batch)"), "round": count(round), "lane": .string(lane.rawValue),
            "opened_at": .string(openedAt.ISO8601Format()), "closes_at": .string(firstClose.ISO8601Format()),
            "snipe_seconds": count(snipeSeconds), "extension_seconds": count(extensionSeconds),
            "extension_most_seconds": count(extensionMostSeconds), "acceptance_seconds": count(acceptanceSeconds),
            "reserved_seconds": count(reservedSeconds), "expected_minutes": count(expectedMinutes),
            "currency": .string(currency.code), "floor_minor": .integer(floorMinor),
            "ceiling_minor": .integer(ceilingMinor), "ceiling_most_minor": .integer(ceilingMostMinor),
            "reserve_score_minor": amount(reserveScoreMinor), "budget_minor": amount(budgetMinor),
            "step_bps": stepBasisPoints.map(count) ?? .null, "quality_value_minor": .integer(quality.valueMinor),
            "quality_baseline_bps": count(quality.baselineBasisPoints),
            "quality_default_bps": count(quality.defaultBasisPoints), "skill": .string(quality.skill.path),
            "widen_bps": count(widenBasisPoints), "rule_version": count(ruleVersion),
            "commitment": .string(commitment.hexadecimal),
        ]
        return Digest(of: terms.canonicalBytes())
    }

    /// Where a bid at an instant moves the close; `nil` where it stays.
    func close(movedBy instant: Date) -> Date? {
        guard snipeSeconds > 0, extensionSeconds > 0, instant > closesAt - TimeInterval(snipeSeconds) else {
            return nil
        }
        let moved = min(instant + TimeInterval(extensionSeconds), closesLatestAt)
        return moved > closesAt ? moved : nil
    }
}

/// What quality is worth: V for each hundredth of the lower bound above the baseline, frozen at the opening.
package struct QualityInMoney: Hashable, Sendable {
    package static let valueMax: Int64 = 10_000_000_000
    /// Of a hundredth (100 ten-thousandths), in minor units.
    package let valueMinor: Int64
    package let baselineBasisPoints: Int
    /// The lower bound that counts for who has no estimate.
    package let defaultBasisPoints: Int
    package let skill: Skill

    package init(valueMinor: Int64, baselineBasisPoints: Int, defaultBasisPoints: Int, skill: Skill) {
        (self.valueMinor, self.baselineBasisPoints) = (valueMinor, baselineBasisPoints)
        (self.defaultBasisPoints, self.skill) = (defaultBasisPoints, skill)
    }

    /// V × (q − q0) in minor units.
    ///
    /// Rounding: down, below zero too.
    package func worth(ofLow basisPoints: Int) -> Int64 {
        let product = Int128(valueMinor) * Int128(basisPoints - baselineBasisPoints)
        let (quotient, rest) = product.quotientAndRemainder(dividingBy: 100)
        return Int64(clamping: rest < 0 ? quotient - 1 : quotient)
    }
}

extension AuctionLane: SQLEnum {}

/// The values of the PostgreSQL enum `auction_state`, in its order.
package enum AuctionState: String, Sendable, CaseIterable, SQLEnum {
    case open, closed, awarding, awarded
    case fallenBack = "fallen_back"
    case unfilled, cancelled
}

/// What can happen to an auction.
package enum AuctionEvent: String, Sendable, CaseIterable {
    case close, cancel, clear, fallBack, findNobody, finish
}

extension AuctionState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: AuctionEvent) -> AuctionState? {
        switch (self, event) {
        case (.open, .close): .closed
        case (.open, .cancel): .cancelled
        case (.closed, .clear): .awarding
        case (.closed, .fallBack): .fallenBack
        case (.closed, .findNobody): .unfilled
        case (.awarding, .finish): .awarded
        case (.open, .clear), (.open, .fallBack), (.open, .findNobody), (.open, .finish),
            (.closed, .close), (.closed, .cancel), (.closed, .finish),
            (.awarding, .close), (.awarding, .cancel), (.awarding, .clear), (.awarding, .fallBack),
            (.awarding, .findNobody), (.awarded, _), (.fallenBack, _), (.unfilled, _), (.cancelled, _):
            nil
        }
    }

    /// Whether bids are open and it is known what came of them.
    package var isCleared: Bool {
        switch self {
        case .awarding, .awarded, .fallenBack, .unfilled: true
        case .open, .closed, .cancelled: false
        }
    }
}
