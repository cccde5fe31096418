internal import Formats
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// The API about itself: its specification, and the page for people. Both are made once, from what is served.
struct DocumentRoutes {
    private let specification: ByteBuffer
    private let page: DocumentPage

    init(documented: [Endpoint]) {
        let all = documented + Self.own({ _ in .json(.null) }, { _ in .json(.null) })
        specification = ByteBuffer(bytes: OpenAPI.document(of: all).canonicalBytes())
        page = DocumentPage(documented)
    }

    var endpoints: [Endpoint] {
        Self.own(
            { [specification] _ in
                .raw(
                    Response(
                        status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
                        body: ResponseBody(byteBuffer: specification)))
            },
            { [page] _ in
                .raw(
                    Response(
                        status: .ok,
                        headers: [
                            .contentType: "text/html; charset=utf-8",
                            .contentSecurityPolicy: page.policy, .xContentTypeOptions: "nosniff",
                        ], body: ResponseBody(byteBuffer: ByteBuffer(string: page.html))))
            })
    }

    private static func own(
        _ specification: @escaping @Sendable (Call) async throws -> Outcome,
        _ page: @escaping @Sendable (Call) async throws -> Outcome
    ) -> [Endpoint] {
        [
            Endpoint(
                .get, "/openapi.json", "readSpecification", "This API as OpenAPI 3.1", .service, for: .everybody,
                gives: .ok(.anyObject), by: specification),
            Endpoint(
                .get, "/docs", "readDocumentation", "This API for people", .service, for: .everybody,
                gives: .media("text/html"), by: page),
        ]
    }
}
