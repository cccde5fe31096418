/// What workers of equal skill cannot choose: how much work came just when they were there, and named them.
enum WeekLuck {
    /// By worker: the work that arrived while they were there and had them among its candidates, shared evenly among
    /// those, ÷ what windows as long would have met if all work of their cells came evenly over the days and to all
    /// alike. 1 on average; no number for who was never there. The same whoever decides; neither hours nor earnings
    /// are in it, so that nothing correlates by its making.
    static func byWorker(_ market: WeekMarket) -> [Double] {
        var came = [Double](repeating: 0, count: market.workers.count)
        var expected = came
        var ofCell = [Double](repeating: 0, count: market.cellCount)
        var members = ofCell
        for task in market.tasks {
            let work = Double(task.answers * task.units)
            ofCell[Int(task.cell)] += work
            let share = work / Double(max(task.edges.count, 1))
            for edge in task.edges {
                let worker = Int(market.skills[Int(market.edges[edge])].worker)
                let person = market.workers[worker]
                let isMember = task.arrival >= person.joinTick && task.arrival < person.leaveTick
                if isMember, person.isThere(at: task.arrival) { came[worker] += share }
            }
        }
        for skill in market.skills { members[Int(skill.cell)] += 1 }
        for skill in market.skills {
            let (worker, cell) = (Int(skill.worker), Int(skill.cell))
            let person = market.workers[worker]
            let windows = market.windowUnits(
                of: worker, from: person.joinTick, to: min(person.leaveTick, market.arrivalEnd))
            expected[worker] += ofCell[cell] / members[cell] * Double(windows) / Double(max(market.arrivalEnd, 1))
        }
        return zip(came, expected).map { $1 > 0 ? $0 / $1 : .nan }
    }

    /// Pearson's correlation within groups: of what each number is above its group's mean. `nil` where nothing varies.
    static func correlation(_ groups: [[(first: Double, second: Double)]]) -> Double? {
        var (ofFirst, ofSecond, ofBoth) = (0.0, 0.0, 0.0)
        for group in groups where !group.isEmpty {
            let count = Double(group.count)
            let first = group.reduce(0.0) { $0 + $1.first } / count
            let second = group.reduce(0.0) { $0 + $1.second } / count
            for pair in group {
                let (one, other) = (pair.first - first, pair.second - second)
                ofFirst += one * one
                ofSecond += other * other
                ofBoth += one * other
            }
        }
        // What is left of equal numbers by rounding is no variation.
        guard ofFirst > 1e-18, ofSecond > 1e-18 else { return nil }
        return ofBoth / (ofFirst.squareRoot() * ofSecond.squareRoot())
    }
}
