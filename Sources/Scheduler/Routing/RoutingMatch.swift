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
        /// Whether it was made in the second turn, with what the first left.
        var isLater = false
    }

    /// What goes first, and how far.
    struct Early {
        /// Places of the demands that go first.
        var places: Set<Int> = []
        /// Those of them that have so many minutes together, in this order; what they do not get in the first turn they
        /// compete for in the second.
        var bounded: [Int] = []
        var minutesMax = Int.max
        /// Who could meet those in the second turn, and for what value.
        var later: [Int: [(supply: Int, value: Int64)]] = [:]
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
    static func solve(
        _ demands: [Demand], _ supplies: [Supply], candidates: [[(supply: Int, value: Int64)]], first: Early,
        bidsMax: Int
    ) throws -> Outcome {
        let early = demands.indices.filter { first.places.contains($0) }
        guard !early.isEmpty else { return try solve(demands, supplies, candidates: candidates, bidsMax: bidsMax) }
        func turn(_ rows: [Row], _ supplies: [Supply], bidsMax: Int, isLater: Bool) throws -> Outcome {
            let outcome = try solve(
                rows.map { Demand(id: demands[$0.place].id, slots: $0.slots, minutes: demands[$0.place].minutes) },
                supplies, candidates: rows.map(\.candidates), bidsMax: bidsMax)
            return Outcome(
                pairs: outcome.pairs.map {
                    Pair(
                        demand: rows[$0.demand].place, supply: $0.supply, value: $0.value, price: $0.price,
                        isLater: isLater)
                }, certificate: outcome.certificate, bids: outcome.bids, isSettled: outcome.isSettled)
        }
        func row(_ place: Int) -> Row {
            Row(place: place, slots: demands[place].slots, candidates: candidates[place])
        }
        let one = try turn(early.map(row), supplies, bidsMax: bidsMax, isLater: false)
        let kept = within(first, one.pairs, demands)
        var rows = demands.indices.filter { !first.places.contains($0) }.map(row)
        if kept.count < one.pairs.count { rows = (rows + again(first, kept, demands)).sorted { $0.place < $1.place } }
        guard !rows.isEmpty else { return one }
        let taken = Dictionary(grouping: kept, by: \.supply)
        let left = supplies.enumerated().map { place, supply in
            let pairs = taken[place] ?? []
            let minutes = pairs.reduce(0) { $0 + 15 * units(demanded: demands[$1.demand].minutes) }
            return Supply(id: supply.id, minutes: supply.minutes - minutes, tasksMax: supply.tasksMax - pairs.count)
        }
        let two = try turn(rows, left, bidsMax: max(bidsMax - one.bids, 1), isLater: true)
        return Outcome(
            pairs: kept + two.pairs, certificate: one.certificate + two.certificate, bids: one.bids + two.bids,
            isSettled: one.isSettled && two.isSettled)
    }

    /// One demand in a turn.
    private struct Row {
        let place: Int
        let slots: Int
        let candidates: [(supply: Int, value: Int64)]
    }

    /// Without what bounded demands have beyond their minutes; the last that they begin they have whole.
    private static func within(_ first: Early, _ pairs: [Pair], _ demands: [Demand]) -> [Pair] {
        guard first.minutesMax < .max else { return pairs }
        let byDemand = Dictionary(grouping: pairs, by: \.demand)
        var (left, beyond) = (first.minutesMax, Set<Pair>())
        for place in first.bounded {
            for pair in byDemand[place] ?? [] {
                if left > 0 {
                    left -= 15 * units(demanded: demands[place].minutes)
                } else {
                    beyond.insert(pair)
                }
            }
        }
        return pairs.filter { !beyond.contains($0) }
    }

    /// What bounded demands still want after the first turn.
    private static func again(_ first: Early, _ kept: [Pair], _ demands: [Demand]) -> [Row] {
        let byDemand = Dictionary(grouping: kept, by: \.demand)
        return first.bounded.compactMap { place in
            let taken = Set((byDemand[place] ?? []).map(\.supply))
            guard demands[place].slots > taken.count else { return nil }
            return Row(
                place: place, slots: demands[place].slots - taken.count,
                candidates: (first.later[place] ?? []).filter { !taken.contains($0.supply) })
        }
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
