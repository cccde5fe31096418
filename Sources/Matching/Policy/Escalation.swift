/// What to do about a task as its deadline nears: the ladder.
///
/// More reach that the requirement allows, then a better price within band and budget, then an operator, who is told
/// what is least bad. A rung is climbed when the slack falls under so many times the service time, unless the offers
/// out will probably do.
package struct Escalation: Hashable, Sendable {
    /// A rung of the ladder.
    package enum Rung: Int, Hashable, Sendable, CaseIterable {
        /// Nothing beside the usual offers.
        case usual
        /// Offer it to more of those whom the requirement allows.
        case reach
        /// Raise the pay, within band and budget.
        case price
        /// Tell an operator.
        case alert
    }

    /// Slack in multiples of the 90th percentile of service time, under which each rung begins, in millionths.
    package struct Rules: Hashable, Sendable {
        /// More reach.
        package var reachMillionths = 8_000_000
        /// Better price.
        package var priceMillionths = 4_000_000
        /// The forced lane, and the operator once nothing else is left.
        package var forcedMillionths = 2_000_000
        /// How much the pay rises each time, in millionths of the pay.
        package var payStepMillionths = 100_000

        /// The defaults.
        package init() {}
    }

    /// The facts of one task, or of a batch of like ones.
    package struct Facts: Hashable, Sendable {
        /// Time left until the deadline; below 0 when it has passed.
        package let slackSeconds: Int64
        /// 90th percentile of the time from offer to finished work (``Lateness/serviceP90Seconds(_:)``).
        package let serviceP90Seconds: Int64
        /// Eligible workers with hours who have not been offered it on these terms.
        package let reachLeft: Int
        /// What an answer pays, in minor units.
        package let payMinor: Int64
        /// The most that the rate's band allows.
        package let bandMaxMinor: Int64
        /// What the budget can pay for each answer still wanted.
        package let budgetMinor: Int64
        /// The chance that the offers out bring enough acceptances in time (``OfferWave``), in millionths.
        package let chanceMillionths: Int
        /// Whether better pay could win somebody: not where nobody has turned the pay of now down or asks for more, nor
        /// where a raise would make an answer worth less than it costs.
        package let raiseHelps: Bool

        /// All facts.
        package init(
            slackSeconds: Int64, serviceP90Seconds: Int64, reachLeft: Int, payMinor: Int64, bandMaxMinor: Int64,
            budgetMinor: Int64, chanceMillionths: Int, raiseHelps: Bool = true
        ) {
            (self.slackSeconds, self.serviceP90Seconds) = (slackSeconds, serviceP90Seconds)
            (self.reachLeft, self.payMinor) = (reachLeft, payMinor)
            (self.bandMaxMinor, self.budgetMinor) = (bandMaxMinor, budgetMinor)
            (self.chanceMillionths, self.raiseHelps) = (chanceMillionths, raiseHelps)
        }
    }

    /// The rung to stand on.
    package let rung: Rung
    /// Whether the task goes before all others, at any price of hours: its slack is under twice the service time.
    package let isForced: Bool
    /// The pay to offer from now on, in minor units: higher than it was on the rung ``Rung/price``, else as it was.
    package let payMinor: Int64

    /// Decides. What cannot be done is skipped: without anybody left to reach comes the price, without room in band or
    /// budget the operator, though not before the forced lane. A price that wins nobody is passed by as well; as long
    /// as there is time and room for it, those who can be asked at the pay of now come before the operator.
    package init(_ facts: Facts, rules: Rules = Rules()) {
        let slack = Self.slackMillionths(facts.slackSeconds, facts.serviceP90Seconds)
        let room = Self.raised(facts, rules)
        let raised = facts.raiseHelps ? room : nil
        isForced = slack < Double(rules.forcedMillionths)
        if facts.chanceMillionths >= OfferWave.confidenceMillionths || slack >= Double(rules.reachMillionths) {
            rung = .usual
        } else if isForced {
            // A raise needs the time to work: half of the forced lane.
            let hasTime = room != nil && slack >= Double(rules.forcedMillionths) / 2
            rung = !hasTime ? .alert : raised != nil ? .price : facts.reachLeft > 0 ? .reach : .alert
        } else if raised != nil, slack < Double(rules.priceMillionths) || facts.reachLeft == 0 {
            rung = .price
        } else {
            rung = facts.reachLeft > 0 ? .reach : .usual
        }
        payMinor = rung == .price || rung == .alert ? raised ?? facts.payMinor : facts.payMinor
    }

    /// Whether so much slack is under what the forced lane begins at.
    package static func isForced(slackSeconds: Int64, serviceP90Seconds: Int64, rules: Rules = Rules()) -> Bool {
        slackMillionths(slackSeconds, serviceP90Seconds) < Double(rules.forcedMillionths)
    }

    /// What one raise makes of a pay, whatever band and budget allow.
    package static func stepped(_ payMinor: Int64, rules: Rules = Rules()) -> Int64 {
        let step = max(PureMath.scaled(max(payMinor, 0), by: Double(rules.payStepMillionths) / 1_000_000), 1)
        let (wanted, overflow) = payMinor.addingReportingOverflow(step)
        return overflow ? Int64.max : wanted
    }

    /// The next higher pay; nil when band or budget have no room.
    private static func raised(_ facts: Facts, _ rules: Rules) -> Int64? {
        let pay = min(stepped(facts.payMinor, rules: rules), facts.bandMaxMinor, facts.budgetMinor)
        return pay > facts.payMinor ? pay : nil
    }

    /// In service times.
    private static func slackMillionths(_ seconds: Int64, _ serviceSeconds: Int64) -> Double {
        Double(seconds) / Double(max(serviceSeconds, 1)) * 1_000_000
    }
}
