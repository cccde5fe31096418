import Foundation
import Marketplace
import Simulation
import Store
import TestSupport
import Testing

private let dataFolder = ProcessInfo.processInfo.environment["GUILDHALL_DATA"]

/// Runs on data that is not ours to commit; see ATTRIBUTION.md in the folder that `GUILDHALL_DATA` names.
@Suite("RealData: the main job", .enabled(if: dataFolder != nil))
struct RealDataTests {
    @Test("all 370 contracts and 500 questions are worked and paid, twice with the same table")
    func everything() async throws {
        let folder = try #require(dataFolder)
        async let first = Self.run(folder)
        async let second = Self.run(folder)
        let (one, other) = try await (first, second)
        #expect(one.table == other.table)
        #expect(one.findings.isEmpty)
        #expect(one.isSound)
        #expect(one.projects.map { $0.tasks[.closed] } == [370, 500])
        #expect(one.projects.map { $0.assignments[.accepted] } == [370, 1_000])
        #expect(one.pay.map(\.difference) == [0])
        if let path = ProcessInfo.processInfo.environment["GUILDHALL_TABLE"] {
            try one.table.write(toFile: path, atomically: true, encoding: .utf8)
        }
    }

    private static func run(_ folder: String) async throws -> SimulationReport {
        try await ScratchRun.fresh {
            let market = Scratch.market
            let founders = try await FoundMarket(market: market)()
            let clock = ContinuousClock()
            var begun = clock.now
            func lap(_ label: String) {
                guard ProcessInfo.processInfo.environment["GUILDHALL_TABLE"] != nil else { return }
                FileHandle.standardError.write(Data("\(label) \(clock.now - begun)\n".utf8))
                begun = clock.now
            }
            _ = try await ImportWorkers(market: market)(SimulationBench.samples + "/workers.csv", by: founders.chief)
            lap("workers")
            let contracts = try await ImportContracts(market: market)(
                contracts: folder + "/cuad/contracts_txt.tar.gz", answers: folder + "/cuad/master_clauses.csv.gz",
                of: founders.requester, by: founders.requesterKey
            )
            lap("contracts")
            #expect(contracts.added == 370)
            #expect(contracts.faultCount == 0)
            #expect(contracts.remarkCount == 72)
            let questions = try await ImportQuestions(market: market)(
                folder + "/pubmedqa/pqal.json.gz", of: founders.requester, by: founders.requesterKey
            )
            lap("questions")
            #expect(questions.added == 500)
            let report = try await SimulationBench.simulation().run()
            lap("simulation")
            return report
        }
    }
}
