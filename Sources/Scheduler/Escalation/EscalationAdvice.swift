internal import Formats
internal import Foundation
internal import Marketplace
internal import Matching

/// What an operator can do about a batch that the ladder does not bring in time: each way out with what it costs,
/// computed from the batch, its supply and its money as they are.
struct EscalationAdvice: Sendable {
    /// The rule without which most others would be eligible, and how many of them there are.
    struct Widening: Hashable, Sendable {
        let rule: Requirement
        let workers: Int
    }

    let supply: EscalationSupply
    /// `nil` of work that is claimed.
    let room: RaiseRoom?
    /// What one answer costs its requester, pay and fee, minor units.
    let answerMinor: Int64
    let widening: Widening?

    /// The three least bad, at least one: fewest answers lost first, then least money, then least delay.
    var options: [AlertOption] {
        let all = [extended, raised, widened, withdrawn].compactMap { $0 }
        return Array(all.sorted(by: AlertOption.isLessBad).prefix(ScheduleAlert.optionsMax))
    }

    private var batch: EndangeredBatch { supply.batch }

    /// How many of the open answers those hands bring in the time that is left: each as many as fit one after another.
    private func answers(of workers: Int) -> Int {
        let left = max(batch.dueAt.timeIntervalSince(supply.instant), 0)
        let each = max(Int(min(left, 1e9)) / max(batch.serviceSeconds, 1), 1)
        return min(workers.multipliedReportingOverflow(by: each).partialValue, batch.openAnswers)
    }

    /// Later, by when those who can do it have the hours, and one more service time to be done.
    private var extended: AlertOption? {
        guard let end = supply.doneBy(atMost: batch.dueAt + EscalationReading.beyondSeconds) else { return nil }
        let due = end + TimeInterval(batch.serviceSeconds)
        let delay = Int64(due.timeIntervalSince(batch.dueAt))
        return AlertOption(
            .extendDeadline,
            "Extend the deadline to \(due.formatted(.iso8601)), by \(delay / 60) minutes: by then those who meet "
                + "what is demanded have the hours for \(batch.openAnswers) answers.",
            slotsLost: 0, costMinor: 0, delaySeconds: delay, facts: ["due_at": .string(due.formatted(.iso8601))])
    }

    /// The rest of the band, with what budget and wallet lack for it. Counted on are as many acceptances as offers to
    /// all bring who can be reached and are worth more.
    private var raised: AlertOption? {
        guard let room, room.bandMost.minorUnits > room.pay.minorUnits, let cost = try? room.cost(of: room.bandMost)
        else { return nil }
        let reachable = supply.reachable(answerSeconds: EscalationPlan.Rules().answerSeconds, isRaised: true).filter {
            supply.worth.pair(of: $0.worker, isForced: true)?.bearsRaise ?? false
        }.count
        let chance = supply.acceptance.usualMillionths
        let lack = max(cost.minorUnits - min(room.budgetLeft, room.walletLeft), 0)
        let more = room.bandMost.minorUnits - room.pay.minorUnits
        return AlertOption(
            .raisePay,
            "Raise the pay by \(more) to \(room.bandMost), the top of the band"
                + (lack == 0 ? "." : ", for which budget or wallet lack \(lack) minor units."),
            slotsLost: batch.openAnswers - answers(of: reachable * chance / 1_000_000), costMinor: cost.minorUnits,
            delaySeconds: 0,
            facts: ["pay_minor": .integer(room.bandMost.minorUnits), "lacking_minor": .integer(lack)])
    }

    /// Without one rule; each answer by somebody who does not meet it is worth a second one, to check it.
    private var widened: AlertOption? {
        guard let widening, widening.workers > 0 else { return nil }
        let won = answers(of: widening.workers)
        return AlertOption(
            .widenRequirement,
            "Demand the same without \(widening.rule.json.canonicalText): \(widening.workers) more workers would "
                + "meet it; a second answer to check each of theirs is counted as its cost.",
            slotsLost: batch.openAnswers - won,
            costMinor: answerMinor.multipliedReportingOverflow(by: Int64(won)).partialValue, delaySeconds: 0,
            facts: ["rule": widening.rule.json, "workers": .integer(Int64(widening.workers))])
    }

    /// Always possible.
    private var withdrawn: AlertOption? {
        let back = answerMinor.multipliedReportingOverflow(by: Int64(batch.openAnswers)).partialValue
        return AlertOption(
            .withdrawRest, "Withdraw the \(batch.openAnswers) open answers; \(back) minor units come back.",
            slotsLost: batch.openAnswers, costMinor: -back, delaySeconds: 0)
    }
}

extension Requirement {
    /// The demand without each of its rules that a requester may do without; what the law, a contract or somebody's
    /// interest asks for stays.
    var widenings: [(without: Requirement, rest: Requirement)] {
        let rules: [Requirement]
        switch normalised {
        case .all(let several): rules = several
        case let one: rules = [one]
        }
        return rules.enumerated().compactMap { place, rule in
            guard rule.isOptional else { return nil }
            var rest = rules
            rest.remove(at: place)
            return (rule, Requirement.all(rest).normalised)
        }
    }

    private var isOptional: Bool {
        switch self {
        case .specialty, .language, .exam, .skill, .years, .performedIn: true
        case .any(let rules): !rules.isEmpty && rules.allSatisfy(\.isOptional)
        case .all, .not, .profession, .jurisdiction, .excluded, .agreement, .noInterest, .notExcluded, .sourcing,
            .credential, .clearance:
            false
        }
    }
}
