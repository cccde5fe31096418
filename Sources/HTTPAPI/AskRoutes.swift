internal import Formats
internal import Foundation
internal import Hummingbird
internal import Marketplace
internal import Store

/// A worker's standing asks: what they want for an hour at least. Nobody reads or sets another's.
///
/// An ask takes no Idempotency-Key: what stands already is set again without a change.
struct AskRoutes {
    private static let bodyBytesMax = 4 << 10
    let market: Market

    func add(to router: some RouterMethods<BasicRequestContext>) {
        let routes = router.group("v1")
        routes.get("asks", use: asks)
        routes.put("asks", use: set)
        routes.delete("asks", use: end)
    }

    /// `?past=true&before=<ask>&limit=<1…200>`: newest first; without `past` those that stand.
    @Sendable func asks(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let limit = try request.pageLimit()
        let before: StandingAsk.ID? = try request.identifier("before")
        let past = request.uri.queryParameters["past"].map(String.init) ?? "false"
        guard ["true", "false"].contains(past) else { throw BadInput("past", "must be true or false") }
        let found = try await ListAsks(market: market)(past: past == "true", before: before, limit: limit, by: worker)
        let next = found.count == limit ? found.last.map { JSON.string("\($0.id)") } : nil
        return Response(json: ["items": .array(found.map(\.json)), "next": next ?? .null])
    }

    /// `{"hourly_minor", "currency", "profession"?}`: from now on, in place of what was asked for the same work. 200.
    @Sendable func set(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let body = try await JSONRequest(request, bytesMax: Self.bodyBytesMax)
        let profession = body.body["profession"].flatMap { $0 == .null ? nil : $0 }
        let work = try AskedWork(
            currency: try body.string("currency"),
            profession: profession == nil ? nil : try body.string("profession"))
        let hourly = try Money(try body.integer("hourly_minor"), work.currency)
        do {
            try await SetAsk(market: market)(hourly, for: work.profession, by: worker)
        } catch AskRefusal.sameAsk {
            // It stands.
        }
        return Response(json: ["state": "set"])
    }

    /// `?currency=<code>&profession=<code>`: nothing is asked of such work any more. 200.
    @Sendable func end(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let worker = try await market.authenticate(request)
        let query = request.uri.queryParameters
        let work = try AskedWork(
            currency: query["currency"].map(String.init) ?? "", profession: query["profession"].map(String.init))
        try await EndAsk(market: market)(in: work.currency, for: work.profession, by: worker)
        return Response(json: ["state": "ended"])
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
            "from": inForce.lower.map { .string($0.internetText) } ?? .null,
            "until": inForce.upper.map { .string($0.internetText) } ?? .null,
        ]
    }
}
