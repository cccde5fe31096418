/// How likely an offer is accepted, and how soon: learnt from acceptances, declines and silence.
///
/// Source: gamma-Poisson shrinkage. The cell's rate by hour and pay is multiplied by what the worker accepted against
/// what the cell would have; few offers of the worker's own change little.
package struct AcceptanceModel: Hashable, Sendable {
    /// In which of the worker's hours an offer came.
    package enum HourBand: Int, Hashable, Sendable, CaseIterable {
        /// 0 to 6 o'clock, in the worker's zone.
        case night
        /// 6 to 12.
        case morning
        /// 12 to 18.
        case afternoon
        /// 18 to 24.
        case evening

        /// The band of an hour of the day, 0 to 23; anything else is taken modulo 24.
        package init(hour: Int) {
            let hour = (hour % 24 + 24) % 24
            self = hour < 6 ? .night : hour < 12 ? .morning : hour < 18 ? .afternoon : .evening
        }
    }

    /// What was paid against the usual rate of the cell.
    package enum PayBand: Int, Hashable, Sendable, CaseIterable {
        /// Under nine tenths.
        case low
        /// Nine to eleven tenths.
        case usual
        /// Over eleven tenths.
        case high

        /// The band of pay ÷ usual pay, in millionths.
        package init(ratioMillionths: Int) {
            self = ratioMillionths < 900_000 ? .low : ratioMillionths <= 1_100_000 ? .usual : .high
        }
    }

    /// Offers that are alike.
    package struct Bucket: Hashable, Sendable {
        /// When.
        package let hour: HourBand
        /// For how much.
        package let pay: PayBand

        /// A bucket.
        package init(hour: HourBand, pay: PayBand) { (self.hour, self.pay) = (hour, pay) }

        /// Every bucket.
        package static let all = HourBand.allCases.flatMap { hour in
            PayBand.allCases.map { Bucket(hour: hour, pay: $0) }
        }
    }

    /// Offers whose end is known. Declines and silence are the rest.
    package struct Count: Hashable, Sendable {
        /// Accepted, declined, or left to lapse.
        package var offered: Int
        /// Accepted.
        package var accepted: Int

        /// A count; below 0 counts as 0, and no more are accepted than offered.
        package init(offered: Int = 0, accepted: Int = 0) {
            self.offered = max(offered, 0)
            self.accepted = min(max(accepted, 0), self.offered)
        }
    }

    /// What is assumed of a cell of which nothing is known, in millionths. Of a band of pay that is not known it is
    /// what the other bands of the same hours say.
    package static let priorMillionths = 500_000
    /// How many offers either is worth, in each bucket.
    package static let priorOffers = 10.0
    /// How many acceptances of the cell a worker's own factor is shrunk by.
    package static let workerPrior = 4.0
    /// What is assumed of the minutes until an acceptance, and how many acceptances that is worth.
    package static let delayPrior = (minutes: 45.0, acceptances: 10.0)

    /// Of the cell, by hour, then by band of pay.
    private let rates: [Double]
    private let delayMinutes: Double

    /// A model of a cell.
    /// - Parameters:
    ///   - cell: offers to all workers of the cell, lately.
    ///   - delayMinutesTotal: minutes from offer to acceptance, of all acceptances together.
    package init(cell: [Bucket: Count], delayMinutesTotal: Int64 = 0) {
        rates = HourBand.allCases.flatMap { Self.rates(of: cell, in: $0) }
        let accepted = cell.values.reduce(0.0) { $0 + Double($1.accepted) }
        let prior = Self.delayPrior
        delayMinutes =
            (prior.minutes * prior.acceptances + Double(delayMinutesTotal > 0 ? delayMinutesTotal : 0))
            / (prior.acceptances + (delayMinutesTotal > 0 ? accepted : 0))
    }

    /// The cell's rate, in millionths.
    package func cellMillionths(_ bucket: Bucket) -> Int { PureMath.millionths(rate(bucket)) }

    /// The chance that a worker accepts, sooner or later, in millionths; never below 1 % or above 99 %.
    /// - Parameter own: the worker's own offers.
    package func chanceMillionths(_ bucket: Bucket, own: [Bucket: Count] = [:]) -> Int {
        PureMath.millionths(min(max(rate(bucket) * factor(own), 0.01), 0.99))
    }

    /// The chance that a worker accepts, sooner or later, whatever the hour is, in millionths: the mean over the day.
    package func usualMillionths(_ pay: PayBand, own: [Bucket: Count] = [:]) -> Int {
        let (hours, factor) = (HourBand.allCases, factor(own))
        let sum = hours.reduce(0.0) { $0 + min(max(rate(Bucket(hour: $1, pay: pay)) * factor, 0.01), 0.99) }
        return PureMath.millionths(sum / Double(hours.count))
    }

    /// The chance that a worker accepts within so many minutes, in millionths.
    package func chanceMillionths(_ bucket: Bucket, own: [Bucket: Count] = [:], withinMinutes minutes: Int) -> Int {
        let chance = Double(chanceMillionths(bucket, own: own)) / 1_000_000
        return PureMath.millionths(chance * (1 - PureMath.exp(-Double(max(minutes, 0)) / max(delayMinutes, 1))))
    }

    /// After so many minutes a share of all acceptances has come: 800,000 millionths are 1.6 mean delays.
    package func minutes(untilShareMillionths share: Int) -> Int {
        let share = Double(min(max(share, 0), 999_000)) / 1_000_000
        return Int(exactly: (-PureMath.log(1 - share) * delayMinutes).rounded(.up)) ?? 0
    }

    private func rate(_ bucket: Bucket) -> Double {
        rates[bucket.hour.rawValue * PayBand.allCases.count + bucket.pay.rawValue]
    }

    /// Of an hour, the lowest band of pay first: each band's own, shrunk to what all others together have. Better pay
    /// is never accepted less often: bands for which it seems so count as one.
    private static func rates(of cell: [Bucket: Count], in hour: HourBand) -> [Double] {
        let counts = PayBand.allCases.map { cell[Bucket(hour: hour, pay: $0)] ?? Count() }
        let offered = counts.reduce(0.0) { $0 + Double($1.offered) }
        let accepted = counts.reduce(0.0) { $0 + Double($1.accepted) }
        let prior = Double(priorMillionths) / 1_000_000
        var pools: [(rate: Double, weight: Double, bands: Int)] = []
        for count in counts {
            let others =
                (prior * priorOffers + (accepted - Double(count.accepted)))
                / (priorOffers + (offered - Double(count.offered)))
            let weight = priorOffers + Double(count.offered)
            var pool = (rate: (others * priorOffers + Double(count.accepted)) / weight, weight: weight, bands: 1)
            // Not by what is lost in rounding alone.
            while let before = pools.last, before.rate > pool.rate + 1e-9 {
                pools.removeLast()
                let sum = before.weight + pool.weight
                let rate = (before.rate * before.weight + pool.rate * pool.weight) / sum
                pool = (rate: rate, weight: sum, bands: before.bands + pool.bands)
            }
            pools.append(pool)
        }
        return pools.flatMap { Array(repeating: $0.rate, count: $0.bands) }
    }

    /// What the worker accepted ÷ what the cell would have accepted of the same offers, shrunk to 1.
    private func factor(_ own: [Bucket: Count]) -> Double {
        var (accepted, expected) = (Self.workerPrior, Self.workerPrior)
        for bucket in Bucket.all {
            guard let count = own[bucket] else { continue }
            accepted += Double(count.accepted)
            expected += Double(count.offered) * rate(bucket)
        }
        return accepted / expected
    }
}
