internal import Formats
internal import Store

/// Opens every answer and compares it with the hash that was stored, and told its worker, when it came in. Answers that
/// cannot be opened, because the key was destroyed or the doctor has none, are left out.
struct AnswerCheck: Sendable {
    private static let pageSize = 1_000
    let market: Market

    /// Each page in a short snapshot of its own.
    func callAsFunction() async throws -> DoctorOutcome {
        var (odd, last): ([String], AnswerPlace?) = ([], nil)
        repeat {
            let page = try await market.database.read { [last] in
                try await $0.storedAnswers(after: last, limit: Self.pageSize)
            }
            var keys: [AnswerOwner: ContentKey?] = [:]
            for answer in page {
                if keys[answer.owner] == nil { keys[answer.owner] = try await key(of: answer.owner) }
                let key = keys[answer.owner] ?? nil
                guard key != nil || !answer.content.isSealed else { continue }
                let opened = try? answer.content.opened(by: key, as: .answer(to: answer.place.assignment))
                if opened.map({ Digest(of: $0) }) != answer.hash { odd.append("\(answer.place.assignment)") }
            }
            last = page.last?.place
        } while last != nil
        return odd.isEmpty ? .clean : .violated(count: odd.count, examples: Array(odd.prefix(10)))
    }

    /// `nil` where nothing can be opened.
    private func key(of owner: AnswerOwner) async throws -> ContentKey? {
        do {
            return try await market.database.read {
                try await $0.presentKey(of: owner.requester, owner.function, in: market.keys)
            }
        } catch {
            // A key that does not unwrap is for who rotates keys to find; nothing can be said of what it sealed.
            if error is ContentRefusal || error is VaultRefusal { return nil }
            throw error
        }
    }
}

/// Whose key an answer is sealed under.
struct AnswerOwner: Hashable, Sendable {
    let requester: Requester.ID
    let function: WorkFunction
}

struct AnswerPlace: Sendable {
    let requester: Requester.ID
    let assignment: Assignment.ID
}

/// An answer as it is stored.
struct StoredAnswer: Sendable {
    let place: AnswerPlace
    let owner: AnswerOwner
    let content: StoredContent
    let hash: Digest
}
