internal import Foundation
internal import Marketplace
internal import Matching

/// What can still be had of a batch without who is there now: by those of its candidates who are there, too, away, at
/// work or without hours, and whose hours and windows are likely to bring them before it is due.
///
/// Where hours have no prices yet, where nothing is due, and past its bound or in the forced lane nobody is waited for.
struct RoutingWait {
    /// One candidate of the batch, there or not.
    struct Candidate {
        let column: Int
        /// Their value less the price of their time, in micro-units.
        let surplus: Int64
    }

    /// Rivals beyond these change next to nothing.
    private static let rivalsMax = 50

    /// What can still be had if nobody who is ranked is taken; and if one is, by their place.
    private let all: Int64
    private let without: [Int: Int64]

    /// Whether anybody is waited for at all.
    static func mayWait(_ batch: RoutingBatch, in market: RoutingMarket) -> Bool {
        guard let due = batch.dueAt else { return false }
        return due > market.instant && !market.known.prices.isEmpty && !market.known.forced.contains(batch.id)
    }

    /// Of a batch that may wait. `nil` where more places are open than rivals are looked at: nobody displaces another.
    /// - Parameters:
    ///   - there: who could be offered it now.
    ///   - away: who could be, but for their windows and hours.
    init?(
        _ batch: RoutingBatch, in market: RoutingMarket, _ workers: [RoutingCandidate],
        _ values: RoutingValue, there: [Candidate], away: [Candidate]
    ) {
        let places = max(RoutingPolicy.wanted(batch), 1)
        guard let due = batch.dueAt, places <= Self.rivalsMax else { return nil }
        let units = RoutingMatch.units(demanded: batch.expectedMinutes)
        let ranked = (there + away).sorted { ($1.surplus, $0.column) < ($0.surplus, $1.column) }.prefix(Self.rivalsMax)
            .compactMap { candidate -> (column: Int, rival: ContinuationValue.Rival)? in
                let worker = workers[candidate.column]
                let accepting = market.known.acceptance(ofRival: worker.worker)
                guard let week = values.week(of: worker.worker) else { return nil }
                func windows(from start: Date, until end: Date) -> Int {
                    if let presence = worker.presence { return presence.units(from: start, until: end) }
                    let weeks = min(max(end.timeIntervalSince(start) / (7 * 86_400), 0), 1)
                    return Int((Double(worker.weeklyMinutes / 15) * weeks).rounded(.down))
                }
                let free = windows(from: market.instant, until: due) - units
                func rival(_ windows: Int, hours: Int) -> ContinuationValue.Rival {
                    .init(
                        surplusMicros: candidate.surplus,
                        chanceMillionths: ContinuationValue.Rival.chanceMillionths(
                            acceptingMillionths: accepting, windowUnits: min(windows, free), remainingUnits: hours,
                            units: units))
                }
                // This week, or else in next week's hours, which nobody has used yet.
                let now = rival(windows(from: market.instant, until: min(due, week.end)), hours: week.remaining)
                let later = rival(windows(from: week.end, until: due), hours: week.planned)
                return (candidate.column, now.promisedMicros >= later.promisedMicros ? now : later)
            }
        all = ContinuationValue.micros(ranked.map(\.rival), places: places)
        without = Dictionary(
            ranked.map { one in
                let others = ranked.compactMap { $0.column != one.column ? $0.rival : nil }
                return (one.column, ContinuationValue.micros(others, places: places))
            }, uniquingKeysWith: { first, _ in first })
    }

    /// What can still be had of the batch if this worker is not given it, in micro-units.
    func continuation(without column: Int) -> Int64 { without[column] ?? all }
}
