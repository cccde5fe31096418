internal import Foundation
internal import Marketplace
internal import Matching

/// Batches down, workers across: who could, for what value, and what keeps the others apart.
struct RoutingSheet {
    struct Edge {
        let worker: Int
        var value: Int64
        let pair: RoutingValue.Pair
        let answerBy: Date
        let proof: EligibilityProof?
        /// What can still be had of the batch without the worker, in micro-units.
        var continuation: Int64 = 0
    }

    /// Of one requirement: who meets it, and what the others lack.
    private struct Verdicts {
        var eligible: [(worker: Int, proof: EligibilityProof?)] = []
        /// Of those who were evaluated here; where it is kept who meets it, the others lack one and the same.
        var faults: [(worker: Int, bar: RoutingBar)] = []
        var isKept = false
        /// The least tier asked for in each profession that is named.
        let leastTiers: [Profession: Tier]
        /// Batches that demand it.
        var batches = 0
    }

    private let market: RoutingMarket
    private let batches: [RoutingBatch]
    private let workers: [RoutingCandidate]
    private let policy: RoutingPolicy
    /// For each batch, by worker.
    private(set) var edges: [[Edge]] = []
    /// Of those past their bound the same beyond their share of hours, at the price of these; by place.
    private(set) var later: [Int: [Edge]] = [:]
    private var batchTallies: [BarTally]
    private var workerTallies: [BarTally]
    /// Where the workers stand.
    private let columns: [Worker.ID: Int]
    /// Those whose facts are known.
    private let evaluated: [Int]

    init(market: RoutingMarket, batches: [RoutingBatch], workers: [RoutingCandidate], policy: RoutingPolicy) {
        (self.market, self.batches, self.workers, self.policy) = (market, batches, workers, policy)
        batchTallies = Array(repeating: BarTally(), count: batches.count)
        workerTallies = Array(repeating: BarTally(), count: workers.count)
        columns = Dictionary(workers.enumerated().map { ($1.worker, $0) }, uniquingKeysWith: { first, _ in first })
        evaluated = workers.indices.filter { workers[$0].facts != nil }
    }

    mutating func fill() {
        let levels = Array(Set(batches.map(\.priority))).sorted()
        let levelOf = Dictionary(uniqueKeysWithValues: levels.enumerated().map { ($1, $0) })
        let values = RoutingValue(market, weights: policy.weights)
        var order: [Requirement.ID] = []
        var verdicts: [Requirement.ID: Verdicts] = [:]
        for (row, batch) in batches.enumerated() {
            if verdicts[batch.requirement] == nil {
                order.append(batch.requirement)
                verdicts[batch.requirement] = evaluate(batch.requirement)
            }
            verdicts[batch.requirement]?.batches += 1
            guard let met = verdicts[batch.requirement] else { continue }
            if met.isKept { batchTallies[row].add(Self.lack, pairs: workers.count - met.eligible.count) }
            if let first = met.faults.first { batchTallies[row].add(first.bar, pairs: met.faults.count) }
            if !met.isKept { batchTallies[row].add(Self.unknown, pairs: workers.count - evaluated.count) }
            var (found, behind, away): ([Edge], [Edge], [RoutingWait.Candidate]) = ([], [], [])
            let isBounded = self.isBounded(batch)
            let mayWait = RoutingWait.mayWait(batch, in: market)
            for (column, proof) in met.eligible {
                let worker = workers[column]
                func pair() -> RoutingValue.Pair {
                    values.of(
                        batch, worker, level: levelOf[batch.priority] ?? 0,
                        tierDistance: RoutingValue.tierDistance(of: worker.tiers, above: met.leastTiers))
                }
                switch bar(batch, worker) {
                case .failure(let barred):
                    add(barred.bar, row, column)
                    if mayWait, Self.waitable.contains(barred.bar.rule), mayCome(batch, worker) {
                        away.append(.init(column: column, surplus: pair().plainSurplus))
                    }
                case .success(let answerBy):
                    let pair = pair()
                    guard let value = pair.micros else {
                        add(pair.isWorthItsPay ? Self.belowPrice : Self.belowPay, row, column)
                        continue
                    }
                    found.append(
                        Edge(worker: column, value: value, pair: pair, answerBy: answerBy, proof: proof))
                    guard isBounded else { continue }
                    let second = values.of(
                        batch, worker, level: levelOf[batch.priority] ?? 0, tierDistance: pair.tierDistance,
                        isPriced: true)
                    guard let priced = second.micros else { continue }
                    behind.append(
                        Edge(worker: column, value: priced, pair: second, answerBy: answerBy, proof: proof))
                }
            }
            let best = capped(mayWait ? worthNow(found, away, values, of: row) : found, of: row)
            edges.append(best)
            guard isBounded else { continue }
            let stay = Set(best.map(\.worker))
            later[row] = behind.filter { stay.contains($0.worker) }
        }
        tell(order.compactMap { verdicts[$0] })
    }

    /// Whether a batch goes first as far as a share of hours goes, and beyond it as any other.
    private func isBounded(_ batch: RoutingBatch) -> Bool {
        (1..<Int.max).contains(market.known.lateMinutes) && batch.isPastBound(at: market.instant)
    }

    /// What the workers lack, by batches that demand it.
    private mutating func tell(_ verdicts: [Verdicts]) {
        let kept = verdicts.filter(\.isKept)
        var lacking = Array(repeating: kept.reduce(0) { $0 + $1.batches }, count: workers.count)
        for met in kept {
            for (worker, _) in met.eligible { lacking[worker] -= met.batches }
        }
        for (worker, batches) in lacking.enumerated() { workerTallies[worker].add(Self.lack, pairs: batches) }
        for met in verdicts {
            for fault in met.faults { workerTallies[fault.worker].add(fault.bar, pairs: met.batches) }
        }
        let others = verdicts.reduce(0) { $0 + ($1.isKept ? 0 : $1.batches) }
        guard others > 0, evaluated.count < workers.count else { return }
        for worker in workers.indices where workers[worker].facts == nil {
            workerTallies[worker].add(Self.unknown, pairs: others)
        }
    }

    private static let lack = RoutingBar(
        rule: .requirement, message: "What is kept of the worker does not meet it.")
    private static let unknown = RoutingBar(
        rule: .requirement, message: "It is not known yet whether the worker meets it.")

    private func evaluate(_ id: Requirement.ID) -> Verdicts {
        let requirement = (market.requirements[id] ?? .any([])).normalised
        var verdicts = Verdicts(leastTiers: requirement.leastTiers)
        if let kept = market.kept[id] {
            verdicts.isKept = true
            verdicts.eligible = kept.compactMap { columns[$0] }.sorted().map { ($0, nil) }
            return verdicts
        }
        for column in evaluated {
            switch workers[column].facts.map({ requirement.evaluate(normal: $0, at: market.instant) }) {
            case .eligible(let proof)?: verdicts.eligible.append((column, proof))
            case .ineligible(let fault)?:
                verdicts.faults.append((column, RoutingBar(rule: .requirement, message: fault.message)))
            case nil: break
            }
        }
        return verdicts
    }

    private mutating func add(_ bar: RoutingBar, _ row: Int, _ column: Int) {
        batchTallies[row].add(bar)
        workerTallies[column].add(bar)
    }

    /// What keeps a worker from a batch for a while only.
    private static let waitable: Set<RoutingRule> = [.away, .hours, .liveCap]

    /// Whether nothing but their windows, hours and work in hand keeps a worker from a batch.
    private func mayCome(_ batch: RoutingBatch, _ worker: RoutingCandidate) -> Bool {
        let pair = RoutingPair(batch: batch.id, worker: worker.worker)
        return ![market.offered, market.turnedDown, market.finished, market.offeredBefore, market.belowAsk]
            .contains { $0.contains(pair) } && batch.workforces.contains(worker.workforce)
            && !market.barred.contains(pair)
    }

    /// Those who bring more than can still be had of the batch. What the auction compares is how much more: work that
    /// others will do as well leaves its place to work that they will not.
    private mutating func worthNow(
        _ found: [Edge], _ away: [RoutingWait.Candidate], _ values: RoutingValue, of row: Int
    ) -> [Edge] {
        let there = found.map { RoutingWait.Candidate(column: $0.worker, surplus: $0.pair.plainSurplus) }
        guard found.count + away.count > 1,
            let wait = RoutingWait(batches[row], in: market, workers, values, there: there, away: away)
        else { return found }
        let bar = RoutingBar(
            rule: .waitsForBetter,
            message: "Who is away, at work or without hours now, and likely to come in time, would bring more to it.")
        return found.compactMap { edge in
            var edge = edge
            edge.continuation = wait.continuation(without: edge.worker)
            // What priority adds is not waited with.
            guard edge.continuation < edge.pair.surplus else {
                add(bar, row, edge.worker)
                return nil
            }
            edge.value = values.expected(
                edge.pair.surplus - edge.continuation, of: batches[row].id, from: workers[edge.worker].worker)
            return edge
        }
    }

    /// The best of a row, and a few others by a draw that depends on nothing but batch, worker and instant; by worker.
    private mutating func capped(_ found: [Edge], of row: Int) -> [Edge] {
        let most = max(policy.candidatesMax, 2 * RoutingPolicy.wanted(batches[row]))
        guard found.count > most + policy.drawnMax else { return found }
        let ranked = found.sorted { ($1.value, $0.worker) < ($0.value, $1.worker) }
        let seed = UInt64(bitPattern: Int64(market.instant.timeIntervalSince1970))
        let batch = batches[row].id.uuid.bits
        let rest = ranked[most...].map { edge in
            var draw = PolicyRandom(seed: seed, subject: batch ^ workers[edge.worker].worker.uuid.bits)
            return (edge: edge, draw: draw.next())
        }.sorted { ($0.draw, $0.edge.worker) < ($1.draw, $1.edge.worker) }.map(\.edge)
        let bar = RoutingBar(rule: .notChosen, message: "Enough others bring as much to it, or more.")
        for edge in rest.dropFirst(policy.drawnMax) { add(bar, row, edge.worker) }
        return (ranked[..<most] + rest.prefix(policy.drawnMax)).sorted { $0.worker < $1.worker }
    }

    private static let belowPrice = RoutingBar(
        rule: .belowPrice, message: "The worker's hours are worth more for other work of this week.")

    private static let belowPay = RoutingBar(
        rule: .belowPay, message: "By this worker's answers it is worth less to the requester than it pays.")

    private struct Barred: Error { let bar: RoutingBar }

    /// The rules behind eligibility, in the order of ``RoutingRule``; or by when the worker would have to answer.
    private func bar(_ batch: RoutingBatch, _ worker: RoutingCandidate) -> Result<Date, Barred> {
        func barred(_ rule: RoutingRule, _ message: String) -> Result<Date, Barred> {
            .failure(Barred(bar: RoutingBar(rule: rule, message: message)))
        }
        let pair = RoutingPair(batch: batch.id, worker: worker.worker)
        if !batch.workforces.contains(worker.workforce) || market.barred.contains(pair) {
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
        if worker.liveLeases + worker.openOffers >= policy.liveMax {
            return barred(
                .liveCap, "The worker has \(policy.liveMax) leases and open offers, which is the most.")
        }
        if market.offered.contains(pair) { return barred(.alreadyOffered, "The worker has an open offer of it.") }
        if market.turnedDown.contains(pair) {
            return barred(.turnedDown, "The worker turned an offer of it down lately, or let it lapse.")
        }
        if market.finished.contains(pair) {
            return barred(
                .finished, "The worker has done their part of every task of it that is open, or all that one may do.")
        }
        if market.offeredBefore.contains(pair) {
            return barred(
                .offeredBefore, "On these terms the worker declined it, or was offered it as often as it has tasks.")
        }
        if market.belowAsk.contains(pair) { return barred(.belowAsk, "It pays less than the worker asks for.") }
        return .success(window.answerBy)
    }

    /// The chance that every open slot that is on offer now is taken in time: each is wanted, and no more are on offer
    /// than would be paid, so the wave is as large as it may be.
    private func wave(of chosen: [Edge], for batch: RoutingBatch) -> Int {
        let usual = market.known.usualAcceptance
        let chances = chosen.map { market.known.acceptance(of: batch.id, by: workers[$0.worker].worker) ?? usual }
            .sorted(by: >)
        return OfferWave(
            chances: chances, live: Array(repeating: usual, count: batch.openOffers), wanted: batch.openSlots,
            payable: batch.openSlots
        ).chanceMillionths
    }

    /// The plan for what the auction chose; what it did not choose is told as such.
    ///
    /// - Parameter first: places of the batches that went first.
    mutating func plan(_ outcome: RoutingMatch.Outcome, first: Set<Int>) -> RoutingPlan {
        let chosen = Dictionary(grouping: outcome.pairs, by: \.demand)
        var offers: [PlannedOffer] = []
        for (row, batch) in batches.enumerated() {
            let pairs = Dictionary(
                (chosen[row] ?? []).map { ($0.supply, $0) }, uniquingKeysWith: { first, _ in first }
            )
            let second = edges[row].filter { pairs[$0.worker] == nil }
                .max { ($0.value, $1.worker) < ($1.value, $0.worker) }
                .map { RunnerUp(worker: workers[$0.worker].worker, value: $0.value) }
            let chance = wave(of: edges[row].filter { pairs[$0.worker] != nil }, for: batch)
            let priced = Dictionary(
                (later[row] ?? []).map { ($0.worker, $0) }, uniquingKeysWith: { first, _ in first })
            for usual in edges[row] {
                guard let pair = pairs[usual.worker] else {
                    let message = "Other offers are worth more for the slots of it and the worker's time."
                    add(RoutingBar(rule: .notChosen, message: message), row, usual.worker)
                    continue
                }
                let edge = pair.isLater ? priced[usual.worker] ?? usual : usual
                offers.append(
                    PlannedOffer(
                        requester: batch.requester, batch: batch.id, worker: workers[edge.worker].worker,
                        value: pair.value, price: pair.price, tierDistance: edge.pair.tierDistance,
                        answerBy: edge.answerBy, proof: edge.proof, parts: edge.pair.parts,
                        timePrice: edge.pair.price, continuation: edge.continuation,
                        answerGain: edge.pair.answerGain,
                        runnerUp: second, candidates: edges[row].count,
                        waveChanceMillionths: chance, goesFirst: first.contains(row) && !pair.isLater
                    ))
            }
        }
        let served = Set(outcome.pairs.map(\.supply))
        return RoutingPlan(
            offers: offers.sorted {
                guard $0.goesFirst == $1.goesFirst else { return $0.goesFirst }
                return ($1.value, $0.batch, $0.worker) < ($0.value, $1.batch, $1.worker)
            },
            batches: batches.indices
                .filter { (chosen[$0] ?? []).count < RoutingPolicy.wanted(batches[$0]) }
                .map {
                    batchTallies[$0].unrouted(
                        batches[$0].id, empty: "Nobody active who meets what it demands was looked at.")
                },
            workers: workers.indices
                .filter { !served.contains($0) }
                .map { workerTallies[$0].unrouted(workers[$0].worker, empty: "No batch has work to offer.") },
            certificateMillionths: outcome.certificateMillionths, bids: outcome.bids, isSettled: outcome.isSettled
        )
    }
}
