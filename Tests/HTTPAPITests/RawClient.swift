import Formats
import Foundation
import FoundationNetworking
import TestSupport
import Testing

/// Requests whose answers are compared byte by byte, as many at once as are asked for.
struct RawClient: Sendable {
    struct Answer: Hashable, Sendable {
        let status: Int
        let bytes: Data
        /// Whether it was stored before, and is given again.
        let isReplay: Bool

        var body: JSON { (try? JSON.parse(Array(bytes))) ?? .null }
        var code: String? { body["code"]?.stringValue }
        /// Whether the same may be asked again, and comes to something else then.
        var isForLater: Bool { status == 503 || code == "request_in_flight" }
    }

    private static let session: URLSession = {
        let configuration = LiveServer.withoutCookies
        configuration.httpMaximumConnectionsPerHost = 256
        return URLSession(configuration: configuration)
    }()

    let port: Int

    func send(
        _ method: String, _ path: String, token: String?, key: String? = nil, json: JSON? = nil, raw: [UInt8]? = nil
    ) async throws -> Answer {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.timeoutInterval = 120
        request.httpShouldHandleCookies = false
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let key { request.setValue(key, forHTTPHeaderField: "Idempotency-Key") }
        if let body = raw ?? json?.canonicalBytes() {
            request.httpBody = Data(body)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await Self.session.answer(to: request)
        let answer = try #require(response as? HTTPURLResponse)
        let isReplay = answer.value(forHTTPHeaderField: "Idempotent-Replayed") == "true"
        return Answer(status: answer.statusCode, bytes: data, isReplay: isReplay)
    }

    /// The same from a socket that is closed so much later, whatever has come by then.
    func drop(
        _ method: String, _ path: String, token: String, key: String, json: JSON, after pause: Duration
    ) async throws {
        let client = try PlainClient(port: port)
        let body = json.canonicalText
        try await client.write(
            "\(method) \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nIdempotency-Key: \(key)\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        try await Task.sleep(for: pause)
        withExtendedLifetime(client) {}
    }
}
