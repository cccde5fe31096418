internal import Foundation
internal import Marketplace
internal import Matching

/// Prices of workers' time from the demand and the hours of the days ahead. Pure: the same input gives the same bytes.
struct HourPricing: Sendable {
    /// Bounds of one solve.
    struct Bounds: Hashable, Sendable {
        /// Answers that are solved over; more are thinned, and all hours with them, in proportion.
        var answersMax = 20_000
        /// Workers whom one answer may go to, spread evenly over those who meet what it demands.
        var candidatesMax = 30
        var bidsMax = 20_000_000
    }

    let tags: [HourPriceTag]
    let answers: Int
    let certificateMillionths: Int64
    let priceMostMicros: Int64

    /// - Parameters:
    ///   - supply: each worker once.
    ///   - meeting: who meets each requirement.
    /// - Throws: `MarketFault` for numbers out of Matching's bounds.
    init(
        _ demands: [PriceDemand], _ supply: [PriceSupply], meeting: [Requirement.ID: [Worker.ID]],
        scale priceScale: Double = 1, bounds: Bounds = Bounds()
    ) throws {
        let workers = supply.sorted { $0.worker < $1.worker }
        let place = Dictionary(uniqueKeysWithValues: workers.enumerated().map { ($1.worker, $0) })
        let total = demands.reduce(0) { $0 + $1.answers }
        let scale = min(1, Double(bounds.answersMax) / Double(max(total, 1)))
        let units = workers.map { Self.units($0.minutes, scale) }
        var (tasks, offsets, candidates): ([TaskDemand], [Int], [Candidate]) = ([], [0], [])
        var most: Int64 = 0
        for demand in demands {
            let value = Self.value(of: demand)
            let needed = max((demand.expectedMinutes + 14) / 15, 1)
            most = max(most, value / Int64(needed) + 1)
            let able = (meeting[demand.requirement] ?? []).compactMap { place[$0] }.filter { units[$0] >= needed }
            for _ in 0..<Int((Double(demand.answers) * scale).rounded(.up)) where tasks.count < bounds.answersMax {
                let number = tasks.count
                tasks.append(TaskDemand(id: UInt128(number), slots: 1, units: needed))
                let taken = min(able.count, bounds.candidatesMax)
                for step in 0..<taken {
                    // Every so-manieth of them, begun elsewhere for each answer.
                    let spot = (number + step * max(able.count / max(taken, 1), 1)) % able.count
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
            // Who has no time is worth as much as anything brings, so that nothing is taken from them.
            let solved = PureMath.scaled(proposal.unitPrices[worker], by: priceScale)
            let price = workers[worker].minutes < 15 ? highest : solved
            return HourPriceTag(
                worker: workers[worker].worker, priceMicros: min(price, highest), units: workers[worker].minutes / 15)
        }
        answers = tasks.count
        certificateMillionths = proposal.certificate.ratioMillionths
        priceMostMicros = highest
    }

    /// Thinned with the demand; who has any stays with one.
    private static func units(_ minutes: Int, _ scale: Double) -> Int {
        let units = max(minutes / 15, 0)
        return units == 0 ? 0 : max(Int(Double(units) * scale), 1)
    }

    /// What one answer is worth by somebody of whose skill nothing is known: all who may do it are alike to the price.
    private static func value(of demand: PriceDemand) -> Int64 {
        let pay = RoutingValue.micros(demand.pay)
        return PairValue(
            PairFacts(
                task: 0, worker: 0, valueMicros: demand.answerValue.map { RoutingValue.micros($0, demand.pay.currency) } ?? 0, payMicros: pay,
                skill: RoutingValue.unknownSkill, observations: Int.max, answersDeciding: demand.redundancy),
            weights: RoutingPolicy.usualWeights
        ).micros
    }
}
