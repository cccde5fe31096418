internal import Formats
internal import Marketplace

/// What a requester's endpoints are sent, as the `webhooks` of the specification.
///
/// Source: OpenAPI 3.1.1, section 4.8.1; Standard Webhooks, specification 1.0.
enum WebhookSpecification {
    private static let money = Shape.text.described("An amount and its currency: 1234.50 USD.")
    /// What a fact is, by its name; it has one meaning in all kinds.
    private static let facts: [String: Shape] = [
        "added": .count, "amount": money, "batch": .id, "budget": money, "count": .count, "due_at": Shape.time.orNull,
        "faulty": .count, "held": money, "import": .id, "pay": money, "quarantine": .id, "raise": .count,
        "reason": .text, "rechecks": .count, "redundancy": .count, "reference": .id, "released": money,
        "round": .count, "share_bps": .bps, "slots": .count, "stage": .text, "task": .id, "tasks": .count,
        "unchanged": .count, "verdict": .text, "version": .count, "was": money,
    ]

    static var json: JSON {
        .object(Dictionary(PublicEvent.kinds.map { ($0, message($0)) }, uniquingKeysWith: { first, _ in first }))
    }

    private static func message(_ kind: String) -> JSON {
        [
            "post": [
                "summary": .string("`\(kind)`, to the endpoints that asked for it."), "tags": ["webhooks"],
                "description": "Signed by the Standard Webhooks specification; it may come twice under one id.",
                "security": [], "parameters": .array(headers),
                "requestBody": [
                    "required": true, "content": ["application/json": ["schema": body(kind)]],
                ],
                "responses": [
                    "2XX": ["description": "It arrived. Anything else is tried again for three days."],
                    "410": ["description": "Nobody is here any more: the endpoint is told nothing from now on."],
                ],
            ]
        ]
    }

    private static func body(_ kind: String) -> JSON {
        var data: [String: JSON] = ["requester": Shape.id.json]
        data[kind.split(separator: ".").first.map(String.init) ?? kind] = Shape.id.json
        for fact in PublicEvent.facts(of: kind) { data[fact] = (facts[fact] ?? .anything).json }
        return [
            "type": "object", "required": ["type", "timestamp", "data"],
            "properties": [
                "type": ["type": "string", "enum": [.string(kind)]], "timestamp": Shape.time.json,
                "data": ["type": "object", "required": ["requester"], "properties": .object(data)],
            ],
        ]
    }

    private static var headers: [JSON] {
        let all: [(name: String, sentence: String, isRequired: Bool)] = [
            ("webhook-id", "The same each time that the message comes.", true),
            ("webhook-timestamp", "Seconds since 1970, of this try.", true),
            ("webhook-signature", "`v1,` and base64 of HMAC-SHA256; two of them while the secret is rotated.", true),
            ("traceparent", "W3C Trace Context.", false),
        ]
        return all.map { header in
            [
                "name": .string(header.name), "in": "header", "required": .bool(header.isRequired),
                "description": .string(header.sentence), "schema": ["type": "string"],
            ]
        }
    }
}
