internal import Consensus
internal import Matching

/// How answers to a question with two classes, both as common, are weighed: by the project's own inference
/// (``LabelWorld``), as each is handed in. In the place of a worker's table of confusions stands what is believed of
/// their skill, wrong either way alike, with two imagined answers of all workers' skill, as every table has.
struct AnswerWeights {
    private let world: LabelWorld

    /// - Parameter skills: of all workers together.
    init(_ skills: [BetaBelief]) {
        let right = skills.reduce(0.0) { $0 + $1.successes }
        let wrong = skills.reduce(0.0) { $0 + $1.failures }
        let share = right + wrong > 0 ? right / (right + wrong) : 0.9
        world =
            LabelWorld(
                shares: [0.5, 0.5], pool: [share, 1 - share, 1 - share, share], calibration: Calibration())
            ?? LabelWorld(answerCount: 2)
    }

    /// The logarithms of how likely a worker gives this answer where each is true.
    func logChances(of given: Int, by skill: BetaBelief) -> [Double] {
        let (right, wrong) = (skill.successes / 2, skill.failures / 2)
        let table = ConfusionTable(answerCount: 2, cells: [right, wrong, wrong, right])
        return world.logChances(of: given, by: table ?? ConfusionTable(answerCount: 2))
    }

    /// The likeliest answer, the first among equals, and its probability.
    ///
    /// - Parameter scores: the sum of all answers' logarithms; equal shares add nothing.
    func likeliest(_ scores: [Double]) -> (answer: Int, confidence: Double) {
        let posterior = LabelWorld.posterior(scores, [])
        let most = posterior.max() ?? 0
        return (posterior.firstIndex(of: most) ?? 0, most)
    }
}

/// The labels of a run: what the answers in time to each task come to. A label that an adjudicator has put right counts
/// as it was before.
struct LabelTally {
    private let seed: UInt64
    private let weights: AnswerWeights
    /// By task and answer.
    private var scores: [Double]
    private var isAnswered: [Bool]
    /// By task and ring: whether the first of a ring was right, which the others say, too.
    private var firstOfRing: [Int: Bool] = [:]

    /// - Parameter skills: what is on record when the study begins.
    init(seed: UInt64, tasks: Int, skills: [BetaBelief]) {
        self.seed = seed
        weights = AnswerWeights(skills)
        scores = Array(repeating: 0, count: 2 * tasks)
        isAnswered = Array(repeating: false, count: tasks)
    }

    /// Takes in an answer, weighed by what is believed of its worker at that time.
    ///
    /// - Parameter ring: of those who copy each other; −1 for none.
    mutating func hear(_ task: Int, isRight drawn: Bool, ring: Int32 = -1, believed skill: BetaBelief) {
        var isRight = drawn
        if ring >= 0 {
            let key = task << 32 | Int(ring)
            isRight = firstOfRing[key] ?? drawn
            firstOfRing[key] = isRight
        }
        let truth = truth(of: task)
        let chances = weights.logChances(of: isRight ? truth : 1 - truth, by: skill)
        for (answer, chance) in chances.enumerated() { scores[2 * task + answer] += chance }
        isAnswered[task] = true
    }

    /// By lot, so that of two answers that weigh the same neither is favoured.
    private func truth(of task: Int) -> Int {
        var random = PolicyRandom(seed: seed &+ 98, subject: UInt128(task))
        return Int(random.next() & 1)
    }

    /// How sure each label is, and whether it is right.
    var outcomes: [(confidence: Double, isRight: Bool)] {
        isAnswered.indices.filter { isAnswered[$0] }.map { task in
            let label = weights.likeliest(Array(scores[2 * task...2 * task + 1]))
            return (confidence: label.confidence, isRight: label.answer == truth(of: task))
        }
    }

    /// None without answers.
    var metrics: [WeekMetric: Double] {
        let found = CalibrationError(outcomes)
        return found.items > 0 ? [.labelError: 1 - found.accuracy, .calibration: found.error] : [:]
    }
}
