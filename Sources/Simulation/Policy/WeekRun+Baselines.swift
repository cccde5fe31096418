internal import Matching

/// What we are compared with. All respect eligibility, windows, hours and the number of live offers, as ours does.
extension WeekRun {
    /// What a pair is worth as far as anybody knows: value × (mean accuracy − bar) − pay.
    private func worth(_ task: WeekTask, _ edge: Int) -> Double {
        Double(task.value) * (beliefs.skills[Int(market.edges[edge])].mean - WeekMarket.bar) - Double(task.pay)
    }

    private func isHere(_ edge: Int, within ticks: Int) -> Bool {
        let worker = Int(market.skills[Int(market.edges[edge])].worker)
        return market.windowUnits(of: worker, from: tick, to: tick + ticks) > 0
    }

    /// First come, first served: the most accurate who is there, else who will be.
    mutating func decideByQuality(_ number: Int) {
        let task = market.tasks[number]
        let free = task.edges.filter { isFree($0, for: task, number: number) && worth(task, $0) > 0 }
        let sorted = free.sorted { one, other in
            let (first, second) = (isHere(one, within: 16), isHere(other, within: 16))
            if first != second { return first }
            let (a, b) = (worth(task, one), worth(task, other))
            return a != b ? a > b : one < other
        }
        for edge in sorted.prefix(missing[number]) { offer(number, edge) }
    }

    /// The most valuable pair of all that are due, then the next.
    mutating func decideGreedily(_ tasks: [Int]) {
        var pairs: [(worth: Double, task: Int, edge: Int)] = []
        for number in tasks {
            let task = market.tasks[number]
            for edge in task.edges where isFree(edge, for: task, number: number) {
                let worth = worth(task, edge)
                if worth > 0 { pairs.append((worth, number, edge)) }
            }
        }
        pairs.sort { $0.worth != $1.worth ? $0.worth > $1.worth : $0.edge < $1.edge }
        for pair in pairs where missing[pair.task] > 0 {
            if isFree(pair.edge, for: market.tasks[pair.task], number: pair.task) { offer(pair.task, pair.edge) }
        }
        for number in tasks where missing[number] > 0 { retry(number, at: tick + Self.retryTicks) }
    }

    /// Whoever looks for work takes what pays best of what they would not decline.
    mutating func letWorkersPull() {
        for worker in listed.indices where isLooking(worker) {
            let best = openTasks(of: worker).filter { number, edge in
                isFree(edge, for: market.tasks[number], number: number)
                    && WorkerResponse.isWilling(market, task: number, worker: worker, at: tick)
            }.max { one, other in
                let (first, second) = (market.tasks[one.task].pay, market.tasks[other.task].pay)
                return first != second ? first < second : one.task > other.task
            }
            if let best { take(best.task, best.edge) }
        }
    }
}
