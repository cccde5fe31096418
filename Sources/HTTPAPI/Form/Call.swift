internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace

/// A request to an endpoint, read and bounded: what is declared is there, and as declared.
struct Call: Sendable {
    /// With If-Match, one whose next change is held against it.
    var market: Market
    let request: Request
    let context: APIContext
    let endpoint: Endpoint
    let caller: Caller?
    /// Of the query, by name; each given once and of its shape.
    let query: [String: String]
    let body: JSON
    /// Of an endpoint that takes a file; `nil` of all others.
    let upload: Upload?
    /// Over method, path, query and raw bytes, for the Idempotency-Key.
    let fingerprint: Digest

    /// A file that was sent.
    struct Upload: Sendable {
        /// One of those that the endpoint takes.
        let mediaType: String
        let bytes: [UInt8]
    }

    /// Who called. Of an endpoint for everybody there is nobody.
    var actor: Principal.ID {
        get throws(AccessRefusal) {
            guard let caller else { throw .notAuthenticated }
            return caller.principal
        }
    }

    /// What the caller's token is for.
    var scopes: Set<TokenScope> { caller?.scopes ?? [] }

    /// Does a thing once for the request's Idempotency-Key.
    ///
    /// - Parameters:
    ///   - sealed: whether the answer shows a secret, which is shown again only to who comes with the same scopes.
    ///   - perform: runs one use case on the market that it is given.
    func once<Result: Sendable>(
        _ status: Int = 200, sealed: Bool = false, _ json: @escaping @Sendable (Result) -> JSON,
        perform: @Sendable (Market) async throws -> Result
    ) async throws -> Outcome {
        guard let key = request.headers[.idempotencyKey] else { throw RequestRefusal.keyMissing }
        return .reply(
            try await market.once(
                key, by: try actor, route: "\(request.method) \(request.uri.path)",
                fingerprint: sealed ? scopedFingerprint : fingerprint, sealed: sealed,
                answer: { Reply(status: status, body: json($0)) }, perform: perform))
    }

    /// The fingerprint, and what the caller's token is for.
    private var scopedFingerprint: Digest {
        Digest(of: "\(fingerprint.hexadecimal) \(scopes.ordered.map(\.rawValue).joined(separator: " "))")
    }

    // MARK: path and query

    /// An id from the path; what is no UUID names nothing.
    func id<Entity>(_ name: String, of what: String? = nil) throws(NotFound) -> Identifier<Entity> {
        guard let id = context.parameters.get(name).flatMap({ Identifier<Entity>($0) }) else {
            throw NotFound(what ?? name)
        }
        return id
    }

    /// An id of the query, such as that of the last one of the page before; `nil` if left out.
    func identifier<Entity>(_ name: String) throws(BadInput) -> Identifier<Entity>? {
        guard let text = query[name] else { return nil }
        guard let id = Identifier<Entity>(text) else { throw BadInput(name, "must be a UUID") }
        return id
    }

    /// A text from the path, of its declared shape.
    func name(_ parameter: String) throws -> String {
        let declared = endpoint.parameters.first { $0.place == .path && $0.name == parameter }
        guard let text = context.parameters.get(parameter)?.removingPercentEncoding, let declared,
            !text.utf8.contains(0), declared.schema?.faults(in: declared.value(of: text), limit: 1) == []
        else { throw NotFound(parameter) }
        return text
    }

    /// `limit`, 20 if left out.
    var limit: Int { query["limit"].flatMap { Int($0) } ?? 20 }

    func choice<Choice: RawRepresentable>(_ name: String) -> Choice? where Choice.RawValue == String {
        query[name].flatMap(Choice.init)
    }

    /// The two ids of a page's end, `REQUESTER/OBJECT`.
    func keyed<Entity>(_ name: String) throws(BadInput) -> (requester: Requester.ID, id: Identifier<Entity>)? {
        guard let text = query[name] else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let requester = Requester.ID(parts[0]), let id = Identifier<Entity>(parts[1]) else {
            throw BadInput(name, "must be two UUIDs, REQUESTER/ID")
        }
        return (requester, id)
    }

    // MARK: body

    /// A member of the body; null counts as left out.
    subscript(field: String) -> JSON? { body[field].flatMap { $0.isNull ? nil : $0 } }

    func integer(_ field: String) throws(BadInput) -> Int64 {
        guard let value = self[field]?.integerValue else { throw BadInput(field, "must be a whole number") }
        return value
    }

    /// A whole number that fits; out of bounds it is the nearest that does, and what takes it says so.
    func int(_ field: String) -> Int? { self[field]?.integerValue.map { Int(clamping: $0) } }

    func string(_ field: String) throws(BadInput) -> String {
        guard let value = self[field]?.stringValue else { throw BadInput(field, "must be text") }
        return value
    }

    func text(_ field: String) -> String? { self[field]?.stringValue }

    /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    func chosen<Choice: RawRepresentable>(_ field: String) throws(BadInput) -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: try string(field)) else { throw BadInput(field, "is none") }
        return choice
    }

    func texts(_ field: String) -> [String] { self[field]?.arrayValue?.compactMap(\.stringValue) ?? [] }

    func member<Entity>(_ field: String) throws(BadInput) -> Identifier<Entity>? {
        guard let value = self[field] else { return nil }
        guard let id = value.stringValue.flatMap({ Identifier<Entity>($0) }) else {
            throw BadInput(field, "must be a UUID")
        }
        return id
    }

    func required<Entity>(_ field: String) throws(BadInput) -> Identifier<Entity> {
        guard let id: Identifier<Entity> = try member(field) else { throw BadInput(field, "must be a UUID") }
        return id
    }

    func instant(_ field: String) throws(BadInput) -> Date {
        try Self.instant(try string(field), field)
    }

    static func instant(_ text: String, _ field: String) throws(BadInput) -> Date {
        let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        for style in styles {
            // Years beyond these are mistakes, and far ones are no PostgreSQL times.
            if let instant = try? Date(text, strategy: style), (946_684_800..<4_102_444_800).contains(instant.unix) {
                return instant
            }
        }
        throw BadInput(field, "must be a time of 2000 to 2099 such as 2026-12-01T12:00:00Z")
    }

    func day(_ field: String) throws(BadInput) -> CalendarDate? {
        guard let text = text(field) else { return nil }
        guard let day = CalendarDate(iso: text) else { throw BadInput(field, "must be yyyy-MM-dd") }
        return day
    }

    func currency(_ field: String = "currency") throws(BadInput) -> Currency {
        guard let currency = Currency(try string(field)) else { throw BadInput(field, "must be an ISO 4217 code") }
        return currency
    }

    /// `{"amount_minor", "currency"}` among the members of the body.
    func money(_ field: String = "amount_minor") throws -> Money {
        try Money(try integer(field), try currency())
    }

    /// Ids, each once; none where the member is missing.
    func identifiers<Entity>(_ field: String) throws(BadInput) -> [Identifier<Entity>] {
        var ids: [Identifier<Entity>] = []
        for element in self[field]?.arrayValue ?? [] {
            guard let id = element.stringValue.flatMap({ Identifier<Entity>($0) }) else {
                throw BadInput(field, "must be an array of UUIDs")
            }
            ids.append(id)
        }
        return ids
    }
}

extension Date {
    fileprivate var unix: TimeInterval { timeIntervalSince1970 }
}
