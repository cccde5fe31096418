internal import Consensus
internal import Formats
internal import Foundation
internal import Store

/// Redundancy that follows how far answers agree: the least is asked for at once, then one more at a time.
package struct AdaptiveRedundancy: Hashable, Sendable {
    /// The most answers of a task: above the least, at most 100.
    package let most: Int
    /// The share of the commonest answer that is enough, in ten-thousandths, 1 to 10,000.
    package let agreementBasisPoints: Int
    /// What a wrong answer costs the requester, in minor units of the batch's currency, from 1 to 10^12: then the
    /// posterior decides, as soon as a full fit of the project can be trusted. `nil`: agreement decides always.
    package let errorCost: Int64?

    package init(most: Int, agreementBasisPoints: Int, errorCost: Int64? = nil) {
        self.most = most
        self.agreementBasisPoints = agreementBasisPoints
        self.errorCost = errorCost
    }

    /// The share of the commonest answer, in ten-thousandths, rounded down.
    ///
    /// - Parameter answers: equal for the same answer.
    package static func agreement<Answer: Hashable>(of answers: [Answer]) -> Int {
        let counts = answers.reduce(into: [Answer: Int]()) { $0[$1, default: 0] += 1 }
        return answers.isEmpty ? 0 : (counts.values.max() ?? 0) * 10_000 / answers.count
    }

    /// The confidence that pays, in ten-thousandths: one more answer is worth its cost as long as it could save more.
    /// From 9,000 to 9,950.
    ///
    /// Source: ALGORITHMS.md, section 3, design 4.
    package static func target(answerCost: Int64, errorCost: Int64) -> Int {
        let (cost, least) = (max(answerCost, 0), max(errorCost, 1))
        // Rounded up, so that the target is rounded down.
        let (whole, isOver) = cost.multipliedReportingOverflow(by: 10_000)
        let share = isOver ? 10_000 : (whole - 1) / least + 1
        return Int(min(max(10_000 - min(share, 10_000), 9_000), 9_950))
    }

    /// What is decided about a task whose answers are all in.
    ///
    /// - Parameter hasMore: whether more could be asked for.
    package static func outcome(
        confidence: Int, target: Int, answers: Int, least: Int, hasMore: Bool
    ) -> StoppingOutcome {
        if confidence >= target, answers >= least { return .enough }
        return hasMore ? .another : .unsettled
    }
}

extension Change {
    /// Asks for the next answer of a locked task, or for no more, once nothing of it is open or in hand: never two at
    /// once, since whoever decides holds the task. What the slots were held for is freed when the batch ends. Why is
    /// kept.
    ///
    /// - Parameter weighed: what its answers come to; `nil` for kinds without classes.
    func askOnward(
        for task: WorkTask.ID, of requester: Requester.ID, _ same: SameAnswer, _ weighed: WeighedTask?,
        by actor: Principal.ID
    ) async throws {
        guard let asked = try await answersSoFar(to: task, of: requester, same), !asked.isPending else { return }
        let (stopping, grounds) = decide(on: task, asked, weighed)
        switch stopping.outcome {
        case .enough: try await transaction.withdrawWaiting(of: task, requester)
        case .another: try await transaction.openNextWaiting(of: task, requester)
        case .unsettled: break
        }
        let sealed = try grounds.flatMap { try asked.key?.seal($0.json, as: .stopping(stopping.id)) }
        try await transaction.insertStopping(stopping, sealed, of: asked.batch, requester)
        try await record(
            stopping.outcome.event, by: actor, on: "task", task.uuid, in: .requester(requester),
            facts: [
                "answers": .integer(Int64(stopping.answers)), "basis": .string(stopping.basis.rawValue),
                "confidence_bps": .integer(Int64(stopping.confidenceBasisPoints)),
                "target_bps": .integer(Int64(stopping.targetBasisPoints)),
            ]
        )
    }

    /// By the posterior where the batch says what an error costs and a fit can be trusted, else by agreement.
    private func decide(
        on task: WorkTask.ID, _ asked: AnswersSoFar, _ weighed: WeighedTask?
    ) -> (Stopping, StoppingGrounds?) {
        if let errorCost = asked.errorCost, let weighed, weighed.isTrusted, asked.key != nil {
            let grounds = StoppingGrounds(weighed.evidence, weighed.world.calibration)
            let wanted = AdaptiveRedundancy.target(answerCost: asked.answerCost, errorCost: errorCost)
            // What more answers cannot bring is no reason to go on asking.
            let ceiling = weighed.world.calibration.ceiling(answerCount: weighed.world.answerCount)
            let target = Int(exactly: (Double(wanted) * ceiling).rounded(.down)) ?? wanted
            let stopping = asked.stopping(
                make(), of: task, .posterior, answers: weighed.evidence.voices.count,
                confidence: grounds.confidenceBasisPoints, target: max(target, 1), fit: weighed.fit, at: instant)
            return (stopping, grounds)
        }
        let stopping = asked.stopping(
            make(), of: task, .agreement, answers: asked.answers.count,
            confidence: AdaptiveRedundancy.agreement(of: asked.answers), target: asked.agreementBasisPoints,
            fit: nil, at: instant)
        return (stopping, nil)
    }
}

extension AnswersSoFar {
    fileprivate func stopping(
        _ id: Stopping.ID, of task: WorkTask.ID, _ basis: StoppingBasis, answers: Int, confidence: Int, target: Int,
        fit: Int?, at instant: Date
    ) -> Stopping {
        Stopping(
            id: id, task: task, basis: basis,
            outcome: AdaptiveRedundancy.outcome(
                confidence: confidence, target: target, answers: answers, least: least, hasMore: hasWaiting),
            answers: answers, least: least, most: most, confidenceBasisPoints: confidence,
            targetBasisPoints: target, decidedAt: instant, fit: fit, posterior: nil)
    }
}

extension StoppingOutcome {
    /// Of the audit log.
    fileprivate var event: String {
        switch self {
        case .enough: "answers_agree"
        case .another: "answer_asked"
        case .unsettled: "answers_unsettled"
        }
    }
}
