package import Formats
internal import HTTPTypes
internal import Hummingbird

/// The specification of the API, made from the declarations that serve it.
///
/// Source: OpenAPI 3.1.1.
package struct OpenAPI {
    private let endpoints: [Endpoint]
    private var schemas: [String: JSON] = [:]

    private init(_ endpoints: [Endpoint]) { self.endpoints = endpoints }

    package static func document(of endpoints: [Endpoint]) -> JSON {
        var writer = OpenAPI(endpoints)
        return writer.document()
    }

    private mutating func document() -> JSON {
        var paths: [String: [String: JSON]] = [:]
        for endpoint in endpoints {
            paths[endpoint.path, default: [:]][endpoint.method.rawValue.lowercased()] = operation(endpoint)
        }
        schemas["Problem"] = Self.problem.json
        let topics = Endpoint.Topic.allCases.filter { topic in endpoints.contains { $0.topic == topic } }
        return [
            "openapi": "3.1.1",
            "info": [
                "title": "Guildhall", "version": "1",
                "description": "The backend of a marketplace for expert work. People read /docs.",
                "license": ["name": "see the repository", "identifier": "LicenseRef-Guildhall"],
            ],
            "servers": [["url": "/"]],
            "tags": .array(topics.map { ["name": .string($0.rawValue)] }),
            "security": [["key": []], ["session": []]],
            "paths": .object(paths.mapValues(JSON.object)),
            "webhooks": WebhookSpecification.json,
            "components": [
                "securitySchemes": [
                    "key": ["type": "http", "scheme": "bearer", "description": "Authorization: Bearer gh_…"],
                    "session": Self.session,
                ],
                "schemas": .object(schemas),
            ],
        ]
    }

    private mutating func operation(_ endpoint: Endpoint) -> JSON {
        var operation: [String: JSON] = [
            "operationId": .string(endpoint.id), "summary": .string(endpoint.summary + "."),
            "tags": [.string(endpoint.topic.rawValue)], "description": .string(endpoint.rule),
            "responses": responses(of: endpoint),
        ]
        if endpoint.access == .everybody { operation["security"] = [] }
        var parameters = endpoint.parameters.map { parameter in
            parameter.json(in: parameter.place.rawValue)
        }
        if endpoint.isKeyed {
            parameters.append([
                "name": "Idempotency-Key", "in": "header", "required": true,
                "description": "Repeating a request under its key gives the stored answer.",
                "schema": ["type": "string", "pattern": "^[!-~]{1,255}$"],
            ])
        }
        if endpoint.takesMatch {
            parameters.append([
                "name": "If-Match", "in": "header", "required": .bool(endpoint.needsMatch),
                "description": "The ETag that the object was read with; 412 if it was changed since. `*` for any.",
                "schema": ["type": "string", "pattern": "^([*]|\"[0-9a-f-]{1,80}\")$"],
            ])
        }
        if let fields = endpoint.fields, endpoint.method == .get, !fields.isEmpty {
            parameters.append([
                "name": "fields", "in": "query", "required": false, "style": "form", "explode": false,
                "description": "Which members are wanted; of a list, of each item.",
                "schema": [
                    "type": "array", "minItems": 1,
                    "items": ["type": "string", "enum": .array(fields.sorted().map(JSON.string))],
                ],
            ])
        }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = endpoint.body {
            let schema = hoisted(body.shape.json)
            let kinds = body.mediaTypes.map { ($0, JSON.object(["schema": schema])) }
            operation["requestBody"] = [
                "required": .bool(!body.isOptional),
                "content": .object(Dictionary(kinds, uniquingKeysWith: { first, _ in first })),
            ]
        }
        return .object(operation)
    }

    private mutating func responses(of endpoint: Endpoint) -> JSON {
        var responses: [String: JSON] = [:]
        for answer in endpoint.answers {
            let whole = hoisted(answer.shape.json)
            let isSparse = endpoint.method == .get && endpoint.fields?.isEmpty == false
            let schema = isSparse ? sparse(whole, answer.shape) : whole
            let kinds = answer.mediaTypes.map { ($0, JSON.object(["schema": schema])) }
            var response: [String: JSON] = [
                "description": "As asked.",
                "content": .object(Dictionary(kinds, uniquingKeysWith: { first, _ in first })),
            ]
            if endpoint.setsCookie { response["headers"] = Self.sessionHeaders }
            responses["\(answer.status)"] = .object(response)
        }
        let byStatus = Dictionary(grouping: endpoint.codes) { Catalogue.entries[$0]?.status ?? 422 }
        for (status, codes) in byStatus {
            let lines = codes.map { "`\($0.name)`: \(Catalogue.entries[$0]?.meaning ?? "")" }
            responses["\(status)"] = [
                "description": .string(lines.joined(separator: "\n\n")),
                "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
            ]
        }
        if endpoint.method == .get, endpoint.answers.first?.isJSON == true {
            responses["304"] = ["description": "What If-None-Match names is still as it was."]
        }
        return .object(responses)
    }

    /// What is answered when `fields` leaves members out.
    private func sparse(_ whole: JSON, _ shape: Shape) -> JSON {
        guard shape.json["properties"]?["items"] != nil, var page = whole.objectValue,
            var members = page["properties"]?.objectValue, let item = members["items"]?["items"]
        else { return ["anyOf": [whole, ["type": "object", "description": "What `fields` named."]]] }
        members["items"] = [
            "type": "array",
            "items": ["anyOf": [item, ["type": "object", "description": "What `fields` named."]]],
        ]
        page["properties"] = .object(members)
        return .object(page)
    }

    /// Every shape with a name is kept once and referred to.
    private mutating func hoisted(_ json: JSON) -> JSON {
        guard var members = json.objectValue else { return json }
        if let properties = members["properties"]?.objectValue {
            var hoistedProperties: [String: JSON] = [:]
            for (name, property) in properties { hoistedProperties[name] = hoisted(property) }
            members["properties"] = .object(hoistedProperties)
        }
        if let items = members["items"] { members["items"] = hoisted(items) }
        if let ways = members["anyOf"]?.arrayValue {
            var hoistedWays: [JSON] = []
            for way in ways { hoistedWays.append(hoisted(way)) }
            members["anyOf"] = .array(hoistedWays)
        }
        guard let name = members["title"]?.stringValue else { return .object(members) }
        schemas[name] = .object(members)
        return ["$ref": .string("#/components/schemas/\(name)")]
    }

    private static let session: JSON = [
        "type": "apiKey", "in": "cookie", "name": .string(SessionCookie.name),
        "description": """
        Of somebody who signed in. What changes something must come from a page of this server: Origin of the same \
        host, or Sec-Fetch-Site: same-origin.
        """,
    ]

    private static let sessionHeaders: JSON = [
        "Set-Cookie": [
            "description": .string("\(SessionCookie.name), for all of this host; HttpOnly, Secure, SameSite=Strict."),
            "schema": ["type": "string"],
        ]
    ]

    static let problem = Shape.object(
        "Problem",
        [
            "type": .text.described("Where the code is described."), "title": .text, "status": .integer(400...599),
            "detail": .text.described("For people."), "instance": .text,
            "code": .text.described("Stable; what programs branch on."), "request_id": .text,
            "errors": Shape.list(
                .object([
                    "pointer": Shape.text.described("JSON Pointer into the body.").optional,
                    "parameter": Shape.text.optional, "code": .text, "detail": .text,
                ])
            ).optional,
        ])
}

extension Parameter {
    fileprivate func json(in place: String) -> JSON {
        var schema = shape.json.objectValue ?? [:]
        var json: [String: JSON] = ["name": .string(name), "in": .string(place), "required": .bool(isRequired)]
        if let sentence = schema.removeValue(forKey: "description") { json["description"] = sentence }
        json["schema"] = .object(schema)
        return .object(json)
    }
}

extension Endpoint {
    /// Who may call it, in a sentence.
    package var rule: String {
        switch access {
        case .everybody: "No key is needed."
        case .anybody: "Any key."
        case .oneself: "Any key; it is about whoever it belongs to."
        case .worker: "A worker's key, about what is theirs."
        case .named(let roles): "The key of the worker who is named, or one with the role \(Self.list(roles))."
        case .managed(let roles): "The key of a manager of the agency, or one with the role \(Self.list(roles))."
        case .platform(let roles): "A key with the role \(Self.list(roles))."
        case .requester(let roles, []): "A key with the role \(Self.list(roles)) for the requester."
        case .requester(let roles, let others):
            "A key with the role \(Self.list(roles)) for the requester, or the role \(Self.list(others))."
        }
    }

    private static func list<Name: RawRepresentable>(_ roles: [Name]) -> String where Name.RawValue == String {
        roles.map(\.rawValue).joined(separator: " or ")
    }
}
