internal import Marketplace
internal import Matching

/// What it saves to ask for one more answer only while the likeliest is not likely enough, against a fixed number.
///
/// Tasks, candidates and skills are the market's own; answers come in a drawn order, are weighed by ``AnswerWeights``,
/// and stop as those of an adaptive batch do (``AdaptiveRedundancy``). Both sides hear the same answers in the same
/// order and take the likeliest, so that the difference is when they stop. What nobody settles is taken as it stands.
///
/// The bound follows from what an error costs. It is chosen on the weeks before the study: the least that is wrong no
/// more often than the fixed number. Cost and errors are of the study's own tasks.
enum RedundancyTrial {
    /// The median of redundancy that is usual.
    static let fixed = 5
    /// Answers of an adaptive task.
    static let (least, most) = (2, 10)
    private static let playsMax = 8_000
    /// What an error may cost, in answers: bounds from 0.9 to 0.995.
    private static let errorCosts: [Int64] = [10, 12, 14, 16, 18, 20, 22, 25, 28, 32, 36, 40, 50, 70, 100, 200]

    /// Of a market in which no task has candidates enough, none.
    static func metrics(_ market: WeekMarket) -> [WeekMetric: Double] {
        let skills = WeekBeliefs.recorded(market)
        let earlier = plays(market, market.past, skills, stream: 606)
        let studied = plays(market, market.tasks, skills, stream: 607)
        guard !earlier.isEmpty, !studied.isEmpty else { return [:] }
        let bound = target(equalling: earlier)
        let always = Total(studied) { _ in Self.fixed }
        let stopped = Total(studied) { $0.answers(target: bound) }
        return [
            .redundancyCost: stopped.micros / max(always.micros, 1),
            .redundancyErrorFixed: always.error, .redundancyErrorAdaptive: stopped.error,
        ]
    }

    /// The least bound, in ten-thousandths, by which no more labels are wrong than by the fixed number; the highest
    /// where there is none.
    static func target(equalling plays: [Play]) -> Int {
        let error = Total(plays) { _ in Self.fixed }.error
        let targets = errorCosts.map { AdaptiveRedundancy.target(answerCost: 1, errorCost: $0) }
        let enough = targets.first { target in
            Total(plays) { $0.answers(target: target) }.error <= error
        }
        return enough ?? targets.last ?? 10_000
    }

    /// A task, answered until the most answers are there.
    struct Play {
        /// For each answer.
        let pay: Int64
        let steps: [Step]

        /// When an adaptive batch would ask for no more.
        func answers(target: Int) -> Int {
            for (place, step) in steps.enumerated() {
                let outcome = AdaptiveRedundancy.outcome(
                    confidence: step.confidence, target: target, answers: place + 1, least: RedundancyTrial.least,
                    hasMore: place + 1 < steps.count)
                if outcome != .another { return place + 1 }
            }
            return steps.count
        }
    }

    /// After one answer more: how likely the likeliest is, in ten-thousandths rounded down, and whether it is right.
    struct Step {
        let confidence: Int
        let isRight: Bool
    }

    /// What plays come to.
    struct Total {
        private(set) var micros = 0.0
        private(set) var wrong = 0
        let items: Int

        /// - Parameter answers: how many are taken.
        init(_ plays: [Play], answers: (Play) -> Int) {
            items = plays.count
            for play in plays {
                let taken = play.steps.prefix(answers(play))
                micros += Double(play.pay) * Double(taken.count)
                if taken.last?.isRight != true { wrong += 1 }
            }
        }

        var error: Double { Double(wrong) / Double(max(items, 1)) }
    }

    private static func plays(
        _ market: WeekMarket, _ tasks: [WeekTask], _ skills: [BetaBelief], stream: UInt64
    ) -> [Play] {
        let weights = AnswerWeights(skills)
        let able = Array(tasks.lazy.filter { $0.edges.count >= Self.most }.prefix(Self.playsMax))
        guard !able.isEmpty else { return [] }
        return (0..<playsMax).map { number in
            let task = able[number % able.count]
            var random = PolicyRandom(seed: market.seed &+ stream, subject: UInt128(number))
            let truth = Int(random.next() & 1)
            var scores = [0.0, 0.0]
            var steps: [Step] = []
            for edge in Array(task.edges).shuffled(using: &random).prefix(Self.most) {
                let skill = Int(market.edges[edge])
                let isRight = random.unit() < market.accuracy(skill, at: task.arrival)
                let chances = weights.logChances(of: isRight ? truth : 1 - truth, by: skills[skill])
                for (answer, chance) in chances.enumerated() { scores[answer] += chance }
                let label = weights.likeliest(scores)
                steps.append(
                    Step(
                        confidence: Int(exactly: (label.confidence * 10_000).rounded(.down)) ?? 0,
                        isRight: label.answer == truth))
            }
            return Play(pay: task.pay, steps: steps)
        }
    }
}
