internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Marketplace
internal import NIOCore
internal import Synchronization

/// How much one sender, and all together, may ask.
///
/// Requests are counted in this process alone: several servers together let through as many times as much.
final class RequestLimits: Sendable {
    /// How many more an address may send than one key: many people can be behind one.
    private static let keysOfAddress = 10
    /// How many guesses of one sender are under way at once: fewer than the threads that hash passwords take, so that
    /// others are served beside them.
    private static let guessesUnderWayMax = 4
    private let settings: ServerSettings
    private let proxies: TrustedProxies
    private let underWay = Atomic<Int>(0)
    private let windows = Mutex(RateWindows())
    private let guesses = Mutex<[Sender: Int]>([:])
    private let bodies = Mutex(BodyShares())

    init(_ settings: ServerSettings) {
        self.settings = settings
        proxies = TrustedProxies(ranges: settings.trustedProxies)
    }

    /// What is left to whoever asks.
    struct Allowance: Sendable {
        let policy: String
        let most: Int
        let taken: Int
        let seconds: Int64

        func note(in response: inout Response) {
            for field in fields { response.headers[field.name] = field.value }
        }

        /// Source: draft-ietf-httpapi-ratelimit-headers-10.
        private var fields: HTTPFields {
            [
                .rateLimitPolicy: "\"\(policy)\";q=\(most);w=60",
                .rateLimit: "\"\(policy)\";r=\(max(most - taken, 0));t=\(seconds)",
            ]
        }

        /// Why no more is let through.
        var problem: Problem? {
            guard taken > most else { return nil }
            return Problem(
                .tooManyRequests, "rate_limited", "More than \(most) requests in a minute. Wait.",
                headers: [.retryAfter: "\(seconds)"])
        }
    }

    func visit(_ request: Request, _ context: APIContext) -> Visit {
        Visit(self, from: proxies.origin(of: request.headers, from: context.remote))
    }

    /// Counts a request for a sender.
    func take(_ sender: Sender) -> Allowance {
        let now = ContinuousClock.now
        let (taken, ends) = windows.withLock { $0.take(sender, at: now) }
        let seconds = max((ends - now).components.seconds + 1, 1)
        return Allowance(policy: sender.policy, most: limit(of: sender), taken: taken, seconds: seconds)
    }

    private func limit(of sender: Sender) -> Int {
        switch sender {
        case .principal, .stranger: settings.requestsPerMinute
        case .network: settings.requestsPerMinute * Self.keysOfAddress
        case .guesses: settings.attemptsPerMinute
        case .guessesBy, .guessesAt: max(settings.attemptsPerMinute / 3, 1)
        }
    }

    /// Lets a request in, or not, as long as so many are under way.
    ///
    /// - Returns: whether it is in.
    func enter() -> Bool {
        var count = underWay.load(ordering: .relaxed)
        while count < settings.inFlightMax {
            let (isDone, known) = underWay.compareExchange(expected: count, desired: count + 1, ordering: .relaxed)
            if isDone { return true }
            count = known
        }
        return false
    }

    func leave() { underWay.subtract(1, ordering: .relaxed) }

    /// - Returns: whether there is room for one more guess of a sender.
    func beginGuess(of sender: Sender) -> Bool {
        guesses.withLock { guesses in
            let count = guesses[sender] ?? 0
            guard count < Self.guessesUnderWayMax else { return false }
            guesses[sender] = count + 1
            return true
        }
    }

    func endGuess(of sender: Sender) {
        guesses.withLock { guesses in
            let count = guesses[sender] ?? 0
            guesses[sender] = count > 1 ? count - 1 : nil
        }
    }

    /// Keeps room for a body.
    ///
    /// - Returns: why there is none.
    func hold(_ bytes: Int, for sender: Sender) -> Problem? {
        let most = settings.bodyBytesMax
        let refusal = bodies.withLock { $0.take(bytes, for: sender, of: most) }
        switch refusal {
        case nil: return nil
        case .share:
            return Problem(
                .tooManyRequests, "rate_limited", "Too much of yours is on its way at once. Send one after the other.",
                headers: [.retryAfter: "1"])
        case .all: return .overloaded
        }
    }

    func release(_ bytes: Int, of sender: Sender) {
        bodies.withLock { $0.giveBack(bytes, of: sender) }
    }

    /// How many bytes the body may have, by what its head says; 0 where there is none.
    ///
    /// - Throws: 413.
    func announced(_ request: Request, upTo most: Int, _ context: APIContext) throws -> Int {
        guard let length = request.headers[.contentLength].flatMap({ Int($0) }) else {
            return request.headers[.transferEncoding] == nil ? 0 : most
        }
        guard length <= most else {
            // What is still on its way is not waited for.
            _ = context.channel.closing(in: .seconds(1))
            throw HTTPError(.contentTooLarge)
        }
        return max(length, 0)
    }

    /// The body. Whoever does not send it in the time that there is for it is cut off.
    ///
    /// - Throws: 413.
    func collect(_ request: Request, upTo most: Int, _ context: APIContext) async throws -> [UInt8] {
        let end = context.channel.closing(in: .seconds(settings.bodySeconds))
        defer { end.cancel() }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(most, 1 << 16))
        for try await piece in request.body {
            guard piece.readableBytes <= most - bytes.count else {
                _ = context.channel.closing(in: .seconds(1))
                throw HTTPError(.contentTooLarge)
            }
            bytes.append(contentsOf: piece.readableBytesView)
        }
        return bytes
    }
}

/// Bytes of bodies that are on their way or being worked on, by sender: of one at most a quarter of all.
private struct BodyShares: Sendable {
    enum Lack: Sendable { case share, all }

    private var total = 0
    private var shares: [Sender: Int] = [:]

    /// - Returns: what there is too little of. One body of a sender is always within its share.
    mutating func take(_ bytes: Int, for sender: Sender, of most: Int) -> Lack? {
        let share = shares[sender] ?? 0
        guard share == 0 || bytes <= most / 4 - share else { return .share }
        guard bytes <= most - total else { return .all }
        total += bytes
        shares[sender] = share + bytes
        return nil
    }

    mutating func giveBack(_ bytes: Int, of sender: Sender) {
        total -= bytes
        let share = (shares[sender] ?? 0) - bytes
        shares[sender] = share > 0 ? share : nil
    }
}

extension Problem {
    static let overloaded = Problem(
        .serviceUnavailable, "overloaded", "Too much is under way here. Come back in a second.")
}

extension HTTPField.Name {
    static let rateLimit = HTTPField.Name("RateLimit") ?? .date
    static let rateLimitPolicy = HTTPField.Name("RateLimit-Policy") ?? .date
}
