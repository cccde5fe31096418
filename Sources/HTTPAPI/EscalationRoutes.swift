internal import Formats
internal import HTTPTypes
internal import Marketplace

/// What was done as a batch's deadline neared, and what its further offers pay.
struct EscalationRoutes {
    private static let step = Shape.object(
        "EscalationStep",
        [
            "requester_id": .id, "batch_id": .id, "due_at": .time, "kind": .choice(EscalationStepKind.self),
            "level": .count, "taken_at": .time, "service_p90_seconds": .count, "open_slots": .count,
            "facts": .anything, "mark": .text,
        ])
    private static let raising: [Code] = [
        "batch_not_open", "batch_not_offered", "not_more", "above_band", "over_budget", "not_funded",
        "too_many_raises",
    ]
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, BatchRoutes.path + "/steps", "listEscalationSteps",
                "What was done for a batch as its deadline neared, and on what numbers, the newest first", .batches,
                for: RequesterRoutes.publisher,
                query: [.next("before", .text(7...80)), .limit()],
                gives: .ok(.page(Self.step, next: .text)), by: steps),
            Endpoint(
                .get, BatchRoutes.path + "/raise-limits", "showRaiseLimits",
                "What further offers of a batch pay, and how much more they may by band, budget and wallet", .batches,
                for: RequesterRoutes.publisher,
                gives: .ok([
                    "pay_minor": .minor, "most_minor": .minor, "band_most_minor": .minor, "currency": .currency,
                ]), by: limits),
            Endpoint(
                .post, BatchRoutes.path + "/raises", "raisePay",
                "Make further offers of a batch pay more for one task; what that may cost is held at once", .batches,
                for: RequesterRoutes.publisher, takes: .json(["amount_minor": .minor, "currency": .currency]),
                guards: BatchRoutes(market: market).guarded,
                gives: .created(["raise": .count, "pay_minor": .minor, "held_minor": .minor, "currency": .currency]),
                refuses: Self.raising, by: raise),
        ]
    }

    @Sendable private func steps(_ call: Call) async throws -> Outcome {
        let before = try call.query["before"].map { try EscalationStep.Mark(text: $0) }
        let found = try await ListEscalationSteps(market: market)(
            of: try call.batch(), before: before, limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { $0.mark.text }, \.json)
    }

    @Sendable private func limits(_ call: Call) async throws -> Outcome {
        let room = try await RaisePay(market: market).room(try call.batch(), by: try call.actor)
        return .json([
            "pay_minor": .integer(room.pay.minorUnits), "most_minor": .integer(try room.most.minorUnits),
            "band_most_minor": .integer(room.bandMost.minorUnits), "currency": .string(room.pay.currency.code),
        ])
    }

    @Sendable private func raise(_ call: Call) async throws -> Outcome {
        let (key, actor, pay) = (try call.batch(), try call.actor, try call.money())
        return try await call.once(201, \.wire) {
            try await RaisePay(market: $0)(pay, of: key, by: actor)
        }
    }
}

extension BatchRaise {
    fileprivate var wire: JSON {
        [
            "raise": .integer(Int64(number)), "pay_minor": .integer(pay.minorUnits),
            "held_minor": .integer(held.minorUnits), "currency": .string(pay.currency.code),
        ]
    }
}
