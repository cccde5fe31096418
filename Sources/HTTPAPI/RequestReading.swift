internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace
internal import NIOCore

/// Why a request cannot be read.
enum RequestRefusal: Refusal {
    case contentType
    case keyMissing
    case badJSON(String)

    var code: String {
        switch self {
        case .contentType: "unsupported_media_type"
        case .keyMissing: "idempotency_key_missing"
        case .badJSON: "bad_json"
        }
    }

    var message: String {
        switch self {
        case .contentType: "Send Content-Type: application/json."
        case .keyMissing: "Send an Idempotency-Key header, so that the request can be repeated safely."
        case .badJSON(let reason): "The body is not acceptable JSON: \(reason)"
        }
    }
}

/// A request with a JSON body: bounded, of the right type, and checked for depth and NUL while it was parsed.
struct JSONRequest {
    let body: JSON
    /// Over method, path and raw bytes, for the Idempotency-Key.
    let fingerprint: Digest

    init(_ request: Request, bytesMax: Int) async throws {
        let type = request.headers[.contentType]?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces)
        guard type?.lowercased() == "application/json" else { throw RequestRefusal.contentType }
        var request = request
        let buffer = try await request.collectBody(upTo: bytesMax)
        let bytes = Array(buffer.readableBytesView)
        do throws(JSONFault) {
            body = try JSON.parse(bytes, limits: JSON.Limits(maxDepth: 32, maxBytes: bytesMax))
        } catch {
            throw RequestRefusal.badJSON("\(error)")
        }
        fingerprint = Digest(of: Array("\(request.method) \(request.uri.path)\n".utf8) + bytes)
    }

    func integer(_ field: String) throws -> Int64 {
        guard let value = body[field]?.integerValue else { throw BadInput(field, "must be a whole number") }
        return value
    }

    func string(_ field: String) throws -> String {
        guard let value = body[field]?.stringValue else { throw BadInput(field, "must be text") }
        return value
    }

    func identifier<Entity>(_ field: String) throws -> Identifier<Entity>? {
        guard let value = body[field], value != .null else { return nil }
        guard let id = value.stringValue.flatMap({ Identifier<Entity>($0) }) else {
            throw BadInput(field, "must be a UUID")
        }
        return id
    }
}

extension Market {
    /// Who sent the request, by its bearer token.
    func authenticate(_ request: Request) async throws -> Principal.ID {
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") else {
            throw AccessRefusal.notAuthenticated
        }
        return try await authenticate(token: String(header.dropFirst(7)).trimmingCharacters(in: .whitespaces))
    }
}

extension Request {
    func idempotencyKey() throws -> String {
        guard let key = headers[.idempotencyKey] else { throw RequestRefusal.keyMissing }
        return key
    }

    /// An id in the query, such as that of the last one of the page before; `nil` if left out.
    func identifier<Entity>(_ name: String) throws(BadInput) -> Identifier<Entity>? {
        guard let text = uri.queryParameters[name[...]] else { return nil }
        guard let id = Identifier<Entity>(String(text)) else { throw BadInput(name, "must be a UUID") }
        return id
    }

    /// `?limit=`, 20 if left out.
    func pageLimit() throws -> Int {
        guard let text = uri.queryParameters["limit"] else { return 20 }
        guard let limit = Int(text) else { throw BadInput("limit", "must be a whole number") }
        return limit
    }
}

extension RequestContext {
    /// An id from the path; what is no UUID names nothing.
    func identifier<Entity>(_ name: String, of what: String) throws -> Identifier<Entity> {
        guard let id = parameters.get(name).flatMap({ Identifier<Entity>($0) }) else { throw NotFound(what) }
        return id
    }
}
