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
        let certificate: Certificate
        let bids: Int
        let isSettled: Bool
        var certificateMillionths: Int64 { certificate.ratioMillionths }
    }

    /// Below this it is bid finer, and the log warns: a plan may be worth less than it could be.
    static let leastCertificateMillionths = Certificate.alarmMillionths

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
        var proposal = try Matcher(precision: .perMille(50), bidsMax: bidsMax).propose(market)
        // In a small market one choice can be much of the whole.
        if proposal.certificate.ratioMillionths < leastCertificateMillionths {
            proposal = try Matcher(precision: .perMille(10), bidsMax: bidsMax).propose(market)
        }
        let demandPlace = Dictionary(uniqueKeysWithValues: demands.indices.map { (demands[$0].id.bits, $0) })
        let supplyPlace = Dictionary(uniqueKeysWithValues: supplies.indices.map { (supplies[$0].id.bits, $0) })
        return Outcome(
            pairs: proposal.pairs.compactMap { pair in
                guard let demand = demandPlace[pair.task], let supply = supplyPlace[pair.worker] else { return nil }
                return Pair(demand: demand, supply: supply, value: pair.value, price: proposal.prices[supply])
            },
            certificate: proposal.certificate, bids: proposal.bids, isSettled: proposal.isSettled
        )
    }

    /// The same in two turns: some demands among themselves, then the others with what those leave of the supplies. So
    /// nothing that the others are worth takes a place or a minute from the first, all values stay within their bounds,
    /// and neither turn is solved more coarsely for what the other is worth. The certificate is of both together: their
    /// values ÷ what could at most be had in each, in the second after the first.
    ///
    /// - Parameter first: places of the demands that go first.
    static func solve(
        _ demands: [Demand], _ supplies: [Supply], candidates: [[(supply: Int, value: Int64)]], first: Set<Int>,
        bidsMax: Int
    ) throws -> Outcome {
        let early = demands.indices.filter { first.contains($0) }
        let rest = demands.indices.filter { !first.contains($0) }
        guard !early.isEmpty, !rest.isEmpty else {
            return try solve(demands, supplies, candidates: candidates, bidsMax: bidsMax)
        }
        func turn(_ places: [Int], _ supplies: [Supply], bidsMax: Int) throws -> Outcome {
            let outcome = try solve(
                places.map { demands[$0] }, supplies, candidates: places.map { candidates[$0] }, bidsMax: bidsMax)
            return Outcome(
                pairs: outcome.pairs.map {
                    Pair(demand: places[$0.demand], supply: $0.supply, value: $0.value, price: $0.price)
                }, certificate: outcome.certificate, bids: outcome.bids, isSettled: outcome.isSettled)
        }
        let one = try turn(early, supplies, bidsMax: bidsMax)
        let taken = Dictionary(grouping: one.pairs, by: \.supply)
        let left = supplies.enumerated().map { place, supply in
            let pairs = taken[place] ?? []
            let minutes = pairs.reduce(0) { $0 + 15 * units(demanded: demands[$1.demand].minutes) }
            return Supply(id: supply.id, minutes: supply.minutes - minutes, tasksMax: supply.tasksMax - pairs.count)
        }
        let two = try turn(rest, left, bidsMax: max(bidsMax - one.bids, 1))
        return Outcome(
            pairs: one.pairs + two.pairs, certificate: one.certificate + two.certificate, bids: one.bids + two.bids,
            isSettled: one.isSettled && two.isSettled)
    }
}

extension Certificate {
    /// Of two results that take nothing from each other.
    fileprivate static func + (left: Certificate, right: Certificate) -> Certificate {
        Certificate(
            value: Int64(clamping: Int128(left.value) + Int128(right.value)),
            bound: Int64(clamping: Int128(left.bound) + Int128(right.bound)))
    }
}
