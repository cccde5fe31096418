/// What the value of a worker for a task depends on. The worker's ask is not among it: pay follows the rate alone, and
/// rank never follows the ask.
package struct PairFacts: Hashable, Sendable {
    /// The task's id.
    package let task: UInt128
    /// The worker's id.
    package let worker: UInt128
    /// What one right answer is worth to the requester, in micro-units (millionths of the currency's unit); 0 or less
    /// when it is not stated.
    package let valueMicros: Int64
    /// What is paid for an answer, by rate, in micro-units.
    package let payMicros: Int64
    /// The worker's skill at this kind of task.
    package let skill: BetaBelief
    /// The skill's quantile at ``ValueWeights/cautionMillionths`` where it is known already; else it is worked out.
    package let cautiousSkill: Double?
    /// How many observations the skill rests on, the prior not counted.
    package let observations: Int
    /// How many answers decide together; 1 when one decides.
    package let answersDeciding: Int
    /// Whether a wrong answer would be noticed and mended: by other answers, a review, or a known answer.
    package let isRecoverable: Bool
    /// How long the task has been open.
    package let ageSeconds: Int64
    /// Within what it should be done, from its opening; 0 or less when there is no bound.
    package let boundSeconds: Int64
    /// The chance that this worker finishes in time (``Lateness``), in millionths.
    package let inTimeMillionths: Int
    /// How familiar the worker is with the project and kind, 0 to 1,000,000.
    package let affinityMillionths: Int
    /// How far the worker's offered hours lag behind their fair share (``Fairness/deficitMillionths``).
    package let deficitMillionths: Int
    /// The price of the worker's time for this task (``HourPrice``), in micro-units.
    package let timePriceMicros: Int64

    /// All facts; what is left out has no effect.
    package init(
        task: UInt128, worker: UInt128, valueMicros: Int64, payMicros: Int64, skill: BetaBelief,
        cautiousSkill: Double? = nil, observations: Int, answersDeciding: Int = 1, isRecoverable: Bool = false,
        ageSeconds: Int64 = 0, boundSeconds: Int64 = 0, inTimeMillionths: Int = 1_000_000, affinityMillionths: Int = 0,
        deficitMillionths: Int = 0, timePriceMicros: Int64 = 0
    ) {
        (self.task, self.worker) = (task, worker)
        (self.valueMicros, self.payMicros) = (valueMicros, payMicros)
        (self.skill, self.cautiousSkill, self.observations) = (skill, cautiousSkill, observations)
        (self.answersDeciding, self.isRecoverable) = (answersDeciding, isRecoverable)
        (self.ageSeconds, self.boundSeconds) = (ageSeconds, boundSeconds)
        (self.inTimeMillionths, self.affinityMillionths) = (inTimeMillionths, affinityMillionths)
        (self.deficitMillionths, self.timePriceMicros) = (deficitMillionths, timePriceMicros)
    }

    /// Amounts as they are used: clamped to what no sum of parts can overflow.
    static let amountMax: Int64 = Market.Bounds.valueMax
}
