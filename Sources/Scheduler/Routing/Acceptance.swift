internal import Foundation
internal import Marketplace
internal import Matching

/// How likely workers accept, by what they and all of the cell answered before, in the six hours of their day that it
/// is.
struct Acceptance {
    let cell: [AnswerCount]
    let own: [Worker.ID: [AnswerCount]]

    /// In millionths: that a worker accepts before an offer of this instant ends.
    func chances(of workers: [RoutingCandidate], at instant: Date) -> [Worker.ID: Int] {
        let model = AcceptanceModel(cell: Self.buckets(cell))
        var chances: [Worker.ID: Int] = [:]
        for worker in workers {
            guard let window = worker.window, let band = AcceptanceModel.HourBand(rawValue: worker.band) else {
                continue
            }
            let minutes = window.answerBy.timeIntervalSince(instant) / 60
            chances[worker.worker] = model.chanceMillionths(
                .init(hour: band, pay: .usual), own: own[worker.worker].map(Self.buckets) ?? [:],
                withinMinutes: Int(exactly: min(max(minutes, 0), 1e6).rounded()) ?? 0)
        }
        return chances
    }

    private static func buckets(_ counts: [AnswerCount]) -> [AcceptanceModel.Bucket: AcceptanceModel.Count] {
        var buckets: [AcceptanceModel.Bucket: AcceptanceModel.Count] = [:]
        for count in counts {
            guard let band = AcceptanceModel.HourBand(rawValue: count.band) else { continue }
            let bucket = AcceptanceModel.Bucket(hour: band, pay: .usual)
            buckets[bucket] = AcceptanceModel.Count(offered: count.offered, accepted: count.accepted)
        }
        return buckets
    }
}
