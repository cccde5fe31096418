import Formats
import Foundation
import Marketplace
import Store
import TestSupport

/// A requester and an expert who bargain about one batch.
struct BargainDesk: Sendable {
    let small: SmallMarket
    let worker: Worker.ID
    let batch: Batch.ID

    /// - Parameter cap: what a task may pay at most, in cents.
    init(tasks: Int = 10, cap: Int64 = 3_000, door: BatchDoor = .claim, minutes: Int = 30) async throws {
        small = try await SmallMarket()
        worker = try await small.lawyer("w")
        batch = try await small.batch(
            small.draft("b", door: door, minutes: minutes, pricing: try Self.rising(to: cap, small.usd)), tasks: tasks)
    }

    /// A price that begins to rise in a year: what is held covers the cap.
    static func rising(to cap: Int64, _ currency: Currency) throws -> BatchPricing {
        BatchPricing(
            escalator: try Escalator(
                .steps, afterSeconds: 31_536_000, intervalSeconds: 60, step: Money(1, currency),
                cap: Money(cap, currency)))
    }

    var actor: Principal.ID { Principal.ID(worker.uuid) }
    var key: Batch.Key { Batch.Key(requester: small.requester, id: batch) }
    var forRequester: BargainingParty { .requester(small.requester) }

    func terms(_ amount: Int64 = 2_500, quantity: Int = 3, answer: Double = 600, deadline: Double = 86_400)
        throws -> DirectTerms
    {
        let now = Scratch.clock.now()
        return try DirectTerms(
            pay: Money(amount, small.usd), quantity: quantity, answerBy: now + answer, deadline: now + deadline,
            conditions: "In German.")
    }

    func make(_ terms: DirectTerms? = nil) async throws -> DirectOffer.ID {
        let terms = try terms ?? self.terms()
        return try await MakeDirectOffer(market: small.market)(of: key, to: worker, terms, by: small.manager)
    }

    func counter(_ id: DirectOffer.ID, _ terms: DirectTerms, for party: BargainingParty) async throws {
        try await CounterDirectOffer(market: small.market)(id, with: terms, for: party, by: who(party))
    }

    @discardableResult
    func accept(_ id: DirectOffer.ID, for party: BargainingParty) async throws -> [Assignment] {
        try await AcceptDirectOffer(market: small.market)(id, for: party, by: who(party))
    }

    func decline(_ id: DirectOffer.ID, for party: BargainingParty) async throws {
        try await DeclineDirectOffer(market: small.market)(id, for: party, by: who(party))
    }

    func withdraw(_ id: DirectOffer.ID, for party: BargainingParty) async throws {
        try await WithdrawDirectOffer(market: small.market)(id, for: party, by: who(party))
    }

    func take(_ id: DirectOffer.ID, most: Int = 100) async throws -> [Assignment] {
        try await TakeAgreedWork(market: small.market)(id, most: most, by: actor)
    }

    func history(_ id: DirectOffer.ID) async throws -> DirectOfferHistory {
        try await ListDirectOffers(market: small.market).one(id, for: forRequester, by: small.manager)
    }

    func refusal(_ body: () async throws -> some Any) async -> DirectOfferRefusal? {
        await TestSupport.refusal(DirectOfferRefusal.self, body)
    }

    private func who(_ party: BargainingParty) -> Principal.ID {
        switch party {
        case .requester: small.manager
        case .worker: actor
        }
    }

    func notices(_ kind: String, to recipient: Principal.ID) async throws -> Int {
        try await small.count("select count(*) as n from notice where kind = \(kind) and recipient_id = \(recipient)")
    }
}
