import Formats
import Foundation
import FoundationNetworking
import HTTPAPI
import HTTPTypes
import Marketplace
import TestSupport
import Testing

@Suite("What the API says of itself", .scratchDatabase)
struct SpecificationTests {
    private var endpoints: [Endpoint] { HTTPAPI.endpoints(of: Scratch.market, isReady: { nil }) }

    @Test("every endpoint has an id of its own, shapes that compile, codes that are known, and a summary")
    func declared() throws {
        let all = endpoints
        #expect(Set(all.map(\.id)).count == all.count)
        #expect(Set(all.map { "\($0.method) \($0.path)" }).count == all.count)
        for endpoint in all {
            #expect(!endpoint.summary.isEmpty && !endpoint.summary.hasSuffix("."), "\(endpoint.id)")
            for answer in endpoint.answers { _ = try JSONSchema(compiling: answer.shape.closed.json) }
            if let body = endpoint.body {
                let schema = try JSONSchema(compiling: body.shape.json)
                #expect(schema.faults(in: body.shape.example) == [], "\(endpoint.id): its example is none")
            }
            for parameter in endpoint.parameters { _ = try JSONSchema(compiling: parameter.shape.json) }
            for code in endpoint.codes { #expect(Catalogue.entries[code] != nil, "\(endpoint.id): \(code.name)") }
        }
    }

    @Test("shapes of one name are one shape")
    func names() {
        var shapes: [String: JSON] = [:]
        func look(_ json: JSON) {
            guard let members = json.objectValue else { return }
            if let name = members["title"]?.stringValue {
                #expect(shapes[name] == nil || shapes[name] == json, "two shapes are called \(name)")
                shapes[name] = json
            }
            for property in members["properties"]?.objectValue?.values ?? [:].values { look(property) }
            if let items = members["items"] { look(items) }
            for way in members["anyOf"]?.arrayValue ?? [] { look(way) }
        }
        for endpoint in endpoints {
            for answer in endpoint.answers { look(answer.shape.json) }
        }
        #expect(shapes.count > 20)
    }

    @Test("what is served at /openapi.json has every endpoint, and /docs needs nothing but itself")
    func served() async throws {
        let all = endpoints
        try await LiveServer.run(Scratch.market) { server in
            let specification = try await server.send("GET", "/openapi.json").body
            var known: [String] = []
            for (path, methods) in specification["paths"]?.objectValue ?? [:] {
                for (method, operation) in methods.objectValue ?? [:] {
                    known.append("\(method.uppercased()) \(path) \(operation["operationId"]?.stringValue ?? "")")
                }
            }
            #expect(known.sorted() == all.map { "\($0.method.rawValue) \($0.path) \($0.id)" }.sorted())
            let url = try #require(URL(string: "http://127.0.0.1:\(server.port)/docs"))
            let page = String(decoding: try await Self.fetch(url), as: UTF8.self)
            for endpoint in all where endpoint.topic != .service { #expect(page.contains("id=\"\(endpoint.id)\"")) }
            for code in Catalogue.entries.keys { #expect(page.contains("id=\"\(code.name)\"")) }
            #expect(!page.contains("src=") && !page.contains("<link") && !page.contains("@import"))
        }
    }

    @Test("it has the messages to webhooks with what is in them, the session's cookie, and where that comes from")
    func beside() throws {
        let document = OpenAPI.document(of: endpoints)
        #expect(document["webhooks"]?.objectValue?.keys.sorted() == PublicEvent.kinds.sorted())
        for kind in PublicEvent.kinds {
            let operation = document["webhooks"]?[kind]?["post"]
            let content = operation?["requestBody"]?["content"]
            let schema = try #require(content?["application/json"]?["schema"])
            _ = try JSONSchema(compiling: schema)
            let data = schema["properties"]?["data"]?["properties"]
            let type: JSON = ["type": "string", "enum": [.string(kind)]]
            #expect(data?["requester"]?["format"] == "uuid" && schema["properties"]?["type"] == type)
            // A fact that nobody has described would be anything.
            for fact in PublicEvent.facts(of: kind) {
                #expect(data?[fact]?.objectValue?.isEmpty == false, "\(kind): \(fact)")
            }
        }
        let session = document["components"]?["securitySchemes"]?["session"]
        #expect(session?["in"] == "cookie" && session?["name"] == "__Host-guildhall")
        let either: JSON = [["key": []], ["session": []]]
        #expect(document["security"] == either)
        let begun = document["paths"]?["/v1/sessions"]?["post"]?["responses"]?["201"]
        #expect(begun?["headers"]?["Set-Cookie"]?["description"]?.stringValue != nil)
    }

    private static func fetch(_ url: URL) async throws -> Data {
        let (data, response) = try await LiveServer.session.answer(from: url)
        let policy = (response as? HTTPURLResponse)?.value(forHTTPHeaderField: "Content-Security-Policy")
        #expect(policy?.hasPrefix("default-src 'none'") == true)
        return data
    }

    @Test(
        "another's validator takes the specification",
        .enabled(if: Clients.areInstalled, "openapi-spec-validator is not installed; `make clients` does it"))
    func validated() async throws {
        let path = FileManager.default.temporaryDirectory.path + "/guildhall-openapi-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(OpenAPI.document(of: endpoints).canonicalBytes()))
        let (status, output) = try await Clients.run("openapi-spec-validator", [path])
        #expect(status == 0, "\(output.prefix(4_000))")
    }
}
