internal import Foundation
internal import Marketplace
internal import Matching

/// Prices of workers' time from the demand and the hours of the days ahead. Pure: the same input gives the same bytes.
struct HourPricing: Sendable {
    /// Bounds of one solve.
    struct Bounds: Hashable, Sendable {
        /// Answers that are solved over; of more, those of one week, and of as large a share of the people as of them.
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
        let allWeeks = max(sheet.weeks, 1)
        let demands = sheet.open.map { ($0, $0.answers * allWeeks) } + sheet.past.map { ($0, $0.answers) }
        let total = demands.reduce(0) { $0 + $1.1 }
        let weeks = total > bounds.answersMax ? 1 : allWeeks
        let part = Double(weeks) / Double(allWeeks)
        let share = min(1, Double(bounds.answersMax) / (Double(max(total, 1)) * part))
        let scale = share * part
        let remaining = workers.map(\.remainingUnits)
        let people = People(sheet, place: place, units: remaining.map { $0 * weeks }, share: share)
        let units = people.units
        let values = Values(sheet, workers: workers.map(\.worker), weights: weights)
        var (tasks, offsets, candidates): ([TaskDemand], [Int], [Candidate]) = ([], [0], [])
        var (most, seen): (Int64, Int) = (0, 0)
        for (demand, answers) in demands {
            let needed = max((demand.expectedMinutes + 14) / 15, 1)
            let able = (sheet.meeting[demand.requirement] ?? []).compactMap { place[$0] }.filter { units[$0] >= needed }
            let before = Int(Double(seen) * scale)
            seen += answers
            for _ in before..<Int(Double(seen) * scale) where tasks.count < bounds.answersMax {
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
        let prices = people.prices(proposal.unitPrices)
        tags = workers.indices.map { worker in
            // Who is expected to give no more time has no price: there is nothing to save.
            let price = remaining[worker] == 0 ? 0 : PureMath.scaled(prices[worker], by: priceScale)
            return HourPriceTag(
                worker: workers[worker].worker, priceMicros: min(price, highest), units: remaining[worker])
        }
        answers = tasks.count
        certificateMillionths = proposal.certificate.ratioMillionths
        priceMostMicros = highest
    }

    /// Whose hours are solved over. Of each cell, those who meet demand of the same professions, a share of the people,
    /// with all their hours: a share of everybody's hours would hold no long task. Of a part of a person, which a small
    /// cell may come to, that part of their hours.
    private struct People {
        /// 0 for who is left out.
        let units: [Int]
        private let cells: [Set<Profession>]

        init(_ sheet: Sheet, place: [Worker.ID: Int], units all: [Int], share: Double) {
            var cells = [Set<Profession>](repeating: [], count: all.count)
            guard share < 1 else {
                (self.units, self.cells) = (all, cells)
                return
            }
            var professions: [Requirement.ID: Set<Profession>] = [:]
            for demand in sheet.open + sheet.past {
                professions[demand.requirement, default: []].insert(demand.profession)
            }
            for (requirement, workers) in sheet.meeting {
                for worker in workers.compactMap({ place[$0] }) {
                    cells[worker].formUnion(professions[requirement] ?? [])
                }
            }
            var some = [Int](repeating: 0, count: all.count)
            for cell in Dictionary(grouping: all.indices.filter { all[$0] > 0 }, by: { cells[$0] }).values {
                let wanted = Double(cell.count) * share
                let kept = Int(wanted.rounded(.up))
                for number in 0..<kept {
                    let worker = cell[number * cell.count / kept]
                    some[worker] = max(Int((Double(all[worker]) * wanted / Double(kept)).rounded()), 1)
                }
            }
            (units, self.cells) = (some, cells)
        }

        /// With the price of their cell for who was left out.
        func prices(_ solved: [Int64]) -> [Int64] {
            let usual = Dictionary(grouping: units.indices.filter { units[$0] > 0 }, by: { cells[$0] })
                .mapValues { HourPrice.fallBack(cell: $0.map { HourPrice(nightlyMicros: solved[$0]) }).nightlyMicros }
            return units.indices.map { units[$0] > 0 ? solved[$0] : usual[cells[$0]] ?? 0 }
        }
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
