internal import Formats
internal import HTTPTypes
internal import Marketplace

/// What workers do with work that is offered to them.
struct OfferRoutes {
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/offers", "listOffers", "What you were offered, newest first", .offers, for: .oneself,
                query: Parameter.paging, gives: .ok(.page(.offer)), by: offers),
            Endpoint(
                .post, "/v1/offers/{offer}/accept", "acceptOffer", "Take what was offered", .offers, for: .worker,
                takes: .empty, gives: .created(.assignment), refuses: Code.claim + ["offer_not_open"], by: accept),
            Endpoint(
                .post, "/v1/offers/{offer}/decline", "declineOffer", "Leave what was offered to others", .offers,
                for: .worker, takes: .json(["reason": Shape.choice(DeclineReason.self).orNull.optional]),
                gives: .ok(["state": .choice(OfferState.self)]), refuses: ["offer_not_open"], by: decline),
        ]
    }

    @Sendable private func offers(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let items = try await ListOffers(market: market)(
            of: Worker.ID(worker.uuid), before: try call.identifier("before"), limit: call.limit, by: worker)
        return .page(items, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func accept(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Offer.ID) = (try call.actor, try call.id("offer"))
        return try await call.once(201, \.json) { try await AcceptOffer(market: $0)(id, by: worker) }
    }

    @Sendable private func decline(_ call: Call) async throws -> Outcome {
        let (worker, id): (Principal.ID, Offer.ID) = (try call.actor, try call.id("offer"))
        let reason = call.text("reason").flatMap(DeclineReason.init)
        return try await call.once(200, { ["state": .string($0.rawValue)] }) {
            try await DeclineOffer(market: $0)(id, because: reason, by: worker)
        }
    }
}
