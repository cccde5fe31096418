internal import Formats
internal import Foundation
internal import Marketplace
internal import Outbound

/// One request to the API.
struct RemoteCall {
    let method: String
    let path: String
    var query: RemoteServer.Query = [:]
    var body: JSON?
    /// Whether it takes an Idempotency-Key.
    var isKeyed = false
    /// Whether the command sends many alike.
    var isOneOfMany = false
    /// The ETag of what it changes, as it was read.
    var match: String?

    /// Without the members that are `nil`.
    static func object(_ members: RemoteServer.Members) -> JSON { .object(members.compactMapValues(\.self)) }
}

/// What a server refused.
struct RemoteRefusal: Refusal {
    let code: String
    let message: String
    /// 0 where no answer came.
    var status = 0

    /// Whether the same again may do it: it may have been done, or may be done later.
    var isWorthRepeating: Bool { [0, 408, 425, 429].contains(status) || status >= 500 || code == "request_in_flight" }
}

/// What a file says of a draft, without its remark, which is for people.
func readDraft(_ path: String) throws -> [String: JSON] {
    try readJSONFile(path, "file").objectValue?.filter { $0.key != "remark" } ?? [:]
}

/// A server that is asked in place of the database, as whoever the token belongs to.
struct RemoteServer: Sendable {
    /// Of a query; what is `nil` is left out.
    typealias Query = [String: String?]
    /// Of a body; what is `nil` is left out.
    typealias Members = [String: JSON?]

    private static let bodyBytesMost = 32 << 20
    private static let seconds: Int64 = 600
    /// Of a list in which something is looked for by its name, each of 200.
    private static let pagesMost = 50
    private static var unreserved: CharacterSet {
        CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
    }

    let address: String
    let token: String
    let key: RemoteKey

    // MARK: Requests

    func get(_ path: String, _ query: Query = [:]) async throws -> JSON {
        try await send(RemoteCall(method: "GET", path: path, query: query))
    }

    func post(
        _ path: String, _ body: Members = [:], _ query: Query = [:], keyed: Bool = true
    ) async throws -> JSON {
        try await send(
            RemoteCall(method: "POST", path: path, query: query, body: RemoteCall.object(body), isKeyed: keyed))
    }

    /// With a body that stands in a file.
    func post(_ path: String, whole body: JSON, keyed: Bool = true) async throws -> JSON {
        try await send(RemoteCall(method: "POST", path: path, body: body, isKeyed: keyed))
    }

    /// One of many that a command sends, of which others may be left when it is run again with the same key.
    func postOneOfMany(_ path: String, _ body: Members) async throws -> JSON {
        try await send(
            RemoteCall(method: "POST", path: path, body: RemoteCall.object(body), isKeyed: true, isOneOfMany: true))
    }

    func put(_ path: String, _ body: Members = [:], keyed: Bool = true) async throws -> JSON {
        try await send(RemoteCall(method: "PUT", path: path, body: RemoteCall.object(body), isKeyed: keyed))
    }

    func patch(_ path: String, _ body: Members) async throws -> JSON {
        try await send(RemoteCall(method: "PATCH", path: path, body: RemoteCall.object(body)))
    }

    func delete(_ path: String, _ query: Query = [:]) async throws -> JSON {
        try await send(RemoteCall(method: "DELETE", path: path, query: query))
    }

    /// Writes over a document as it is now; what somebody else writes meanwhile is refused, not lost.
    ///
    /// - Parameters:
    ///   - document: the path by which it is read.
    ///   - path: by which it is written, where that is another.
    ///   - body: what is written, from what was read.
    func change(
        _ document: String, by method: String = "PUT", at path: String? = nil, _ body: (JSON) throws -> JSON
    ) async throws -> JSON {
        let read = try await reply(to: RemoteCall(method: "GET", path: document))
        guard let tag = read.headers["etag"] else {
            throw RemoteRefusal(code: "etag_missing", message: "The server does not say how the object is now.")
        }
        return try await send(
            RemoteCall(
                method: method, path: path ?? document, body: try body(try Self.json(read.body)),
                isKeyed: method == "PUT", match: tag))
    }

    /// What an endpoint gives as text.
    func text(_ path: String) async throws -> String {
        String(decoding: try await reply(to: RemoteCall(method: "GET", path: path)).body, as: UTF8.self)
    }

    /// Writes what an endpoint gives as a file, whatever its size, to a file or to standard output.
    ///
    /// - Parameter isPrivate: readable by nobody else.
    /// - Returns: the headers, by lower-case name.
    @discardableResult
    func download(
        _ path: String, _ query: Query = [:], by method: String = "GET", to output: String?, isPrivate: Bool = false
    ) async throws -> [String: String] {
        let file = try ResultFile(output, isPrivate: isPrivate)
        let headers: [String: String]
        do {
            headers = try await reply(to: RemoteCall(method: method, path: path, query: query)) { piece in
                (try? file.write(piece)) != nil
            }.headers
            try file.finish()
        } catch {
            file.discard()
            throw error
        }
        if let output { Console.note("Wrote \(output).") }
        return headers
    }

    private func send(_ call: RemoteCall) async throws -> JSON { try Self.json(try await reply(to: call).body) }

    private static func json(_ bytes: [UInt8]) throws -> JSON {
        let limits = JSON.Limits(maxDepth: 100, maxBytes: bodyBytesMost, maxKeys: 2_000_000)
        guard let json = try? JSON.parse(bytes, limits: limits) else {
            throw RemoteRefusal(code: "no_json", message: "What the server answered is no JSON.")
        }
        return json
    }

    private func reply(
        to call: RemoteCall, writing write: (([UInt8]) -> Bool)? = nil
    ) async throws -> (body: [UInt8], headers: [String: String]) {
        let query = call.query.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { "\(name)=\(Self.encoded($0))" }
        }
        let base = address.hasSuffix("/") ? String(address.dropLast()) : address
        let target = try OutboundTarget(
            base + call.path + (query.isEmpty ? "" : "?" + query.joined(separator: "&")), field: "server",
            networks: .all)
        let request = OutboundRequest(
            call.method, target, headers: fields(of: call), body: call.body?.canonicalBytes() ?? [])
        let outgoing = OutboundClient(networks: .all, seconds: Self.seconds, bodyBytesMost: Self.bodyBytesMost)
        let (answer, headers) = await outgoing.reply(to: request, writing: write)
        switch answer {
        case .failed(let reason): throw RemoteRefusal(code: "unreachable", message: "The server: \(reason)")
        case .answered(let status, let body):
            if (200...299).contains(status) { return (body, headers) }
            let told = try? JSON.parse(body)
            throw RemoteRefusal(
                code: told?["code"]?.stringValue ?? "http_\(status)",
                message: told?["detail"]?.stringValue ?? "The server answered \(status).", status: status)
        }
    }

    private func fields(of call: RemoteCall) -> [String: String] {
        var headers = [
            "accept": "application/json, */*", "user-agent": "guildhall-cli/1", "authorization": "Bearer \(token)",
        ]
        if call.isKeyed {
            let query = call.query.sorted { $0.key < $1.key }.map { name, value in "\(name)=\(value ?? "")" }
            let line = "\(call.method) \(call.path)?\(query.joined(separator: "&"))\n"
            headers["idempotency-key"] = key.next(
                for: Array(line.utf8) + (call.body?.canonicalBytes() ?? []), isOneOfMany: call.isOneOfMany)
        }
        if call.body != nil { headers["content-type"] = "application/json" }
        headers["if-match"] = call.match
        return headers
    }

    // MARK: Paths

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
    }

    private static func path(_ segments: [String]) -> String {
        "/v1/" + segments.map(encoded).joined(separator: "/")
    }

    /// Of these segments below `/v1`.
    static func path(_ segments: String...) -> String { path(segments) }

    /// Such as `/v1/auctions/REQUESTER/AUCTION`: of a requester, under a topic.
    func path(of requester: String, _ topic: String, _ rest: String...) async throws -> String {
        Self.path([topic, try await self.requester(requester)] + rest)
    }

    /// `/v1/batches/REQUESTER/BATCH`, and what is below it.
    func path(of batch: BatchOptions, _ rest: String...) async throws -> String {
        Self.path(["batches", try await requester(batch.whose.requester), batch.batch] + rest)
    }

    /// `/v1/projects/REQUESTER/PROJECT`, and what is below it.
    func path(ofProject key: String, of requester: String, _ rest: String...) async throws -> String {
        let owner = try await self.requester(requester)
        return Self.path(["projects", owner, try await project(key, of: owner)] + rest)
    }

    /// `/v1/guidelines/REQUESTER/GUIDELINE`, and what is below it.
    func path(ofGuideline key: String, of requester: String, _ rest: String...) async throws -> String {
        let owner = try await self.requester(requester)
        return Self.path(["guidelines", owner, try await guideline(key, of: owner)] + rest)
    }

    /// `/v1/workers/WORKER`, and what is below it.
    func path(ofWorker key: String, _ rest: String...) async throws -> String {
        Self.path(["workers", try await worker(key)] + rest)
    }

    /// `/v1/teams/TEAM`, and what is below it.
    func path(ofTeam key: String, _ rest: String...) async throws -> String {
        Self.path(["teams", try await team(key)] + rest)
    }

    /// A page of a list, as the API asks for it.
    static func page(
        after: String? = nil, before: String? = nil, _ limit: Int, _ more: Query = [:]
    ) -> Query {
        let page: Query = ["after": after, "before": before, "limit": "\(limit)"]
        return page.merging(more) { _, own in own }
    }

    /// Refuses an option that no endpoint takes, so that none is passed over in silence.
    static func refuse(_ option: String, _ isGiven: Bool) throws {
        guard !isGiven else { throw BadInput(option, "is not for a server; leave it, or --server, out") }
    }

    // MARK: Who asks

    /// Refuses to do for a worker what a server does only for whoever asks: it would be done for somebody else than was
    /// named.
    ///
    /// - Parameter key: the worker, by id or by the operator's key for them; `me` is whoever asks.
    func demandSelf(worker key: String) async throws {
        guard key != "me" else { return }
        let me = try await asker("/v1/workers/me", "worker")
        guard me["external_key"]?.stringValue == key || me["worker"]?.stringValue == key.lowercased() else {
            throw BadInput("worker", "is not who asks, whom alone a server does this for")
        }
    }

    /// The same of any person, by name or by id.
    func demandSelf(person name: String) async throws {
        guard name != "me" else { return }
        let me = try await asker("/v1/me", "person")
        guard me["name"]?.stringValue == name || me["principal"]?.stringValue == name.lowercased() else {
            throw BadInput("person", "is not who asks, whom alone a server does this for")
        }
    }

    /// The same of any principal, by id.
    func demandSelf(principal id: String) async throws {
        guard id != "me" else { return }
        guard try await asker("/v1/me", "principal")["principal"]?.stringValue == id.lowercased() else {
            throw BadInput("principal", "is not who asks, whom alone a server does this for")
        }
    }

    private func asker(_ path: String, _ what: String) async throws -> JSON {
        do {
            return try await get(path)
        } catch let refusal as RemoteRefusal where [403, 404].contains(refusal.status) {
            throw BadInput(what, "cannot be held against who asks (\(refusal.message)); `me` is whoever asks")
        }
    }

    // MARK: Names

    /// The id of a requester; by operators it may be named by its key.
    func requester(_ key: String) async throws -> String {
        try await find(key, "requester", in: "/v1/requesters", by: "external_key")
    }

    /// The id of a person; by operators they may be named as `--by` does.
    func person(_ name: String) async throws -> String {
        try await find(name, "person", in: "/v1/people", by: "name")
    }

    /// The id of a team; by operators it may be named by its key.
    func team(_ key: String) async throws -> String {
        try await find(key, "team", in: "/v1/teams", by: "external_key")
    }

    /// - Parameter owner: the requester's id.
    func project(_ key: String, of owner: String) async throws -> String {
        try await find(key, "project", in: "/v1/projects/\(owner)", by: "external_key")
    }

    /// - Parameter owner: the requester's id.
    func guideline(_ key: String, of owner: String) async throws -> String {
        try await find(key, "guideline", in: "/v1/guidelines/\(owner)", by: "external_key")
    }

    /// The id of a worker; they name themselves by `me` or the operator's key for them.
    func worker(_ key: String) async throws -> String {
        if let id = UUID(uuidString: key) { return id.uuidString.lowercased() }
        let me: JSON
        do {
            me = try await get("/v1/workers/me")
        } catch let refusal as RemoteRefusal where [403, 404].contains(refusal.status) {
            throw BadInput("worker", "is named by their id where a server is asked")
        }
        guard key == "me" || me["external_key"]?.stringValue == key, let id = me["worker"]?.stringValue else {
            throw BadInput("worker", "is somebody else: the token is not theirs")
        }
        return id
    }

    /// The id of an entry of a list by what it is called; an id is taken as it is.
    private func find(_ name: String, _ what: String, in list: String, by member: String) async throws -> String {
        if let id = UUID(uuidString: name) { return id.uuidString.lowercased() }
        var last: String?
        for _ in 0..<Self.pagesMost {
            let page: JSON
            do {
                page = try await get(list, Self.page(after: last, 200))
            } catch let refusal as RemoteRefusal where refusal.status == 403 {
                throw BadInput(what, "is named by its id: who asks may not look it up (\(refusal.message))")
            }
            for item in page["items"]?.arrayValue ?? [] where item[member]?.stringValue == name {
                if let id = item[what]?.stringValue { return id }
            }
            guard let next = page["next"]?.stringValue else { throw NotFound("\(what) called '\(name)'") }
            last = next
        }
        throw BadInput(what, "is not among the first \(Self.pagesMost * 200): give its id")
    }
}
