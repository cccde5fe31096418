internal import Formats
internal import HTTPTypes
package import Hummingbird
internal import Logging
internal import Marketplace
internal import NIOCore

/// What is known of a request besides what it says.
package struct APIContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// The other end of its connection; `nil` for a socket of this machine.
    let remote: NetworkAddress?
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        remote = source.channel.remoteAddress?.network
    }
}

/// Gives each answer its request's id, and turns every error into problem details. What is shown and what is logged are
/// different things. A known path asked with a method that it has not is answered 405 with what it has.
struct AnswerMiddleware: RouterMiddleware {
    let paths: PathTable

    func handle(
        _ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            response = unrouted(request, context)
        } catch let counted as CountedError {
            response = refused(counted.error, request, context)
            counted.allowance.note(in: &response)
        } catch {
            response = refused(error, request, context)
        }
        response.headers[.requestID] = context.id
        return response
    }

    private func refused(_ error: any Error, _ request: Request, _ context: APIContext) -> Response {
        guard let problem = Problem(error) else {
            context.logger.error("unexpected failure", metadata: ["error": "\(error)"])
            return Problem(.internalServerError, "internal", "Something went wrong here.")
                .response(request, id: context.id)
        }
        if problem.status.code >= 500 {
            context.logger.error("failure", metadata: ["code": "\(problem.code)", "error": "\(error)"])
        }
        return problem.response(request, id: context.id)
    }

    private func unrouted(_ request: Request, _ context: APIContext) -> Response {
        let methods = paths.methods(at: request.uri.path)
        guard !methods.isEmpty else {
            return Problem(.notFound, "no_such_path", "There is nothing at this path. /docs has all that is.")
                .response(request, id: context.id)
        }
        let allowed = (methods + ["OPTIONS"]).joined(separator: ", ")
        guard request.method != .options else { return Response(status: .noContent, headers: [.allow: allowed]) }
        return Problem(
            .methodNotAllowed, "method_not_allowed", "This path takes \(allowed).", headers: [.allow: allowed]
        ).response(request, id: context.id)
    }
}

/// Which methods a path has.
struct PathTable: Sendable {
    private let entries: [(segments: [Substring], method: String)]

    init(_ endpoints: [Endpoint]) {
        entries = endpoints.map { ($0.path.split(separator: "/"), $0.method.rawValue) }
    }

    /// Sorted; HEAD beside GET. Empty for a path that is none.
    func methods(at path: String) -> [String] {
        let segments = path.split(separator: "/")
        let found = entries.filter { entry in
            entry.segments.count == segments.count
                && zip(entry.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        return Set(found.flatMap { $0.method == "GET" ? ["GET", "HEAD"] : [$0.method] }).sorted()
    }
}
