internal import Crypto
package import Formats
package import Foundation
internal import Store

/// What a request is answered with.
package struct Reply: Hashable, Sendable {
    package let status: Int
    package let body: JSON
    /// True when it is the stored answer of an earlier, equal request.
    package var isReplay = false

    package init(status: Int, body: JSON) {
        self.status = status
        self.body = body
    }
}

/// Why a key cannot be used.
package enum IdempotencyRefusal: Refusal {
    /// The same request is being answered right now.
    case inFlight
    /// The key was used for another request.
    case otherRequest
    /// It was done, and showed a secret that cannot be shown again.
    case answerNotKept
    /// Not 1 to 255 printable ASCII characters.
    case badKey

    package var code: String {
        switch self {
        case .inFlight: "request_in_flight"
        case .otherRequest: "idempotency_key_reused"
        case .answerNotKept: "answer_not_kept"
        case .badKey: "bad_idempotency_key"
        }
    }

    package var message: String {
        switch self {
        case .inFlight: "A request with this Idempotency-Key is being answered. Try again in a second."
        case .otherRequest: "This Idempotency-Key was used for another request. Use a new one."
        case .answerNotKept:
            "This was done. What it showed once cannot be shown again: end it, and ask anew under another key."
        case .badKey: "An Idempotency-Key is 1 to 255 printable ASCII characters."
        }
    }
}

/// Forgets answers that nobody will ask for again.
package struct ForgetAnswers: Sendable {
    /// How long a key protects its request: three days.
    package static let keptSeconds: TimeInterval = 3 * 86_400
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction; no audit event, as nothing that anybody did is changed.
    ///
    /// - Returns: how many; call again at once while it is `most`.
    package func callAsFunction(most: Int = 1_000) async throws -> Int {
        guard (1...10_000).contains(most) else { throw BadInput("most", "must be 1 to 10,000") }
        return try await market.database.transaction { transaction in
            try await transaction.deleteIdempotencyKeys(
                before: transaction.instant - Self.keptSeconds, most: most
            )
        }
    }
}

extension Market {
    /// Runs a use case at most once for a key: its answer is stored in the use case's own transaction, and given again
    /// to whoever repeats the request. Refusals and failures store nothing, so they may be tried again.
    ///
    /// - Parameters:
    ///   - fingerprint: of the raw request; another one under the same key is refused.
    ///   - sealed: whether the answer shows a secret: it is stored sealed, or not at all where there are no keys.
    ///   - answer: what is stored and sent for the use case's result.
    ///   - perform: runs one use case on the market it is given.
    /// - Throws: ``IdempotencyRefusal``, and what the use case throws.
    package func once<Result: Sendable>(
        _ key: String, by principal: Principal.ID, route: String, fingerprint: Digest, sealed: Bool = false,
        answer: @escaping @Sendable (Result) -> Reply,
        perform: @Sendable (Market) async throws -> Result
    ) async throws -> Reply {
        guard (1...255).contains(key.utf8.count), key.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw IdempotencyRefusal.badKey
        }
        var keyed = self
        keyed.companion = KeyedRequest(
            principal: principal, route: route, key: key, fingerprint: fingerprint, isSealed: sealed, answer: answer,
            inner: companion
        )
        do {
            return answer(try await perform(keyed))
        } catch let replay as IdempotentReplay {
            return replay.reply
        }
    }
}

/// The request was answered before.
private struct IdempotentReplay: Error {
    let reply: Reply
}

/// Takes the key before the change and stores the answer after it.
private struct KeyedRequest<Result: Sendable>: ChangeCompanion {
    let principal: Principal.ID
    let route: String
    let key: String
    let fingerprint: Digest
    let isSealed: Bool
    let answer: @Sendable (Result) -> Reply
    /// Asked after the key, as a repeat gets its answer whatever has changed since.
    let inner: (any ChangeCompanion)?

    /// What is stored of the request. Where the program has no keys, it takes nothing that is sealed either.
    private func mark(in change: Change) -> Digest {
        change.keys.map { $0.fingerprint(of: fingerprint) } ?? fingerprint
    }

    private var place: KeyOwner { KeyOwner(place: "idempotency_key/\(principal)/\(route)/\(key)") }

    /// The answer as it is stored.
    private func stored(_ reply: Reply, in change: Change) throws -> Reply {
        guard isSealed else { return reply }
        guard let keys = change.keys else { return Reply(status: reply.status, body: [:]) }
        let sealed = try Envelope.wrap(SymmetricKey(data: reply.body.canonicalBytes()), of: place, with: keys.current)
        return Reply(
            status: reply.status,
            body: [
                "wrapping_key": .string(keys.current.name), "sealed": .string(Data(sealed).base64EncodedString()),
            ])
    }

    private func opened(_ stored: JSON, in change: Change) throws(IdempotencyRefusal) -> JSON {
        guard isSealed else { return stored }
        guard let keys = change.keys, let name = stored["wrapping_key"]?.stringValue,
            let sealed = stored["sealed"]?.stringValue.flatMap({ Data(base64Encoded: $0) }),
            let answer = try? Envelope.unwrap(Array(sealed), of: place, by: name, in: keys),
            let json = try? JSON.parse(answer.withUnsafeBytes { Array($0) })
        else { throw .answerNotKept }
        return json
    }

    func willRun(_ change: Change) async throws {
        let transaction = change.transaction
        let lock = AdvisoryLock("idempotency", "\(principal)", route, key)
        guard
            let kept = try await transaction.tryAdvisoryLock(
                lock, then: Transaction.idempotentAnswer(of: principal, route: route, key: key))
        else { throw IdempotencyRefusal.inFlight }
        guard let row = kept.first else {
            try await inner?.willRun(change)
            return
        }
        // Plain where it was stored before the program had keys.
        let stored: Digest = try row["fingerprint"]
        let former = change.keys?.formerFingerprint(of: fingerprint, at: change.instant)
        guard stored == mark(in: change) || stored == former || stored == fingerprint else {
            throw IdempotencyRefusal.otherRequest
        }
        var reply = Reply(status: try row["status"], body: try opened(try row["answer"], in: change))
        reply.isReplay = true
        throw IdempotentReplay(reply: reply)
    }

    func didRun(_ change: Change, result: any Sendable) async throws {
        try await inner?.didRun(change, result: result)
        guard let result = result as? Result else {
            preconditionFailure("a use case under a key must return the result of its change as it is")
        }
        try await change.transaction.insertIdempotencyKey(
            key, of: principal, route: route, fingerprint: mark(in: change), reply: stored(answer(result), in: change)
        )
    }
}
