internal import Formats
internal import Foundation
package import Marketplace

/// Sets a market up with the files of a folder: `workers.csv`, `contracts/` with `master_clauses.csv`,
/// `pubmedqa.json` and, if it is there, `rate-card.json`. The repository ships one such folder, `samples/`.
package struct SampleMarket: Sendable {
    let market: Market
    let directory: String

    /// - Parameter directory: path of the folder.
    package init(market: Market, directory: String) {
        self.market = market
        self.directory = directory
    }

    /// Doing it again adds nothing.
    ///
    /// - Returns: the people of the platform, and a summary each for workers, contracts and questions, in this order.
    package func callAsFunction(
        operatorName: String = "operator", progress: @escaping ProgressReport = { _, _, _ in }
    ) async throws -> (founders: MarketFounders, summaries: [ImportSummary]) {
        let founders = try await FoundMarket(market: market, rateCard: try rateCard())(operatorName: operatorName)
        let workers = try await ImportWorkers(market: market)(
            directory + "/workers.csv", by: founders.chief, progress: progress
        )
        let contracts = try await ImportContracts(market: market)(
            contracts: directory + "/contracts", answers: directory + "/master_clauses.csv", of: founders.requester,
            by: founders.requesterKey, progress: progress
        )
        let questions = try await ImportQuestions(market: market)(
            directory + "/pubmedqa.json", of: founders.requester, by: founders.requesterKey, progress: progress
        )
        return (founders, [workers, contracts, questions])
    }

    private func rateCard() throws -> JSON? {
        guard let bytes = FileManager.default.contents(atPath: directory + "/rate-card.json") else { return nil }
        do throws(JSONFault) {
            return try JSON.parse(Array(bytes))
        } catch {
            throw BadInput("rate-card.json", "\(error)")
        }
    }
}
