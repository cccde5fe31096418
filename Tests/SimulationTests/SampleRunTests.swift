internal import Formats
import Foundation
import Marketplace
import Simulation
import Store
import TestSupport
import Testing

@Suite("The main job on the sample", .scratchDatabase)
struct SampleRunTests {
    @Test("every task is closed, everything earned is paid, and the doctor finds nothing")
    func settles() async throws {
        var files: [(name: String, bytes: [UInt8])] = []
        let report = try await SimulationBench.sample { files.append(($0, $1)) }
        #expect(report.findings.isEmpty)
        #expect(report.isSound)
        #expect(report.projects.map { $0.tasks[.closed] } == [8, 8])
        #expect(report.projects.allSatisfy { $0.tasks[.open] == 0 })
        #expect(report.releases.allSatisfy { $0.state == .closed && $0.held.minorUnits == 0 })
        let pay = try #require(report.pay.first)
        #expect(pay.difference == 0)
        #expect(pay.earned.minorUnits > 0 && pay.earned == pay.posted && pay.owed.minorUnits == 0)
        #expect(files.count == pay.payoutBatches)
        #expect(report.auditEvents == report.auditSealed)
    }

    @Test("nobody who does not meet the requirement ever gets a lease, and is told why")
    func unqualified() async throws {
        let report = try await SimulationBench.sample()
        let strangers = try await SimulationBench.count(
            """
            select count(*) as n
              from assignment
              join worker using (worker_id)
             where external_key in ('L15', 'L16', 'L17', 'L18', 'L19', 'L20', 'L21', 'L22', 'L23', 'L24', 'P11', 'P12',
                                    'P14')
            """)
        #expect(strangers == 0)
        let rules = Set(report.run?.refusals.keys.filter { $0.code == "not_eligible" }.map(\.rule) ?? [])
        #expect(rules == ["requirement_jurisdiction", "requirement_profession"])
    }

    @Test("an overview read from the database says the same as the run's report")
    func overview() async throws {
        let report = try await SimulationBench.sample()
        let overview = try await MarketOverview.read(Scratch.market)
        #expect(overview.run == nil)
        #expect(overview.projects == report.projects)
        #expect(overview.releases == report.releases)
        #expect(overview.pay == report.pay)
        #expect(overview.auditSealed == report.auditSealed)
        #expect(overview.json["run"]?.isNull == true)
    }

    @Test("a second run of a market that is done changes no money and no task")
    func again() async throws {
        let first = try await SimulationBench.sample()
        let second = try await SimulationBench.simulation(seed: 8).run()
        #expect(second.projects == first.projects && second.pay == first.pay && second.releases == first.releases)
        #expect(second.run?.leases == 0 && second.isSound)
    }

    @Test("a run that is cut off says what is left")
    func bound() async throws {
        _ = try await SampleMarket(market: Scratch.market, directory: SimulationBench.samples)()
        try await Scratch.asOwner { try await $0.execute("update worker set state = 'paused'") }
        let report = try await SimulationBench.simulation(weeksMax: 1).run()
        #expect(!report.isSound)
        #expect(report.projects.map { $0.tasks[.open] } == [8, 8])
        #expect(report.run?.weeks == 1)
        #expect(report.findings.isEmpty)
        #expect(report.run?.refusals.keys.contains { $0.code == "worker_not_active" } == true)
    }

    @Test("Golden: the sample's table is the one that is on file")
    func golden() async throws {
        let table = try await SimulationBench.sample().table
        let path = SimulationBench.golden + "/sample-table.txt"
        if ProcessInfo.processInfo.environment["GUILDHALL_GOLDEN"] == "accept" {
            try FileManager.default.createDirectory(
                atPath: SimulationBench.golden, withIntermediateDirectories: true
            )
            try table.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(table == (try String(contentsOfFile: path, encoding: .utf8)))
    }
}

@Suite("Seeds of the simulation")
struct SeedTests {
    private func table(seed: UInt64) async throws -> String {
        try await ScratchRun.fresh { try await SimulationBench.sample(seed: seed).table }
    }

    @Test("the same seed gives the same table on two fresh databases, and another seed another")
    func seeds() async throws {
        async let first = table(seed: 3)
        async let second = table(seed: 3)
        async let third = table(seed: 4)
        let lines = try await [first, second, third].map { $0.split(separator: "\n").dropLast() }
        #expect(lines[0] == lines[1])
        #expect(lines[0] != lines[2])
    }
}

@Suite("A market without anything", .scratchDatabase)
struct EmptyMarketTests {
    @Test("its overview is empty, and a simulation of it ends on its first payday")
    func empty() async throws {
        #expect(try await MarketOverview.read(Scratch.market).isEmpty)
        _ = try await FoundMarket(market: Scratch.market)()
        let report = try await SimulationBench.simulation().run()
        #expect(report.isEmpty && report.isSound)
        #expect(report.run?.weeks == 1)
    }

    @Test("a simulation begins after whatever happened before")
    func beginning() async throws {
        #expect(try await MarketSimulation.beginning(of: Scratch.market) == MarketSimulation.firstMorning)
        Scratch.clock.set(to: MarketSimulation.firstMorning + 1_000_000)
        _ = try await FoundMarket(market: Scratch.market)()
        #expect(
            try await MarketSimulation.beginning(of: Scratch.market) == MarketSimulation.firstMorning + 1_000_001
        )
    }

    @Test("founding a market twice makes nobody twice and books the money once")
    func founding() async throws {
        let first = try await FoundMarket(market: Scratch.market)()
        let second = try await FoundMarket(market: Scratch.market)()
        #expect(first.reviewers == second.reviewers && first.requester == second.requester)
        #expect(try await SimulationBench.count("select count(*) as n from transfer") == 1)
        #expect(try await SimulationBench.count("select count(*) as n from rate") == 2)
        // Guildhall, operator, two of finance, three reviewers, the requester's key.
        #expect(try await SimulationBench.count("select count(*) as n from principal") == 8)
    }
}
