/// What a worker is worth for a task: named parts in micro-units, and their sum.
package struct PairValue: Hashable, Sendable {
    /// A part of the value.
    package enum Part: String, Hashable, Sendable, CaseIterable {
        /// Predicted quality above the bar, times the task's value.
        case quality
        /// What is paid; never above 0.
        case pay
        /// What handling costs; never above 0.
        case handling
        /// Expected loss by a late answer; never above 0.
        case lateness
        /// Familiarity.
        case affinity
        /// The task's age against its bound.
        case urgency
        /// Hours offered below the fair share; below 0 for hours offered above it.
        case fairness
        /// What a drawn skill adds to, or takes off, the expected one.
        case exploring

        /// Its place in the order.
        fileprivate var place: Int {
            switch self {
            case .quality: 0
            case .pay: 1
            case .handling: 2
            case .lateness: 3
            case .affinity: 4
            case .urgency: 5
            case .fairness: 6
            case .exploring: 7
            }
        }
    }

    /// In micro-units, in the order of ``Part``.
    private let amounts: SIMD8<Int64>
    /// The predicted quality that was used, in millionths: the lower quantile where one answer decides, else the mean;
    /// a draw with some newcomers on recoverable tasks.
    package let qualityMillionths: Int
    /// Whether the quality is a draw.
    package let isDrawn: Bool

    /// The sum of the parts, clamped to 0 to ``Market/Bounds/valueMax``: what the solver takes. A pair worth 0 is never
    /// chosen.
    package var micros: Int64 { min(max(amounts.wrappedSum(), 0), Market.Bounds.valueMax) }

    /// The parts, in the order of ``Part``; also those that are 0.
    package var parts: [(part: Part, micros: Int64)] { Part.allCases.map { ($0, self[$0]) } }

    /// One part, in micro-units.
    package subscript(part: Part) -> Int64 { amounts[part.place] }

    /// The value of a pair. Time: constant.
    /// - Parameter seed: of the draws; the same for all pairs of a day, so that a pair is explored all day or not.
    package init(_ facts: PairFacts, weights: ValueWeights = ValueWeights(), seed: UInt64 = 0) {
        let pay = min(max(facts.payMicros, 0), PairFacts.amountMax)
        let value =
            facts.valueMicros > 0
            ? min(facts.valueMicros, PairFacts.amountMax)
            : min(PureMath.scaled(pay, by: Self.share(weights.valueOverPayMillionths)), PairFacts.amountMax)
        func part(_ share: Double) -> Int64 { PureMath.scaled(value, by: share) }
        let bar = Self.share(weights.barMillionths)
        let expected =
            facts.answersDeciding > 1
            ? facts.skill.mean
            : facts.cautiousSkill ?? facts.skill.quantile(Self.share(weights.cautionMillionths))
        let drawn = Self.drawn(facts, value: value, weights: weights, seed: seed)
        let quality = expected - bar
        let late = 1 - Self.share(facts.inTimeMillionths)
        amounts = SIMD8(
            part(quality),
            -PureMath.scaled(pay, by: Self.share(weights.payMillionths)),
            -min(max(weights.handlingMicros, 0), PairFacts.amountMax),
            -part(max(quality, 0) * late * Self.share(weights.latenessMillionths)),
            part(Self.share(facts.affinityMillionths) * Self.share(weights.affinityMillionths)),
            part(Self.urgency(facts, weights)),
            part(Self.signed(facts.deficitMillionths) * Self.share(weights.fairnessMillionths)),
            drawn.map { part($0 - expected) } ?? 0
        )
        qualityMillionths = PureMath.millionths(drawn ?? expected)
        isDrawn = drawn != nil
    }

    /// Urgency as a share of the task's value: c · max(0, age ÷ bound − 1/2)², up to its greatest.
    static func urgency(_ facts: PairFacts, _ weights: ValueWeights) -> Double {
        guard facts.boundSeconds > 0 else { return 0 }
        let age = Double(max(facts.ageSeconds, 0)) / Double(facts.boundSeconds)
        let over = max(0, age - 0.5)
        return min(share(weights.urgencyMillionths) * over * over, share(weights.urgencyMaxMillionths))
    }

    /// Whether a newcomer's skill is drawn on this task, today. By hash of task and worker, so that it does not depend
    /// on the order or number of rounds, and so that of many alike tasks, which are one batch, a share is explored and
    /// not all or none.
    package static func isExploring(task: UInt128, worker: UInt128, weights: ValueWeights, seed: UInt64) -> Bool {
        var random = PolicyRandom(seed: seed, subject: task ^ (worker &* 0x9E37_79B9_7F4A_7C15))
        let share = min(max(weights.exploringMillionths, 0), ValueWeights.Bounds.exploringMax)
        return random.next() % 1_000_000 < UInt64(share)
    }

    /// A drawn skill, where drawing is allowed.
    private static func drawn(
        _ facts: PairFacts, value: Int64, weights: ValueWeights, seed: UInt64
    ) -> Double? {
        guard facts.isRecoverable, facts.observations < weights.newcomerObservations,
            facts.timePriceMicros <= PureMath.scaled(value, by: share(weights.exploringPriceMillionths)),
            isExploring(task: facts.task, worker: facts.worker, weights: weights, seed: seed)
        else { return nil }
        var random = PolicyRandom(seed: seed ^ 0x6578_706c_6f72_6521, subject: facts.task ^ (facts.worker &* 3))
        return facts.skill.draw(&random)
    }

    private static func share(_ millionths: Int) -> Double {
        Double(min(max(millionths, 0), 1_000_000_000)) / 1_000_000
    }

    private static func signed(_ millionths: Int) -> Double {
        Double(min(max(millionths, -1_000_000), 1_000_000)) / 1_000_000
    }
}
