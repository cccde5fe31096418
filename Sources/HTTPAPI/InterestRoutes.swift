internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Conflicts of interest: to whom a worker is tied, and so whose work they do not get.
struct InterestRoutes {
    private static let path = "/v1/workers/{worker}/interests"
    private static let own = Access.named(or: [.operator])
    private static let interest = Shape.object(
        "Interest",
        [
            "interest": .id, "kind": .choice(InterestKind.self), "party_name": .text,
            "party": Shape.text.described("In the form that is compared."), "begun_at": .time,
            "ends_at": Shape.time.orNull.described("Until when a withdrawn one bars."),
        ])
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.path, "listInterests", "To whom a worker is tied, newest first, with ties that have ended",
                .workers, for: Self.own, query: Parameter.paging, gives: .ok(.page(Self.interest)), by: list),
            Endpoint(
                .post, Self.path, "declareInterest",
                "Declare a tie to a party, whose work the worker does not get any more; said again it is the same tie",
                .workers, for: Self.own,
                takes: .json([
                    "kind": .choice(InterestKind.self),
                    "party": Shape.text(1...200).described("Compared without case, punctuation and company forms."),
                ]), gives: .created(Self.interest), refuses: ["too_many_interests"], by: declare),
            Endpoint(
                .post, Self.path + "/{interest}/withdraw", "withdrawInterest",
                "Say that a tie has ended; employers, retainers and counterparties bar on for 180 days", .workers,
                for: Self.own, takes: .empty, gives: .ok(Self.interest), refuses: ["interest_withdrawn"],
                by: withdraw),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListInterests(market: market)(
            of: try call.id("worker"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func declare(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let kind: InterestKind = try call.chosen("kind")
        let party = try call.string("party")
        return try await call.once(201, \.wire) {
            try await DeclareInterest(market: $0)(kind, in: party, of: worker, by: actor)
        }
    }

    @Sendable private func withdraw(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let id: Interest.ID = try call.id("interest")
        return try await call.once(200, \.wire) {
            try await WithdrawInterest(market: $0)(id, of: worker, by: actor)
        }
    }
}

extension Interest {
    fileprivate var wire: JSON {
        [
            "interest": .string("\(id)"), "kind": .string(kind.rawValue), "party_name": .string(partyName),
            "party": .string(party), "begun_at": .second(begunAt), "ends_at": .second(endsAt),
        ]
    }
}
