internal import Foundation
internal import Marketplace
internal import Matching

/// Where a worker stands in their week, in quarters of an hour.
struct RoutingWeek {
    /// Of the cap, what their windows leave time for.
    let declared: Int
    let used: Int
    let planned: Int
    /// That they are likely to give until the week ends.
    let remaining: Int
    /// Of their windows: before now, and from now to the end of the week.
    let windowsPast: Int
    let windowsLeft: Int
    let end: Date

    init(_ worker: RoutingCandidate, _ forecast: RoutingForecast?, at instant: Date) {
        let most = worker.weeklyMinutes / 15
        used = worker.committedMinutes / 15
        let share = Double(worker.weekShareMillionths) / 1_000_000
        let start = instant - share * 7 * 86_400
        end = start + 7 * 86_400
        let past = worker.presence?.units(from: start, until: instant) ?? Int(share * 672)
        let left = worker.presence?.units(from: instant, until: end) ?? Int((1 - share) * 672)
        (windowsPast, windowsLeft) = (past, left)
        // A forecast is a share of the windows, which may be far less than the cap.
        let windows = forecast?.declaredMinutes.map { $0 / 15 } ?? min(past + left, most)
        declared = min(windows, most)
        if let forecast {
            let mean = Double(forecast.meanMillionths) / 1_000_000
            let deviation = HoursForecast.deviation(mean, Double(forecast.promisedMillionths) / 1_000_000)
            planned = min(Int((mean * Double(windows)).rounded(.down)), most)
            let rest = HoursForecast.remainingUnits(share: mean, deviation: deviation, declared: windows, spent: used)
            remaining = min(rest, max(most - used, 0))
        } else {
            (planned, remaining) = (declared, max(declared - used, 0))
        }
    }

    func pacing(forecastErrorMillionths: Int, rules: HourPrice.Rules = HourPrice.Rules()) -> HourPrice.Pacing {
        HourPrice.Pacing(
            usedUnits: used, plannedUnits: planned,
            elapsedMillionths: windowsPast * 1_000_000 / max(windowsPast + windowsLeft, 1),
            forecastErrorMillionths: forecastErrorMillionths,
            closingMillionths: HourPrice.closingMillionths(windowUnits: windowsLeft, remainingUnits: remaining),
            rules: rules)
    }
}

/// What a batch and a worker are worth to each other: the policy's value of the pair (``PairValue``), raised by the
/// batch's priority, less what the worker's time is worth elsewhere, times the chance that an offer is accepted.
///
/// Neither the worker's ask nor their person is a part of it.
struct RoutingValue {
    /// A worker of whom nothing is known: right three times of four, worth four answers.
    static let unknownSkill = BetaBelief(meanMillionths: 750_000, strength: 4)
    /// A batch without a deadline should be done within a week.
    static let usualBoundSeconds: Int64 = 7 * 86_400
    struct Pair {
        /// Micro-units for the auction, at least 1; `nil` where the worker's time is worth more elsewhere.
        let micros: Int64?
        /// Whether the requester has more of it than it pays.
        let isWorthItsPay: Bool
        /// The value less what the time is worth, before the chance of acceptance; 0 where nothing is left.
        let surplus: Int64
        /// What the batch's priority adds, to everybody's answer alike: a part of value and surplus.
        let lift: Int64
        /// The surplus without what priority adds: what somebody else's is compared with.
        var plainSurplus: Int64 { surplus - lift }
        let parts: PairValue
        /// What the time is worth, in micro-units.
        let price: Int64
        let tierDistance: Int
        /// What their answer brings more than a usual one to tasks that ask for one more; a part of the value.
        let answerGain: Int64
    }

    /// What all pairs of one worker share.
    private struct Standing {
        let week: RoutingWeek
        let forecast: RoutingForecast
        let skill: BetaBelief
        let cautiousSkill: Double
        let observations: Int
        let deficitMillionths: Int
        /// The price of their time now, and where in the week that is; `nil` before the first night.
        let price: (nightly: HourPrice, pacing: HourPrice.Pacing)?
    }

    private var market: RoutingMarket
    private let weights: ValueWeights
    private let standings: [Worker.ID: Standing]

    init(_ market: RoutingMarket, weights: ValueWeights) {
        (self.market, self.weights) = (market, weights)
        let known = market.known
        let weeks = market.candidates.map { RoutingWeek($0, known.forecasts[$0.worker], at: market.instant) }
        let fairness = zip(market.candidates, weeks).map { $0.fairness(in: $1) }
        let cellRate = Fairness.cellRateMillionths(fairness)
        let fallBack = HourPrice.fallBack(cell: Array(known.prices.values))
        let caution = Double(weights.cautionMillionths) / 1_000_000
        let unknown = Self.unknownSkill.quantile(caution)
        standings = Dictionary(
            market.candidates.indices.map { place in
                let (worker, week) = (market.candidates[place], weeks[place])
                let skill = known.skills[worker.worker]
                let belief = skill?.belief
                let pacing = week.pacing(
                    forecastErrorMillionths: known.forecastErrorMillionths, rules: weights.pacing)
                let standing = Standing(
                    week: week, forecast: known.forecasts[worker.worker] ?? RoutingForecast(),
                    skill: belief ?? Self.unknownSkill, cautiousSkill: belief?.quantile(caution) ?? unknown,
                    observations: skill?.evidence ?? 0,
                    deficitMillionths: fairness[place].deficitMillionths(cellRateMillionths: cellRate),
                    price: known.prices.isEmpty ? nil : (known.prices[worker.worker] ?? fallBack, pacing))
                return (worker.worker, standing)
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The same with something else known of batches: pay, or the forced lane. What is known of workers stays.
    func knowing(_ known: RoutingKnowledge) -> RoutingValue {
        var other = self
        other.market.known = known
        return other
    }

    /// Where a worker stands in their week; `nil` for who is no candidate.
    func week(of worker: Worker.ID) -> RoutingWeek? { standings[worker]?.week }

    /// - Parameters:
    ///   - level: 0 for the lowest priority among the open batches, 1 for the next, …
    ///   - tierDistance: how many tiers the worker stands above what is asked for.
    ///   - isPriced: whether hours have their price although the batch is past its bound.
    func of(
        _ batch: RoutingBatch, _ worker: RoutingCandidate, level: Int, tierDistance: Int, isPriced: Bool = false
    ) -> Pair {
        let known = market.known
        let pay = known.pay[batch.id]
        let payMicros = pay.map { known.rates.micros($0) } ?? 0
        // Something where the pay is not known, so that priority and age count; else no more than it is worth.
        let value = stated(batch, pay) ?? (payMicros > 0 ? usualValue(payMicros) : Self.valueUnknown)
        let since = batch.dueAt == nil ? batch.waitingSince : batch.openedAt
        let age = Self.seconds(market.instant.timeIntervalSince(since))
        let bound = batch.dueAt.map { max(Self.seconds($0.timeIntervalSince(batch.openedAt)), 1) }
        let units = RoutingMatch.units(demanded: batch.expectedMinutes)
        let isLate = !isPriced && known.lateMinutes > 0 && batch.isPastBound(at: market.instant)
        let isStated = batch.answerValue != nil
        // Past its bound a task is done by whoever can, whatever their time is worth, while the share for it lasts.
        let standing = standings[worker.worker]
        let hours = standing?.price.map { $0.nightly.micros($0.pacing, units: units) } ?? 0
        let price = isLate || known.forced.contains(batch.id) ? 0 : hours
        let parts = PairValue(
            PairFacts(
                task: batch.id.uuid.bits, worker: worker.worker.uuid.bits, valueMicros: value, payMicros: payMicros,
                skill: standing?.skill ?? Self.unknownSkill, cautiousSkill: standing?.cautiousSkill,
                observations: standing?.observations ?? 0,
                answersDeciding: batch.redundancy, isRecoverable: batch.isRecoverable, ageSeconds: age,
                boundSeconds: bound ?? Self.usualBoundSeconds,
                inTimeMillionths: standing.map { inTime(batch, worker, $0) } ?? 1_000_000,
                affinityMillionths: affinity(batch, worker),
                deficitMillionths: standing?.deficitMillionths ?? 0,
                timePriceMicros: price
            ), weights: weights, seed: UInt64(clamping: Self.seconds(market.instant.timeIntervalSince1970) / 86_400))
        let levels = Int64(min(max(level, 0), 200))
        let lift = levels * Self.part(min(value, Self.valueMax / 1_024), weights.priorityMillionths)
        var micros = parts.micros + lift
        let weeks = min(max(age, 0), Self.usualBoundSeconds)
        micros += Self.part(value, weights.ageMillionths) * weeks / Self.usualBoundSeconds
        if known.prices.isEmpty { micros -= Self.part(value, weights.tierMillionths) * Int64(tierDistance) }
        let more = known.gains[RoutingPair(batch: batch.id, worker: worker.worker)] ?? 0
        let gain = PureMath.scaled(value, by: Double(more) / 1_000_000)
        micros += gain
        // What urgency adds may hurry a task on, but not carry one that is worth less than its pay to who has said so.
        let isWorthItsPay = !isStated || parts[.quality] + parts[.pay] > 0
        guard price == 0 || micros > price, isWorthItsPay else {
            return Pair(
                micros: nil, isWorthItsPay: isWorthItsPay, surplus: 0, lift: 0, parts: parts, price: price,
                tierDistance: tierDistance, answerGain: gain)
        }
        let surplus = max(micros - price, 1)
        return Pair(
            micros: expected(surplus, of: batch.id, from: worker.worker), isWorthItsPay: true, surplus: surplus,
            lift: lift, parts: parts, price: price, tierDistance: tierDistance, answerGain: gain)
    }

    /// Times the chance that the worker accepts: micro-units for the auction, at least 1.
    func expected(_ surplus: Int64, of batch: Batch.ID, from worker: Worker.ID) -> Int64 {
        let chance = Double(market.known.acceptance(of: batch, by: worker) ?? 1_000_000) / 1_000_000
        return min(max(PureMath.scaled(surplus, by: chance), 1), Self.valueMax)
    }

    private static let valueMax: Int64 = 1 << 40
    private static let valueUnknown: Int64 = 1_000_000

    /// So many millionths of a value, rounded down; clamped to what sums of some of them hold.
    private static func part(_ value: Int64, _ millionths: Int) -> Int64 {
        let part = Int128(min(value, valueMax)) * Int128(min(max(millionths, 0), 10_000_000)) / 1_000_000
        return Int64(clamping: part)
    }

    /// What the requester says that a right answer is worth.
    private func stated(_ batch: RoutingBatch, _ pay: Money?) -> Int64? {
        guard let value = batch.answerValue, let pay else { return nil }
        return max(market.known.rates.micros(value, pay.currency), 1)
    }

    private func usualValue(_ payMicros: Int64) -> Int64 {
        PureMath.scaled(payMicros, by: Double(weights.valueOverPayMillionths) / 1_000_000)
    }

    private static func seconds(_ interval: TimeInterval) -> Int64 {
        Int64(exactly: min(max(interval, -1e12), 1e12).rounded(.down)) ?? 0
    }

    /// By the worker's pace and windows until the deadline, as far as nine of ten weeks keep them; where windows are
    /// not known, by hours: of this week what is left, then whole weeks as far as they are forecast to give them. How
    /// many hours they are likely to give is no bound on who is there and accepts: it is what their time's price is
    /// made of.
    private func inTime(_ batch: RoutingBatch, _ worker: RoutingCandidate, _ standing: Standing) -> Int {
        guard let due = batch.dueAt else { return 1_000_000 }
        let (week, forecast) = (standing.week, standing.forecast)
        func hours() -> Int {
            let weeks = min(max(Self.seconds(due.timeIntervalSince(week.end)) / (7 * 86_400) + 1, 0), 520)
            return 15 * (week.remaining + (due > week.end ? Int(weeks) * week.planned : 0))
        }
        let free = worker.presence.map { 15 * $0.units(from: market.instant, until: due) } ?? hours()
        return Lateness(
            expectedMinutes: batch.expectedMinutes, paceMillionths: forecast.paceMillionths, freeMinutes: free,
            promisedMinutes: free * forecast.promisedMillionths / max(forecast.meanMillionths, 1)
        ).inTimeMillionths
    }

    private func affinity(_ batch: RoutingBatch, _ worker: RoutingCandidate) -> Int {
        guard market.known.familiar.contains(RoutingPair(batch: batch.id, worker: worker.worker)) else { return 0 }
        return batch.hasMatters ? 1_000_000 : 500_000
    }

    /// How many tiers above what is asked for the worker stands: a principal is not spent on what an expert may do.
    ///
    /// Where the requirement names no profession, the worker's highest tier counts from the lowest one.
    static func tierDistance(of tiers: [Profession: Tier], above least: [Profession: Tier]) -> Int {
        if least.isEmpty { return tiers.values.map(\.step).max() ?? 0 }
        let distances = least.compactMap { profession, tier in tiers[profession].map { max($0.step - tier.step, 0) } }
        return distances.min() ?? 0
    }
}

extension RoutingCandidate {
    /// What they were offered of what they declare: of weeks like this one.
    func fairness(in week: RoutingWeek) -> Fairness {
        Fairness(
            declaredUnits: Int64(Fairness.weeks * week.declared), offeredUnits: Int64(minutesOffered / 15))
    }
}

extension UUID {
    /// The 128 bits, in the order of the text.
    var bits: UInt128 {
        withUnsafeBytes(of: uuid) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
    }
}

extension Tier {
    /// 0 for the lowest.
    fileprivate var step: Int { Self.steps[self] ?? 0 }
    private static let steps = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}

extension Requirement {
    /// The least tier asked for in each profession that is named; of several the lowest.
    var leastTiers: [Profession: Tier] {
        switch self {
        case .all(let rules), .any(let rules):
            rules.reduce(into: [:]) { $0.merge($1.leastTiers, uniquingKeysWith: min) }
        case .profession(let profession, let tier): [profession: tier]
        case .not, .jurisdiction, .specialty, .language, .excluded, .agreement, .noInterest, .notExcluded, .sourcing,
            .exam, .skill, .years, .performedIn, .credential, .clearance:
            [:]
        }
    }
}
