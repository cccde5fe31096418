internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What workers, and publishers of a requester, do with direct offers. Whoever names a requester acts for it
/// (`?requester=<id>`), everybody else for themself as a worker.
struct DirectOfferRoutes {
    private static let party = Parameter.query("requester", .id.described("Act for this requester, as its publisher."))
    private static let own: [Code] = [
        "direct_offer_not_open", "own_turn", "others_turn", "batch_not_open", "batch_overdue", "batch_auctioned",
    ]
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/direct-offers", "listDirectOffers", "Direct offers to you, or of a requester, newest first",
                .direct_offers, for: .oneself,
                query: [Self.party, .query("batch", .id.described("For a requester only.")), .before, .limit()],
                gives: .ok(.page(.directOffer)), refuses: ["not_found"], by: offers),
            Endpoint(
                .get, "/v1/direct-offers/{offer}", "showDirectOffer", "One with all its turns", .direct_offers,
                for: .worker, query: [Self.party], gives: .ok(.directOfferWhole), by: offer),
            say(
                "accept", "acceptDirectOffer", "Agree; what a worker has leased by it comes back", .empty,
                .ok(.assignments), Self.own + Code.claim, { ["assignments": .array($0.map(\.json))] },
                { try await AcceptDirectOffer(market: $0)($1.id, for: $1.party, by: $1.actor) }),
            say(
                "decline", "declineDirectOffer", "Say no, as whoever has to answer", .empty, .ok(.state("declined")),
                Self.own, { ["state": "declined"] },
                { try await DeclineDirectOffer(market: $0)($1.id, for: $1.party, by: $1.actor) }),
            say(
                "withdraw", "withdrawDirectOffer", "Take it back, as whoever spoke last", .empty,
                .ok(.state("withdrawn")), Self.own, { ["state": "withdrawn"] },
                { try await WithdrawDirectOffer(market: $0)($1.id, for: $1.party, by: $1.actor) }),
            say(
                "counter", "counterDirectOffer", "Say other terms; the other side has to answer",
                .json(Shape.directTerms), .ok(.state("open")),
                Self.own + Code.claim + ["too_many_turns", "other_currency", "below_floor", "above_most"],
                { ["state": "open"] },
                {
                    try await CounterDirectOffer(market: $0)(
                        $1.id, with: try $1.call.directTerms(), for: $1.party, by: $1.actor)
                }),
            say(
                "take", "takeAgreedWork", "Take tasks of an offer that was agreed",
                .json(["count": Shape.integer.optional]), .created(.assignments),
                Self.own + Code.claim + ["direct_offer_not_agreed"],
                { ["assignments": .array($0.map(\.json))] },
                {
                    try await TakeAgreedWork(market: $0)(
                        $1.id, most: $1.call.int("count") ?? DirectTerms.quantityMax, by: $1.actor)
                }),
        ]
    }

    /// What somebody says of an offer, and for whom.
    private struct Said: Sendable {
        let id: DirectOffer.ID
        let party: BargainingParty
        let call: Call
        let actor: Principal.ID
    }

    private func say<Result: Sendable>(
        _ verb: String, _ id: String, _ summary: String, _ body: Endpoint.Body, _ answer: Endpoint.Answer,
        _ refusals: [Code], _ json: @escaping @Sendable (Result) -> JSON,
        _ perform: @escaping @Sendable (Market, Said) async throws -> Result
    ) -> Endpoint {
        Endpoint(
            .post, "/v1/direct-offers/{offer}/\(verb)", id, summary, .direct_offers, for: .worker, query: [Self.party],
            takes: body, gives: answer, refuses: refusals
        ) { call in
            let said = Said(
                id: try call.id("offer", of: "direct offer"), party: try call.party(), call: call,
                actor: try call.actor)
            return try await call.once(answer.status, json) { try await perform($0, said) }
        }
    }

    /// The batch for a requester only.
    @Sendable private func offers(_ call: Call) async throws -> Outcome {
        let found = try await ListDirectOffers(market: market)(
            for: try call.party(), in: try call.identifier("batch"), before: try call.identifier("before"),
            limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func offer(_ call: Call) async throws -> Outcome {
        let id: DirectOffer.ID = try call.id("offer", of: "direct offer")
        return .json(
            try await ListDirectOffers(market: market).one(id, for: try call.party(), by: try call.actor).json)
    }
}

extension Call {
    fileprivate func party() throws -> BargainingParty {
        let requester: Requester.ID? = try identifier("requester")
        return requester.map(BargainingParty.requester) ?? .worker
    }

    func directTerms() throws -> DirectTerms {
        try DirectTerms(
            pay: try money(), quantity: Int(clamping: try integer("quantity")),
            answerBy: try instant("answer_by"), deadline: try instant("deadline"), conditions: text("conditions") ?? "")
    }
}
