internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace

/// Why work was offered or not: workers read their own part, requesters counts by reason, operators all of it.
struct ScheduleRoutes {
    private static let milliseconds = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.get("offers/:id/why", use: offer)
        routes.get("work/routing", use: own)
        routes.get("batches/:requester/:batch/routing", use: batch)
    }

    /// Why an offer was made, the worker's own part.
    @Sendable func offer(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let found = try await ExplainRouting(market: market)(
            try context.identifier("id", of: "offer"), of: Worker.ID(worker.uuid), by: worker)
        return Response(json: found.json)
    }

    /// Why the worker was offered nothing, as it was said last; `explanation` is null where nothing was.
    @Sendable func own(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let found = try await ExplainRouting(market: market)(Worker.ID(worker.uuid), by: worker)
        return Response(json: ["explanation": found?.json ?? .null])
    }

    /// `?as=<operator|requester>&before=<instant>&limit=<1…200>`: why slots of a batch were not offered, the newest
    /// first; `next` is the `before` of the next page. For a requester unless it says otherwise.
    @Sendable func batch(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let actor = try await market.authenticate(request)
        let key = Batch.Key(
            requester: try context.identifier("requester", of: "batch"),
            id: try context.identifier("batch", of: "batch"))
        let query = request.uri.queryParameters
        let role = query["as"].map(String.init) ?? ExplainRouting.Reader.requester.rawValue
        guard let reader = ExplainRouting.Reader(rawValue: role) else {
            throw BadInput("as", "must be operator or requester")
        }
        let before: Date? = try query["before"].map { text in
            guard let instant = try? Date(String(text), strategy: Self.milliseconds) else {
                throw BadInput("before", "must be the next of a page")
            }
            return instant
        }
        let limit = try request.pageLimit()
        let items = try await ExplainRouting(market: market)(key, before: before, limit: limit, as: reader, by: actor)
        let next = items.count == limit ? items.last.map { JSON.string($0.since.formatted(Self.milliseconds)) } : nil
        return Response(json: ["items": .array(items.map(\.json)), "next": next ?? .null])
    }
}
