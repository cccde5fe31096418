internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// Claim and submission over HTTP: `guildhall serve` against FastAPI on asyncpg, in turn on one market, and both
/// against the same commands without HTTP; then ten thousand connections that say nothing.
struct EdgeBenchmark {
    let bench: Workbench
    let program: String
    let rounds: Int
    /// Of each side in each round.
    let pairs: Int

    private enum Side: String, CaseIterable { case ours = "guildhall serve", peer = "FastAPI, asyncpg" }

    /// Of one side: a figure for each round.
    private struct Figures {
        var rates: [Double] = []
        var p99: [Double] = []
        /// Of a request, in µs: in the server, and in PostgreSQL for it.
        var own: [Double] = []
        var database: [Double] = []
    }

    private static let pool = 8
    private static let peer = ".guildhall/edge-peer/bin/python"
    private var cores: Int { max(ProcessInfo.processInfo.activeProcessorCount, 1) }

    func run() async throws {
        try await bench.withEmptyMarket { connection in
            let market = try await EdgeMarket(on: connection, pairs: (rounds + 1) * 3 * pairs)
            _ = try bench.output(of: "psql", ["-q", "-d", connection, "-c", "vacuum analyze", "-c", "checkpoint"])
            let keyFile = FileManager.default.temporaryDirectory.path + "/guildhall-edge-\(getpid()).json"
            defer { unlink(keyFile) }
            guard
                FileManager.default.createFile(
                    atPath: keyFile, contents: Data(market.keys.file.canonicalBytes()),
                    attributes: [.posixPermissions: 0o600])
            else { throw BenchmarkError(reason: "no key file can be written") }
            try await compare(market, keyFile)
            try await idle(market, keyFile)
        }
    }

    // MARK: Both sides

    private func compare(_ market: EdgeMarket, _ keyFile: String) async throws {
        let sides = FileManager.default.isExecutableFile(atPath: Self.peer) ? Side.allCases : [.ours]
        line(
            "Claim and submission over HTTP, 64 connections kept alive, \(grouped(Double(pairs))) of each in a round, "
                + "median of \(rounds) rounds in turn, load average \(Self.loadAverage):")
        if sides.count == 1 { line("  FastAPI is not installed (`make edge-peer`): ours alone") }
        if sides.count == 2 { try await statements(market, keyFile) }
        var figures: [Side: Figures] = [:]
        var direct: [Double] = []
        // One of each beforehand, not counted: they bring the market into memory.
        for round in 0...rounds {
            for side in round.isMultiple(of: 2) ? sides : sides.reversed() {
                let server = try await start(side, market, keyFile)
                defer { server.stop() }
                // Its statements are prepared and its code is warm.
                _ = try HTTPLoad(market: market, pairs: 512).run(on: server.port)
                let before = (server.processorSeconds, databaseSeconds)
                let measured = try HTTPLoad(market: market, pairs: pairs).run(on: server.port)
                let requests = Double(2 * pairs)
                figures[side, default: Figures()].rates.append(measured.requestsPerSecond)
                figures[side]?.p99.append(measured.p99)
                figures[side]?.own.append((server.processorSeconds - before.0) / requests * 1e6)
                figures[side]?.database.append((databaseSeconds - before.1) / requests * 1e6)
            }
            direct.append(try await self.direct(market))
            if round == 0 { (figures, direct) = ([:], []) }
        }
        for side in sides { report(side, figures[side] ?? Figures()) }
        guard let ours = figures[.ours] else { return }
        line(
            "  the commands without HTTP: \(grouped(direct.median)) µs of this process for each; "
                + "HTTP adds \(grouped(ours.own.median - direct.median)) µs")
        guard let peer = figures[.peer] else { return }
        let ratios = zip(ours.own, peer.own).map { $0 / $1 }
        line(
            "  ours to FastAPI, CPU of a request: \(twoDigits(ratios.median))  (goal 0.50, aim 0.33)   "
                + "rate: \(twoDigits(zip(ours.rates, peer.rates).map { $0 / $1 }.median))  (goal above 1)")
    }

    private func report(_ side: Side, _ figures: Figures) {
        line(
            "  \(side.rawValue): \(grouped(figures.rates.median)) requests/s   p99 \(twoDigits(figures.p99.median)) ms"
                + "   CPU of a request \(grouped(figures.own.median)) µs, in PostgreSQL "
                + grouped(figures.database.median)
        )
    }

    private func start(
        _ side: Side, _ market: EdgeMarket, _ keyFile: String, workers: Int? = nil, more: [String] = []
    ) async throws -> ServedProcess {
        switch side {
        case .ours:
            try await ServedProcess(program) {
                [
                    "serve", "--database-url", market.connection, "--key-file", keyFile, "--port", "\($0)",
                    "--requests-per-minute", "1000000", "--pool-size", "\(Self.pool)",
                ] + more
            }
        case .peer:
            try await ServedProcess(
                Self.peer,
                environment: [
                    "PEER_DATABASE": market.connection, "PEER_KEY_FILE": keyFile,
                    "PEER_POOL": "\(max(Self.pool / (workers ?? cores), 1))", "PYTHONPATH": "scripts",
                ]
            ) {
                [
                    "-m", "uvicorn", "edge_peer:app", "--workers", "\(workers ?? cores)", "--port", "\($0)", "--loop",
                    "uvloop",
                    "--http", "httptools", "--no-access-log", "--log-level", "error",
                ]
            }
        }
    }

    /// Of all of PostgreSQL's processes.
    private var databaseSeconds: Double {
        bench.cluster.processID.map(ServedProcess.processorSeconds(under:)) ?? .nan
    }

    private static var loadAverage: String {
        let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? "?"
        return String(text.prefix { $0 != " " })
    }

    // MARK: Without HTTP

    /// - Returns: µs of this process for a command, by as many callers on as many connections.
    private func direct(_ market: EdgeMarket) async throws -> Double {
        let database = Workbench.database(market.connection, size: Self.pool) { $0.role = "guildhall_app" }
        let commands = Market(database: database, keys: market.keys)
        func work(_ pairs: Int) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<64 {
                    group.addTask {
                        for _ in 0..<pairs / 64 {
                            let errand = market.nextErrand()
                            let lease = try await ClaimTask(market: commands)(
                                from: (market.requester, errand.batch), by: errand.worker)
                            _ = try await SubmitAnswer(market: commands)(
                                EdgeMarket.answer, for: lease.id, token: lease.leaseToken, by: errand.worker)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        try await work(512)
        let before = Self.ownProcessorSeconds
        try await work(pairs)
        let spent = Self.ownProcessorSeconds - before
        await database.shutdown()
        return spent / Double(pairs / 64 * 64 * 2) * 1e6
    }

    private static var ownProcessorSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }

    // MARK: The same statements

    /// That the peer runs what we run, by PostgreSQL's own log of one claim and one submission of each.
    private func statements(_ market: EdgeMarket, _ keyFile: String) async throws {
        let owner = Workbench.database(market.connection, size: 1)
        try await owner.transaction { try await $0.execute(Self.logging) }
        var told: [Side: [String]] = [:]
        for side in Side.allCases {
            let server = try await start(side, market, keyFile, workers: 1)
            defer { server.stop() }
            var load = HTTPLoad(market: market, pairs: 2)
            load.connections = 1
            // The first one also does what is done once, such as noting when a token was used.
            _ = try load.run(on: server.port)
            let log = StatementLog(file: bench.cluster.logFile)
            _ = try load.run(on: server.port)
            told[side] = try log.statements(of: side == .ours ? "guildhall" : "peer")
        }
        try await owner.transaction { try await $0.execute(Self.notLogging) }
        await owner.shutdown()
        guard let ours = told[.ours], let peer = told[.peer] else { return }
        let isSame = ours.sorted() == peer.sorted() && !ours.isEmpty
        line(
            "  statements of two claims and submissions: \(ours.count) and \(peer.count), "
                + "\(isSame ? "the same" : "NOT the same")")
        guard !isSame else { return }
        for text in Set(ours).symmetricDifference(peer).sorted() {
            line("    \(ours.contains(text) ? "ours only" : "theirs only"): \(text)")
        }
    }

    private static let logging: SQL = """
        do $$ begin execute format('alter database %I set log_statement = ''all''', current_database()); end $$
        """

    private static let notLogging: SQL = """
        do $$ begin execute format('alter database %I reset log_statement', current_database()); end $$
        """

    // MARK: Idle connections

    private func idle(_ market: EdgeMarket, _ keyFile: String) async throws {
        let count = 10_000
        try PlainSocket.raiseLimit(toHold: count)
        let server = try await start(
            .ours, market, keyFile,
            more: [
                "--connections-max", "\(count + 100)", "--idle-seconds", "600", "--trusted-proxy", "127.0.0.1",
            ])
        defer { server.stop() }
        let before = server.residentMebibytes
        var descriptors: [Int32] = []
        defer { descriptors.forEach { close($0) } }
        let request = Array("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
        var buffer = [UInt8](repeating: 0, count: 4_096)
        for _ in 0..<count {
            let descriptor = try PlainSocket.connected(to: server.port)
            descriptors.append(descriptor)
            // Each has asked once: it is a connection kept alive, not one that is only open.
            guard send(descriptor, request, request.count, 0) > 0, recv(descriptor, &buffer, buffer.count, 0) > 12
            else {
                throw BenchmarkError(reason: "connection \(descriptors.count) was not served")
            }
        }
        try await Task.sleep(for: .seconds(2))
        let after = server.residentMebibytes
        for descriptor in [descriptors[0], descriptors[count / 2], descriptors[count - 1]] {
            guard send(descriptor, request, request.count, 0) > 0, recv(descriptor, &buffer, buffer.count, 0) > 12
            else {
                throw BenchmarkError(reason: "an idle connection was closed")
            }
        }
        line(
            "  \(grouped(Double(count))) idle connections kept alive: \(grouped(after)) MiB, before them "
                + "\(grouped(before))  (goal under 300)")
    }
}
