internal import Foundation
internal import Matching

/// Matches batches with workers by Matching's auction, in units of 15 minutes. Plain numbers: the rules are the
/// policy's.
struct RoutingMatch {
    struct Demand {
        let id: UUID
        let slots: Int
        let minutes: Int
    }

    struct Supply {
        let id: UUID
        let minutes: Int
        let tasksMax: Int
    }

    struct Pair: Hashable {
        /// Places in the demands and supplies.
        let demand: Int
        let supply: Int
        let value: Int64
        /// What one more place at this worker would be worth.
        let price: Int64
    }

    struct Outcome {
        let pairs: [Pair]
        let certificateMillionths: Int64
        let bids: Int
        let isSettled: Bool
    }

    /// A demand of fewer minutes than a unit takes a whole one; what is left of a supply below one is not used. So
    /// nobody is given more minutes than they have.
    static func units(demanded minutes: Int) -> Int { max(minutes / 15 + (minutes % 15 > 0 ? 1 : 0), 1) }
    static func units(supplied minutes: Int) -> Int { max(minutes / 15, 0) }

    /// - Parameter candidates: for each demand, who could meet it and for what value; each supply once.
    /// - Throws: `MarketFault` for ids that are not different or numbers out of its bounds.
    static func solve(
        _ demands: [Demand], _ supplies: [Supply], candidates: [[(supply: Int, value: Int64)]], bidsMax: Int
    ) throws -> Outcome {
        var offsets = [0]
        for row in candidates { offsets.append((offsets.last ?? 0) + row.count) }
        let market = try Market(
            tasks: demands.map {
                TaskDemand(id: $0.id.bits, slots: $0.slots, units: units(demanded: $0.minutes))
            },
            workers: supplies.map {
                WorkerSupply(id: $0.id.bits, units: units(supplied: $0.minutes), tasksMax: max($0.tasksMax, 0))
            },
            offsets: offsets,
            candidates: candidates.flatMap { row in row.map { Candidate(worker: Int32($0.supply), value: $0.value) } }
        )
        let proposal = try Matcher(precision: .perMille(50), bidsMax: bidsMax).propose(market)
        let demandPlace = Dictionary(uniqueKeysWithValues: demands.indices.map { (demands[$0].id.bits, $0) })
        let supplyPlace = Dictionary(uniqueKeysWithValues: supplies.indices.map { (supplies[$0].id.bits, $0) })
        return Outcome(
            pairs: proposal.pairs.compactMap { pair in
                guard let demand = demandPlace[pair.task], let supply = supplyPlace[pair.worker] else { return nil }
                return Pair(demand: demand, supply: supply, value: pair.value, price: proposal.prices[supply])
            },
            certificateMillionths: proposal.certificate.ratioMillionths,
            bids: proposal.bids,
            isSettled: proposal.isSettled
        )
    }
}
