internal import Formats
internal import Store

/// Somebody who was shown gold, and what they did with it.
struct ShownGold: Sendable {
    let requester: Requester.ID
    let item: GoldItem.ID
    let worker: Worker.ID
    let assignment: Assignment.ID
    /// What they were given: a copy, where the item was minted.
    let task: WorkTask.ID
    let shape: ProjectShape
    /// Of a canary.
    let rightReasons: [ReturnReason]?
    /// Why they gave it back; `nil` where they did not.
    let reason: ReturnReason?
    /// What they handed in; `nil` where they did not, or it was destroyed.
    let answer: StoredContent?
}

extension Change {
    /// Tells how one person did who was shown gold, once their lease has ended.
    ///
    /// - Returns: false when there is nobody to tell of.
    func tellOfGold() async throws -> Bool {
        guard let shown = try await transaction.lockUntoldExposure() else { return false }
        let isRight = try await isRight(shown)
        if let isRight {
            try await transaction.keepOutcomes(
                [
                    OutcomeFound(
                        assignment: shown.assignment, basis: .gold, right: isRight ? 1_000_000 : 0, weight: 1_000_000)
                ], of: shown.requester)
        }
        try await transaction.noteTold(shown, isRight: isRight)
        return true
    }

    /// Of a canary: given back for one of the right reasons, not answered. Of other gold: one of the known answers, of
    /// the source `gold` where there is one. `nil` where nothing can be said, as of whoever let it lapse, gave back
    /// something else, or had no time.
    private func isRight(_ shown: ShownGold) async throws -> Bool? {
        if let reasons = shown.rightReasons {
            if shown.answer != nil { return false }
            return shown.reason.map(reasons.contains) == true ? true : nil
        }
        guard let stored = shown.answer, let key = try await presentKey(ofTask: shown.task, shown.requester),
            let known = try await transaction.knownAnswers(of: [shown.task], shown.requester, in: keys)[shown.task]
        else { return nil }
        let same = shown.shape.sameAnswer
        let given = same.key(of: try stored.opened(by: key, as: .answer(to: shown.assignment)))
        let truths = known["gold"].map { [$0] } ?? Array(known.values)
        return truths.isEmpty ? nil : truths.contains { same.key(of: $0) == given }
    }
}
