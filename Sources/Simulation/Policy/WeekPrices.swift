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

        /// Adds another's rows.
        mutating func append(_ other: Sheet) {
            offsets += other.offsets.dropFirst().map { $0 + columns.count }
            answers += other.answers
            units += other.units
            columns += other.columns
            values += other.values
        }
    }

    /// Of a unit of 15 minutes of each column, in micro-units; `nil` where there is none to be had.
    let unitPrices: [Int64?]
    private let sheet: Sheet
    private let boundOfSolver: Double

    /// Solves by the passes over the dual with which the solver begins; nobody is assigned, so its search is left out.
    init(_ sheet: Sheet) throws(MarketFault) {
        self.sheet = sheet
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
        boundOfSolver = Double(proposal.certificate.bound)
    }

    /// What no assignment exceeds, in micro-units, where no worker answers a task twice: the dual value at these
    /// prices, what the hours cost and the best surpluses of each row, one of each worker. Proven by weak duality,
    /// however good the prices are.
    /// - Parameter worker: whose column it is.
    func bound(_ worker: (Int32) -> Int32) -> Double {
        var bound = zip(unitPrices, sheet.supply).reduce(0.0) { $0 + Double($1.0 ?? 0) * Double($1.1) }
        var best: [Int32: Int64] = [:]
        for row in sheet.answers.indices {
            best.removeAll(keepingCapacity: true)
            for place in sheet.offsets[row]..<sheet.offsets[row + 1] {
                let column = sheet.columns[place]
                guard let price = unitPrices[Int(column)] else { continue }
                let surplus = sheet.values[place] - price * Int64(sheet.units[row])
                if surplus > 0 { best[worker(column), default: 0] = max(best[worker(column), default: 0], surplus) }
            }
            bound += best.values.sorted(by: >).prefix(sheet.answers[row]).reduce(0.0) { $0 + Double($1) }
        }
        return min(bound, boundOfSolver)
    }
}
