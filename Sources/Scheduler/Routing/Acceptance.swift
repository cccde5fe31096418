internal import Foundation
internal import Marketplace
internal import Matching

/// How likely workers accept, and how soon, by what they and all of the cell answered before, in the six hours of their
/// day that it is, for what is paid against the rate.
struct Acceptance: Hashable, Sendable {
    private let model: AcceptanceModel
    private let own: [Worker.ID: [AnswerCount]]

    init(cell: [AnswerCount] = [], own: [Worker.ID: [AnswerCount]] = [:]) {
        model = AcceptanceModel(
            cell: Self.buckets(cell), delayMinutesTotal: cell.reduce(0) { $0 + min(max($1.delayMinutes, 0), 1 << 40) })
        self.own = own
    }

    /// In millionths: that a worker accepts before an offer of this instant ends.
    func chances(
        of workers: [RoutingCandidate], at instant: Date, pay: AcceptanceModel.PayBand = .usual
    ) -> [Worker.ID: Int] {
        var chances: [Worker.ID: Int] = [:]
        for worker in workers {
            guard let window = worker.window else { continue }
            chances[worker.worker] = chance(
                of: worker.worker, band: worker.band, minutes: window.answerBy.timeIntervalSince(instant) / 60,
                pay: pay)
        }
        return chances
    }

    /// In millionths: that a worker accepts an offer of these six hours of their day within so many minutes.
    func chance(
        of worker: Worker.ID, band: Int, minutes: Double, pay: AcceptanceModel.PayBand = .usual
    ) -> Int {
        guard let hour = AcceptanceModel.HourBand(rawValue: band) else { return AcceptanceModel.priorMillionths }
        return model.chanceMillionths(
            .init(hour: hour, pay: pay), own: own[worker].map(Self.buckets) ?? [:],
            withinMinutes: Int(exactly: min(max(minutes, 0), 1e6).rounded()) ?? 0)
    }

    /// In millionths: that anybody of the cell accepts, sooner or later, whatever the hour is.
    var usualMillionths: Int {
        let hours = AcceptanceModel.HourBand.allCases
        return hours.reduce(0) { $0 + model.cellMillionths(.init(hour: $1, pay: .usual)) } / hours.count
    }

    /// In millionths: that a worker accepts, sooner or later, whatever the hour is.
    func usualMillionths(of worker: Worker.ID) -> Int {
        model.usualMillionths(.usual, own: own[worker].map(Self.buckets) ?? [:])
    }

    /// The same of each of these workers, who may be there or not.
    func usualMillionths(of workers: [Worker.ID]) -> [Worker.ID: Int] {
        let unknown: Int = usualMillionths
        return Dictionary(
            workers.map { ($0, own[$0] == nil ? unknown : usualMillionths(of: $0)) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func buckets(_ counts: [AnswerCount]) -> [AcceptanceModel.Bucket: AcceptanceModel.Count] {
        var buckets: [AcceptanceModel.Bucket: AcceptanceModel.Count] = [:]
        for count in counts {
            guard let band = AcceptanceModel.HourBand(rawValue: count.band),
                let pay = AcceptanceModel.PayBand(rawValue: count.payBand)
            else { continue }
            let bucket = AcceptanceModel.Bucket(hour: band, pay: pay)
            buckets[bucket] = AcceptanceModel.Count(offered: count.offered, accepted: count.accepted)
        }
        return buckets
    }
}
