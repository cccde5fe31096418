internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// An auction of 100,000 sealed bids over 10,000 tasks in PostgreSQL, from its close to the last award, by the use
/// cases that do it in production, with the share of each side: this process and the server's.
struct AuctionBenchmark {
    let bench: Workbench
    let bids: Int
    private static let tasks = 10_000

    func run() async throws {
        try await bench.withEmptyMarket { connection in
            let keys = KeyRing.generate()
            let (many, one) = (Workbench.database(connection, size: 8), Workbench.database(connection, size: 1))
            let hall = try await AuctionHall(
                market: Market(database: many, keys: keys), workers: bids, tasks: Self.tasks)
            let auction = try await hall.open()
            let start = ContinuousClock.now
            try await hall.placeBids(in: auction)
            let placing = (ContinuousClock.now - start).seconds
            line(
                "An auction of \(grouped(Double(bids))) sealed bids over \(grouped(Double(Self.tasks))) tasks in the "
                    + "database, 2 workers each; placed by 8 connections, \(grouped(Double(bids) / placing)) bids/s:")
            try await hall.endTime(of: auction)
            await many.shutdown()
            try await close(auction, Market(database: one, keys: keys), by: hall.chief)
            await one.shutdown()
        }
    }

    private func close(_ auction: Auction.Key, _ market: Market, by chief: Principal.ID) async throws {
        let server: Int = try await market.database.read {
            try await $0.oneRow("select pg_backend_pid()::bigint as pid")["pid"]
        }
        var meter = PhaseMeter(server: server)
        let atRest = meter.peakMegabytes()
        repeat {
            let progress = try await meter.measure {
                try await CloseAuctions(market: market)(steps: 1, by: chief)
            } as: { done in
                if done.closed > 0 { return "the close" }
                if done.bidsOpened > 0 { return "opening bids" }
                return done.cleared > 0 ? "reading, clearing, recording" : "writing awards"
            }
            guard progress.hasMore else { break }
        } while true
        _ = try await meter.measure {
            try await VerifyAuction(market: market)(auction, by: chief)
        } as: { _ in
            "verifying"
        }
        try await market.database.transaction { transaction in
            _ = try await transaction.execute(
                """
                update award set accept_by = awarded_at + interval '1 millisecond'
                 where award_id in (select award_id from award order by award_id
                                     limit (select count(*) / 10 from award))
                """)
        }
        var (lapsed, movedUp) = (0, 0)
        repeat {
            let settled = try await meter.measure {
                try await SettleAwards(market: market)(most: 1, by: chief)
            } as: { _ in
                "a tenth lapses, others move up"
            }
            (lapsed, movedUp) = (lapsed + settled.lapsed, movedUp + settled.movedUp)
            guard settled.lapsed + settled.movedUp > 0 else { break }
        } while true
        let faults = try await VerifyAuction(market: market)(auction, by: chief).faults
        guard faults.isEmpty else { throw BenchmarkError(reason: "the auction does not verify: \(faults[0])") }
        let report = try await ReportAuction(market: market)(auction, by: chief)
        meter.tell()
        line(
            "  \(grouped(Double(report.unitsFilled))) units won, \(lapsed) awards lapsed, \(movedUp) moved up; "
                + "this process held \(grouped(atRest)) MB before and \(grouped(meter.peakMegabytes())) MB at most, "
                + "the server's \(grouped(meter.peakMegabytes(of: server))) MB")
    }
}

/// What a phase takes of this process, of the server's process that serves it, and of the clock.
private struct PhaseMeter {
    private struct Phase {
        var steps = 0
        var (clock, longest, ours, servers) = (0.0, 0.0, 0.0, 0.0)
    }

    let server: Int
    private var phases: [(name: String, phase: Phase)] = []

    init(server: Int) {
        self.server = server
        // From here on the peak is counted anew (proc(5), clear_refs).
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    }

    mutating func measure<Result>(
        _ work: () async throws -> Result, as name: (Result) -> String
    ) async throws -> Result {
        let (clock, ours, servers) = (ContinuousClock.now, processorSeconds(of: RUSAGE_SELF), serverSeconds())
        let result = try await work()
        let took = (ContinuousClock.now - clock).seconds
        let key = name(result)
        let place = phases.firstIndex { $0.name == key } ?? phases.count
        if place == phases.count { phases.append((key, Phase())) }
        phases[place].phase.steps += 1
        phases[place].phase.clock += took
        phases[place].phase.longest = max(phases[place].phase.longest, took)
        phases[place].phase.ours += processorSeconds(of: RUSAGE_SELF) - ours
        phases[place].phase.servers += serverSeconds() - servers
        return result
    }

    func tell() {
        for (name, phase) in phases {
            line(
                "  \(name): \(twoDigits(phase.clock)) s in \(phase.steps) transactions, the longest "
                    + "\(twoDigits(phase.longest)) s; CPU \(twoDigits(phase.ours)) s here, "
                    + "\(twoDigits(phase.servers)) s in the server"
                    + (name.hasPrefix("reading") ? "  (goal: under 2 here)" : ""))
        }
    }

    /// User and system time of the server's process so far (proc(5), stat).
    private func serverSeconds() -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(server)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return .nan }
        let fields = text[end...].split(separator: " ")
        let ticks = fields.dropFirst(12).prefix(2).reduce(0.0) { $0 + (Double($1) ?? .nan) }
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The most memory that a process held: `VmHWM`.
    func peakMegabytes(of process: Int? = nil) -> Double {
        let path = "/proc/\(process.map { "\($0)" } ?? "self")/status"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        let found = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kilobytes = found?.split(separator: " ").dropFirst().first.flatMap { Double($0) }
        return (kilobytes ?? .nan) / 1_024
    }
}

/// A market with one batch that is bid for, and as many workers as there are bids.
private struct AuctionHall {
    let market: Market
    let workers: Int
    let chief: Principal.ID
    let batch: Batch.Key

    init(market: Market, workers: Int, tasks: Int) async throws {
        guard let usd = Currency("USD") else { throw BenchmarkError(reason: "no such currency") }
        let chief = try await Bootstrap(market: market)(operatorName: "Operator")
        let person = CreatePrincipal(market: market)
        let maker = try await person(.person, named: "Maker", roles: [.financeMaker], by: chief)
        let checker = try await person(.person, named: "Checker", roles: [.financeChecker], by: chief)
        let card = try await DraftRateCard(market: market)(
            [
                "name": "Band",
                "rates": [
                    [
                        "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task",
                        "currency": "USD", "amount_minor": 5_000, "least_minor": 1_000, "most_minor": 20_000,
                    ]
                ],
            ], by: maker)
        try await ApproveRateCard(market: market)(card.version, contentHash: card.contentHash, by: checker)
        try await PublishRateCard(market: market)(card.version, by: maker)
        let owner = try await CreateRequester(market: market)(externalKey: "hall", name: "Hall", by: chief)
        _ = try await FundRequester(market: market)(
            owner, with: Money(1_000_000_000_000, usd), reference: .numbered(1, kind: 0x5), by: maker)
        let project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: "hall", name: "Hall", taskKind: .extraction, guideline: "Read.",
                answerSchema: ["type": "object"]),
            of: owner, by: chief)
        let batch = try await CreateBatch(market: market)(
            BatchDraft(
                project: project, name: "bid for", door: .bid, profession: .lawyer, tier: .expert,
                requirement: .all([]), redundancy: 2, feeBasisPoints: 1_000,
                budget: try Money(1_000_000_000_000, usd), expectedMinutes: 1
            ), of: owner, by: chief)
        let tasks = AsyncStream { stream in
            for number in 0..<tasks {
                stream.yield(TaskDraft(externalKey: "\(number)", payload: ["text": "The parties agree."]))
            }
            stream.finish()
        }
        _ = try await AddTasks(market: market)(tasks, to: batch, of: owner, by: chief)
        _ = try await PublishBatch(market: market)(batch, of: owner, by: chief)
        (self.market, self.workers, self.chief) = (market, workers, chief)
        self.batch = Batch.Key(requester: owner, id: batch)
        try await market.database.transaction { try await $0.fillBidders(workers, by: chief) }
    }

    func open() async throws -> Auction.Key {
        var terms = AuctionTerms(closesAt: try await market.database.read { $0.instant } + 7_200)
        (terms.qualityValueMinor, terms.defaultBasisPoints) = (10, 5_000)
        let id = try await OpenAuction(market: market)(of: batch, on: terms, by: chief)
        return Auction.Key(requester: batch.requester, id: id)
    }

    func placeBids(in auction: Auction.Key) async throws {
        let place = PlaceBid(market: market)
        let connections = 8
        try await withThrowingTaskGroup { group in
            for connection in 0..<connections {
                group.addTask { [workers] in
                    var random = SplitMix64(seed: UInt64(connection))
                    for number in stride(from: connection + 1, through: workers, by: connections) {
                        let draft = BidDraft(
                            amountMinor: 1_000 + Int64(random.next() % 19_001), quantity: 1 + Int(random.next() % 4))
                        _ = try await place(
                            draft, in: auction, by: Principal.ID(.numbered(number, kind: AuctionHall.kind)))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// The time of the auction is over.
    func endTime(of auction: Auction.Key) async throws {
        try await market.database.transaction { transaction in
            _ = try await transaction.execute(
                "update auction set closes_at = clock_timestamp(), closes_latest_at = clock_timestamp()")
        }
        try await market.database.transaction { _ = try await $0.execute("analyze") }
    }

    fileprivate static let kind = 0x1f
}

extension Transaction {
    fileprivate func fillBidders(_ count: Int, by chief: Principal.ID) async throws {
        try await execute(
            """
            insert into principal
            select (\(Workbench.stem(AuctionHall.kind)) || lpad(to_hex(n), 8, '0'))::uuid, 'person', 'w' || n,
                   \(instant)
              from generate_series(1, \(count)) n
            """)
        try await execute(
            """
            insert into worker (worker_id, external_key, state, country, time_zone, weekly_minutes_max, registered_at)
            select principal_id, name, 'active', 'US', 'UTC', 2400, created_at
              from principal where name ~ '^w[0-9]+$'
            """)
        try await execute(
            """
            insert into role_grant
            select gen_random_uuid(), worker_id, 'worker', null, \(chief), tstzrange(\(instant), null) from worker
            """)
        try await execute("analyze")
    }
}
