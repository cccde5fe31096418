internal import Foundation
internal import Marketplace
internal import Store

/// The posting code with one hold and one platform account in every posting, against the same code on holds that
/// nobody shares, and against pgbench's plain insert of the same rows; then the balance of an account with millions of
/// transfers at any instant.
struct LedgerBenchmark {
    let bench: Workbench
    let rounds: Int
    /// Acceptances of one run, over all connections.
    let posts: Int
    /// Of the account whose balance is asked for.
    let transfers: Int

    private static let holdCount = 1_000
    private static let workerCount = 10_000

    func run() async throws {
        try await bench.withEmptyMarket { connectionString in
            let database = Workbench.database(connectionString, size: 2)
            let market = Market(database: database)
            let books = try await Books(market: market, holds: Self.holdCount, workers: Self.workerCount)
            line("Ledger, durable, acceptances (pay and fee) a second, median of \(rounds) rounds of \(posts):")
            for connections in [8, 32] { try await rates(books, connections, connectionString) }
            try await history(books, database, connectionString)
            await database.shutdown()
        }
    }

    private func rates(_ books: Books, _ connections: Int, _ connectionString: String) async throws {
        let script = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-ledger-\(getpid()).sql")
            .path
        defer { try? FileManager.default.removeItem(atPath: script) }
        try books.pgbenchScript.write(toFile: script, atomically: true, encoding: .utf8)
        let database = Workbench.database(connectionString, size: connections)
        var (shared, apart, plain): ([Double], [Double], [Double]) = ([], [], [])
        for round in 0..<rounds {
            for turn in 0..<3 {
                switch (round + turn) % 3 {
                case 0: shared.append(try await post(books, connections, database, onOneHold: true))
                case 1: apart.append(try await post(books, connections, database, onOneHold: false))
                default:
                    plain.append(
                        try bench.pgbench(
                            script, connections: connections, transactions: posts / connections, connectionString))
                }
            }
        }
        await database.shutdown()
        line(
            "  \(connections) connections: one hold \(grouped(shared.median))   holds apart \(grouped(apart.median))   "
                + "pgbench's insert \(grouped(plain.median))   shared / apart "
                + "\(twoDigits(zip(shared, apart).map { $0 / $1 }.median)) (goal 0.90)   shared / insert "
                + "\(twoDigits(zip(shared, plain).map { $0 / $1 }.median)) (goal 0.60)"
        )
    }

    private func post(
        _ books: Books, _ connections: Int, _ database: Database, onOneHold: Bool
    ) async throws -> Double {
        let start = ContinuousClock.now
        try await withThrowingTaskGroup { group in
            for connection in 0..<connections {
                group.addTask {
                    for index in 0..<posts / connections {
                        let hold = onOneHold ? 0 : 1 + (index * connections + connection) % (Self.holdCount - 1)
                        let worker = Int.random(in: 0..<Self.workerCount)
                        try await books.post(from: hold, to: worker, on: database)
                    }
                }
            }
            try await group.waitForAll()
        }
        return Double(posts / connections * connections) / (ContinuousClock.now - start).seconds
    }

    private func history(_ books: Books, _ database: Database, _ connectionString: String) async throws {
        let first = Date(timeIntervalSince1970: 1_700_000_000)
        let made = ContinuousClock.now
        try await books.fillHistory(transfers, from: first, database)
        _ = try bench.output(of: "psql", ["-q", "-d", connectionString, "-c", "vacuum analyze transfer"])
        let fold = FoldLedger(market: Market(database: database))
        let folding = ContinuousClock.now
        var folds = 0
        while case let count = try await fold(), count > 0 { folds += count }
        line(
            "  an account with \(grouped(Double(transfers))) transfers: made in \((folding - made).seconds.rounded()) "
                + "s, \(folds) folds in \((ContinuousClock.now - folding).seconds.rounded()) s"
        )
        var times: [Double] = []
        for _ in 0..<500 {
            let instant = first.addingTimeInterval(Double.random(in: 0..<Double(transfers) / 1_000))
            let start = ContinuousClock.now
            let last = RandomIdentifiers().greatest(at: instant)
            _ = try await database.read {
                try await $0.historicalBalance(of: books.history.id, in: books.currency, through: last)
            }
            times.append((ContinuousClock.now - start).seconds * 1_000)
        }
        let sorted = times.sorted()
        line(
            "  its balance at any instant: median \(twoDigits(times.median)) ms, p99 \(twoDigits(sorted[494])) ms  "
                + "(goal 10 ms)"
        )
    }
}

/// Accounts of the benchmark.
private struct Books {
    let currency: Currency
    let holds: [Account]
    let payables: [Account]
    let fees: Account
    let bank: Account
    /// With a long history.
    let history: Account
    private let identifiers = RandomIdentifiers()

    init(market: Market, holds: Int, workers: Int) async throws {
        guard let dollar = Currency("USD") else { throw BenchmarkError(reason: "no dollar") }
        currency = dollar
        let identifiers = identifiers
        let epoch = Date(timeIntervalSince1970: 1_690_000_000)
        let holdKeys = (0..<holds).map { _ in AccountKey.hold(ofBatch: identifiers.uuid(at: epoch), dollar) }
        let payableKeys = (0..<workers).map { _ in AccountKey.payable(to: identifiers.make(at: epoch), dollar) }
        let platform = [AccountKey.fees(dollar), .bank(dollar), .topUps(dollar)]
        let made = try await market.database.transaction {
            try await $0.accounts(holdKeys + payableKeys + platform, ids: identifiers)
        }
        self.holds = holdKeys.compactMap { made[$0] }
        payables = payableKeys.compactMap { made[$0] }
        guard let fees = made[.fees(dollar)], let bank = made[.bank(dollar)], let history = made[.topUps(dollar)] else {
            throw BenchmarkError(reason: "no accounts")
        }
        (self.fees, self.bank, self.history) = (fees, bank, history)
        let fill = try self.holds.map { hold in
            let id: Transfer.ID = identifiers.make(at: epoch)
            return JournalEntry(
                id: identifiers.make(at: epoch), kind: .hold, source: id.uuid,
                [
                    Transfer(
                        id: id, kind: .hold, debit: bank, credit: hold, amount: try Money(1_000_000_000, dollar),
                        source: id.uuid)
                ])
        }
        try await market.database.transaction { try await $0.post(fill) }
    }

    /// By the statement alone, as pgbench does; where it finds no free slice, by a transaction that waits.
    func post(from hold: Int, to worker: Int, on database: Database) async throws {
        let now = Date(timeIntervalSince1970: 1_772_442_000)
        let (statement, kept) = try Transaction.postingStatement(
            [acceptance(from: hold, to: worker, at: now)], at: now)
        let reached: Int? = try await database.statement(statement).first?["reached"]
        guard reached != kept else { return }
        try await database.transaction { try await $0.post(acceptance(from: hold, to: worker, at: now)) }
    }

    private func acceptance(from hold: Int, to worker: Int, at instant: Date) throws -> JournalEntry {
        let source = identifiers.uuid(at: instant)
        return JournalEntry(
            id: identifiers.make(at: instant), kind: .acceptance, source: source,
            [
                Transfer(
                    id: identifiers.make(at: instant), kind: .earning, debit: holds[hold], credit: payables[worker],
                    amount: try Money(100, currency), source: source),
                Transfer(
                    id: identifiers.make(at: instant), kind: .fee, debit: holds[hold], credit: fees,
                    amount: try Money(10, currency), source: source),
            ])
    }

    /// The same rows, by one statement, with ids whose order is that of time.
    var pgbenchScript: String {
        let now = "lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0')"
        func id(_ high: String, _ low: String) -> String {
            "(\(now) || '7' || lpad(to_hex(:\(high)::bigint), 3, '0') || 'a' || lpad(to_hex(:\(low)::bigint), 15, '0'))"
                + "::uuid"
        }
        func one(of accounts: some Sequence<Account>) -> String {
            "(array['" + accounts.prefix(64).map { "\($0.id)" }.joined(separator: "','") + "'])[:worker]::uuid"
        }
        let (payable, hold) = (one(of: payables), one(of: holds.dropFirst()))
        let statement = """
            with entry as (insert into journal_entry (entry_id, kind, source_id, posted_at)
            values (\(id("a", "b")), 'acceptance', \(id("b", "a")), now()) returning entry_id, source_id)
            insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
            source_id, posted_at, entry_id)
            select \(id("c", "d")), 'earning'::transfer_kind, \(hold), \(payable), 100, 'USD', source_id, now(),
            entry_id from entry union all
            select \(id("d", "c")), 'fee'::transfer_kind, \(hold), '\(fees.id)'::uuid, 10, 'USD', source_id, now(),
            entry_id from entry
            """
        return """
            \\set worker random(1, 64)
            \\set a random(1, 4095)
            \\set b random(1, 4095)
            \\set c random(1, 900000000000000000)
            \\set d random(1, 900000000000000000)
            \(statement.split(separator: "\n").joined(separator: " "));
            """
    }

    /// A thousand transfers a second, from and to the account in turn, as the program posts them.
    func fillHistory(_ count: Int, from first: Date, _ database: Database) async throws {
        let piece = 500_000
        let milliseconds = Int64(first.timeIntervalSince1970 * 1_000)
        for begin in stride(from: 0, to: count, by: piece) {
            try await database.transaction { transaction in
                try await transaction.execute(
                    """
                    with made as (
                        select number, (lpad(to_hex(\(milliseconds)::bigint + number), 12, '0')
                                        || '70008' || lpad(to_hex(number), 15, '0'))::uuid as id,
                               to_timestamp((\(milliseconds)::bigint + number) / 1000.0) as posted_at
                          from generate_series(\(begin)::bigint, \(min(begin + piece, count))::bigint - 1) as number
                    ),
                    entry as (
                        insert into journal_entry (entry_id, kind, source_id, posted_at)
                        select id, 'top_up', id, posted_at from made
                    )
                    insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor,
                                          currency, source_id, posted_at, entry_id)
                    select id, 'top_up', case when number % 3 = 0 then \(bank.id) else \(history.id) end,
                           case when number % 3 = 0 then \(history.id) else \(bank.id) end, 1 + number % 1000, 'USD',
                           id, posted_at, id
                      from made
                    """)
            }
        }
    }
}
