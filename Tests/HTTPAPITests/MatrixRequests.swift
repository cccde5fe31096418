import Formats
import Foundation
import HTTPAPI
import Marketplace
import TestSupport

/// Requests to any endpoint that get as far as the question of who may: paths that name something, queries and bodies
/// that can be read.
enum MatrixRequests {
    /// Where an example of its shape says nothing, by id. Whatever is the name of something in it is filled in.
    private static let bodies: [String: JSON] = [
        "registerWorker": person("new"), "reviseRegistration": person("revised"),
        "importCalendar": [
            "calendar": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nEND:VCALENDAR\r\n"
        ],
        "setHoursPolicy": [
            "country": "ES", "daily_minutes_max": 1_000, "weekly_minutes_max": 5_000, "reason": "Law",
        ],
        "withdrawTasks": ["tasks": ["main-9"]],
        "reserveTasks": ["tasks": ["main-9"], "workers": [.string(nothing)]],
        "setCanary": ["external_key": "main-9", "reasons": ["unclear"]],
        "makeDirectOffer": [
            "worker": .string(nothing), "amount_minor": 2_000, "currency": "EUR", "quantity": 1,
            "answer_by": "2026-12-01T12:00:00Z", "deadline": "2026-12-02T12:00:00Z",
        ],
        "counterDirectOffer": [
            "amount_minor": 2_000, "currency": "EUR", "quantity": 1, "answer_by": "2026-12-01T12:00:00Z",
            "deadline": "2026-12-02T12:00:00Z",
        ],
        "registerWebhook": ["url": "https://hooks.example.org/more"],
        "createTeam": ["external_key": "more", "kind": "agency", "name": "More", "base": "DE"],
        "setTeamPayoutMethod": account("NL91ABNA0417164300"), "setPayoutMethod": account("NO9386011117947"),
        "publishTierRule": ["tier": "specialist", "conditions": ["years": 0]],
        "proposeTier": ["profession": "lawyer"],
        "declareProfession": ["profession": "lawyer", "years": 9],
        "addCredentialDocument": [
            "hash": .string(String(repeating: "a", count: 64)), "media_type": "application/pdf", "size": 9,
            "name": "more.pdf",
        ],
        "setTier": ["profession": "lawyer", "tier": "expert", "reasons": "Known."],
        "publishExam": exam, "draftRateCard": ["card": OneRate.card(2_500, currency: "EUR")],
        "setPayFloor": ["hourly_minor": 1, "currency": "EUR", "reason": "Law"],
        "prepareVoucher": [
            "kind": "write_off", "requester": .string(nothing), "amount_minor": 100, "currency": "EUR",
            "reference": "more", "reason": "Goodwill.",
        ],
        "chooseTaxRules": ["rules": "us", "residence": "DE", "form": "w8ben", "treaty_bps": 0],
        "setTaxProfile": ["residence": "US", "taxpayer_number": "123-45-6789", "form": "w9"],
        "setTaxDefault": ["rules": "eu", "source": "DAC7, section 2 PStTG"],
        "enterTaxClaim": [
            "kind": "special", "month": "2026-03", "amount_minor": 100, "currency": "EUR", "evidence": "Slip",
            "reference": "more",
        ],
        "createProject": [
            "external_key": "more", "name": "More", "task_kind": "extraction", "guideline": "Read.",
            "answer_schema": SmallMarket.schema,
        ],
        "setProjectRetention": ["retention_class": .null],
        "publishGuideline": ["text": "Read it all.", "changes": "More.", "scope": "none"],
        "reviewSubmission": ["verdict": "accepted"],
        "submitAnswer": ["lease_token": 1, "answer": ["label": "a"]],
        "saveDraft": ["lease_token": 1, "answer": ["label": "a"]],
        "reviseAnswer": ["answer": ["label": "a"], "active_seconds": 60],
        "addSignInProvider": ["key": "acme", "issuer": "https://id.example.org", "client_id": "guildhall"],
        "invitePerson": ["person": .string(nothing), "email": "more@example.org"],
    ]

    /// An example of an id, which names nothing.
    private static let nothing = "00000000-0000-7000-8000-000000000000"

    private static func person(_ key: String) -> JSON {
        [
            "external_key": .string(key), "name": "Worker \(key)", "email": .string("\(key)@example.org"),
            "country": "US", "time_zone": "America/New_York", "weekly_minutes_max": 2_400, "languages": ["en"],
        ]
    }

    private static func account(_ iban: String) -> JSON {
        ["account": .string(iban), "holder": "More", "country": .string(String(iban.prefix(2))), "currency": "EUR"]
    }

    private static var exam: JSON {
        let question: JSON = [
            "id": "q", "prompt": "Is it?", "options": ["a": "yes", "b": "no"], "skill": "lawyer/contracts",
        ]
        return [
            "profession": "lawyer", "key": "more", "title": "More",
            "sections": [["title": "One", "weight": 1, "questions": [question]]], "answer_key": ["q": "a"],
            "minutes": 60, "attempts_max": 1, "cooldown_hours": 0, "pass_bps": 5_000, "valid_days": 30,
        ]
    }

    /// With what it cannot do without in the query.
    static func path(of endpoint: Endpoint, on side: MatrixHall.Side, in hall: MatrixHall) -> String {
        let segments = endpoint.path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            guard segment.hasPrefix("{") else { return String(segment) }
            return hall.value(of: String(segment.dropFirst().dropLast()), in: endpoint.path, on: side) ?? nothing
        }
        let required = endpoint.parameters.filter { $0.place == .query && $0.isRequired }.map { parameter in
            "\(parameter.name)=\(example(of: parameter))"
        }
        return segments.joined(separator: "/") + (required.isEmpty ? "" : "?" + required.joined(separator: "&"))
    }

    private static func example(of parameter: Parameter) -> String {
        let example = parameter.shape.example
        switch (parameter.name, example) {
        case ("currency", _): return "EUR"
        case ("year", _): return "2026"
        // What goes from one instant to another begins before it ends.
        case ("from", .string): return "2026-01-01T00:00:00Z"
        case (_, .string(let text)): return text
        case _: return example.canonicalText
        }
    }

    static func body(of endpoint: Endpoint, on side: MatrixHall.Side, in hall: MatrixHall) -> JSON? {
        guard let body = endpoint.body, !body.isFile else { return nil }
        return filled(bodies[endpoint.id] ?? body.shape.example) { name in
            hall.value(of: name, in: endpoint.path, on: side)
        }
    }

    /// Ids that name nothing, by the names of what they should name.
    private static func filled(_ json: JSON, name: String = "", by value: (String) -> String?) -> JSON {
        switch json {
        case .object(let members):
            return .object(
                Dictionary(
                    members.map { ($0.key, filled($0.value, name: $0.key, by: value)) },
                    uniquingKeysWith: { first, _ in first }))
        case .array(let elements):
            // A list has the plural of what is in it.
            let one = name.hasSuffix("s") ? String(name.dropLast()) : name
            return .array(elements.map { filled($0, name: one, by: value) })
        case .string(nothing): return value(name).map(JSON.string) ?? json
        // A draft names its project by the requester's key.
        case .string where name == "project": return "clauses"
        case .string where name == "currency": return "EUR"
        case _: return json
        }
    }

    /// A file that can be read: a roster of one worker, or one task.
    static func file(of endpoint: Endpoint) throws -> [UInt8] {
        guard endpoint.body?.mediaTypes.first == "text/csv" else {
            return Array("{\"external_key\":\"k0\",\"payload\":{\"n\":0}}\n".utf8)
        }
        let sample = try String(contentsOfFile: ScratchServer.root + "/samples/workers.csv", encoding: .utf8)
        return Array(sample.split(whereSeparator: \.isNewline).prefix(2).joined(separator: "\n").utf8)
    }
}
