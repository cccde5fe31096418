internal import Matching

/// The one place where the simulator meets the solver: hours' prices and bounds for tasks of several lengths.
struct WeekPrices {
    /// Who could do what, and for what value. Rows: tasks. Columns: supplies, such as a worker, or a worker's week.
    struct Sheet {
        /// Units of each column.
        var supply: [Int] = []
        var answers: [Int] = []
        var units: [Int] = []
        /// Where each row begins, and the end.
        var offsets = [0]
        var columns: [Int32] = []
        var values: [Int64] = []

        mutating func endRow(answers: Int, units: Int) {
            self.answers.append(answers)
            self.units.append(units)
            offsets.append(columns.count)
        }
    }

    /// Of a unit of 15 minutes of each column, in micro-units; `nil` where there is none to be had.
    let unitPrices: [Int64?]
    /// What no assignment exceeds, in micro-units: proven by the prices (``Certificate``).
    let bound: Double

    /// Solves by the passes over the dual with which the solver begins; nobody is assigned, so its search is left out.
    init(_ sheet: Sheet) throws(MarketFault) {
        let market = try Market(
            tasks: sheet.answers.indices.map {
                TaskDemand(id: UInt128($0), slots: sheet.answers[$0], units: sheet.units[$0])
            },
            workers: sheet.supply.indices.map {
                WorkerSupply(id: UInt128($0), units: sheet.supply[$0], tasksMax: sheet.supply[$0])
            },
            offsets: sheet.offsets,
            candidates: zip(sheet.columns, sheet.values).map { Candidate(worker: $0, value: max($1, 0)) }
        )
        let proposal = try Matcher(precision: .perMille(10), looksMax: 0).propose(market)
        // Who has no time takes nothing, whatever it would cost.
        unitPrices = proposal.unitPrices.map { $0 == Proposal.infinitePrice ? nil : $0 }
        bound = Double(proposal.certificate.bound)
    }
}
