internal import Formats
internal import Foundation
internal import Store

/// One number of a running market.
package struct MarketFigure: Hashable, Sendable {
    /// As Prometheus calls it: `guildhall_longest_wait_seconds`.
    package let name: String
    /// One sentence: what it is, and how exact.
    package let help: String
    /// Of several under one name, which: `table="slot"`.
    package let label: (name: String, value: String)?
    package let value: Double

    init(_ name: String, _ value: Double, label: (name: String, value: String)? = nil, _ help: String) {
        (self.name, self.value, self.label, self.help) = ("guildhall_\(name)", value, label, help)
    }

    package static func == (left: MarketFigure, right: MarketFigure) -> Bool {
        left.name == right.name && left.value == right.value && left.label?.value == right.label?.value
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(label?.value)
        hasher.combine(value)
    }
}

/// Reads the published bounds and what an operator watches. What it costs grows with the open batches, not with their
/// slots: nothing that grows with the work is counted.
package struct MarketMetrics: Sendable {
    /// Open batches looked at, the oldest first.
    package static let batchesMax = 10_000
    /// Live leases, and quarantined slots, counted at most.
    package static let rowsMax = 100_000
    /// Transfers behind the fold of an account, counted at most.
    static let transfersMax = 10_000
    /// Workers looked at of those who are kept as meeting one requirement, and requirements in one question.
    static let workersMax = 200
    static let requirementsStep = 50
    /// Requirements asked about at most.
    static let requirementsMax = 1_000

    let market: Market

    package init(market: Market) { self.market = market }

    /// Changes nothing; ten seconds at most.
    package func callAsFunction() async throws -> [MarketFigure] {
        try await market.database.read { transaction in
            try await transaction.boundMetrics()
            let demand = try await transaction.openDemand(most: Self.batchesMax)
            let wait = try await longestWait(demand.requirements, transaction)
            let idle = try await longestIdle(demand.requirements, transaction)
            return Self.bounds(wait: wait, idle: idle) + Self.figures(demand)
                + (try await transaction.cellFigures()) + (try await transaction.appealFigures())
                + (try await transaction.leaseFigures(most: Self.rowsMax))
                + (try await transaction.queueFigures(most: Self.rowsMax))
                + (try await transaction.ledgerFigures(most: Self.transfersMax))
                + (try await transaction.serverFigures())
        }
    }

    /// How long the longest-open batch with work, for which there is somebody, has been open.
    private func longestWait(_ demands: [OpenDemand], _ transaction: Transaction) async throws -> TimeInterval {
        for demand in demands.prefix(Self.requirementsMax)
        where try await transaction.mayHaveActiveWorker(meeting: demand.requirement, among: Self.workersMax) {
            return max(0, transaction.instant.timeIntervalSince(demand.openSince))
        }
        return 0
    }

    /// From the requirement whose work has been open longest on, until none can be worse than what was found.
    private func longestIdle(
        _ demands: [OpenDemand], _ transaction: Transaction
    ) async throws -> (seconds: TimeInterval, isExact: Bool) {
        var (longest, isExact) = (0.0, true)
        let asked = demands.prefix(Self.requirementsMax)
        for start in stride(from: 0, to: asked.count, by: Self.requirementsStep) {
            let step = asked[start..<min(start + Self.requirementsStep, asked.count)]
            if let first = step.first, transaction.instant.timeIntervalSince(first.openSince) <= longest {
                return (longest, isExact)
            }
            for found in try await transaction.idleSince(Array(step), among: Self.workersMax) {
                let seconds = transaction.instant.timeIntervalSince(found.since)
                if seconds > longest { (longest, isExact) = (seconds, found.isExact) }
            }
        }
        return (longest, isExact && demands.count <= Self.requirementsMax)
    }

    private static func bounds(
        wait: TimeInterval, idle: (seconds: TimeInterval, isExact: Bool)
    ) -> [MarketFigure] {
        [
            MarketFigure(
                "longest_wait_seconds", wait,
                "No open task that an active worker could do has waited longer: since the last opening of its batch."
            ),
            MarketFigure(
                "longest_idle_seconds", idle.seconds,
                "No active worker without a lease who meets the requirement of open work has been idle longer."
            ),
            MarketFigure(
                "longest_idle_is_exact", idle.isExact ? 1 : 0,
                "1 where somebody has been idle that long; 0 where it is a bound, as too many workers could be."
            ),
        ]
    }

    private static func figures(_ demand: (requirements: [OpenDemand], totals: OpenTotals)) -> [MarketFigure] {
        let totals = demand.totals
        return [
            MarketFigure(
                "open_batches", Double(totals.batches),
                "Open batches; counted up to \(batchesMax), the oldest first."
            ),
            MarketFigure("open_batches_with_work", Double(totals.withWork), "Those of them that have an open slot."),
            MarketFigure("open_batch_slots", Double(totals.slots), "Slots of these batches, whatever their state."),
            MarketFigure(
                "open_slots_estimate", totals.openSlots,
                "Open slots, drafts included, as of the last vacuum or analyze of slot; -1 before the first."
            ),
        ]
    }
}

/// Open work of one requirement.
struct OpenDemand: Sendable {
    let requirement: Requirement.ID
    /// When the batch that has been open longest was opened or resumed.
    let openSince: Date
}

/// Counted over open batches.
struct OpenTotals: Sendable {
    let batches: Int
    let withWork: Int
    let slots: Int
    /// The server's estimate.
    let openSlots: Double
}

extension [MarketFigure] {
    /// Prometheus' text format, version 0.0.4: each name with its help and type once.
    package var prometheusText: String {
        var text = ""
        var told: Set<String> = []
        for figure in self {
            if told.insert(figure.name).inserted {
                text += "# HELP \(figure.name) \(figure.help)\n# TYPE \(figure.name) gauge\n"
            }
            let label = figure.label.map { "{\($0.name)=\"\($0.value)\"}" } ?? ""
            text += "\(figure.name)\(label) \(figure.value)\n"
        }
        return text
    }
}
