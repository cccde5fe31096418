internal import Foundation
internal import Marketplace

/// Decides who is offered what. Pure: the same market in any order gives the same plan, to the byte; ties end at ids.
package struct RoutingPolicy: Sendable {
    /// Leases and open offers that one worker may have together.
    package let liveMax: Int
    /// When the auction stops bidding.
    package let bidsMax: Int

    /// The scheduler's policy.
    package init(liveMax: Int = ClaimTask.mostAtOnce, bidsMax: Int = 2_000_000) {
        (self.liveMax, self.bidsMax) = (liveMax, bidsMax)
    }

    /// Cost: batches × candidates × the size of a requirement, then the auction.
    ///
    /// - Throws: `MarketFault` when ids are not different or numbers are out of Matching's bounds.
    package func plan(_ market: RoutingMarket) throws -> RoutingPlan {
        let batches = market.batches.sorted { Self.precedes($0, $1) }
        let workers = market.candidates.sorted { $0.facts.worker < $1.facts.worker }
        var sheet = RoutingSheet(market: market, batches: batches, workers: workers, liveMax: liveMax)
        sheet.fill()
        let outcome = try RoutingMatch.solve(
            batches.map { .init(id: $0.id.uuid, slots: Self.wanted($0), minutes: $0.expectedMinutes) },
            workers.map {
                .init(
                    id: $0.facts.worker.uuid, minutes: $0.minutesLeft, tasksMax: liveMax - $0.liveLeases - $0.openOffers
                )
            },
            candidates: sheet.edges.map { row in row.map { (supply: $0.worker, value: $0.value) } },
            bidsMax: bidsMax
        )
        return sheet.plan(outcome)
    }

    /// The most offers of one batch in one round.
    static let offersOfBatchMax = 200

    /// How many more workers a batch wants: an open offer stands for a slot, though it reserves none.
    static func wanted(_ batch: RoutingBatch) -> Int {
        min(max(batch.openSlots - batch.openOffers, 0), offersOfBatchMax)
    }

    /// Higher priority, then older, then the lesser id.
    private static func precedes(_ left: RoutingBatch, _ right: RoutingBatch) -> Bool {
        if left.priority != right.priority { return left.priority > right.priority }
        if left.openedAt != right.openedAt { return left.openedAt < right.openedAt }
        return left.id < right.id
    }
}

/// Batches down, workers across: who could, for what value, and what keeps the others apart.
private struct RoutingSheet {
    struct Edge {
        let worker: Int
        let value: Int64
        let tierDistance: Int
        let answerBy: Date
        let proof: EligibilityProof
    }

    let market: RoutingMarket
    let batches: [RoutingBatch]
    let workers: [RoutingCandidate]
    let liveMax: Int
    /// For each batch, by worker.
    private(set) var edges: [[Edge]] = []
    private var batchTallies: [BarTally]
    private var workerTallies: [BarTally]

    init(market: RoutingMarket, batches: [RoutingBatch], workers: [RoutingCandidate], liveMax: Int) {
        (self.market, self.batches, self.workers, self.liveMax) = (market, batches, workers, liveMax)
        batchTallies = Array(repeating: BarTally(), count: batches.count)
        workerTallies = Array(repeating: BarTally(), count: workers.count)
    }

    mutating func fill() {
        let levels = Array(Set(batches.map(\.priority))).sorted()
        let levelOf = Dictionary(uniqueKeysWithValues: levels.enumerated().map { ($1, $0) })
        var verdicts: [Requirement.ID: [Eligibility]] = [:]
        for (row, batch) in batches.enumerated() {
            let requirement = (market.requirements[batch.requirement] ?? .any([])).normalised
            let eligibility =
                verdicts[batch.requirement]
                ?? workers.map {
                    requirement.evaluate(normal: $0.facts, at: market.instant)
                }
            verdicts[batch.requirement] = eligibility
            var found: [Edge] = []
            for (column, worker) in workers.enumerated() {
                switch verdict(batch, worker, eligibility[column]) {
                case .failure(let bar): add(bar.bar, row, column)
                case .success(let (proof, answerBy)):
                    let distance = RoutingValue.tierDistance(of: worker.facts, above: requirement)
                    let value = RoutingValue.micros(
                        level: levelOf[batch.priority] ?? 0, age: market.instant.timeIntervalSince(batch.openedAt),
                        minutes: batch.expectedMinutes, tierDistance: distance
                    )
                    found.append(
                        Edge(
                            worker: column, value: value, tierDistance: distance, answerBy: answerBy, proof: proof
                        ))
                }
            }
            edges.append(found)
        }
    }

    private mutating func add(_ bar: RoutingBar, _ row: Int, _ column: Int) {
        batchTallies[row].add(bar)
        workerTallies[column].add(bar)
    }

    private struct Barred: Error { let bar: RoutingBar }

    /// The rules, in the order of ``RoutingRule``.
    private func verdict(
        _ batch: RoutingBatch, _ worker: RoutingCandidate, _ eligibility: Eligibility
    ) -> Result<(EligibilityProof, answerBy: Date), Barred> {
        func barred(
            _ rule: RoutingRule, _ message: String
        ) -> Result<(EligibilityProof, answerBy: Date), Barred> {
            .failure(Barred(bar: RoutingBar(rule: rule, message: message)))
        }
        let proof: EligibilityProof
        switch eligibility {
        case .eligible(let found): proof = found
        case .ineligible(let fault): return barred(.requirement, fault.message)
        }
        let pair = RoutingPair(batch: batch.id, worker: worker.facts.worker)
        if market.barred.contains(pair) {
            return barred(.barred, "It takes no work from their team, or an exclusion or interest bars the worker.")
        }
        guard let window = worker.window else {
            return barred(.away, "The worker's windows leave no time to answer an offer.")
        }
        // A lease may be shorter than the work is expected to take: whoever is always there is offered it all the same.
        let needed = min(batch.expectedMinutes, batch.leaseSeconds / 60)
        let present = window.openMinutes(within: TimeInterval(batch.leaseSeconds))
        if present < needed {
            return barred(
                .away, "It takes \(needed) minutes; the worker's windows leave \(present) while a lease would last."
            )
        }
        let demanded = RoutingMatch.units(demanded: batch.expectedMinutes)
        if RoutingMatch.units(supplied: worker.minutesLeft) < demanded {
            let left = max(worker.minutesLeft, 0)
            return barred(
                .hours, "It takes \(demanded * 15) minutes in quarter hours; the worker can take \(left) more."
            )
        }
        if worker.liveLeases + worker.openOffers >= liveMax {
            return barred(.liveCap, "The worker has \(liveMax) leases and open offers, which is the most.")
        }
        if market.offered.contains(pair) { return barred(.alreadyOffered, "The worker has an open offer of it.") }
        if market.turnedDown.contains(pair) {
            return barred(.turnedDown, "The worker turned an offer of it down lately, or let it lapse.")
        }
        if market.finished.contains(pair) {
            return barred(.finished, "The worker has done their part of every task of it that is open.")
        }
        if market.belowAsk.contains(pair) { return barred(.belowAsk, "It pays less than the worker asks for.") }
        return .success((proof, window.answerBy))
    }

    /// The plan for what the auction chose; what it did not choose is told as such.
    mutating func plan(_ outcome: RoutingMatch.Outcome) -> RoutingPlan {
        let chosen = Dictionary(grouping: outcome.pairs, by: \.demand)
        var offers: [PlannedOffer] = []
        for (row, batch) in batches.enumerated() {
            let pairs = Dictionary(
                (chosen[row] ?? []).map { ($0.supply, $0) }, uniquingKeysWith: { first, _ in first }
            )
            for edge in edges[row] {
                guard let pair = pairs[edge.worker] else {
                    let message = "Other offers are worth more for the slots of it and the worker's time."
                    add(RoutingBar(rule: .notChosen, message: message), row, edge.worker)
                    continue
                }
                offers.append(
                    PlannedOffer(
                        requester: batch.requester, batch: batch.id, worker: workers[edge.worker].facts.worker,
                        value: pair.value, price: pair.price, tierDistance: edge.tierDistance, answerBy: edge.answerBy,
                        proof: edge.proof
                    ))
            }
        }
        let served = Set(outcome.pairs.map(\.supply))
        return RoutingPlan(
            offers: offers.sorted {
                ($1.value, $0.batch, $0.worker) < ($0.value, $1.batch, $1.worker)
            },
            batches: batches.indices
                .filter { (chosen[$0] ?? []).count < RoutingPolicy.wanted(batches[$0]) }
                .map {
                    batchTallies[$0].unrouted(
                        batches[$0].id, empty: "Nobody active who meets what it demands was looked at.")
                },
            workers: workers.indices
                .filter { !served.contains($0) }
                .map { workerTallies[$0].unrouted(workers[$0].facts.worker, empty: "No batch has work to offer.") },
            certificateMillionths: outcome.certificateMillionths, bids: outcome.bids, isSettled: outcome.isSettled
        )
    }
}
