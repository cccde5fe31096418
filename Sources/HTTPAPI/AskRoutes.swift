internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace
internal import Store

/// A worker's standing asks: what they want for an hour at least. Nobody reads or sets another's.
///
/// An ask takes no Idempotency-Key: what stands already is set again without a change.
struct AskRoutes {
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/asks", "listAsks", "What you want for an hour at least, newest first", .asks, for: .worker,
                query: [
                    .query("past", Shape.flag.described("Also those that are over.")), .before, .limit(),
                ],
                gives: .ok(.page(Self.ask)), by: asks),
            Endpoint(
                .put, "/v1/asks", "setAsk", "Want so much for an hour from now on, in place of what was asked", .asks,
                for: .worker,
                takes: .json([
                    "hourly_minor": .minor, "currency": .currency, "profession": Shape.text.orNull.optional,
                ]), keyed: false, gives: .ok(.state("set")), refuses: ["too_many_asks"], by: set),
            Endpoint(
                .delete, "/v1/asks", "endAsk", "Ask for nothing of such work any more", .asks, for: .worker,
                query: [.query("currency", .currency, required: true), .query("profession", .text(1...60))],
                gives: .ok(.state("ended")), refuses: ["no_ask"], by: end),
        ]
    }

    private static let ask = Shape.object(
        "StandingAsk",
        [
            "ask": .id, "profession": .text.orNull, "hourly_minor": .minor, "currency": .currency,
            "from": .time.orNull, "until": .time.orNull,
        ])

    @Sendable private func asks(_ call: Call) async throws -> Outcome {
        let found = try await ListAsks(market: market)(
            past: call.query["past"] == "true", before: try call.identifier("before"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func set(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        let work = try AskedWork(currency: try call.string("currency"), profession: call.text("profession"))
        let hourly = try Money(try call.integer("hourly_minor"), work.currency)
        do {
            try await SetAsk(market: market)(hourly, for: work.profession, by: worker)
        } catch AskRefusal.sameAsk {
            // It stands.
        }
        return .json(["state": "set"])
    }

    @Sendable private func end(_ call: Call) async throws -> Outcome {
        let work = try AskedWork(currency: call.query["currency"] ?? "", profession: call.query["profession"])
        try await EndAsk(market: market)(in: work.currency, for: work.profession, by: try call.actor)
        return .json(["state": "ended"])
    }
}

/// Which work an ask is for.
private struct AskedWork {
    let currency: Currency
    let profession: Profession?

    init(currency code: String, profession name: String?) throws(BadInput) {
        guard let currency = Currency(code) else { throw BadInput("currency", "must be an ISO 4217 code") }
        self.currency = currency
        profession = name.flatMap(Profession.init)
        guard (name == nil) == (profession == nil) else {
            throw BadInput("profession", "must be the code of a profession, such as lawyer")
        }
    }
}

extension StandingAsk {
    fileprivate var json: JSON {
        [
            "ask": .string("\(id)"), "profession": profession.map { .string($0.code) } ?? .null,
            "hourly_minor": .integer(hourly.minorUnits), "currency": .string(hourly.currency.code),
            "from": .millisecond(inForce.lower),
            "until": .millisecond(inForce.upper),
        ]
    }
}
