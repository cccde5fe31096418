/// When a task has answers enough: at the confidence that pays, between the least and the most. The target is a share
/// of the most confidence that more answers could bring (``Calibration/ceiling(answerCount:)``): what they cannot
/// bring is no reason to go on asking.
package struct StoppingRule: Hashable, Sendable {
    /// The confidence at which it stops, 0.5 to 0.9999.
    package let target: Double
    /// The least answers; at least 1.
    package let answersMin: Int
    /// The most answers; at least `answersMin`.
    package let answersMax: Int

    /// A rule. What is out of bounds is clamped.
    package init(target: Double, answersMin: Int = 2, answersMax: Int = 10) {
        self.target = target.isNaN ? 0.99 : min(max(target, 0.5), 0.9999)
        self.answersMin = max(answersMin, 1)
        self.answersMax = max(answersMax, self.answersMin)
    }

    /// The rule that what an answer and an error cost makes: one more answer pays as long as it could save more than it
    /// costs. From 0.9 to 0.995.
    ///
    /// Source: ALGORITHMS.md, section 3, design 4.
    package init(answerCost: Double, errorCost: Double, answersMin: Int = 2, answersMax: Int = 10) {
        let share = errorCost > 0 && answerCost >= 0 ? answerCost / errorCost : 1
        self.init(target: min(max(1 - share, 0.9), 0.995), answersMin: answersMin, answersMax: answersMax)
    }

    /// What is to be done with a task.
    package enum Decision: Hashable, Sendable {
        /// This answer, at this confidence.
        case stop(answer: Int32, confidence: Double)
        /// One more, by the first of those who were offered; nil when nobody was.
        case ask(worker: Int32?)
        /// The most answers are there and do not suffice: a person of a higher tier decides, or several answers stand.
        case unsettled
    }

    /// - Parameters:
    ///   - posterior: calibrated; see ``Calibration``.
    ///   - ceiling: the most confidence that is possible.
    package func decide(
        posterior: [Double], labelCount: Int, ceiling: Double = 1, next worker: Int32? = nil
    ) -> Decision {
        let confidence = posterior.max() ?? 0
        if labelCount >= answersMin, confidence >= target * ceiling, let answer = posterior.firstIndex(of: confidence) {
            return .stop(answer: Int32(answer), confidence: confidence)
        }
        return labelCount < answersMax ? .ask(worker: worker) : .unsettled
    }
}

extension OnlineConsensus {
    /// The workers from the one whose answer is expected to settle an item most for its cost.
    ///
    /// - Parameter candidates: workers who could be asked, each with what an answer of theirs costs, above 0.
    package func ranked(_ candidates: [(worker: Int32, cost: Double)], for item: Int32) -> [Int32] {
        candidates.filter { $0.cost > 0 }
            .map { (worker: $0.worker, worth: expectedGain(item: item, worker: $0.worker) / $0.cost) }
            .sorted { ($1.worth, $0.worker) < ($0.worth, $1.worker) }
            .map(\.worker)
    }
}
