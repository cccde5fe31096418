/// How many offers to send now: the fewest that bring as many acceptances as are wanted, in time, with the confidence;
/// never more live ones than would be paid.
package struct OfferWave: Hashable, Sendable {
    /// How many of the candidates to offer it to, in their order.
    package let count: Int
    /// The chance that, with the live offers, enough accept in time, in millionths.
    package let chanceMillionths: Int
    /// Whether more would have been offered but for the bound on what is paid: the next wave, or the ladder, comes to
    /// it.
    package let isCapped: Bool

    /// The confidence that is aimed at, in millionths.
    package static let confidenceMillionths = 950_000

    /// Plans a wave. Time: candidates × wanted.
    /// - Parameters:
    ///   - chances: of each candidate to accept in time, in millionths, the best candidate first.
    ///   - live: of each offer that waits for its answer.
    ///   - wanted: how many acceptances are missing.
    ///   - payable: the most live offers that would all be paid if all accepted; the live ones count.
    package init(
        chances: [Int], live: [Int] = [], wanted: Int, payable: Int,
        confidenceMillionths: Int = Self.confidenceMillionths
    ) {
        let wanted = max(wanted, 0)
        let room = max(payable - live.count, 0)
        var accepted = AcceptanceCount(upTo: wanted)
        for chance in live { accepted.add(chance) }
        var count = 0
        while PureMath.millionths(accepted.enough) < confidenceMillionths, count < chances.count, count < room {
            accepted.add(chances[count])
            count += 1
        }
        self.count = count
        chanceMillionths = PureMath.millionths(accepted.enough)
        isCapped = chanceMillionths < confidenceMillionths && count == room && count < chances.count
    }

    /// How long to wait before the next wave: until four fifths of the acceptances to come have come, but no longer
    /// than a quarter of the slack, and at least a minute.
    package static func pauseMinutes(_ model: AcceptanceModel, slackMinutes: Int) -> Int {
        max(min(model.minutes(untilShareMillionths: 800_000), slackMinutes / 4), 1)
    }
}

/// The distribution of how many of several independent offers are accepted (Poisson binomial), up to a number.
struct AcceptanceCount {
    /// Chance of exactly 0, 1, … acceptances; the last of that many or more.
    private var chances: [Double]

    init(upTo wanted: Int) {
        chances = [1] + Array(repeating: 0, count: wanted)
    }

    /// The chance that as many as wanted, or more, accept.
    var enough: Double { chances[chances.count - 1] }

    /// The chance of exactly so many acceptances, fewer than the number.
    func chance(of count: Int) -> Double { chances[count] }

    mutating func add(_ chanceMillionths: Int) {
        let chance = Double(min(max(chanceMillionths, 0), 1_000_000)) / 1_000_000
        let last = chances.count - 1
        guard last > 0 else { return }
        chances[last] += chances[last - 1] * chance
        for count in stride(from: last - 1, to: 0, by: -1) {
            chances[count] = chances[count] * (1 - chance) + chances[count - 1] * chance
        }
        chances[0] *= 1 - chance
    }
}
