internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

extension SimulationRun {
    private static let page = 50

    /// The reviewers take what came in, in turn.
    func reviewQueue() async throws {
        var turn = 0
        for batch in batches.values.sorted(by: { $0.id < $1.id }) {
            var last: Assignment.ID?
            while true {
                let items = try await ReviewQueue(market: market)(
                    of: batch.id, from: batch.requester, after: last, limit: Self.page, by: crew.reviewers[0]
                )
                let tasks = items.map(\.task)
                let references = try await market.knownAnswers(of: tasks, batch.requester)
                for item in items {
                    turn += 1
                    try await review(
                        item, against: references[item.task] ?? [:],
                        by: crew.reviewers[turn % crew.reviewers.count]
                    )
                }
                last = items.last?.assignment
                if items.count < Self.page { break }
            }
        }
    }

    private func review(
        _ item: ReviewItem, against references: [String: JSON], by reviewer: Principal.ID
    ) async throws {
        let read = try await ReadSubmission(market: market)(item.assignment, of: item.requester, by: reviewer)
        let agreement = Agreement.basisPoints(of: read.answer, with: references)
        let judgement: Judgement =
            agreement.share >= 9_000
            ? .accepted : agreement.share >= 7_000 ? .acceptedInPart(basisPoints: agreement.share) : .rejected
        let reasons =
            judgement == .accepted
            ? ""
            : "The answer agrees with the reference in \(agreement.share / 100) of 100 parts. It differs in: "
                + agreement.differing.prefix(20).joined(separator: ", ") + "."
        let judge = ReviewSubmission(market: market)
        let review = try await judge(item.assignment, of: item.requester, judgement, reasons: reasons, by: reviewer)
        // Where one may not reject so much alone, another looks, who comes to the same.
        guard review.stage == .waitsForSecond, let second = crew.reviewers.first(where: { $0 != reviewer }) else {
            return
        }
        _ = try await judge(item.assignment, of: item.requester, judgement, reasons: reasons, by: second)
    }

}

/// What is due is paid: one person of finance prepares, another approves what they saw, the first sends it to the bank.
struct Payday {
    let market: Market
    let maker: Principal.ID
    let checker: Principal.ID
    let sink: PayoutSink

    func callAsFunction(on instant: Date) async throws {
        let dollars = try SimulationCurrency.dollars
        do {
            let batch = try await PreparePayoutBatch(market: market)(dollars, by: maker)
            try await ApprovePayoutBatch(market: market)(batch.id, contentHash: batch.contentHash, by: checker)
            try await IssuePayoutBatch(market: market)(batch.id, by: maker)
            let file = try await PayoutFile(market: market)(batch.id, by: maker)
            let day = instant.ISO8601Format(.iso8601.year().month().day())
            try sink("payout-\(day)-\(batch.id).csv", file)
        } catch PayoutRefusal.nothingToPay {
            return
        }
    }
}
