internal import Formats
package import Foundation
package import Logging
package import Marketplace
internal import Store
internal import Synchronization

/// Climbs the ladder for batches whose deadline nears: more reach, better pay, an operator.
///
/// Any number of schedulers may do it at once: each step is taken once for a deadline, in a transaction of its own, and
/// offers are single by the market's constraints. One that dies leaves whole steps.
package final class EscalationRound: SchedulerRound {
    /// Bounds of one piece.
    package struct Limits: Sendable {
        /// 1 to 200.
        package var batchesMax = 20
        /// Workers of one batch, by id, who are looked at; the log tells where there may be more. As many as a routing
        /// round looks at.
        package var workersMax = EscalationRules.workersMax
        /// How far ahead deadlines are looked at.
        package var horizonSeconds: TimeInterval = 14 * 86_400

        package init() {}
    }

    package let name = "escalation"
    package let period: Duration = .seconds(60)
    private let market: Market
    private let actor: Principal.ID
    private let limits: Limits
    private let rules = EscalationPlan.Rules()
    private let logger: Logger
    private let presences = PresenceBook()
    private let cursor = Mutex<EndangeredBatch?>(nil)

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    package init(market: Market, by actor: Principal.ID, limits: Limits = Limits(), logger: Logger) {
        (self.market, self.actor, self.limits, self.logger) = (market, actor, limits, logger)
    }

    package func runOnce() async throws -> RoundOutcome {
        let (start, limits) = (cursor.withLock { $0 }, limits)
        if start == nil { _ = try await LearnServicePace(market: market)(by: actor) }
        let page = try await market.database.read {
            try await $0.endangeredBatches(
                until: $0.instant + limits.horizonSeconds, after: start, limit: limits.batchesMax)
        }
        var counts: [SchedulerCount: Int] = [:]
        for batch in page {
            let done = try await climb(batch)
            counts[.escalationSteps, default: 0] += done.steps
            counts[.offersMade, default: 0] += done.offers
        }
        let isFull = page.count == limits.batchesMax
        cursor.withLock { $0 = isFull ? page.last : nil }
        if !isFull { counts[.alertsClosed] = try await SettleAlerts(market: market)(by: actor) }
        return RoundOutcome(counts: counts, hasMore: isFull)
    }

    private func climb(_ batch: EndangeredBatch) async throws -> (steps: Int, offers: Int) {
        let reading = EscalationReading(workersMax: limits.workersMax, rules: rules, presences: presences)
        let found = try await market.database.read(isolation: .repeatableRead) { try await reading(batch, in: $0) }
        guard var supply = found else { return (0, 0) }
        if supply.isCut {
            logger.warning(
                "the ladder looked at no more workers than one round may",
                metadata: ["batch": "\(batch.key.id)", "workers": "\(limits.workersMax)"])
        }
        let room = batch.door == .offer ? try await RaisePay(market: market).room(batch.key, by: actor) : nil
        if let room { supply.beyondAsk = try await asking(moreThan: room.most, of: supply) }
        let plan = try EscalationPlan(supply, room: room, rules: rules)
        var steps = 0
        for act in plan.acts { steps += try await take(act, for: batch, plan.facts) ? 1 : 0 }
        if plan.needsAlert {
            let options = try await advice(supply, room).options
            steps += try await take(.alert(options), for: batch, plan.facts) ? 1 : 0
        }
        return (steps, try await offer(batch, by: plan))
    }

    /// - Returns: false where it was taken before, or what it needs was used up meanwhile: the next piece decides anew.
    private func take(_ act: EscalationAct, for batch: EndangeredBatch, _ facts: JSON) async throws -> Bool {
        do {
            return try await EscalateBatch(market: market)(batch, act, facts: facts, by: actor)
        } catch is RaiseRefusal {
            return false
        }
    }

    /// Never more live offers than open slots; what the market does not allow any more is passed by.
    private func offer(_ batch: EndangeredBatch, by plan: EscalationPlan) async throws -> Int {
        var made = 0
        for one in plan.offers {
            guard let why = plan.explanations[one.worker] else { continue }
            do {
                _ = try await MakeOffer(market: market)(
                    of: batch.key.id, from: batch.key.requester, to: one.worker,
                    reason: [
                        "rule": "escalation_reach", "due_at": .string(batch.dueAt.formatted(.iso8601)),
                        "value": .integer(why.valueMicros),
                    ],
                    answerBy: one.answerBy, explanation: why, by: actor)
                made += 1
            } catch is OfferRefusal {
                continue
            }
        }
        return made
    }

    /// Whom not even so much pay would meet.
    private func asking(moreThan pay: Money, of supply: EscalationSupply) async throws -> Set<Worker.ID> {
        guard !supply.belowAsk.isEmpty else { return [] }
        let (key, workers) = (supply.batch.key, Array(supply.belowAsk))
        return try await market.database.read {
            try await Set($0.routingBelowAsk([key], workers, paying: pay.minorUnits).map(\.worker))
        }
    }

    private func advice(_ supply: EscalationSupply, _ room: RaiseRoom?) async throws -> EscalationAdvice {
        let batch = supply.batch
        var supply = supply
        // An operator may find the money for all of the band.
        if let room { supply.beyondAsk = try await asking(moreThan: room.bandMost, of: supply) }
        let (answer, widening) = try await market.database.read { [limits] transaction in
            guard let found = try await transaction.batch(batch.key.id, of: batch.key.requester) else {
                throw NotFound("batch")
            }
            return (
                try found.worstCaseOfOne.minorUnits,
                try await transaction.widening(of: batch.requirement, workersMax: limits.workersMax)
            )
        }
        return EscalationAdvice(supply: supply, room: room, answerMinor: answer, widening: widening)
    }
}

extension Transaction {
    /// The rule of a requirement without which most active workers more would meet it, of so many that are looked at;
    /// ties go to the first rule.
    fileprivate func widening(
        of id: Requirement.ID, workersMax: Int
    ) async throws -> EscalationAdvice.Widening? {
        guard let whole = try await requirement(id)?.normalised else { return nil }
        let ways = whole.widenings
        guard !ways.isEmpty else { return nil }
        var gained = Array(repeating: 0, count: ways.count)
        var (last, looked): (Worker.ID?, Int) = (nil, 0)
        while looked < workersMax {
            let page = try await activeWorkers(after: last, limit: min(200, workersMax - looked))
            guard !page.isEmpty else { break }
            (last, looked) = (page.last, looked + page.count)
            for facts in try await workerFacts(of: page, at: instant) {
                guard case .ineligible = whole.evaluate(normal: facts, at: instant) else { continue }
                for (place, way) in ways.enumerated() {
                    if case .eligible = way.rest.evaluate(normal: facts, at: instant) { gained[place] += 1 }
                }
            }
        }
        guard let most = gained.max(), most > 0, let place = gained.firstIndex(of: most) else { return nil }
        return EscalationAdvice.Widening(rule: ways[place].without, workers: most)
    }
}
