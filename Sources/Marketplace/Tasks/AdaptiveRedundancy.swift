internal import Formats
internal import Store

/// Redundancy that follows how far answers agree: the least is asked for at once, then one more at a time.
package struct AdaptiveRedundancy: Hashable, Sendable {
    /// The most answers of a task: above the least, at most 100.
    package let most: Int
    /// The share of the commonest answer that is enough, in ten-thousandths, 1 to 10,000.
    package let agreementBasisPoints: Int

    package init(most: Int, agreementBasisPoints: Int) {
        self.most = most
        self.agreementBasisPoints = agreementBasisPoints
    }

    /// What comes next for a task whose answers are all in.
    package enum Step: Hashable, Sendable {
        /// Ask for no more.
        case enough
        /// Ask for another answer, if one is left to ask for.
        case another
    }

    /// The policy: enough as soon as the commonest answer has the share.
    ///
    /// - Parameters:
    ///   - answers: submitted and accepted ones; equal for the same answer.
    ///   - least: how many must be in.
    ///   - basisPoints: the share that is enough.
    package static func next<Answer: Hashable>(
        after answers: [Answer], least: Int, agreement basisPoints: Int
    ) -> Step {
        guard answers.count >= max(least, 1) else { return .another }
        let counts = answers.reduce(into: [Answer: Int]()) { $0[$1, default: 0] += 1 }
        return (counts.values.max() ?? 0) * 10_000 >= basisPoints * answers.count ? .enough : .another
    }
}

extension Change {
    /// Asks for the next answer of a locked task, or for no more, once nothing of it is open or in hand: never two at
    /// once, since whoever decides holds the task. What the slots were held for is freed when the batch ends.
    func askOnward(for task: WorkTask.ID, of requester: Requester.ID, _ same: SameAnswer, by actor: Principal.ID)
        async throws
    {
        guard let asked = try await answersSoFar(to: task, of: requester, same), asked.hasWaiting,
            !asked.isPending
        else { return }
        let step = AdaptiveRedundancy.next(
            after: asked.answers, least: asked.least, agreement: asked.agreementBasisPoints
        )
        switch step {
        case .enough: try await transaction.withdrawWaiting(of: task, requester)
        case .another: try await transaction.openNextWaiting(of: task, requester)
        }
        try await record(
            step == .enough ? "answers_agree" : "answer_asked", by: actor, on: "task", task.uuid,
            in: .requester(requester), facts: ["answers": .integer(Int64(asked.answers.count))]
        )
    }
}
