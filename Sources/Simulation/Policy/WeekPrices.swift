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

    /// Of a unit of 15 minutes of each column, in micro-units.
    let unitPrices: [Int64]
    /// How many units are wanted and there at these prices, over all columns.
    let unitsTaken: Int
    /// What no assignment exceeds, in micro-units: proven by the prices (``Certificate``).
    let bound: Double

    /// Solves by the auction, then lets the prices settle by passes over the dual, and keeps the best proof.
    init(_ sheet: Sheet, passes: Int = 60) throws(MarketFault) {
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
        let proposal = try Matcher(precision: .perMille(20)).propose(market)
        // A place is as long as the longest candidate of its worker.
        var longest = [Int](repeating: 1, count: sheet.supply.count)
        for row in sheet.units.indices {
            for edge in sheet.offsets[row]..<sheet.offsets[row + 1] {
                let column = Int(sheet.columns[edge])
                longest[column] = max(longest[column], sheet.units[row])
            }
        }
        let start = proposal.prices.indices.map { place in
            HourPrice(placeMicros: proposal.prices[place], unitsPerPlace: longest[place]).nightlyMicros
        }
        var passing = DualPasses(sheet, start: start)
        for pass in 0..<passes { passing.pass(pass, of: passes) }
        unitPrices = passing.best.map { PureMath.scaled(1, by: $0) }
        unitsTaken = passing.taken
        bound = min(passing.bound, Double(proposal.certificate.bound))
    }
}

/// Lowers the bound that unit prices prove: a price rises where more is wanted than there is and falls where less is.
///
/// Source: the subgradient method on the dual, with steps that fall (ALGORITHMS.md, section 1.6: prices first).
private struct DualPasses {
    let sheet: WeekPrices.Sheet
    private(set) var best: [Double]
    private(set) var bound = Double.infinity
    private(set) var taken = 0
    private var prices: [Double]
    private let step: Double

    init(_ sheet: WeekPrices.Sheet, start: [Int64]) {
        self.sheet = sheet
        prices = start.map(Double.init)
        best = prices
        let sum = sheet.units.indices.reduce(0.0) { sum, row in
            let row = (row, sheet.offsets[row]..<sheet.offsets[row + 1])
            return sum + row.1.reduce(0.0) { $0 + Double(sheet.values[$1]) / Double(sheet.units[row.0]) }
        }
        step = sum / Double(max(sheet.values.count, 1)) / 4
    }

    mutating func pass(_ number: Int, of count: Int) {
        var wanted = [Int](repeating: 0, count: prices.count)
        var total = 0.0
        for row in sheet.units.indices {
            let (units, answers) = (sheet.units[row], sheet.answers[row])
            // The few best, in order; rows want at most three.
            var top: [(gain: Double, column: Int)] = []
            for edge in sheet.offsets[row]..<sheet.offsets[row + 1] {
                let column = Int(sheet.columns[edge])
                let gain = Double(sheet.values[edge]) - prices[column] * Double(units)
                guard gain > 0, sheet.supply[column] >= units else { continue }
                if top.count == answers, gain <= top[answers - 1].gain { continue }
                if top.count == answers { top.removeLast() }
                let place = top.firstIndex { $0.gain < gain } ?? top.count
                top.insert((gain, column), at: place)
            }
            for choice in top {
                wanted[choice.column] += units
                total += choice.gain
            }
        }
        for column in prices.indices { total += prices[column] * Double(sheet.supply[column]) }
        if total < bound {
            (bound, best) = (total, prices)
            // Time that has a price is all taken (complementary slackness).
            taken = prices.indices.reduce(0) {
                $0 + (prices[$1] > step / 100 ? sheet.supply[$1] : min(wanted[$1], sheet.supply[$1]))
            }
        }
        let size = step * 4 / (1 + 40 * Double(number) / Double(count)) / (1 + 40 * Double(number) / Double(count))
        for column in prices.indices {
            let supply = Double(max(sheet.supply[column], 1))
            let excess = min(max((Double(wanted[column]) - supply) / supply, -1), 1)
            prices[column] = max(prices[column] + size * excess, 0)
        }
    }
}
