internal import Foundation
internal import Matching

/// An award as verification reads it.
struct AwardRow: Sendable {
    let id: Award.ID
    let worker: Worker.ID
    let state: AwardState
    let units: Int
    let totalMinor: Int64
    let isMovedUp: Bool
    let awardedAt: Date
    let answeredAt: Date?

    /// Whether it was given back by an instant.
    func isGone(by instant: Date) -> Bool {
        switch state {
        case .awarded, .accepted: false
        case .declined, .lapsed: answeredAt.map { $0 <= instant } ?? false
        }
    }

    var isLive: Bool { state == .awarded || state == .accepted }
}

/// The awards of an auction over time: whoever moved up did so by the rule, from what stood just before.
struct AwardReplay {
    /// Instants at which somebody moved up that are worked out again, the first ones: each is a clearing.
    static let risesMost = 50
    let record: AuctionRecord
    let lane: AuctionLane
    let budgetMinor: Int64?
    /// In the order in which they were made.
    let awards: [AwardRow]

    /// One sentence for each thing that is not as it must be.
    func faults() -> [String] {
        var faults = oddSums()
        let risen = Dictionary(grouping: awards.filter(\.isMovedUp), by: \.awardedAt)
        for (instant, group) in risen.sorted(by: { $0.key < $1.key }).prefix(Self.risesMost) {
            do {
                faults += try oddRises(group, at: instant)
            } catch {
                faults.append("The awards before \(instant.ISO8601Format()) are none that the auction can have given.")
            }
        }
        return faults
    }

    /// What stands is never more than was wanted, nor does it cost more than the clock's sum.
    private func oddSums() -> [String] {
        let live = awards.filter(\.isLive)
        var faults: [String] = []
        if live.reduce(0, { $0 + $1.units }) > record.market.unitsWanted {
            faults.append("The awards that stand are of more units than were wanted.")
        }
        if let budgetMinor, live.reduce(Int64(0), { $0 + $1.totalMinor }) > budgetMinor {
            faults.append("The awards that stand come to more than the sum of the auction.")
        }
        return faults
    }

    private func oddRises(_ group: [AwardRow], at instant: Date) throws(AuctionMarketFault) -> [String] {
        let before = awards.filter { $0.awardedAt < instant || ($0.awardedAt == instant && !$0.isMovedUp) }
        var odd = try oddOnes(among: group, after: before, at: instant)
        if !odd.isEmpty, group.contains(where: { $0.isGone(by: instant) }) {
            // At one and the same instant somebody moved up, gave it back, and others moved up in their place.
            let earlier = group.filter { award in !odd.contains { $0.id == award.id } }
            odd = try oddOnes(among: odd, after: before + earlier, at: instant)
        }
        return odd.map { "The award \($0.id) did not move up by the rule: other units, or another price." }
    }

    /// Those that the rule does not give so many units at that price, after what stood or was given back before.
    private func oddOnes(
        among group: [AwardRow], after before: [AwardRow], at instant: Date
    ) throws(AuctionMarketFault) -> [AwardRow] {
        let gone = Set(before.filter { $0.isGone(by: instant) }.map(\.worker.uuid.bits))
        // Nobody moves up before anybody has given something back.
        guard !gone.isEmpty else { return group }
        var held: [UInt128: Int] = [:]
        for award in before where !award.isGone(by: instant) { held[award.worker.uuid.bits, default: 0] += award.units }
        let rises = Dictionary(
            try record.market.movingUp(lane, after: gone, held: held).map { ($0.bidder, $0) },
            uniquingKeysWith: { first, _ in first })
        return group.filter { award in
            guard let rise = rises[award.worker.uuid.bits], award.units <= rise.units else { return true }
            // Fewer where no more tasks were left for this worker: the first ones.
            return (0..<award.units).reduce(Int64(0)) { $0 + rise.payment(ofUnit: $1) } != award.totalMinor
        }
    }
}
