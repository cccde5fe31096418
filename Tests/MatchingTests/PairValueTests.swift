import Matching
import Testing

@Suite struct PairValueTests {
    private func facts(
        value: Int64 = 100_000_000, pay: Int64 = 20_000_000,
        skill: BetaBelief = BetaBelief(successes: 90, failures: 10),
        observations: Int = 100, answers: Int = 1, isRecoverable: Bool = false, age: Int64 = 0, bound: Int64 = 0,
        inTime: Int = 1_000_000, affinity: Int = 0, deficit: Int = 0, price: Int64 = 0, task: UInt128 = 1
    ) -> PairFacts {
        PairFacts(
            task: task, worker: 7, valueMicros: value, payMicros: pay, skill: skill, observations: observations,
            answersDeciding: answers, isRecoverable: isRecoverable, ageSeconds: age, boundSeconds: bound,
            inTimeMillionths: inTime, affinityMillionths: affinity, deficitMillionths: deficit, timePriceMicros: price)
    }

    @Test("The parts add up to what the solver takes, all of them and in order, never below zero")
    func sum() {
        let value = PairValue(
            facts(answers: 2, age: 9_000, bound: 10_000, inTime: 900_000, affinity: 500_000, deficit: 300_000))
        #expect(value.parts.map(\.part) == PairValue.Part.allCases)
        #expect(value.micros == value.parts.reduce(0) { $0 + $1.micros } && value.micros > 0)
        #expect(value[.pay] == -20_000_000 && value[.lateness] < 0 && value[.urgency] > 0 && value[.affinity] > 0)
        #expect(PairValue(facts(value: 1_000_000)).micros == 0)
    }

    @Test("Where one answer decides the lower quantile counts, where several do the mean")
    func quality() {
        let (one, several) = (PairValue(facts()), PairValue(facts(answers: 3)))
        #expect(several.qualityMillionths == 900_000)
        #expect((868_000...880_000).contains(one.qualityMillionths))
        // Less certain, less for one answer, the same for several.
        let vague = BetaBelief(successes: 9, failures: 1)
        #expect(PairValue(facts(skill: vague)).qualityMillionths < one.qualityMillionths)
        #expect(PairValue(facts(skill: vague, answers: 3)).qualityMillionths == 900_000)
    }

    @Test("Urgency is nothing until half the bound, then grows with the square, and is bounded")
    func urgency() {
        var weights = ValueWeights()
        weights.urgencyMillionths = 1_000_000
        func urgency(_ age: Int64) -> Int64 { PairValue(facts(age: age, bound: 100), weights: weights)[.urgency] }
        #expect(urgency(0) == 0 && urgency(50) == 0)
        #expect(urgency(60) == 1_000_000 && urgency(70) == 4_000_000 && urgency(100) == 25_000_000)
        #expect(urgency(.max) == 200_000_000)
        #expect(PairValue(facts(age: 1_000, bound: 0), weights: weights)[.urgency] == 0)
    }

    @Test("A deficit of offered hours raises the value, and lateness, handling and pay lower it")
    func monotone() {
        var random = SplitMix64(state: 4)
        for _ in 0..<500 {
            let (deficit, inTime) = (random.below(1_000_000) - 500_000, random.below(1_000_001))
            let base = PairValue(facts(answers: 2, inTime: inTime, deficit: deficit)).micros
            let owed = PairValue(facts(answers: 2, inTime: inTime, deficit: deficit + 100_000)).micros
            #expect(base > 0 ? owed > base : owed >= 0)
            #expect(PairValue(facts(pay: 21_000_000, answers: 2, inTime: inTime, deficit: deficit)).micros <= base)
            #expect(PairValue(facts(answers: 2, inTime: inTime / 2, deficit: deficit)).micros <= base)
        }
    }

    @Test("At most a tenth of the pairs are explored, only recoverable tasks, newcomers and cheap time, each all day")
    func exploring() {
        var weights = ValueWeights()
        weights.exploringMillionths = 900_000
        func share(_ weights: ValueWeights) -> Int {
            (0..<20_000).count { PairValue.isExploring(task: UInt128($0), worker: 7, weights: weights, seed: 3) }
        }
        #expect((1_900...2_100).contains(share(weights)))
        weights.exploringMillionths = 80_000
        #expect((1_500...1_700).contains(share(weights)))
        let explored = UInt128(
            (0..<1_000).first { PairValue.isExploring(task: $0, worker: 7, weights: weights, seed: 0) } ?? 0)
        // Of one batch, whose tasks are alike, so many of the workers, on every day.
        for day in 0..<20 as Range<UInt64> {
            let workers = (0..<5_000).count {
                PairValue.isExploring(task: 1, worker: UInt128($0), weights: weights, seed: day)
            }
            #expect((300...500).contains(workers), "day \(day)")
        }
        func isDrawn(_ facts: PairFacts) -> Bool { PairValue(facts, weights: weights).isDrawn }
        #expect(isDrawn(facts(observations: 3, answers: 2, isRecoverable: true, task: explored)))
        #expect(!isDrawn(facts(observations: 3, answers: 2, isRecoverable: false, task: explored)))
        #expect(!isDrawn(facts(observations: 28, answers: 2, isRecoverable: true, task: explored)))
        #expect(
            !isDrawn(facts(observations: 3, answers: 2, isRecoverable: true, price: 26_000_000, task: explored)))
        let drawn = facts(observations: 3, answers: 2, isRecoverable: true, task: explored)
        #expect(PairValue(drawn, weights: weights) == PairValue(drawn, weights: weights))
    }

    @Test("No input overflows")
    func extremes() {
        for amount in [Int64.min, -1, 0, 1, .max] {
            for count in [Int.min, -1, 0, 1, .max] {
                let wild = PairFacts(
                    task: .max, worker: .max, valueMicros: amount, payMicros: amount,
                    skill: BetaBelief(successes: Double(count), failures: .infinity), observations: count,
                    answersDeciding: count, isRecoverable: true, ageSeconds: amount, boundSeconds: amount,
                    inTimeMillionths: count, affinityMillionths: count, deficitMillionths: count,
                    timePriceMicros: amount)
                var weights = ValueWeights()
                weights.urgencyMillionths = count
                weights.handlingMicros = amount
                let value = PairValue(wild, weights: weights).micros
                #expect((0...Market.Bounds.valueMax).contains(value))
            }
        }
    }

    @Test("Every weight is listed with a unit and a meaning, under a name of its own")
    func rows() {
        let rows = ValueWeights().rows
        #expect(rows.count == Mirror(reflecting: ValueWeights()).children.count)
        #expect(Set(rows.map(\.name)).count == rows.count)
        #expect(rows.allSatisfy { !$0.unit.isEmpty && !$0.meaning.isEmpty })
    }
}
