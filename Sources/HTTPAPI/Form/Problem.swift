internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace
internal import NIOCore
internal import Store

/// What an error is told as: problem details.
///
/// Shape: `type` (where it is described), `title`, `status`, `detail`, `instance`, `code` (what programs branch on),
/// `request_id`, and `errors`: each with the `pointer` of a member of the body or the `parameter`, `code`, `detail`.
/// Source: RFC 9457; JSON Pointer is RFC 6901.
struct Problem: Error {
    let status: HTTPResponse.Status
    let code: String
    let detail: String
    var errors: [Place] = []
    var headers: HTTPFields = [:]

    /// Which part of the request is wrong.
    struct Place: Hashable, Sendable {
        enum Part: String, Sendable { case pointer, parameter }
        let part: Part
        let name: String
        let code: String
        let detail: String

        /// What is wrong with the `answer` of a body.
        static func inAnswer(_ faults: [JSONSchema.Fault]) -> [Place] {
            faults.map { Place(part: .pointer, name: "/answer" + $0.path, code: $0.keyword, detail: $0.reason) }
        }

        fileprivate var json: JSON {
            [part.rawValue: .string(name), "code": .string(code), "detail": .string(detail)]
        }
    }

    init(
        _ status: HTTPResponse.Status, _ code: String, _ detail: String, errors: [Place] = [], headers: HTTPFields = [:]
    ) {
        (self.status, self.code, self.detail, self.errors, self.headers) = (status, code, detail, errors, headers)
    }

    /// - Returns: `nil` for an error that says nothing to whoever asked.
    init?(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case IdempotencyRefusal.inFlight:
            let refusal = IdempotencyRefusal.inFlight
            self.init(refusal.status, refusal.code, refusal.message, headers: [.retryAfter: "1"])
        case let refusal as any HTTPRefusal:
            let places = (refusal as? any PlacedRefusal)?.places ?? []
            self.init(refusal.status, refusal.code, refusal.message, errors: places)
        case let refusal as any Refusal: self.init(.unprocessableContent, refusal.code, refusal.message)
        case let error as MoneyError: self.init(.unprocessableContent, "bad_input", "\(error)")
        case let error as StoreError: self.init(error.status, error.code, error.publicMessage)
        case let error as any HTTPResponseError: self.init(httpError: error)
        case is CancellationError: self.init(.serviceUnavailable, "cancelled", "The request was cancelled.")
        case _: return nil
        }
    }

    private init(httpError error: any HTTPResponseError) {
        switch error.status {
        case .contentTooLarge: self.init(error.status, "body_too_large", "The body is longer than this takes.")
        case .notFound: self.init(error.status, "no_such_path", "There is nothing at this path. /docs has all that is.")
        case .badRequest: self.init(error.status, "bad_request", "The request cannot be read.")
        case _: self.init(error.status, "http_\(error.status.code)", "\(error.status.reasonPhrase).")
        }
    }

    func response(_ request: Request, id: String) -> Response {
        var members: [String: JSON] = [
            "type": .string("/docs#\(code)"), "title": .string(status.reasonPhrase),
            "status": .integer(Int64(status.code)), "detail": .string(detail), "instance": .string(request.uri.path),
            "code": .string(code), "request_id": .string(id),
        ]
        if !errors.isEmpty { members["errors"] = .array(errors.map(\.json)) }
        var response = Response(json: .object(members), status: status)
        for field in headers { response.headers[field.name] = field.value }
        response.headers[.contentType] = "application/problem+json"
        if status == .serviceUnavailable, response.headers[.retryAfter] == nil { response.headers[.retryAfter] = "1" }
        return response
    }
}

/// A refusal that knows which parts of the request it is about.
protocol PlacedRefusal: Refusal {
    var places: [Problem.Place] { get }
}

extension HTTPField.Name {
    static let requestID = HTTPField.Name("X-Request-Id") ?? .date
    static let idempotencyKey = HTTPField.Name("Idempotency-Key") ?? .date
    static let idempotentReplayed = HTTPField.Name("Idempotent-Replayed") ?? .date
}

extension Response {
    init(json: JSON, status: HTTPResponse.Status = .ok) {
        self.init(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.canonicalBytes()))
        )
    }
}
