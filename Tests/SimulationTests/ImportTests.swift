import Formats
import Foundation
import Marketplace
import Simulation
import Store
import TestSupport
import Testing

@Suite("Imports", .scratchDatabase)
struct ImportTests {
    private func load() async throws -> [ImportSummary] {
        try await SampleMarket(market: Scratch.market, directory: SimulationBench.samples)().summaries
    }

    @Test("the sample is taken in whole, published and held")
    func sample() async throws {
        let summaries = try await load()
        #expect(summaries.map(\.label) == ["workers", "contracts", "questions"])
        #expect(summaries.map(\.added) == [38, 8, 8])
        #expect(summaries.map { $0.releases.map(\.name) } == [[], ["contracts 1"], ["questions 1"]])
        // 8 contracts of 90 minutes at 105.00 an hour, 15 % fee (rounded up for each); the budget has a tenth more.
        let contracts = try #require(summaries[1].releases.first)
        #expect(contracts.held.description == "1449.04 USD")
        #expect(contracts.budget.description == "1593.94 USD")
        // 8 questions of 6 minutes at 160.00 an hour, each asked twice.
        #expect(summaries[2].releases.first?.held.description == "294.40 USD")
    }

    @Test("importing the same files again adds and publishes nothing")
    func twice() async throws {
        let first = try await load()
        let before = try await rows()
        let second = try await load()
        #expect(try await rows() == before)
        #expect(second.map(\.added) == [0, 0, 0])
        #expect(second.map(\.unchanged) == first.map(\.added))
        #expect(second.map(\.faultCount) == first.map(\.faultCount))
        #expect(second.allSatisfy { $0.releases.isEmpty })
    }

    private func rows() async throws -> Int {
        try await SimulationBench.count(
            """
            select (select count(*) from audit_event) + (select count(*) from worker)
                   + (select count(*) from credential) + (select count(*) from task) + (select count(*) from batch)
                   + (select count(*) from transfer) + (select count(*) from principal) + (select count(*) from rate)
                   as n
            """)
    }

    @Test("the faults that the sample plants are told with their places")
    func faults() async throws {
        let summaries = try await load()
        #expect(summaries.map(\.faultCount) == summaries.map(\.faults.count))
        let told = summaries.map { $0.faults.map(\.description) + $0.remarks.map(\.description) }
        let perhaps = "reasoning_free_pred is “perhaps”, which is none of yes, no, maybe"
        #expect(
            told == [
                [],
                [
                    "master_clauses.csv line 7: "
                        + "there is no text for “Thistledown Freight Cooperative - WAREHOUSING AGREEMENT”",
                    "master_clauses.csv line 5, Agreement Date-Answer: "
                        + "“[]/[]/2020” is a date with parts left open",
                ],
                ["pubmedqa.json record 90000009: \(perhaps)"],
            ]
        )
        #expect(summaries[1].text().contains("remark: master_clauses.csv line"))
    }

    @Test("further files make a further batch; what was known stays where it was")
    func further() async throws {
        let founders = try await FoundMarket(market: Scratch.market)()
        let folder = FileManager.default.temporaryDirectory.appending(path: "guildhall-\(Scratch.here.name)").path
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.copyItem(atPath: SimulationBench.samples + "/contracts", toPath: folder)
        let last = try #require(try FileManager.default.contentsOfDirectory(atPath: folder).max())
        try FileManager.default.removeItem(atPath: folder + "/" + last)
        let first = try await contracts(folder, founders)
        let second = try await contracts(SimulationBench.samples + "/contracts", founders)
        #expect(first.releases.map(\.tasks) == [7])
        #expect(second.releases.map(\.name) == ["contracts 2"])
        #expect(second.releases.map(\.tasks) == [1])
        #expect(second.unchanged == 7)
    }

    @Test("a draft that could not be published is published by the next import")
    func resumes() async throws {
        let founders = try await FoundMarket(market: Scratch.market)()
        try await Scratch.asOwner {
            try await $0.execute(
                """
                update account_slice set balance_minor = 0
                 where account_id in (select account_id from account where kind = 'requester_wallet')
                """)
        }
        await #expect(throws: BatchRefusal.self) {
            try await contracts(SimulationBench.samples + "/contracts", founders)
        }
        try await Scratch.asOwner {
            try await $0.execute(
                """
                update account_slice set balance_minor = 100000000
                 where account_id in (select account_id from account where kind = 'requester_wallet')
                """)
        }
        let summary = try await contracts(SimulationBench.samples + "/contracts", founders)
        #expect(summary.added == 0)
        #expect(summary.releases.map(\.name) == ["contracts 1"])
        #expect(summary.releases.map(\.tasks) == [8])
    }

    private func contracts(_ folder: String, _ founders: MarketFounders) async throws -> ImportSummary {
        try await ImportContracts(market: Scratch.market)(
            contracts: folder, answers: SimulationBench.samples + "/master_clauses.csv", of: founders.requester,
            by: founders.requesterKey
        )
    }

    @Test("files that are not there leave no trace")
    func missing() async throws {
        let founders = try await FoundMarket(market: Scratch.market)()
        await #expect(throws: FormatError.self) {
            try await ImportContracts(market: Scratch.market)(
                contracts: "/nowhere", answers: "/nowhere.csv", of: founders.requester, by: founders.requesterKey
            )
        }
        #expect(try await SimulationBench.count("select count(*) as n from project") == 0)
    }
}
