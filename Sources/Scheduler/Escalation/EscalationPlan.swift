internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching

/// Which steps of the ladder a batch takes now. Pure: the same facts give the same steps.
struct EscalationPlan: Hashable, Sendable {
    /// Bounds of the ladder beside `Matching.Escalation.Rules`.
    struct Rules: Hashable, Sendable {
        var ladder = Escalation.Rules()
        /// How long somebody who is there has to answer an offer.
        var answerSeconds: TimeInterval = 900
        /// From a step to the next raise at least, so that offers can be answered first; a quarter of the service
        /// time, where that is longer.
        var raiseSeconds: TimeInterval = 900
        /// How much of the hours of a day the forced lane takes at most from those who can do the work, in millionths;
        /// one batch a day it may always take.
        var forcedShareMillionths = 5_000
    }

    /// In the order in which they are taken.
    let acts: [EscalationAct]
    /// Whom the work is offered beyond the usual rounds.
    let offers: [EscalationSupply.Reachable]
    /// Why each of them is offered it.
    let explanations: [Worker.ID: OfferExplanation]
    /// What was decided on, for the record.
    let facts: JSON
    /// Whether nothing but an operator can help any more.
    let needsAlert: Bool

    /// - Parameters:
    ///   - room: how much more further offers may pay; `nil` of work that is claimed, whose price is its own.
    init(_ supply: EscalationSupply, room: RaiseRoom?, rules: Rules = Rules()) throws {
        let batch = supply.batch
        let inLane = Escalation.isForced(
            slackSeconds: supply.slackSeconds, serviceP90Seconds: Int64(batch.serviceSeconds), rules: rules.ladder)
        let takesLane =
            inLane && batch.steps[.forced] == nil && supply.mayForce(rules.forcedShareMillionths)
        let isForced = batch.steps[.forced] != nil || takesLane
        // Nobody's hours are sold below what they would bring elsewhere, but in the forced lane: who is not asked does
        // not count either. Work that is claimed is not offered to anybody, and tells all.
        let reachable = supply.reachable(answerSeconds: rules.answerSeconds).filter {
            batch.door == .claim || supply.worth.pair(of: $0.worker, isForced: isForced) != nil
        }
        // Nothing is looked up of these offers but that they are out: each is as likely accepted as any of the cell.
        let live = Array(
            repeating: supply.acceptance.usualMillionths, count: batch.door == .offer ? batch.openOffers : 0)
        let wave = OfferWave(
            chances: reachable.map(\.chanceMillionths), live: live, wanted: batch.openSlots, payable: batch.openSlots)
        let now = OfferWave(chances: [], live: live, wanted: batch.openSlots, payable: batch.openSlots)
        let (pay, most) = (room?.pay.minorUnits ?? 0, try room?.most.minorUnits ?? 0)
        let facts = Escalation.Facts(
            slackSeconds: supply.slackSeconds, serviceP90Seconds: Int64(batch.serviceSeconds),
            reachLeft: reachable.count, payMinor: pay, bandMaxMinor: room?.bandMost.minorUnits ?? 0, budgetMinor: most,
            chanceMillionths: now.chanceMillionths,
            raiseHelps: supply.raiseHelps(
                reachable, live: live, isForced: isForced, answerSeconds: rules.answerSeconds))
        let decision = Escalation(facts, rules: rules.ladder)
        var acts: [EscalationAct] = []
        let isUp = decision.rung != .usual || decision.isForced
        if isUp, batch.steps[.reach] == nil {
            let told = batch.door == .claim ? reachable.prefix(EscalateBatch.toldMax).map(\.worker) : []
            acts.append(.reach(tell: told))
        }
        if takesLane { acts.append(.forced) }
        if let room, decision.payMinor > pay, batch.isRaiseDue(at: supply.instant, rules) {
            acts.append(.price(try Money(decision.payMinor, room.pay.currency)))
        }
        needsAlert = decision.rung == .alert && batch.steps[.alert] == nil
        self.acts = acts
        offers = isUp && batch.door == .offer ? Array(reachable.prefix(wave.count)) : []
        explanations = supply.worth.explanations(
            of: offers.map(\.worker), among: reachable.map(\.worker), isForced: isForced)
        self.facts = [
            "slack_seconds": .integer(facts.slackSeconds),
            "minutes_given": .integer(
                Int64(supply.minutes(until: batch.dueAt))), "reach_left": .integer(Int64(facts.reachLeft)),
            "pay_minor": .integer(pay), "band_most_minor": .integer(facts.bandMaxMinor),
            "most_minor": .integer(most), "chance_millionths": .integer(Int64(facts.chanceMillionths)),
            "raise_helps": .bool(facts.raiseHelps), "rung": .integer(Int64(decision.rung.rawValue)),
        ]
    }
}

extension EndangeredBatch {
    fileprivate func isRaiseDue(at instant: Date, _ rules: EscalationPlan.Rules) -> Bool {
        guard let steppedAt else { return true }
        return instant.timeIntervalSince(steppedAt) >= max(rules.raiseSeconds, Double(serviceSeconds) / 4)
    }
}
