internal import Formats
package import HTTPTypes
internal import Hummingbird
package import Marketplace

/// One method of one path, declared once: from it come its registration, the reading and bounding of what is sent, the
/// specification at `/openapi.json`, the page at `/docs`, and the rule of who may call it that tests read.
package struct Endpoint: Sendable {
    package let method: HTTPRequest.Method
    /// Such as `/v1/offers/{offer}/accept`.
    package let path: String
    /// camelCase, unique.
    package let id: String
    package let topic: Topic
    package let summary: String
    package let access: Access
    package let parameters: [Parameter]
    package let body: Body?
    /// Whether an Idempotency-Key is required.
    package let isKeyed: Bool
    package let answers: [Answer]
    /// Codes of the refusals that are this endpoint's own; ``Code`` has those that all share.
    package let refusals: [Code]
    /// What it reads, or what a change of it is held against with If-Match.
    let guarded: Guarded?
    /// Set where secrets are guessed at: calls of it are few a minute, beside all others.
    package private(set) var guesses: Guesses?
    /// Whether its answer has the cookie of a session.
    package private(set) var setsCookie = false
    /// Whether a change must come with If-Match: it writes over what somebody else may have written.
    package let needsMatch: Bool
    let perform: @Sendable (Call) async throws -> Outcome

    /// - Parameters:
    ///   - summary: one line, without a full stop.
    ///   - query: beside them `fields`, which every GET takes.
    ///   - keyed: every POST and PUT, unless it says otherwise.
    ///   - sealed: a GET of content, whose reading is on record: auditors, who read what operators and finance read,
    ///     do not have it.
    init(
        _ method: HTTPRequest.Method, _ path: String, _ id: String, _ summary: String, _ topic: Topic,
        for access: Access, query: [Parameter] = [], takes body: Body? = nil, keyed: Bool? = nil,
        guards guarded: Guarded? = nil, needsMatch: Bool = false, sealed: Bool = false, gives answer: Answer,
        refuses: [Code] = [],
        by perform: @escaping @Sendable (Call) async throws -> Outcome
    ) {
        (self.method, self.path, self.id, self.topic, self.summary) = (method, path, id, topic, summary)
        self.access = method == .get && !sealed ? access.withAuditors : access
        (self.body, self.refusals, self.perform) = (body, refuses, perform)
        (self.guarded, self.needsMatch) = (guarded, needsMatch)
        isKeyed = keyed ?? (method == .post || method == .put)
        answers = [answer]
        let names = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        let declared = query.filter { $0.place == .path }
        parameters =
            names.map { name in declared.first { $0.name == name } ?? Parameter(.path, name, .id) }
            + query.filter { $0.place == .query }
    }

    /// What is guessed at by calling it.
    package struct Guesses: Hashable, Sendable {
        /// The member of the body that names whose secret it is, or is it; `nil` where there is none.
        package let member: String?
        /// Whether it takes a thread that hashes passwords: few of a sender are under way at once.
        package let isHashed: Bool
    }

    /// The same where secrets are guessed at: few are let through of an address or a caller, and of a member of the
    /// body.
    ///
    /// - Parameter isHashed: not so where others are asked, who may take long to answer.
    func guessing(_ member: String? = nil, isHashed: Bool = true) -> Endpoint {
        var endpoint = self
        endpoint.guesses = Guesses(member: member, isHashed: isHashed)
        return endpoint
    }

    /// The same where the answer begins a session.
    func beginningSession() -> Endpoint {
        var endpoint = self
        endpoint.setsCookie = true
        return endpoint
    }

    /// Whether a change of it can be held against what was read before.
    package var takesMatch: Bool { guarded != nil && method != .get }

    /// Whether supervisors ask it: it is answered whatever is under way, and counts for nobody.
    var isForSupervisors: Bool { ["showHealth", "showReadiness"].contains(id) }

    /// Whether its answer goes on as long as somebody reads it.
    package var isStream: Bool { answers.first?.mediaTypes == ["text/event-stream"] }

    /// What is under one heading in the documentation; keys are scoped by it.
    package enum Topic: String, Sendable, CaseIterable {
        case work, offers, auctions, direct_offers, asks, reviews, decisions, quality, ratings
        case batches, projects, people, workers, credentials, earnings, ledger, payouts, operations, service
        case rates, teams, exams, tiers, taxes, guidelines, account, webhooks
    }

    /// What is answered when all went well.
    package struct Answer: Sendable {
        package let status: Int
        package let shape: Shape
        /// Which it may be; the first unless something else is asked for.
        package var mediaTypes = ["application/json"]
        package var isJSON: Bool { mediaTypes == ["application/json"] }

        static func ok(_ shape: Shape) -> Answer { Answer(status: 200, shape: shape) }
        static func created(_ shape: Shape) -> Answer { Answer(status: 201, shape: shape) }
        static func accepted(_ shape: Shape) -> Answer { Answer(status: 202, shape: shape) }
        static func ok(_ members: KeyValuePairs<String, Shape>) -> Answer { .ok(.object(members)) }
        static func created(_ members: KeyValuePairs<String, Shape>) -> Answer { .created(.object(members)) }
        /// Text of another kind than JSON.
        static func media(_ types: String...) -> Answer { Answer(status: 200, shape: .anything, mediaTypes: types) }
    }

    /// A JSON body, where an empty one counts as `{}` if nothing in it is required; or a file.
    package struct Body: Sendable {
        package let shape: Shape
        /// Which it may be.
        package private(set) var mediaTypes = ["application/json"]
        package private(set) var isFile = false
        let bytesMax: Int
        let schema: JSONSchema?
        let isOptional: Bool

        init(_ shape: Shape, bytesMax: Int = 16 << 10) {
            self.shape = shape.closed
            self.bytesMax = bytesMax
            schema = try? JSONSchema(compiling: shape.closed.json)
            isOptional = shape.json["required"]?.arrayValue?.isEmpty ?? false
        }

        static func json(_ members: KeyValuePairs<String, Shape>, bytesMax: Int = 16 << 10) -> Body {
            Body(.object(members), bytesMax: bytesMax)
        }

        static let empty = Body(.object([:]))

        /// A file of one of these kinds, as it is: what is in it is for whoever reads it to say.
        static func file(_ mediaTypes: String..., bytesMax: Int) -> Body {
            var body = Body(.anything, bytesMax: bytesMax)
            (body.mediaTypes, body.isFile) = (mediaTypes, true)
            return body
        }
    }
}

/// Who may call an endpoint, and about whose objects. What stands behind it enforces it; tests try every endpoint as
/// every role on an own and on a foreign object against this.
package enum Access: Hashable, Sendable {
    /// No key is asked for.
    case everybody
    /// Whoever has a key.
    case anybody
    /// Whoever has a key, and nothing of anybody else is in the answer.
    case oneself
    /// Workers, about what is theirs.
    case worker
    /// The worker whom the path names, or whose paper, or who holds one of these roles.
    case named(or: [Role])
    /// Whoever manages the agency that the path names, or holds one of these roles.
    case managed(or: [Role])
    /// Who holds one of these roles.
    case platform([Role])
    /// Who holds one of the first roles for the requester that the request names, or one of the others.
    case requester([Role], or: [Role] = [])

    /// The same of what is only read: what operators or finance read, auditors read, too.
    fileprivate var withAuditors: Access {
        let platform: Set<Role> = [.operator, .financeMaker, .financeChecker]
        func more(_ roles: [Role]) -> [Role] { platform.isDisjoint(with: roles) ? roles : roles + [.auditor] }
        switch self {
        case .everybody, .anybody, .oneself, .worker: return self
        case .named(let roles): return .named(or: more(roles))
        case .managed(let roles): return .managed(or: more(roles))
        case .platform(let roles): return .platform(more(roles))
        case .requester(let roles, let others): return .requester(roles, or: more(others))
        }
    }
}

/// A parameter of the query, or of the path.
package struct Parameter: Sendable {
    package enum Place: String, Sendable { case query, path }
    package let place: Place
    package let name: String
    package let shape: Shape
    package let isRequired: Bool
    let schema: JSONSchema?

    init(_ place: Place, _ name: String, _ shape: Shape, required: Bool = false) {
        (self.place, self.name, self.shape) = (place, name, shape)
        isRequired = required || place == .path
        schema = try? JSONSchema(compiling: shape.json)
    }

    static func query(_ name: String, _ shape: Shape, required: Bool = false) -> Parameter {
        Parameter(.query, name, shape, required: required)
    }

    static func path(_ name: String, _ shape: Shape) -> Parameter { Parameter(.path, name, shape) }

    /// How many of a list at most; 20 if left out.
    static func limit(_ most: Int64 = 200) -> Parameter {
        .query("limit", .integer(1...most).described("How many at most; 20 if left out."))
    }

    /// Where the page before ended.
    static func next(_ name: String, _ shape: Shape) -> Parameter {
        .query(name, shape.described("The `next` of the page before."))
    }

    /// The last one of the page before.
    static let before = Parameter.next("before", .id)
    static let after = Parameter.next("after", .id)
    static let paging = [before, limit()]
    static let pagingOn = [after, limit()]

    /// What is sent, as the kind of value that the shape asks for.
    func value(of text: String) -> JSON {
        switch shape.json["type"]?.stringValue {
        case "integer": Int64(text).flatMap { "\($0)" == text ? JSON.integer($0) : nil } ?? .string(text)
        case "boolean": Bool(text).map(JSON.bool) ?? .string(text)
        case _: .string(text)
        }
    }
}

/// What an endpoint comes to.
enum Outcome: Sendable {
    case json(JSON, status: Int = 200)
    /// Perhaps a repetition.
    case reply(Reply)
    /// Not JSON.
    case raw(Response)

    /// A page: the list and what the next one is asked with, if this one is full.
    static func page<Item>(_ items: [Item], limit: Int, next: (Item) -> String, _ json: (Item) -> JSON) -> Outcome {
        let last = items.count >= limit ? items.last.map { JSON.string(next($0)) } : nil
        return .json(["items": .array(items.map(json)), "next": last ?? .null])
    }
}
