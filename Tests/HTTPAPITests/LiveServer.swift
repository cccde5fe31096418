import Formats
import Foundation
import FoundationNetworking
import HTTPAPI
import Hummingbird
import Logging
import Marketplace
import ServiceLifecycle
import TestSupport
import Testing

/// The API over the test's market on a port of its own, spoken to by a real client.
struct LiveServer: Sendable {
    let port: Int
    /// Of the process's own server; none for another process.
    var contract: Contract?
    /// Lets it finish what it has begun, and no more.
    var stop: @Sendable () async -> Void = {}

    /// Keeps no cookies: those of one test would be sent by all others, as they know hosts, not ports.
    static let session = URLSession(configuration: withoutCookies)
    static var withoutCookies: URLSessionConfiguration {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.httpCookieAcceptPolicy = .never
        return configuration
    }

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: JSON
        /// Of what is no JSON.
        var text = ""
        var code: String? { body["code"]?.stringValue }
    }

    static func run(
        _ market: Market, isReady: @escaping @Sendable () async -> String? = { nil }, logger: Logger? = nil,
        settings: ServerSettings = ServerSettings(), _ body: @Sendable (LiveServer) async throws -> Void
    ) async throws {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        // Hummingbird keeps the request's id in the logger, so this must be one that keeps metadata.
        var quiet = Logger(label: "tests", factory: StreamLogHandler.standardError(label:))
        quiet.logLevel = .critical
        let logger = logger ?? quiet
        var settings = settings
        settings.port = 0
        let application = buildApplication(
            market: market, settings: settings, logger: logger, isReady: isReady,
            onServerRunning: { continuation.yield($0) }
        )
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            do {
                try await body(
                    LiveServer(
                        port: port, contract: Contract(of: market), stop: { await group.triggerGracefulShutdown() }))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    func send(
        _ method: String, _ path: String, token: String? = nil, key: String? = nil, json: JSON? = nil,
        raw: [UInt8]? = nil, contentType: String = "application/json", headers more: [String: String] = [:]
    ) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.timeoutInterval = 20
        request.httpShouldHandleCookies = false
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        for (name, value) in more { request.setValue(value, forHTTPHeaderField: name) }
        if let key { request.setValue(key, forHTTPHeaderField: "Idempotency-Key") }
        if let body = raw ?? json?.canonicalBytes() {
            request.httpBody = Data(body)
            request.setValue(contentType, forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await Self.session.answer(to: request)
        let answer = try #require(response as? HTTPURLResponse)
        var headers: [String: String] = [:]
        for (name, value) in answer.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
        let isJSON =
            headers["content-type"].map { $0.contains("json") && !$0.contains("jsonl") } == true && !data.isEmpty
        let told = Answer(
            status: answer.statusCode, headers: headers,
            body: isJSON ? try JSON.parse(Array(data), limits: JSON.Limits(maxBytes: 16 << 20)) : .null,
            text: isJSON ? "" : String(decoding: data, as: UTF8.self))
        #expect((contract?.faults(method, path, told) ?? []) == [], "\(method) \(path)")
        return told
    }
}
