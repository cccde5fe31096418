internal import Matching

/// What a worker does with an offer. By hash of seed, task and worker, so that it is the same whoever decides; made of
/// another kind of curve than ``AcceptanceModel`` learns: logistic in pay over cost, hour and fatigue, with a heavy
/// tail of delays.
enum WorkerResponse {
    /// An answer, or none.
    struct Outcome {
        let isAccepted: Bool
        /// When it comes, or when the offer lapses without one.
        let tick: Int
        /// From offer to answer, in minutes.
        let minutes: Int
    }

    /// How long an offer waits for its answer while the worker is there.
    static let patienceTicks = 8

    static func outcome(
        _ market: WeekMarket, task: Int, worker: Int, sent: Int, unitsToday: Int
    ) -> Outcome {
        if market.grants.contains(.answers) { return Outcome(isAccepted: true, tick: sent, minutes: 0) }
        let seen = market.nextPresence(of: worker, from: sent)
        let draw = Draw(market, task: task, worker: worker)
        let hour = market.workers[worker].hour(at: seen)
        let isWilling = draw.isWilling(market.workers[worker], hour: hour, unitsToday: unitsToday)
        guard draw.delayTicks < patienceTicks, isWilling || !draw.isSilent else {
            return Outcome(
                isAccepted: false, tick: seen + patienceTicks, minutes: (seen + patienceTicks - sent) * 15)
        }
        return Outcome(
            isAccepted: isWilling, tick: seen + draw.delayTicks,
            minutes: (seen - sent) * 15 + min(Int(draw.delayMinutes), 15_000))
    }

    /// Whether there is any hour at which the worker, fresh and there, would accept the task.
    static func couldAccept(_ market: WeekMarket, task: Int, worker: Int) -> Bool {
        if market.grants.contains(.answers) { return true }
        let person = market.workers[worker]
        return Draw(market, task: task, worker: worker)
            .isWilling(person, hour: person.hourNearest(to: 15), unitsToday: 0)
    }

    /// Whether the worker, rested, would take the task of their own accord.
    static func isWilling(_ market: WeekMarket, task: Int, worker: Int, at tick: Int) -> Bool {
        if market.grants.contains(.answers) { return true }
        let person = market.workers[worker]
        return Draw(market, task: task, worker: worker).isWilling(person, hour: person.hour(at: tick), unitsToday: 0)
    }

    /// What is drawn for a task and a worker.
    private struct Draw {
        let delayMinutes: Double
        let isSilent: Bool
        private let threshold: Double

        init(_ market: WeekMarket, task: Int, worker: Int) {
            var random = PolicyRandom(
                seed: market.seed ^ 0x616e_7377_6572, subject: UInt128(task) << 32 | UInt128(worker))
            delayMinutes = 18 * PureMath.exp(1.1 * random.normal())
            threshold = random.unit()
            isSilent = random.unit() < 0.25
        }

        var delayTicks: Int { min(Int(delayMinutes / 15), 1_000) }

        func isWilling(_ person: WeekWorker, hour: Int, unitsToday: Int) -> Bool {
            let distance = Double(hour > 15 ? hour - 15 : 15 - hour)
            let score =
                person.readiness - 0.75 * PureMath.log(max(person.costShare, 0.05)) + 0.3 - 0.05 * distance
                - 0.05 * Double(unitsToday)
            return threshold < 1 / (1 + PureMath.exp(-score))
        }
    }
}
