internal import Formats
internal import HTTPTypes
internal import Marketplace

/// Why answers were asked for, or no more: for a requester's key, and operators.
struct StoppingRoutes {
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/batches/{requester}/{batch}/stoppings", "listStoppings",
                "Why one more answer to a task was asked for, or no more; oldest first", .batches,
                for: .requester([.requester], or: [.operator]), query: [.query("task", .id), .after, .limit()],
                gives: .ok(.page(.stopping)), by: stoppings)
        ]
    }

    @Sendable private func stoppings(_ call: Call) async throws -> Outcome {
        let items = try await ListStoppings(market: market)(
            of: try call.id("batch"), from: try call.id("requester"), task: try call.identifier("task"),
            after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(items, limit: call.limit, next: { "\($0.id)" }, \.json)
    }
}
