internal import Foundation

/// How often a worker gave each answer where each is true, in expectation: what every label of theirs moves at once.
package struct ConfusionTable: Hashable, Sendable {
    /// A row for each answer given, of a cell for each true answer.
    package private(set) var cells: [Double]
    package let answerCount: Int

    /// Of a worker of whom nothing is known.
    package init(answerCount: Int) {
        self.answerCount = max(answerCount, 1)
        cells = [Double](repeating: 0, count: self.answerCount * self.answerCount)
    }

    /// As it was kept; `nil` unless it has a row and a cell for each answer, and no cell below zero.
    package init?(answerCount: Int, cells: [Double]) {
        guard answerCount > 0, cells.count == answerCount * answerCount, cells.allSatisfy({ $0 >= 0 && $0.isFinite })
        else { return nil }
        (self.answerCount, self.cells) = (answerCount, cells)
    }

    /// Takes a label in, by what its item's posterior says; with a negative weight, takes it out again. No cell falls
    /// below zero.
    package mutating func count(_ given: Int, _ posterior: [Double], weight: Double = 1) {
        guard (0..<answerCount).contains(given), posterior.count == answerCount else { return }
        for truth in 0..<answerCount {
            let place = given * answerCount + truth
            cells[place] = max(cells[place] + weight * posterior[truth], 0)
        }
    }

    /// What a full fit found, and what was counted since it began to read.
    ///
    /// - Parameters:
    ///   - found: by the fit.
    ///   - before: how this table stood when the fit read it.
    package func moved(to found: ConfusionTable, since before: ConfusionTable) -> ConfusionTable {
        var moved = found
        for place in moved.cells.indices {
            moved.cells[place] = max(moved.cells[place] + cells[place] - before.cells[place], 0)
        }
        return moved
    }
}

/// What is known of all workers of a project together: the part of the online step that only a full fit moves, so that
/// no two labels wait for each other there.
package struct LabelWorld: Hashable, Sendable {
    package let answerCount: Int
    /// How common each answer is.
    package let shares: [Double]
    /// All workers' confusions together, laid out as ``ConfusionTable/cells``; each true answer's cells add up to 1.
    package let pool: [Double]
    package let calibration: Calibration

    /// Before the first fit: all answers are as common, and nine labels in ten are right.
    package init(answerCount: Int) {
        let width = max(answerCount, 1)
        self.answerCount = width
        shares = [Double](repeating: 1 / Double(width), count: width)
        pool = (0..<width * width).map { place in
            place / width == place % width ? (width > 1 ? 0.9 : 1) : 0.1 / Double(max(width - 1, 1))
        }
        calibration = Calibration()
    }

    /// As it was kept; `nil` unless everything is there for each answer.
    package init?(shares: [Double], pool: [Double], calibration: Calibration) {
        guard !shares.isEmpty, pool.count == shares.count * shares.count, (shares + pool).allSatisfy({ $0 >= 0 })
        else { return nil }
        (answerCount, self.shares, self.pool, self.calibration) = (shares.count, shares, pool, calibration)
    }

    /// From a full fit.
    package init(_ labels: Labels, _ fit: Fit, calibration: Calibration) {
        answerCount = labels.answerCount
        shares = fit.answerShares
        pool = ConfusionCounts(labels, fit.posteriors).pooled()
        self.calibration = calibration
    }

    /// The logarithm of each answer's share.
    package var logShares: [Double] { shares.map { log(max($0, probabilityMin)) } }

    /// The logarithms of how likely a worker gives this answer where each is true: their table, with as many imagined
    /// labels of the pool as there are answers.
    ///
    /// Source: Dawid and Skene 1979; ALGORITHMS.md, section 3, design 2 and 3.
    package func logChances(of given: Int, by table: ConfusionTable) -> [Double] {
        guard (0..<answerCount).contains(given), table.answerCount == answerCount else {
            return [Double](repeating: 0, count: answerCount)
        }
        let prior = Double(answerCount)
        return (0..<answerCount).map { truth in
            var sum = prior
            for row in 0..<answerCount { sum += table.cells[row * answerCount + truth] }
            let place = given * answerCount + truth
            return log(max((table.cells[place] + prior * pool[place]) / sum, probabilityMin))
        }
    }

    /// How much likelier the likeliest answer is expected to be after one more label by a worker.
    ///
    /// - Parameter posterior: of what the item's labels come to so far, with a number for each answer.
    /// - Returns: 0 to 1; 0 for a posterior of another size.
    ///
    /// Source: Zheng, Wang, Li, Cheng and Feng 2015, QASCA, SIGMOD.
    package func expectedGain(of posterior: [Double], by table: ConfusionTable) -> Double {
        guard posterior.count == answerCount else { return 0 }
        let after = (0..<answerCount).reduce(0.0) { sum, given in
            sum + zip(posterior, logChances(of: given, by: table)).reduce(0.0) { max($0, $1.0 * exp($1.1)) }
        }
        return min(max(after - (posterior.max() ?? 0), 0), 1)
    }

    /// The probability of each answer, from the logarithms of its share and of the chances of all labels.
    package static func posterior(_ logShares: [Double], _ logChances: [[Double]]) -> [Double] {
        var scores = logShares
        for chances in logChances where chances.count == scores.count {
            for truth in scores.indices { scores[truth] += chances[truth] }
        }
        _ = normalize(&scores)
        return scores
    }
}

extension Labels {
    /// Every worker's table by the posteriors of a fit, in the order of their codes.
    /// - Throws: ``LabelsFault/sizeOutOfBounds`` when they would have too many cells.
    package func confusionTables(_ fit: Fit) throws(LabelsFault) -> [ConfusionTable] {
        guard hasTables, fit.answerCount == answerCount else { throw .sizeOutOfBounds }
        let cells = ConfusionCounts(self, fit.posteriors).cells
        let size = answerCount * answerCount
        return (0..<workerCount).map { worker in
            ConfusionTable(answerCount: answerCount, cells: Array(cells[worker * size..<(worker + 1) * size]))
                ?? ConfusionTable(answerCount: answerCount)
        }
    }
}
