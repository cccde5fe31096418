internal import Formats
internal import HTTPTypes
internal import Marketplace

/// What a withdrawal took, and what is asked again in its place.
struct RecollectionRoutes {
    private static let withdrawal = "/v1/withdrawals/{requester}/{withdrawal}"
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.withdrawal + "/tasks", "listAffectedTasks", "Tasks that lost an answer by a withdrawal",
                .quality, for: RequesterRoutes.publisher, query: Parameter.pagingOn,
                gives: .ok(.page(.affectedTask)), by: affected),
            Endpoint(
                .post, Self.withdrawal + "/recollections", "planRecollection",
                "Make a draft that asks again for what a batch lost; the same again goes on with the same draft",
                .quality, for: RequesterRoutes.publisher,
                takes: .json(["batch": .id, "name": Shape.text(1...200).described("What the draft is called.")]),
                keyed: false,
                gives: .ok(["batch": .id, "tasks": .count, "cost_minor": .minor, "currency": .currency]),
                refuses: [
                    "withdrawal_ended", "nothing_short", "recollection_key_taken", "name_taken", "batch_not_draft",
                    "no_rate",
                ] + Code.content, by: recollect),
        ]
    }

    @Sendable private func affected(_ call: Call) async throws -> Outcome {
        let found = try await ListWithdrawn(market: market).affected(
            by: try call.id("withdrawal"), of: try call.id("requester"), after: try call.identifier("after"),
            limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.task)" }, \.json)
    }

    @Sendable private func recollect(_ call: Call) async throws -> Outcome {
        let plan = try await RecollectAnswers(market: market)(
            try call.id("withdrawal"), of: try call.required("batch"), from: try call.id("requester"),
            as: try call.string("name"), by: try call.actor)
        return .json([
            "batch": .string("\(plan.batch)"), "tasks": .integer(Int64(plan.tasks)),
            "cost_minor": .integer(plan.cost.minorUnits), "currency": .string(plan.cost.currency.code),
        ])
    }
}
