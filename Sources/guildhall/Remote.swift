internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace
internal import Outbound

/// A command that a server can do in place of the database, as one request. Who acts is who the token belongs to.
protocol RemoteCommand {
    func remoteCall() throws -> RemoteCall
    var printsJSON: Bool { get }
}

/// One request to the API.
struct RemoteCall {
    let method: String
    let path: String
    var query: [String: String?] = [:]
    var body: JSON?
    /// Whether it takes an Idempotency-Key.
    var isKeyed = false

    static func get(_ path: String, _ query: [String: String?] = [:]) -> RemoteCall {
        RemoteCall(method: "GET", path: path, query: query)
    }

    static func post(_ path: String, _ body: [String: JSON?] = [:], keyed: Bool = true) -> RemoteCall {
        RemoteCall(method: "POST", path: path, body: Self.object(body), isKeyed: keyed)
    }

    /// Without the members that are `nil`.
    static func object(_ members: [String: JSON?]) -> JSON { .object(members.compactMapValues(\.self)) }
}

/// What a server refused.
private struct RemoteRefusal: Refusal {
    let code: String
    let message: String
}

/// Where a server is, and who asks it.
struct RemoteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A server to ask over HTTP in place of the database, such as https://guildhall.example.org.",
            discussion: """
                GUILDHALL_TOKEN, or --server-token-file, has the access token; what is done is done as whoever it \
                belongs to, whatever --by or --worker say. A requester is named by its id.
                """, valueName: "url"))
    var server: String?
    @Option(name: .customLong("server-token-file"), help: "A file with the access token for --server.")
    var tokenFile: String?

    /// Asks the server where one is named.
    ///
    /// - Parameter command: `nil` where no route does what the command does.
    /// - Throws: `ExitCode.success` when the server has done it; a refusal.
    func askServer(_ command: (any RemoteCommand)?) async throws {
        guard let server else { return }
        do {
            guard let command else {
                throw ValidationError("No route does this; leave --server out, on a machine that reaches the database.")
            }
            let answer = try await send(try command.remoteCall(), to: server)
            if command.printsJSON { Console.result(answer) } else { Console.result(Self.lines(of: answer)) }
        } catch {
            throw Console.failure(error)
        }
        throw ExitCode.success
    }

    private func send(_ call: RemoteCall, to server: String) async throws -> JSON {
        var headers = ["accept": "application/json", "user-agent": "guildhall-cli/1"]
        headers["authorization"] = "Bearer \(try token())"
        if call.isKeyed { headers["idempotency-key"] = "cli-\(UUID().uuidString)" }
        if call.body != nil { headers["content-type"] = "application/json" }
        var address = URLComponents()
        address.queryItems = call.query.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { URLQueryItem(name: name, value: $0) }
        }
        let query = address.percentEncodedQuery.flatMap { $0.isEmpty ? nil : "?\($0)" } ?? ""
        let base = server.hasSuffix("/") ? String(server.dropLast()) : server
        let target = try OutboundTarget(base + call.path + query, field: "server", networks: .all)
        let client = OutboundClient(networks: .all, seconds: 60, bodyBytesMost: 32 << 20)
        let answer = await client.send(
            OutboundRequest(call.method, target, headers: headers, body: call.body?.canonicalBytes() ?? []))
        switch answer {
        case .failed(let reason): throw RemoteRefusal(code: "unreachable", message: "The server: \(reason)")
        case .answered(let status, let body):
            let json = try? JSON.parse(body, limits: JSON.Limits(maxBytes: 32 << 20))
            if (200...299).contains(status), let json { return json }
            throw RemoteRefusal(
                code: json?["code"]?.stringValue ?? "http_\(status)",
                message: json?["detail"]?.stringValue ?? "The server answered \(status).")
        }
    }

    private func token() throws -> String {
        let text: String?
        if let tokenFile {
            text = String(decoding: try fileBytes(tokenFile, most: 4_096), as: UTF8.self)
        } else {
            text = Environment.token
        }
        let token = text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
        guard (1...200).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw BadInput("token", "is missing: set GUILDHALL_TOKEN, or give --server-token-file")
        }
        return token
    }

    /// An entry a line, its members by name.
    private static func lines(of answer: JSON) -> String {
        func line(_ entry: JSON) -> String {
            guard let members = entry.objectValue else { return entry.stringValue ?? entry.canonicalText }
            return members.sorted { $0.key < $1.key }.filter { !$0.value.isNull }
                .map { "\($0.key): \($0.value.stringValue ?? $0.value.canonicalText)" }.joined(separator: ", ")
        }
        guard let items = answer["items"]?.arrayValue else { return line(answer) }
        let next = answer["next"].flatMap { $0.isNull ? nil : "next: \($0.stringValue ?? $0.canonicalText)" }
        let all = items.map(line) + (next.map { [$0] } ?? [])
        return all.isEmpty ? "None." : all.joined(separator: "\n")
    }
}

extension Environment {
    /// Of the API, for --server.
    static var token: String? { ProcessInfo.processInfo.environment["GUILDHALL_TOKEN"] }
}
