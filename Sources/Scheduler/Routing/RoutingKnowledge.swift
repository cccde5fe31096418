package import Marketplace
package import Matching

/// What is known beside the rules: what the value of a pair depends on. Nothing of it keeps anybody apart; what is not
/// known has no effect.
package struct RoutingKnowledge: Sendable {
    /// What an assignment of the batch pays now.
    package var pay: [Batch.ID: Money] = [:]
    /// By what amounts in different currencies are compared.
    package var rates = ReferenceRates()
    /// How good a worker is at the cell's profession, and on how many answers that rests.
    package var skills: [Worker.ID: RoutingSkill] = [:]
    /// The chance that a worker accepts an offer of this hour in time, in millionths; of what pays about the rate.
    package var accepting: [Worker.ID: Int] = [:]
    /// The same of what pays less or more, by what there is of it.
    package var acceptingOtherwise: [AcceptanceModel.PayBand: [Worker.ID: Int]] = [:]
    /// What pays less or more than about the rate.
    package var payBands: [Batch.ID: AcceptanceModel.PayBand] = [:]
    /// The chance that a worker accepts an offer sooner or later, whatever the hour is, in millionths: of who is there
    /// and of who is away alike, so that those who are waited for are compared by one measure.
    package var usuallyAccepting: [Worker.ID: Int] = [:]
    /// What is forecast of a worker's week, and their pace.
    package var forecasts: [Worker.ID: RoutingForecast] = [:]
    /// Who has accepted what before.
    package var familiar: Set<RoutingPair> = []
    /// What a quarter of an hour of a worker is worth to the rest of the week, as the nightly solve says; empty before
    /// the first. A worker without one counts as the median of the cell.
    package var prices: [Worker.ID: HourPrice] = [:]
    /// How much more an answer of the worker settles what asks for one more in the batch than a usual one, in
    /// millionths of a task; below zero for less.
    package var gains: [RoutingPair: Int] = [:]
    /// Batches in the forced lane: the price of hours is ignored.
    package var forced: Set<Batch.ID> = []
    /// Minutes that work past its bound may take before all other in this round; none makes it work as any other.
    package var lateMinutes = Int.max
    /// How far the week's forecast of hours is off so far, in millionths of it.
    package var forecastErrorMillionths = 0

    package init() {}

    /// The chance of an acceptance by somebody of whom nothing is known: sure as long as nothing is known of anybody.
    var usualAcceptance: Int { accepting.isEmpty ? 1_000_000 : AcceptanceModel.priorMillionths }

    /// The chance that a worker accepts an offer of a batch in time; `nil` where it is not known.
    func acceptance(of batch: Batch.ID, by worker: Worker.ID) -> Int? {
        payBands[batch].flatMap { acceptingOtherwise[$0]?[worker] } ?? accepting[worker]
    }

    /// The chance that a worker who may come later accepts.
    func acceptance(ofRival worker: Worker.ID) -> Int {
        usuallyAccepting[worker] ?? accepting[worker] ?? usualAcceptance
    }
}

extension RoutingSkill {
    /// As a belief: its low end is the 2.5th percentile.
    var belief: BetaBelief {
        BetaBelief(meanMillionths: meanBps * 100, lowerMillionths: lowBps * 100, belowMillionths: 25_000)
    }
}
