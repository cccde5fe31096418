internal import HTTPTypes

/// A request from its coming in to its answer: what it was counted as last, and what it holds meanwhile.
struct Visit {
    private let limits: RequestLimits
    let network: SenderNetwork
    private(set) var allowance: RequestLimits.Allowance?
    private var isIn = false
    private var guesser: Sender?
    private var held: (bytes: Int, sender: Sender)?

    init(_ limits: RequestLimits, from network: SenderNetwork) { (self.limits, self.network) = (limits, network) }

    /// - Throws: 429.
    mutating func count(for sender: Sender) throws {
        let allowance = limits.take(sender)
        self.allowance = allowance
        if let problem = allowance.problem { throw problem }
    }

    /// Begins a guess at somebody's secret that was counted, of which few of a sender are under way at once. Not before
    /// all of the request is there: who sends slowly would keep everybody of a network out.
    ///
    /// - Throws: 429.
    mutating func beginGuess(of sender: Sender) throws {
        guard limits.beginGuess(of: sender) else {
            throw Problem(
                .tooManyRequests, "rate_limited", "Too many attempts at once. Try again in a second.",
                headers: [.retryAfter: "1"])
        }
        guesser = sender
    }

    /// - Throws: 503.
    mutating func enter() throws {
        guard limits.enter() else { throw Problem.overloaded }
        isIn = true
    }

    mutating func leave() {
        guard isIn else { return }
        limits.leave()
        isIn = false
    }

    /// Keeps room for its body, until it ends.
    ///
    /// - Throws: 429, 503.
    mutating func hold(_ bytes: Int, for sender: Sender) throws {
        if let problem = limits.hold(bytes, for: sender) { throw problem }
        held = (bytes, sender)
    }

    /// Gives back all that it holds.
    mutating func end() {
        leave()
        if let guesser { limits.endGuess(of: guesser) }
        if let held { limits.release(held.bytes, of: held.sender) }
        (guesser, held) = (nil, nil)
    }
}

/// An error of a request that was counted, with what is left to whoever asked.
struct CountedError: Error {
    let error: any Error
    let allowance: RequestLimits.Allowance
}
