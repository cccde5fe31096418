import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// A market in which a task pays 20.00 USD, in a band of 5.00 to 50.00, with an offered batch that has a deadline.
struct LadderDesk {
    let small: SmallMarket
    let batch: Batch.Key
    let dueAt: Date

    /// - Parameter budget: in cents; the worst case of three tasks is 66.00.
    init(
        tasks: Int = 3, budget: Int64 = 100_000, wallet: Int64 = 10_000_000, door: BatchDoor = .offer,
        hours: Double = 10
    ) async throws {
        small = try await SmallMarket(wallet: wallet)
        Scratch.clock.advance(by: 1)
        let line: JSON = [
            "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task", "currency": "USD",
            "amount_minor": 2_000, "least_minor": 500, "most_minor": 5_000,
        ]
        let card = try await DraftRateCard(market: small.market)(["name": "Band", "rates": [line]], by: small.maker)
        try await ApproveRateCard(market: small.market)(card.version, contentHash: card.contentHash, by: small.checker)
        try await PublishRateCard(market: small.market)(card.version, by: small.maker)
        dueAt = Scratch.clock.now() + hours * 3_600
        batch = Batch.Key(
            requester: small.requester,
            id: try await small.batch(
                small.draft("urgent", door: door, budget: budget, dueAt: dueAt), tasks: tasks))
    }

    func endangered() async throws -> EndangeredBatch {
        let found = try await small.market.database.read { [dueAt] in
            try await $0.endangeredBatches(until: dueAt, after: nil, limit: 10)
        }
        return try #require(found.first)
    }

    @discardableResult
    func take(_ act: EscalationAct, facts: JSON = [:]) async throws -> Bool {
        try await EscalateBatch(market: small.market)(try await endangered(), act, facts: facts, by: small.manager)
    }

    func raise(to minor: Int64) async throws -> BatchRaise {
        try await RaisePay(market: small.market)(try Money(minor, small.usd), of: batch, by: small.manager)
    }

    func offer(to worker: Worker.ID) async throws -> Offer.ID {
        try await MakeOffer(market: small.market)(
            of: batch.id, from: batch.requester, to: worker, reason: [:], answerBy: Scratch.clock.now() + 600,
            by: small.manager)
    }

    func accept(_ offer: Offer.ID, by worker: Worker.ID) async throws -> Assignment {
        try await AcceptOffer(market: small.market)(offer, by: Principal.ID(worker.uuid))
    }

    var hold: AccountKey { .hold(ofBatch: batch.id.uuid, small.usd) }

    static let option = AlertOption(
        .extendDeadline, "Two hours more.", slotsLost: 0, costMinor: 0, delaySeconds: 7_200)
}
