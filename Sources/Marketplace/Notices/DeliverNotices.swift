internal import Formats
package import Foundation
internal import Store

/// A notice on its way to a person.
package struct Letter: Hashable, Sendable {
    package let notice: Notice
    /// Their e-mail address, if they have one.
    package let address: String?
    /// How often delivery has begun, this time included.
    let attempts: Int
    /// Whether they want the kind by e-mail, and it is not of offers that are over.
    let isWanted: Bool
}

extension Letter {
    /// The same with the code of the ticket that it brings, which is put in as it leaves and stored nowhere.
    ///
    /// - Returns: `nil` where there are no keys to make the code with: it fails, and is tried again.
    fileprivate func withCode(_ keys: KeyRing?) -> Letter? {
        guard case .object(var facts) = notice.facts, let text = facts["ticket_id"]?.stringValue,
            let ticket = UUID(uuidString: text)
        else { return self }
        guard let keys else { return nil }
        facts["ticket_id"] = nil
        facts["code"] = .string(TicketSecret.of(ticket, keys))
        let filled = Notice(
            id: notice.id, recipient: notice.recipient, kind: notice.kind, facts: .object(facts),
            createdAt: notice.createdAt)
        return Letter(notice: filled, address: address, attempts: attempts, isWanted: isWanted)
    }
}

/// What a channel says of a letter.
package enum LetterOutcome: Hashable, Sendable {
    case delivered
    /// There is nowhere to send it.
    case noAddress
    /// Another time may do better.
    case failed(String)
    /// No other time will.
    case refused(String)
}

/// Something that hands letters on.
package protocol NoticeSink: Sendable {
    /// Says of each letter what became of it; one that is not mentioned has failed.
    func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome]
}

/// What became of a batch of notices.
package struct DeliveryCount: Hashable, Sendable {
    package internal(set) var claimed = 0
    package internal(set) var delivered = 0
    package internal(set) var skipped = 0
    package internal(set) var failed = 0
    package internal(set) var dead = 0
}

/// A claimed notice with what is to be written of it.
struct DeliveryResult: Sendable {
    let notice: Notice.ID
    let attempts: Int
    let state: NoticeState
    let dueAt: Date?
    let fault: String?
}

/// Hands notices to a channel, the longest due first, those of offers last; any number of processes may do so at once.
///
/// At least once: a batch is claimed in one transaction, handed on outside of any, and settled in another; a crash
/// between the two delivers it again when the claim has run out. Whoever receives them tells repetitions by the
/// notice's id. What fails is tried again after 1, 2, 4, … minutes, at most 6 hours apart; after 12 attempts it is
/// dead.
package struct DeliverNotices: Sendable {
    package static let batchMax = 200
    package static let attemptsMax = 12
    /// How long a claim holds, in seconds.
    package static let claimSeconds: TimeInterval = 900
    let market: Market

    package init(market: Market) { self.market = market }

    /// Delivers one batch.
    ///
    /// - Parameter limit: 1 to 200 notices.
    package func callAsFunction(limit: Int = batchMax, through sink: some NoticeSink) async throws -> DeliveryCount {
        let letters = try await claim(limit)
        guard !letters.isEmpty else { return DeliveryCount() }
        let ready = letters.filter(\.isWanted).compactMap { $0.withCode(market.keys) }
        return try await settle(letters, await sink.deliver(ready))
    }

    /// Delivers one batch to something that takes it as a whole.
    ///
    /// - Parameter channel: what it throws leaves the batch undelivered, and is thrown on.
    /// - Returns: how many were delivered.
    package func callAsFunction(
        limit: Int = batchMax, to channel: @Sendable ([Notice]) async throws -> Void
    ) async throws -> Int {
        let letters = try await claim(limit)
        let wanted = letters.filter(\.isWanted)
        guard !letters.isEmpty else { return 0 }
        do {
            if !wanted.isEmpty { try await channel(wanted.map(\.notice)) }
        } catch {
            let outcomes = wanted.map { ($0.notice.id, LetterOutcome.failed("\(error)")) }
            _ = try await settle(letters, Dictionary(outcomes, uniquingKeysWith: { first, _ in first }))
            throw error
        }
        let outcomes = wanted.map { ($0.notice.id, LetterOutcome.delivered) }
        return try await settle(letters, Dictionary(outcomes, uniquingKeysWith: { first, _ in first })).delivered
    }

    private func claim(_ limit: Int) async throws -> [Letter] {
        try await market.database.transaction { transaction in
            try await transaction.claimDue(
                limit: min(max(limit, 1), Self.batchMax), until: transaction.instant + Self.claimSeconds
            )
        }
    }

    private func settle(_ letters: [Letter], _ outcomes: [Notice.ID: LetterOutcome]) async throws -> DeliveryCount {
        try await market.database.transaction { transaction in
            var count = DeliveryCount()
            let results = letters.map { letter in
                count.claimed += 1
                let outcome = letter.isWanted ? outcomes[letter.notice.id] ?? .failed("was not tried") : .noAddress
                let result = Self.result(of: letter, outcome, at: transaction.instant)
                switch result.state {
                case .waiting: count.failed += 1
                case .delivered: count.delivered += 1
                case .skipped: count.skipped += 1
                case .dead: count.dead += 1
                }
                return result
            }
            try await transaction.settle(results)
            return count
        }
    }

    static func result(of letter: Letter, _ outcome: LetterOutcome, at instant: Date) -> DeliveryResult {
        func ended(_ state: NoticeState, _ fault: String? = nil, dueAt: Date? = nil) -> DeliveryResult {
            DeliveryResult(
                notice: letter.notice.id, attempts: letter.attempts, state: state, dueAt: dueAt,
                fault: fault.map { text in
                    String(text.unicodeScalars.filter { $0.value >= 0x20 }.prefix(500).map(Character.init))
                }
            )
        }
        switch outcome {
        case .delivered: return ended(.delivered)
        case .noAddress: return ended(.skipped)
        case .refused(let fault): return ended(.dead, fault)
        case .failed(let fault):
            guard letter.attempts < attemptsMax else { return ended(.dead, fault) }
            return ended(.waiting, fault, dueAt: instant + wait(afterAttempts: letter.attempts))
        }
    }

    /// Seconds until the next attempt: a minute, doubled for each attempt after the first, up to six hours.
    static func wait(afterAttempts attempts: Int) -> TimeInterval {
        TimeInterval(min(60 << min(max(attempts - 1, 0), 16), 6 * 3_600))
    }
}

/// A channel that appends one line of JSON for each notice to a file.
package struct NoticeFile: NoticeSink {
    private let path: String

    /// - Parameter path: made on first use if it is not there, readable by its owner only.
    package init(path: String) { self.path = path }

    package func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome] {
        let outcome: LetterOutcome
        do {
            try append(letters.map(\.notice))
            outcome = .delivered
        } catch {
            outcome = .failed("\(error)")
        }
        return Dictionary(letters.map { ($0.notice.id, outcome) }, uniquingKeysWith: { first, _ in first })
    }

    /// Appends the notices, in one write that does not mix with those of other processes, and returns when the
    /// operating system has them on disk. A line that a process left unfinished is ended first, so that it spoils no
    /// other.
    ///
    /// - Throws: `POSIXError` when the file cannot be opened, `CocoaError` when it cannot be written.
    package func append(_ notices: [Notice]) throws {
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        let lines = notices.map { $0.json.canonicalText + "\n" }.joined()
        var last = UInt8(ascii: "\n")
        let size = lseek(descriptor, 0, Int32(SEEK_END))
        if size > 0 { _ = pread(descriptor, &last, 1, size - 1) }
        try file.write(contentsOf: Data((last == UInt8(ascii: "\n") ? lines : "\n" + lines).utf8))
        try file.synchronize()
    }
}
