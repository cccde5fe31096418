internal import Foundation
internal import Marketplace
internal import Matching

/// Prices of workers' time from the demand and the hours of the days ahead. Pure: the same input gives the same bytes.
struct HourPricing: Sendable {
    /// Bounds of one solve.
    struct Bounds: Hashable, Sendable {
        /// Answers that are solved over; more are thinned, and all hours with them, in proportion.
        var answersMax = 60_000
        /// Workers whom one answer may go to, spread evenly over those who meet what it demands.
        var candidatesMax = 30
        var bidsMax = 20_000_000
    }

    /// What one night's solve looks at.
    struct Sheet: Sendable {
        /// What is open now, and what the last weeks brought from this time of the week to its end.
        var open: [PriceDemand]
        var past: [PriceDemand]
        /// How many weeks those are, at least 1.
        var weeks = 1
        /// Each worker once.
        var supply: [PriceSupply]
        /// Who meets each requirement.
        var meeting: [Requirement.ID: [Worker.ID]]
        var skills: [Profession: [Worker.ID: RoutingSkill]] = [:]
        /// That a worker accepts an offer, in millionths; whom it lacks accepts all.
        var accepting: [Profession: [Worker.ID: Int]] = [:]
        /// By what amounts in different currencies are compared.
        var rates = ReferenceRates()
    }

    let tags: [HourPriceTag]
    let answers: Int
    let certificateMillionths: Int64
    let priceMostMicros: Int64

    /// One week alone says little of a worker who takes ten tasks in it: the weeks are solved together, each with what
    /// is open now and all hours.
    /// - Throws: `MarketFault` for numbers out of Matching's bounds.
    init(
        _ sheet: Sheet, weights: ValueWeights = .ofMarket, scale priceScale: Double = 1,
        bounds: Bounds = Bounds()
    ) throws {
        let workers = sheet.supply.sorted { $0.worker < $1.worker }
        let place = Dictionary(uniqueKeysWithValues: workers.enumerated().map { ($1.worker, $0) })
        let weeks = max(sheet.weeks, 1)
        let demands = sheet.open.map { ($0, $0.answers * weeks) } + sheet.past.map { ($0, $0.answers) }
        let total = demands.reduce(0) { $0 + $1.1 }
        let scale = min(1, Double(bounds.answersMax) / Double(max(total, 1)))
        let remaining = workers.map(\.remainingUnits)
        let units = remaining.map { Self.units($0 * weeks, scale) }
        let values = Values(sheet, workers: workers.map(\.worker), weights: weights)
        var (tasks, offsets, candidates): ([TaskDemand], [Int], [Candidate]) = ([], [0], [])
        var most: Int64 = 0
        for (demand, answers) in demands {
            let needed = max((demand.expectedMinutes + 14) / 15, 1)
            let able = (sheet.meeting[demand.requirement] ?? []).compactMap { place[$0] }.filter { units[$0] >= needed }
            for _ in 0..<Int((Double(answers) * scale).rounded(.up)) where tasks.count < bounds.answersMax {
                let number = tasks.count
                tasks.append(TaskDemand(id: UInt128(number), slots: 1, units: needed))
                let taken = min(able.count, bounds.candidatesMax)
                for step in 0..<taken {
                    // Every so-manieth of them, begun elsewhere for each answer.
                    let spot = (number + step * max(able.count / max(taken, 1), 1)) % able.count
                    let value = values.of(demand, by: able[spot])
                    // Demand that nobody will say yes to must not raise prices.
                    guard value > 0, values.isWilling(demand, able[spot], answer: number) else { continue }
                    most = max(most, value / Int64(needed) + 1)
                    candidates.append(Candidate(worker: Int32(able[spot]), value: value))
                }
                offsets.append(candidates.count)
            }
        }
        let market = try Matching.Market(
            tasks: tasks,
            workers: workers.indices.map {
                WorkerSupply(id: UInt128($0), units: units[$0], tasksMax: units[$0])
            },
            offsets: offsets, candidates: candidates)
        let proposal = try Matcher(precision: .perMille(10), bidsMax: bounds.bidsMax).propose(market)
        let highest = min(most, Matching.Market.Bounds.valueMax)
        tags = workers.indices.map { worker in
            // Who is expected to give no more time has no price: there is nothing to save.
            let price = units[worker] == 0 ? 0 : PureMath.scaled(proposal.unitPrices[worker], by: priceScale)
            return HourPriceTag(
                worker: workers[worker].worker, priceMicros: min(price, highest), units: remaining[worker])
        }
        answers = tasks.count
        certificateMillionths = proposal.certificate.ratioMillionths
        priceMostMicros = highest
    }

    /// Thinned with the demand; who has any stays with one.
    private static func units(_ units: Int, _ scale: Double) -> Int {
        units == 0 ? 0 : max(Int(Double(units) * scale), 1)
    }

    /// What answers are worth by workers: by what is known of their skill at the profession.
    private struct Values {
        private let known: [Profession: [(belief: BetaBelief, cautious: Double)?]]
        private let unknown: (belief: BetaBelief, cautious: Double)
        private let accepting: [Profession: [Int]]
        private let weights: ValueWeights
        private let rates: ReferenceRates

        init(_ sheet: Sheet, workers: [Worker.ID], weights: ValueWeights) {
            func read(_ belief: BetaBelief) -> (belief: BetaBelief, cautious: Double) {
                (belief, belief.quantile(Double(weights.cautionMillionths) / 1_000_000))
            }
            known = sheet.skills.mapValues { skills in workers.map { skills[$0].map { read($0.belief) } } }
            accepting = sheet.accepting.mapValues { chances in workers.map { chances[$0] ?? 1_000_000 } }
            unknown = read(RoutingValue.unknownSkill)
            (self.weights, rates) = (weights, sheet.rates)
        }

        /// By draw: of every answer some would decline it.
        func isWilling(_ demand: PriceDemand, _ worker: Int, answer: Int) -> Bool {
            guard let chance = accepting[demand.profession]?[worker] else { return true }
            var random = PolicyRandom(seed: UInt64(worker), subject: UInt128(answer))
            return Int(random.next() % 1_000_000) < chance
        }

        func of(_ demand: PriceDemand, by worker: Int) -> Int64 {
            let skill = known[demand.profession]?[worker] ?? unknown
            return PairValue(
                PairFacts(
                    task: 0, worker: 0,
                    valueMicros: demand.answerValue.map { rates.micros($0, demand.pay.currency) } ?? 0,
                    payMicros: rates.micros(demand.pay), skill: skill.belief, cautiousSkill: skill.cautious,
                    observations: Int.max, answersDeciding: demand.redundancy),
                weights: weights
            ).micros
        }
    }
}

extension PriceSupply {
    /// The quarters of an hour that they are likely to give until what is priced ends: of the rest of their week and of
    /// the next one, each as far as it lies before that.
    fileprivate var remainingUnits: Int { restUnits + nextUnits }

    private var restUnits: Int {
        guard declaredMinutes > 0 else { return 0 }
        let mean = Double(meanMinutes) / Double(declaredMinutes)
        let units = HoursForecast.remainingUnits(
            share: mean, deviation: HoursForecast.deviation(mean, Double(promisedMinutes) / Double(declaredMinutes)),
            declared: declaredMinutes / 15, spent: committedMinutes / 15)
        guard let rest else { return units }
        return rest.all > 0 ? min(units, rest.all / 15) * rest.untilEnd / rest.all : 0
    }

    /// The next week has no forecast yet: this week's share counts, or what is assumed where this week has none.
    private var nextUnits: Int {
        guard let next, next.all > 0 else { return 0 }
        let declared = min(next.all, max(weeklyMinutesMax, 0))
        let mean =
            declaredMinutes > 0
            ? declared * meanMinutes / declaredMinutes : declared * HoursForecast.cellShareMillionths / 1_000_000
        return max(mean - committedNextMinutes, 0) * next.untilEnd / next.all / 15
    }
}
