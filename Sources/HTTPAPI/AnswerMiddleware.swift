internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Marketplace
internal import NIOCore
internal import Store

/// Gives each request an id, and turns every error into an answer with a status and a code. What is shown and what is
/// logged are different things.
struct AnswerMiddleware<Context: RequestContext>: RouterMiddleware {
    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = answer(to: error, context: context)
        }
        response.headers[.requestID] = context.id
        if response.status == .serviceUnavailable { response.headers[.retryAfter] = "1" }
        return response
    }

    private func answer(to error: any Error, context: Context) -> Response {
        switch error {
        case IdempotencyRefusal.inFlight:
            let refusal = IdempotencyRefusal.inFlight
            var response = failure(refusal.status, refusal.code, refusal.message, context)
            response.headers[.retryAfter] = "1"
            return response
        case let refusal as any HTTPRefusal:
            return failure(refusal.status, refusal.code, refusal.message, context)
        case let refusal as any Refusal:
            return failure(.unprocessableContent, refusal.code, refusal.message, context)
        case let error as StoreError:
            context.logger.error("store failure", metadata: ["error": "\(error)"])
            return failure(error.status, error.code, error.publicMessage, context)
        case let error as any HTTPResponseError:
            return failure(error.status, "http_\(error.status.code)", "\(error.status.reasonPhrase).", context)
        case is CancellationError:
            return failure(.serviceUnavailable, "cancelled", "The request was cancelled.", context)
        default:
            context.logger.error("unexpected failure", metadata: ["error": "\(error)"])
            return failure(.internalServerError, "internal", "Something went wrong here.", context)
        }
    }

    private func failure(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, _ context: Context
    ) -> Response {
        let error: JSON = ["code": .string(code), "message": .string(message), "request_id": .string(context.id)]
        return Response(json: ["error": error], status: status)
    }
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

    /// An answer that may be a repetition.
    init(_ reply: Reply) {
        self.init(json: reply.body, status: HTTPResponse.Status(code: reply.status))
        if reply.isReplay { headers[.idempotentReplayed] = "true" }
    }
}
