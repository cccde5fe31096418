internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace
internal import NIOCore
internal import Synchronization

/// How much one sender, and all together, may ask.
///
/// Requests are counted in this process alone: several servers together let through as many times as much.
final class RequestLimits: Sendable {
    private struct Window {
        var began: ContinuousClock.Instant
        var taken: Int
    }

    private static let window = Duration.seconds(60)
    private static let sendersMost = 50_000
    private let perMinute: Int
    private let bodyTime: Duration
    private let windows = Mutex<[Digest: Window]>([:])

    init(_ settings: ServerSettings) {
        perMinute = settings.requestsPerMinute
        bodyTime = .seconds(settings.bodySeconds)
    }

    /// What is left to whoever asks.
    struct Allowance {
        let most: Int
        let left: Int
        let seconds: Int64

        /// Source: draft-ietf-httpapi-ratelimit-headers-10.
        func note(in response: inout Response) {
            for field in fields { response.headers[field.name] = field.value }
        }

        fileprivate var fields: HTTPFields {
            [
                .rateLimitPolicy: "\"default\";q=\(most);w=60",
                .rateLimit: "\"default\";r=\(left);t=\(seconds)",
            ]
        }
    }

    /// Counts a request against its key, or without one against where it came from.
    ///
    /// - Throws: 429.
    /// - Returns: `nil` for what is not counted: what supervisors ask.
    func take(_ request: Request, _ context: APIContext, _ endpoint: Endpoint) throws -> Allowance? {
        guard endpoint.topic != .service else { return nil }
        let sender = Digest(of: request.headers[.authorization] ?? "from \(context.remote)")
        let now = ContinuousClock.now
        let (taken, ends) = windows.withLock { windows in
            if windows.count >= Self.sendersMost, windows[sender] == nil {
                windows = windows.filter { $0.value.began + Self.window > now }
                if windows.count >= Self.sendersMost { windows.removeAll() }
            }
            var window = windows[sender] ?? Window(began: now, taken: 0)
            if window.began + Self.window <= now { window = Window(began: now, taken: 0) }
            window.taken += 1
            windows[sender] = window
            return (window.taken, window.began + Self.window)
        }
        let seconds = max((ends - now).components.seconds + 1, 1)
        let allowance = Allowance(most: perMinute, left: max(perMinute - taken, 0), seconds: seconds)
        guard taken <= perMinute else {
            var headers = allowance.fields
            headers[.retryAfter] = "\(seconds)"
            throw Problem(
                .tooManyRequests, "rate_limited", "More than \(perMinute) requests in a minute. Wait.",
                headers: headers)
        }
        return allowance
    }

    /// The body, in the time that there is for it.
    func collect(_ request: Request, upTo most: Int) async throws -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }) {
            guard length <= most else { throw HTTPError(.contentTooLarge) }
            if length == 0 { return [] }
        } else if request.headers[.transferEncoding] == nil {
            return []
        }
        return try await withThrowingTaskGroup(of: [UInt8].self) { tasks in
            tasks.addTask {
                var request = request
                return Array(try await request.collectBody(upTo: most).readableBytesView)
            }
            tasks.addTask { [bodyTime] in
                try await Task.sleep(for: bodyTime)
                throw RequestRefusal.tooSlow
            }
            guard let bytes = try await tasks.next() else { return [] }
            tasks.cancelAll()
            return bytes
        }
    }
}

extension HTTPField.Name {
    static let rateLimit = HTTPField.Name("RateLimit") ?? .date
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy") ?? .date
}
