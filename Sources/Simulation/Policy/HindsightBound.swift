internal import Matching

/// What no policy exceeds in a market: the dual bound of the whole study, known from end to end: every task, what hours
/// everybody gives in which week, and who would accept what, asked at their best hour and rested. Only who can have
/// done the work in their windows before the deadline is counted.
///
/// Nobody answers a task in two weeks. That one is asked after the other, that a worker's day fills up, that work
/// queues, and the limit on live offers are left out, which only raises it.
enum HindsightBound {
    /// What is known of skills.
    enum Knowledge {
        /// What was on record when the study began: as much as any policy.
        case recorded
        /// What they are: more than anybody can know.
        case actual
    }

    /// In micro-units.
    static func value(_ market: WeekMarket, _ knowledge: Knowledge) throws(MarketFault) -> Double {
        let beliefs = WeekBeliefs(market)
        var sheet = WeekPrices.Sheet()
        sheet.supply = market.usable.map(Int.init)
        for (number, task) in market.tasks.enumerated() {
            let weeks = task.arrival / Tick.perWeek...min(task.deadline - 1, market.ticks - 1) / Tick.perWeek
            for edge in task.edges {
                let skill = Int(market.edges[edge])
                let worker = Int(market.skills[skill].worker)
                guard WorkerResponse.couldAccept(market, task: number, worker: worker),
                    market.windowUnits(
                        of: worker, from: market.nextPresence(of: worker, from: task.arrival), to: task.deadline)
                        >= market.duration(of: task, by: worker)
                else { continue }
                for week in weeks {
                    let column = worker * market.weeks + week
                    guard sheet.supply[column] >= task.units else { continue }
                    let (start, end) = (
                        max(task.arrival, week * Tick.perWeek), min(task.deadline, (week + 1) * Tick.perWeek)
                    )
                    guard market.windowUnits(of: worker, from: start, to: end) > 0 else { continue }
                    let ticks = [start, (start + end) / 2, end - 1].filter { market.isEligible(skill, at: $0) }
                    let worth =
                        ticks.map { tick in
                            knowledge == .actual
                                ? market.worth(task, by: skill, at: tick)
                                : Double(task.value) * (beliefs.skills[skill].mean - WeekMarket.bar) - Double(task.pay)
                        }.max() ?? 0
                    guard worth > 0 else { continue }
                    sheet.columns.append(Int32(column))
                    sheet.values.append(PureMath.scaled(1, by: worth.rounded(.up)))
                }
            }
            sheet.endRow(answers: task.answers, units: task.units)
        }
        return try WeekPrices(sheet).bound { $0 / Int32(market.weeks) }
    }
}
