internal import Matching

/// What no policy exceeds in a market: the dual bound of the whole study, known from end to end, skills
/// and usable hours included, and who would accept what. That windows fill up, that answers take their time, and the
/// limit on live offers are left out, which only raises it.
enum HindsightBound {
    /// In micro-units.
    static func value(_ market: WeekMarket) throws(MarketFault) -> Double {
        var sheet = WeekPrices.Sheet()
        sheet.supply = market.usable.map(Int.init)
        for (number, task) in market.tasks.enumerated() {
            let weeks = task.arrival / Tick.perWeek...min(task.deadline - 1, market.ticks - 1) / Tick.perWeek
            for edge in task.edges {
                let skill = Int(market.edges[edge])
                let worker = Int(market.skills[skill].worker)
                guard
                    market.windowUnits(of: worker, from: task.arrival, to: task.deadline)
                        >= market.duration(of: task, by: worker),
                    WorkerResponse.couldAccept(market, task: number, worker: worker)
                else { continue }
                for week in weeks {
                    let column = worker * market.weeks + week
                    guard sheet.supply[column] >= task.units else { continue }
                    let (start, end) = (
                        max(task.arrival, week * Tick.perWeek), min(task.deadline, (week + 1) * Tick.perWeek)
                    )
                    guard market.windowUnits(of: worker, from: start, to: end) > 0 else { continue }
                    let ticks = [start, (start + end) / 2, end - 1].filter { market.isEligible(skill, at: $0) }
                    let worth = ticks.map { market.worth(task, by: skill, at: $0) }.max() ?? 0
                    guard worth > 0 else { continue }
                    sheet.columns.append(Int32(column))
                    sheet.values.append(PureMath.scaled(1, by: worth.rounded(.up)))
                }
            }
            sheet.endRow(answers: task.answers, units: task.units)
        }
        return try WeekPrices(sheet, passes: 200).bound
    }
}
