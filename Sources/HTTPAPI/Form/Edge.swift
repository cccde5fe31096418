internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace
internal import NIOCore
internal import Store

/// Why a request cannot be read.
enum RequestRefusal: HTTPRefusal {
    /// With what may be sent.
    case contentType([String])
    case keyMissing
    case badJSON(String)
    /// A browser's cookie, and a page of somebody else's.
    case crossOrigin
    /// It is not as it was when it was read.
    case changedMeanwhile
    case matchMissing

    var code: String {
        switch self {
        case .contentType: "unsupported_media_type"
        case .keyMissing: "idempotency_key_missing"
        case .badJSON: "bad_json"
        case .crossOrigin: "cross_origin"
        case .changedMeanwhile: "changed_meanwhile"
        case .matchMissing: "if_match_missing"
        }
    }

    var status: HTTPResponse.Status {
        switch self {
        case .contentType: .unsupportedMediaType
        case .keyMissing, .badJSON: .badRequest
        case .crossOrigin: .forbidden
        case .changedMeanwhile: .preconditionFailed
        case .matchMissing: .preconditionRequired
        }
    }

    var message: String {
        switch self {
        case .contentType(let kinds): "Send Content-Type: \(kinds.joined(separator: " or "))."
        case .keyMissing: "Send an Idempotency-Key header, so that the request can be repeated safely."
        case .badJSON(let reason): "The body is not acceptable JSON: \(reason)"
        case .crossOrigin: "A page of another origin cannot do this with your cookie."
        case .changedMeanwhile: "Somebody has changed it since you read it. Read it again, and decide again."
        case .matchMissing: "This writes over what is there. Send its ETag in If-Match, or * to write over anything."
        }
    }
}

/// Where requests come in: each is authenticated, counted, read, bounded and held against its endpoint's shapes, and
/// handed on; what comes back is cut to the fields that were asked for and tagged.
struct Edge: Sendable {
    /// What is longer takes long enough to read, hash and judge that everybody would wait for it.
    private static let bytesOnLoopMost = 64 << 10
    let market: Market
    let limits: RequestLimits
    /// Of its pages, where browsers reach it by another name than it is asked by.
    let publicOrigin: String?

    func add(_ endpoints: [Endpoint], to router: some RouterMethods<APIContext>) {
        for endpoint in endpoints {
            router.on(RouterPath(endpoint.path), method: endpoint.method) { request, context in
                guard Self.takesLong(request, endpoint) else { return try await answer(request, context, endpoint) }
                // Not on the loop of everybody's connections.
                return try await withTaskExecutorPreference(globalConcurrentExecutor) {
                    try await answer(request, context, endpoint)
                }
            }
        }
    }

    /// Whether a file comes, or a body that is large, or whose length is not said where it may be.
    private static func takesLong(_ request: Request, _ endpoint: Endpoint) -> Bool {
        guard let body = endpoint.body else { return false }
        guard !body.isFile else { return true }
        guard body.bytesMax > bytesOnLoopMost else { return false }
        guard let length = request.headers[.contentLength] else { return request.headers[.transferEncoding] != nil }
        return Int(length).map { $0 > bytesOnLoopMost } ?? true
    }

    /// With what is left to whoever asked, also where it is refused.
    private func answer(_ request: Request, _ context: APIContext, _ endpoint: Endpoint) async throws -> Response {
        var visit = limits.visit(request, context)
        defer { visit.end() }
        do {
            var response = try await answer(request, context, endpoint, &visit)
            visit.allowance?.note(in: &response)
            return response
        } catch {
            guard let allowance = visit.allowance else { throw error }
            throw CountedError(error: error, allowance: allowance)
        }
    }

    /// Who asks, counted and let in.
    private func admit(_ request: Request, _ endpoint: Endpoint, _ visit: inout Visit) async throws -> Caller? {
        let isOpen = endpoint.access == .everybody
        let network = visit.network
        if !endpoint.isForSupervisors {
            try visit.count(for: .network(network))
            if isOpen { try visit.count(for: .stranger(network)) }
            if isOpen, endpoint.guesses != nil { try visit.count(for: .guesses(network)) }
            // Overload has to be seen from outside.
            if endpoint.id != "readMetrics" { try visit.enter() }
        }
        guard !isOpen else { return nil }
        let caller: Caller
        do {
            caller = try await market.caller(request, at: publicOrigin)
        } catch let refusal as AccessRefusal {
            try visit.count(for: .stranger(network))
            throw refusal
        }
        try visit.count(for: .principal(caller.principal))
        try caller.demand(endpoint)
        if endpoint.guesses != nil { try visit.count(for: .guessesBy(caller.principal)) }
        return caller
    }

    private func answer(
        _ request: Request, _ context: APIContext, _ endpoint: Endpoint, _ visit: inout Visit
    ) async throws -> Response {
        let caller = try await admit(request, endpoint, &visit)
        let query = try readQuery(request, endpoint)
        let fields = try readFields(request, endpoint)
        let (body, upload, fingerprint) = try await readBody(request, context, endpoint, caller, &visit)
        if endpoint.guesses?.isHashed == true {
            let guesser: Sender = if let caller { .guessesBy(caller.principal) } else { .guesses(visit.network) }
            try visit.beginGuess(of: guesser)
        }
        if let member = endpoint.guesses?.member, let named = body[member]?.stringValue {
            let name = named.withoutBlanks.lowercased()
            try visit.count(for: .guessesAt(Digest(of: "\(member)/\(name)")))
        }
        if endpoint.isKeyed, request.headers[.idempotencyKey] == nil { throw RequestRefusal.keyMissing }
        var call = Call(
            market: market, request: request, context: context, endpoint: endpoint, caller: caller, query: query,
            body: body, upload: upload, fingerprint: fingerprint)
        call.market = try guardedMarket(for: call)
        do {
            // What is only read is read on the caller's behalf: the database knows whose it may be.
            let isReading = endpoint.method == .get
            let viewer = isReading ? caller.map { Viewer.preparation(for: $0.principal) } : nil
            let outcome = try await ReadPreparation.$current.withValue(viewer) { [call] in
                try await endpoint.perform(call)
            }
            return respond(with: outcome, fields: fields, to: request, endpoint)
        } catch let bad as BadInput {
            throw Problem(bad.status, bad.code, bad.message, errors: endpoint.place(of: bad))
        }
    }

    /// With If-Match, what is changed must be as it was read.
    private func guardedMarket(for call: Call) throws -> Market {
        guard call.endpoint.method != .get else { return market }
        guard let match = call.request.headers[.ifMatch] else {
            guard !call.endpoint.needsMatch else { throw RequestRefusal.matchMissing }
            return market
        }
        guard let guarded = call.endpoint.guarded else {
            throw Problem(faults: [
                .init(part: .parameter, name: "If-Match", code: "unknown", detail: "is held against nothing here")
            ])
        }
        return guarded.market(for: call, match: match)
    }

    private func respond(
        with outcome: Outcome, fields: Set<String>?, to request: Request, _ endpoint: Endpoint
    ) -> Response {
        switch outcome {
        case .raw(let response): return response
        case .reply(let reply):
            var response = Response(json: reply.body, status: HTTPResponse.Status(code: reply.status))
            if reply.isReplay { response.headers[.idempotentReplayed] = "true" }
            return response
        case .json(let json, let status):
            guard endpoint.method == .get else { return Response(json: json, status: .init(code: status)) }
            let bytes = json.cut(to: fields).canonicalBytes()
            let sent = Digest(of: bytes).hexadecimal.prefix(32)
            let tag = endpoint.guarded.map { "\"\($0.mark(of: json))-\(sent)\"" } ?? "\"\(sent)\""
            var headers: HTTPFields = [.eTag: tag, .cacheControl: "private, no-cache"]
            if let known = request.headers[.ifNoneMatch], known == "*" || known.contains(tag) {
                return Response(status: .notModified, headers: headers)
            }
            headers[.contentType] = "application/json; charset=utf-8"
            return Response(
                status: .init(code: status), headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
    }

    /// What is in the query: declared, given once, and of its shape.
    private func readQuery(_ request: Request, _ endpoint: Endpoint) throws -> [String: String] {
        var query: [String: String] = [:]
        var faults: [Problem.Place] = []
        for (key, value) in request.uri.queryParameters {
            let (name, value) = (String(key), String(value))
            if name == "fields", endpoint.method == .get { continue }
            guard let parameter = endpoint.parameters.first(where: { $0.place == .query && $0.name == name }) else {
                faults.append(.init(part: .parameter, name: name, code: "unknown", detail: "is not known here"))
                continue
            }
            guard query.updateValue(value, forKey: name) == nil else {
                faults.append(.init(part: .parameter, name: name, code: "repeated", detail: "is given twice"))
                continue
            }
            for fault in parameter.schema?.faults(in: parameter.value(of: value), limit: 1) ?? [] {
                faults.append(.init(part: .parameter, name: name, code: fault.keyword, detail: fault.reason))
            }
        }
        for parameter in endpoint.parameters where parameter.place == .query && parameter.isRequired {
            guard query[parameter.name] == nil else { continue }
            faults.append(.init(part: .parameter, name: parameter.name, code: "required", detail: "is missing"))
        }
        guard faults.isEmpty else { throw Problem(faults: faults) }
        guard !query.values.contains(where: { $0.utf8.contains(0) }) else {
            throw BadInput("query", "must not contain U+0000")
        }
        return query
    }

    /// `fields=a,b`: which members of the object, or of each item of a list, are wanted.
    private func readFields(_ request: Request, _ endpoint: Endpoint) throws -> Set<String>? {
        guard endpoint.method == .get, let text = request.uri.queryParameters["fields"] else { return nil }
        let names = Set(text.split(separator: ",").map(String.init))
        guard let known = endpoint.fields, !names.isEmpty, names.isSubset(of: known) else {
            let list = endpoint.fields.map { $0.sorted().joined(separator: ", ") } ?? ""
            throw Problem(faults: [
                .init(part: .parameter, name: "fields", code: "enum", detail: "must be some of: \(list)")
            ])
        }
        return names
    }

    /// While a body is on its way, its request holds no place among those that are under way, but room for its bytes.
    private func readBytes(
        _ request: Request, _ context: APIContext, upTo most: Int, for caller: Caller?, _ visit: inout Visit
    ) async throws -> [UInt8] {
        let announced = try limits.announced(request, upTo: most, context)
        guard announced > 0 else { return [] }
        visit.leave()
        let sender: Sender = if let caller { .principal(caller.principal) } else { .network(visit.network) }
        do {
            try visit.hold(announced, for: sender)
        } catch {
            // Much that is still on its way is not waited for.
            if announced > 1 << 16 { _ = context.channel.closing(in: .seconds(1)) }
            throw error
        }
        let bytes = try await limits.collect(request, upTo: announced, context)
        try visit.enter()
        return bytes
    }

    private func readBody(
        _ request: Request, _ context: APIContext, _ endpoint: Endpoint, _ caller: Caller?, _ visit: inout Visit
    ) async throws -> (JSON, Call.Upload?, Digest) {
        let query = request.uri.query.map { "?\($0)" } ?? ""
        let line = Array("\(request.method) \(request.uri.path)\(query)\n".utf8)
        guard let declared = endpoint.body else { return (.object([:]), nil, Digest(of: line)) }
        let named = request.headers[.contentType]?.split(separator: ";").first
        let said = named?.withoutBlanks.lowercased()
        if let said, !declared.mediaTypes.contains(said) { throw RequestRefusal.contentType(declared.mediaTypes) }
        let bytes = try await readBytes(request, context, upTo: declared.bytesMax, for: caller, &visit)
        // Piece by piece: a copy of the body beside it would be as large.
        var digesting = Digesting()
        digesting.update(line)
        digesting.update(bytes)
        let fingerprint = digesting.digest
        if bytes.isEmpty, declared.isOptional { return (.object([:]), nil, fingerprint) }
        guard let type = said else { throw RequestRefusal.contentType(declared.mediaTypes) }
        if declared.isFile { return (.object([:]), Call.Upload(mediaType: type, bytes: bytes), fingerprint) }
        guard let schema = declared.schema else { throw Problem(.internalServerError, "internal", "No schema.") }
        do throws(JSONBodyFault) {
            let limits = JSON.Limits(maxDepth: 32, maxBytes: declared.bytesMax)
            return (try JSON.body(bytes, limits: limits, of: schema), nil, fingerprint)
        } catch {
            switch error {
            case .text(let fault): throw RequestRefusal.badJSON("\(fault)")
            case .shape(let faults):
                throw Problem(
                    faults: faults.map { .init(part: .pointer, name: $0.path, code: $0.keyword, detail: $0.reason) })
            }
        }
    }
}

extension Problem {
    /// A request whose parts are not of the shapes that are declared for them.
    init(faults: [Place]) {
        let told = faults.map { "\($0.name.isEmpty ? "the body" : $0.name): \($0.detail)" }
        self.init(.unprocessableContent, "bad_input", told.joined(separator: "; "), errors: faults)
    }
}

extension Endpoint {
    /// Which part of the request an input is that was refused behind the edge.
    fileprivate func place(of bad: BadInput) -> [Problem.Place] {
        if parameters.contains(where: { $0.place == .query && $0.name == bad.field }) {
            return [.init(part: .parameter, name: bad.field, code: bad.code, detail: bad.reason)]
        }
        guard body?.shape.json["properties"]?[bad.field] != nil else { return [] }
        return [.init(part: .pointer, name: "".pointer(to: bad.field), code: bad.code, detail: bad.reason)]
    }

    /// Which names `fields` can have: of the items of a list, else of the object itself. `nil` for what is no object.
    package var fields: Set<String>? {
        guard let shape = answers.first?.shape.json, let members = shape["properties"] else { return nil }
        let items = members["items"]?["items"]
        return (items?["properties"] ?? members).objectValue.map { Set($0.keys) }
    }
}

extension JSON {
    /// Of a page only these members of each item, of anything else only these.
    fileprivate func cut(to fields: Set<String>?) -> JSON {
        guard let fields, var members = objectValue else { return self }
        guard let items = members["items"]?.arrayValue else {
            return .object(members.filter { fields.contains($0.key) })
        }
        members["items"] = .array(
            items.map { .object(($0.objectValue ?? [:]).filter { fields.contains($0.key) }) })
        return .object(members)
    }
}
