internal import Foundation
internal import Store

extension Transaction {
    /// How long ago each cell of the market was routed that has something to offer: longer than a few seconds, and the
    /// schedulers do not keep up, or none runs.
    func cellFigures() async throws -> [MarketFigure] {
        try await cellAges().map { age in
            MarketFigure(
                "routing_age_seconds", age.seconds ?? -1, label: ("cell", age.cell.code),
                "Since the last routing round of a cell with work to offer began; -1 before the first."
            )
        }
    }
}
