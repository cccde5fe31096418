/// What may be said of two answers.
package enum MeasurementLevel: String, Hashable, Sendable, CaseIterable {
    /// Only whether they are the same.
    case nominal
    /// Which is more, too.
    case ordinal
    /// How far they are apart, too.
    case interval
    /// How many times as much one is, too.
    case ratio
}

/// Krippendorff's alpha, with its uncertainty.
package struct KrippendorffAlpha: Hashable, Sendable {
    /// 1 is perfect agreement, 0 what chance would give, below is worse.
    package let alpha: Double
    /// The 95 % interval over items drawn anew; nil where it was not asked for.
    package let interval: ClosedRange<Double>?
    /// Items with at least two labels: only they count.
    package let items: Int
    /// Labels on them.
    package let labels: Int
}

extension Labels {
    /// Krippendorff's alpha. Labels may be missing; items with fewer than two do not count.
    ///
    /// Source: Krippendorff 2011, Computing Krippendorff's Alpha-Reliability, section C.
    /// - Parameters:
    ///   - values: what each answer stands for, as a number; nothing but the order matters at the ordinal level, and
    ///     nothing at all at the nominal one, where it may be empty.
    ///   - draws: how many times items are drawn anew for the interval, 0 to 10,000.
    ///   - seed: what they are drawn from.
    /// - Returns: nil when it is not defined: no item has two labels, only one answer ever occurs, or a value is
    ///   missing or not finite.
    package func krippendorffAlpha(
        _ level: MeasurementLevel = .nominal, values: [Double] = [], draws: Int = 0, seed: UInt64 = 1
    ) -> KrippendorffAlpha? {
        guard level == .nominal || values.count >= answerCount && values.allSatisfy(\.isFinite) else { return nil }
        let units = (0..<itemCount).filter { count(of: $0) >= 2 }.map { Unit(votes(on: $0)) }
        let distance = AnswerDistance(level, values, units, answerCount)
        guard let alpha = distance.alpha(units) else { return nil }
        var interval: ClosedRange<Double>?
        if draws > 0 {
            var random = SeededRandom(seed: seed)
            let found = (0..<min(draws, 10_000)).compactMap { _ in
                distance.alpha(units.map { _ in units[random.below(units.count)] })
            }.sorted()
            if let least = found.first, let most = found.last {
                let margin = found.count / 40
                interval = found.count > 2 * margin ? found[margin]...found[found.count - 1 - margin] : least...most
            }
        }
        return KrippendorffAlpha(
            alpha: alpha, interval: interval, items: units.count, labels: units.reduce(0) { $0 + $1.count })
    }
}

/// The labels of an item, as answers that occur and how often.
private struct Unit {
    let votes: [(answer: Int, count: Double)]
    let count: Int

    init(_ votes: [Int]) {
        self.votes = votes.enumerated().filter { $0.element > 0 }.map { ($0.offset, Double($0.element)) }
        count = votes.reduce(0, +)
    }
}

/// How far answers are apart, squared. Ordinal distances count the labels between two answers, so they belong to the
/// labels at hand.
private struct AnswerDistance {
    private let level: MeasurementLevel
    private let answerCount: Int
    /// At the ordinal level the middle rank of each answer, else what it stands for.
    private let places: [Double]

    init(_ level: MeasurementLevel, _ values: [Double], _ units: [Unit], _ answerCount: Int) {
        (self.level, self.answerCount) = (level, answerCount)
        guard level == .ordinal else {
            places = values
            return
        }
        let totals = Self.totals(units, answerCount)
        var places = [Double](repeating: 0, count: answerCount)
        var below = 0.0
        var group: [Int] = []
        for answer in (0..<answerCount).sorted(by: { (values[$0], $0) < (values[$1], $1) }) + [answerCount] {
            if let first = group.first, answer == answerCount || values[answer] != values[first] {
                let size = group.reduce(0) { $0 + totals[$1] }
                for member in group { places[member] = below + size / 2 }
                below += size
                group = []
            }
            group.append(answer)
        }
        self.places = places
    }

    func alpha(_ units: [Unit]) -> Double? {
        var observed = 0.0
        for unit in units {
            var sum = 0.0
            for one in unit.votes {
                for other in unit.votes where other.answer != one.answer {
                    sum += one.count * other.count * squared(one.answer, other.answer)
                }
            }
            observed += sum / Double(unit.count - 1)
        }
        let totals = Self.totals(units, answerCount).enumerated().filter { $0.element > 0 }
        var expected = 0.0
        for one in totals {
            for other in totals { expected += one.element * other.element * squared(one.offset, other.offset) }
        }
        let all = totals.reduce(0) { $0 + $1.element }
        return expected > 0 ? 1 - (all - 1) * observed / expected : nil
    }

    private func squared(_ one: Int, _ other: Int) -> Double {
        switch level {
        case .nominal: return one == other ? 0 : 1
        case .ordinal, .interval: return (places[one] - places[other]) * (places[one] - places[other])
        case .ratio:
            let sum = places[one] + places[other]
            guard sum != 0 else { return 0 }
            let share = (places[one] - places[other]) / sum
            return share * share
        }
    }

    private static func totals(_ units: [Unit], _ answerCount: Int) -> [Double] {
        var totals = [Double](repeating: 0, count: answerCount)
        for unit in units {
            for (answer, count) in unit.votes { totals[answer] += count }
        }
        return totals
    }
}
