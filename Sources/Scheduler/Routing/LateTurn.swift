internal import Foundation
internal import Marketplace
internal import Matching

/// How much of a cell's hours work past its bound may take before all other: a share of those that its workers are
/// planned with, as it accrues; what is not used is kept for a day.
struct LateTurn {
    private static let keptSeconds: TimeInterval = 86_400
    /// However dear a task is in a small cell, its share begins anew after so long.
    private static let aheadSeconds: TimeInterval = 28 * 86_400

    /// Minutes of this round; all where nothing is past its bound, or the share is everything.
    let minutes: Int
    /// From when on the share is not used yet.
    private let start: Date
    private let minutesPerSecond: Double

    /// - Parameters:
    ///   - until: when it was used up to, as the rounds before have left it.
    ///   - shareMillionths: of the hours.
    init(_ market: RoutingMarket, usedUntil until: Date?, shareMillionths: Int) {
        start = max(until ?? .distantPast, market.instant - Self.keptSeconds)
        let isBounded = shareMillionths < 1_000_000
        guard isBounded, market.batches.contains(where: { $0.isPastBound(at: market.instant) }) else {
            minutes = .max
            minutesPerSecond = 0
            return
        }
        let planned = market.candidates.reduce(0) { sum, worker in
            sum + RoutingWeek(worker, market.known.forecasts[worker.worker], at: market.instant).planned
        }
        let share = Double(max(shareMillionths, 0)) / 1_000_000
        let rate = Double(planned * 15) * share / (7 * 86_400)
        let accrued = rate * market.instant.timeIntervalSince(start)
        // A part of one is as good as one: in a small cell a task takes the share of days, and is waited for after it.
        minutes = accrued > 0 ? max(Int(min(accrued, 1e9)), 1) : 0
        minutesPerSecond = rate
    }

    /// Until when the share is used up by these minutes; `nil` where nothing was taken.
    func usedUntil(after taken: Int) -> Date? {
        guard taken > 0, minutesPerSecond > 0 else { return nil }
        return start + min(Double(taken) / minutesPerSecond, Self.aheadSeconds)
    }
}

extension SchedulerSettings {
    var lateShareMillionths: Int { weights.lateShareMillionths }
}

extension RoutingMarket {
    /// Minutes that offers take which go first for being past their bound.
    func lateMinutes(of offers: ArraySlice<PlannedOffer>) -> Int {
        let first = Dictionary(grouping: offers.filter(\.goesFirst), by: \.batch)
        return batches.filter { $0.isPastBound(at: instant) }.reduce(0) { sum, batch in
            sum + (first[batch.id]?.count ?? 0) * 15 * RoutingMatch.units(demanded: batch.expectedMinutes)
        }
    }
}
