internal import Formats
internal import Foundation
internal import Marketplace
internal import Payments
internal import Store

/// A payout run with a payment for each of many payees, from their earnings to the bank's statement: how long each step
/// takes, and the most memory that this process holds in it.
struct PayoutBenchmark {
    let bench: Workbench
    let payees: Int

    private static let connections = 8
    private let keys = KeyRing.generate()

    func run() async throws {
        try await bench.withClone(size: Self.connections) { database, _ in
            let market = Market(database: database, keys: keys)
            let made = ContinuousClock.now
            let desk = try await fill(market)
            line(
                "A payout run of \(grouped(Double(payees))) payees, pain.001.001.09, durable (payees made in "
                    + "\((ContinuousClock.now - made).seconds.rounded()) s), seconds and peak MB of this process:")
            try await go(desk, market)
        }
    }

    private struct Desk {
        let maker: Principal.ID
        let checker: Principal.ID
    }

    private func go(_ desk: Desk, _ market: Market) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-payouts-\(getpid())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let today = try await market.database.read { try WorkWeek.day(of: $0.instant, timeZone: "Europe/Berlin") }
        guard let soon = CalendarDate(daysSince2000: today.daysSince2000 + 3) else {
            throw BenchmarkError(reason: "no day")
        }
        let day = PaymentSystem.target.day(from: soon)
        var total = 0.0
        let batch = try await step("prepare", &total) {
            try await PreparePayoutRun(market: market, keys: keys)(from: "bench", on: day, by: desk.maker).batch
        }
        guard batch.lineCount == payees else { throw BenchmarkError(reason: "\(batch.lineCount) payments") }
        try await step("approve", &total) {
            try await ApprovePayoutBatch(market: market)(batch.id, contentHash: batch.contentHash, by: desk.checker)
        }
        try await step("export", &total) { try await export(batch.id, to: folder + "/1.xml", desk, market) }
        line("  these three: \(twoDigits(total)) s  (goal: 60 s, 200 MB at most in each)")
        try await step("export again", &total) { try await export(batch.id, to: folder + "/2.xml", desk, market) }
        guard FileManager.default.contentsEqual(atPath: folder + "/1.xml", andPath: folder + "/2.xml") else {
            throw BenchmarkError(reason: "the second file differs")
        }
        try answer(to: folder + "/1.xml", batch, status: folder + "/3.xml", statement: folder + "/4.xml")
        for (name, file, outcome) in [
            ("import pain.002", "/3.xml", BankOutcome.accepted), ("import camt.053", "/4.xml", .settled),
        ] {
            let taken = try await step(name, &total) {
                try await ImportBankFile(market: market)(path: folder + file, by: desk.maker)
            }
            guard taken.outcomes == [outcome: payees] else { throw BenchmarkError(reason: "\(taken.outcomes)") }
        }
        guard let books = try await ReconcileBank(market: market)(by: desk.maker).first,
            books.unexplainedMinor == 0, books.openPayments == 0, books.paidMinor == batch.total.minorUnits
        else { throw BenchmarkError(reason: "the books do not agree with the bank") }
    }

    private func step<Result>(
        _ name: String, _ total: inout Double, _ work: () async throws -> Result
    ) async throws -> Result {
        // From here on the peak is counted anew (proc(5), clear_refs).
        try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        let start = ContinuousClock.now
        let result = try await work()
        let took = (ContinuousClock.now - start).seconds
        total += took
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?
            .split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }
        line("  \(name): \(twoDigits(took)) s, \(grouped((peak ?? .nan) / 1_024)) MB")
        return result
    }

    private func export(_ id: PayoutBatch.ID, to path: String, _ desk: Desk, _ market: Market) async throws {
        let file = try output(path)
        defer { try? file.close() }
        _ = try await ExportPayoutRun(market: market, keys: keys)(
            id, by: desk.maker, write: { try file.write(contentsOf: Data($0)) })
    }

    private func output(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError(reason: "cannot write \(path)") }
        return handle
    }

    // MARK: The bank

    /// What a bank says that accepts and pays all of a file.
    private func answer(to path: String, _ batch: PayoutBatch, status: String, statement: String) throws {
        let (status, statement) = (try output(status), try output(statement))
        let document = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:"
        let head = "<GrpHdr><MsgId>B</MsgId><CreDtTm>2035-12-03T20:00:00Z</CreDtTm></GrpHdr>"
        func put(_ file: FileHandle, _ text: String) throws { try file.write(contentsOf: Data(text.utf8)) }
        func balance(_ code: String, _ minor: Int64) -> String {
            "<Bal><Tp><CdOrPrtry><Cd>\(code)</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">\(minor / 100).00</Amt>"
                + "<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2035-12-03</Dt></Dt></Bal>"
        }
        try put(
            status,
            document + "pain.002.001.10\"><CstmrPmtStsRpt>\(head)<OrgnlGrpInfAndSts><OrgnlMsgId>\(batch.messageID)"
                + "</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts>"
                + "<OrgnlPmtInfId>\(batch.messageID)</OrgnlPmtInfId>")
        try put(
            statement,
            document + "camt.053.001.08\"><BkToCstmrStmt>\(head)<Stmt><Id>S</Id><Acct><Id><IBAN>NL41MOCK0000000001"
                + "</IBAN></Id></Acct>\(balance("OPBD", batch.total.minorUnits))\(balance("CLBD", 0))")
        var (statuses, entries) = ("", "")
        _ = try PaymentFileReader.read(path: path) { record in
            guard case .instruction(let payment) = record else { return }
            statuses +=
                "<TxInfAndSts><OrgnlEndToEndId>\(payment.endToEndID)</OrgnlEndToEndId><TxSts>ACCP</TxSts>"
                + "</TxInfAndSts>"
            entries +=
                "<Ntry><Amt Ccy=\"EUR\">20.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>"
                + "2035-12-03</Dt></BookgDt><AcctSvcrRef>R\(payment.endToEndID)</AcctSvcrRef><BkTxCd/><NtryDtls>"
                + "<TxDtls><Refs><EndToEndId>\(payment.endToEndID)</EndToEndId></Refs><Amt Ccy=\"EUR\">20.00</Amt>"
                + "<CdtDbtInd>DBIT</CdtDbtInd></TxDtls></NtryDtls></Ntry>"
            guard statuses.utf8.count > 1 << 16 else { return }
            try put(status, statuses)
            try put(statement, entries)
            (statuses, entries) = ("", "")
        }
        try put(status, statuses + "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>")
        try put(statement, entries + "</Stmt></BkToCstmrStmt></Document>")
        try status.close()
        try statement.close()
    }

    // MARK: Payees

    /// Everybody has earned 20.00 EUR and has an account that has rested.
    private func fill(_ market: Market) async throws -> Desk {
        guard let euro = Currency("EUR") else { throw BenchmarkError(reason: "no such currency") }
        let chief = Principal.ID(.numbered(1, kind: 0x2d))
        try await market.database.transaction { transaction in
            try await transaction.execute(
                "insert into principal values (\(chief), 'person', 'Operator', \(.instant))")
            try await transaction.execute(
                """
                insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                values (\(chief), \(chief), 'operator', \(chief), tstzrange(\(.instant), null))
                """)
        }
        let person = CreatePrincipal(market: market)
        let desk = Desk(
            maker: try await person(.person, named: "Maker", roles: [.financeMaker], by: chief),
            checker: try await person(.person, named: "Checker", roles: [.financeChecker], by: chief))
        try await SetPayoutSource(market: market)(
            "bench", format: .pain001v09, currency: euro,
            settings: [
                "name": "Guildhall GmbH", "country": "DE", "town": "Berlin", "iban": "NL41MOCK0000000001",
                "bic": "MOCKNL2A",
            ], by: desk.checker)
        try await market.database.transaction { transaction in
            let bank = try await transaction.account(.bank(euro), ids: market.identifiers)
            try await earn(bank, transaction)
        }
        try await withThrowingTaskGroup { group in
            for connection in 1...Self.connections {
                group.addTask {
                    for number in stride(from: connection, through: payees, by: Self.connections) {
                        let method = try PayoutMethod(
                            account: Self.iban(number), holder: "Payee \(number)", country: "DE", currency: "EUR")
                        try await SetPayoutMethod(market: market, keys: keys)(
                            method, of: Worker.ID(.numbered(number, kind: 0x2e)), by: chief)
                    }
                }
            }
            try await group.waitForAll()
        }
        try await market.database.transaction {
            try await $0.execute("update payout_method set changed_at = changed_at - interval '4 days'")
        }
        try await market.database.transaction { try await $0.execute("analyze") }
        return desk
    }

    /// Bonuses, as they need no task each.
    private func earn(_ bank: Account, _ transaction: Transaction) async throws {
        try await transaction.execute("set local synchronous_commit = off")
        let (worker, other) = (Workbench.stem(0x2e), Workbench.stem(0x2f))
        try await transaction.execute(
            """
            insert into principal
            select (\(worker) || lpad(to_hex(n), 8, '0'))::uuid, 'person', 'payee', \(.instant)
              from generate_series(1, \(payees)) n
            """)
        try await transaction.execute(
            """
            insert into worker (worker_id, external_key, state, country, time_zone, weekly_minutes_max, registered_at)
            select (\(worker) || lpad(to_hex(n), 8, '0'))::uuid, 'payee ' || n, 'active', 'DE', 'UTC', 10000,
                   \(.instant)
              from generate_series(1, \(payees)) n
            """)
        try await transaction.execute(
            """
            insert into account (account_id, kind, owner_id, currency)
            select (\(other) || lpad(to_hex(n), 8, '0'))::uuid, 'worker_payable',
                   (\(worker) || lpad(to_hex(n), 8, '0'))::uuid, 'EUR'
              from generate_series(1, \(payees)) n
            """)
        try await transaction.execute(
            """
            insert into journal_entry (entry_id, kind, source_id, posted_at)
            select (\(other) || lpad(to_hex(n), 8, '0'))::uuid, 'bonus',
                   (\(other) || lpad(to_hex(n), 8, '0'))::uuid, \(.instant)
              from generate_series(1, \(payees)) n
            """)
        try await transaction.execute(
            """
            insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                  source_id, posted_at, entry_id)
            select entry_id, 'earning', \(bank.id), entry_id, 2000, 'EUR', entry_id, posted_at, entry_id
              from journal_entry where kind = 'bonus'
            """)
        try await transaction.execute(
            """
            insert into earning (requester_id, assignment_id, worker_id, amount_minor, currency, transfer_id, earned_at,
                                 batch_id, bonus_id)
            select assignment.requester_id, assignment_id, owner_id, 2000, 'EUR', account_id, \(.instant), batch_id,
                   account_id
              from account, (select requester_id, assignment_id, batch_id from assignment limit 1) as assignment
             where kind = 'worker_payable' and currency = 'EUR'
            """)
    }

    /// A German one with right check digits (ISO 13616).
    private static func iban(_ number: Int) -> String {
        let digits = String(number)
        let own = "37040044" + String(repeating: "0", count: 10 - digits.count) + digits
        let rest = (own + "131400").utf8.reduce(0) { ($0 * 10 + Int($1) - 48) % 97 }
        return "DE" + (98 - rest < 10 ? "0" : "") + "\(98 - rest)" + own
    }
}
