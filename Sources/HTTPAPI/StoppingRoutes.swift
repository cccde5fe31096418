internal import Formats
internal import Hummingbird
internal import Marketplace

/// Why answers were asked for, or no more: for a requester's key, and operators.
struct StoppingRoutes {
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        router.group("v1").get("batches/:requester/:batch/stoppings", use: stoppings)
    }

    /// `?after=<stopping>&task=<task>&limit=<1…200>`: oldest first; `next` is the `after` of the next page.
    @Sendable func stoppings(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let items = try await ListStoppings(market: market)(
            of: try context.identifier("batch", of: "batch"),
            from: try context.identifier("requester", of: "requester"), task: try request.identifier("task"),
            after: try request.identifier("after"), limit: limit, by: actor)
        let next = items.count == limit ? items.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(items.map(\.json)), "next": next ?? .null])
    }
}
