import Formats
import Foundation
import Marketplace
import Payments
import Store
import Tax
import TestSupport
import Testing

@Suite("Agencies in payout runs", .scratchDatabase)
struct AgencyRunTests {
    private static let iban = "AT611904300234573201"

    /// Two workers of an agency that is paid in their place, and one of nobody, each with 20.00 EUR for a task.
    private struct Desk {
        let desk: PayoutDesk
        let agency: Team.ID
        let boss: Principal.ID
        var small: SmallMarket { desk.small }

        init(hasAccount: Bool = true) async throws {
            desk = try await PayoutDesk(workers: 3, tasks: 0)
            let small = desk.small
            agency = try await CreateTeam(market: small.market)(
                TeamDraft(externalKey: "agency", kind: .agency, name: "Agency GmbH", base: "AT", isPayee: true),
                by: small.manager
            ).id
            for worker in desk.workers.prefix(2) {
                try await JoinTeam(market: small.market)(worker, agency, by: small.manager)
            }
            boss = try await CreatePrincipal(market: small.market)(.person, named: "Boss", roles: [], by: small.manager)
            try await AppointManager(market: small.market)(boss, of: agency, by: small.manager)
            if hasAccount { try await setAccount() }
            Scratch.clock.advance(by: 73 * 3_600)
            let batch = try await small.batch(small.draft("ag"), tasks: 6)
            for (place, worker) in desk.workers.enumerated() {
                try await small.earn(worker, batch, tasks: place == 1 ? 2 : 1)
            }
            Scratch.clock.advance(by: 1)
        }

        func setAccount(_ iban: String = AgencyRunTests.iban) async throws {
            try await small.setAccount(
                of: agency,
                PayoutMethod(
                    account: iban, holder: "Agency GmbH", country: String(iban.prefix(2)), currency: "EUR"))
        }

        func lines(_ batch: PayoutBatch) async throws -> [NamedLine] {
            try await ListPayoutLines(market: small.market)(of: batch.id, by: small.maker)
        }

        func payments(_ file: [UInt8]) throws -> [PaymentInstruction] {
            var payments: [PaymentInstruction] = []
            _ = try PaymentFileReader.read(bytes: file, name: "file") { record in
                if case .instruction(let payment) = record { payments.append(payment) }
            }
            return payments
        }

        func statement(
            _ line: PayoutLine.ID, as form: TableForm = .csv, by actor: Principal.ID
        ) async throws -> [String] {
            let file = Gathered()
            _ = try await WriteAgencyStatement(market: small.market)(
                of: line, as: form, by: actor, to: { file.append($0) })
            return String(decoding: file.bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
        }
    }

    @Test("are paid once for all their people, to their own account, and told who earned what")
    func wholeWay() async throws {
        let agency = try await Desk()
        let desk = agency.desk
        let prepared = try await desk.prepare()
        #expect(prepared.excluded.isEmpty && prepared.batch.lineCount == 2 && prepared.batch.total.minorUnits == 8_000)
        #expect(try await desk.small.ills() == [])
        try await desk.approve(prepared.batch)
        let file = try await desk.export(prepared.batch).file
        #expect(try await desk.export(prepared.batch).file == file)
        let payments = try agency.payments(file)
        let own = try #require(payments.first { $0.account == Self.iban })
        #expect(own.amount?.minorUnits == 6_000)
        #expect(Set(payments.map(\.account)) == [Self.iban, PayoutDesk.ibans[2]])
        let line = try #require(
            try await agency.lines(prepared.batch).first { $0.line.payee == .agency(agency.agency) })
        #expect(line.line.endToEndID == own.endToEndID && line.line.earningCount == 3)
        let statement = try await agency.statement(line.line.id, by: agency.boss)
        #expect(
            [statement.first, statement.last] == [
                "worker,name,gross,withheld,clawed_back,net,currency", "total_sent,2 people,60.00,0.00,0.00,60.00,EUR",
            ])
        /// What the table and the page say became of it.
        func standing() async throws -> [String] {
            let last = try #require(try await agency.statement(line.line.id, by: agency.boss).last)
            let page = try await agency.statement(line.line.id, as: .html, by: agency.boss).joined()
            let words = ["Sent", "Paid", "Returned"].filter { page.contains("<dt>\($0)</dt><dd>60.00 EUR</dd>") }
            return [String(last.prefix { $0 != "," })] + words
        }
        #expect(try await standing() == ["total_sent", "Sent"])
        // By their ids, which are random within a millisecond.
        #expect(
            statement.dropFirst().dropLast().sorted() == [
                "w0,Worker w0,20.00,0.00,0.00,20.00,EUR", "w1,Worker w1,40.00,0.00,0.00,40.00,EUR",
            ])
        await #expect(throws: AccessRefusal.self) {
            try await agency.statement(line.line.id, by: Principal.ID(desk.workers[0].uuid))
        }
        let other = try #require(try await agency.lines(prepared.batch).first { $0.line.payee.isWorker })
        await #expect(throws: NotFound.self) { try await agency.statement(other.line.id, by: desk.small.maker) }
        #expect(try await desk.small.ills() == [])
        // It comes back: to each of its people.
        _ = try await desk.take(PayoutDesk.statement("S", opening: 0, [(own.endToEndID, 6_000, false, nil)]))
        #expect(try await standing() == ["total", "Paid"])
        let back = try await desk.take(
            PayoutDesk.statement("T", opening: -6_000, [(own.endToEndID, 6_000, true, "AC04")]))
        #expect(back.outcomes == [.returned: 1])
        #expect(try await standing() == ["total_returned", "Returned"])
        #expect(try await desk.owed(0) == 2_000)
        #expect(try await desk.owed(1) == 4_000)
        #expect(
            try await desk.small.count("select count(*) as n from notice where kind = 'payment_returned'") == 2)
        #expect(try await desk.small.ills() == [])
        // Not to the account that the bank refused.
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare() } == .nothingToPay)
        try await agency.setAccount("BE68539007547034")
        Scratch.clock.advance(by: 73 * 3_600)
        #expect(try await desk.prepare().batch.total.minorUnits == 6_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("wait without an account, or with a new one; an approval is not for another account")
    func accounts() async throws {
        let agency = try await Desk(hasAccount: false)
        let desk = agency.desk
        let first = try await desk.prepare()
        #expect(first.batch.lineCount == 1 && first.excluded.map(\.hindrance) == [.noAccount])
        #expect(first.excluded.map(\.payee) == [.agency(agency.agency)])
        #expect(first.excluded.map(\.amount.minorUnits) == [6_000])
        await #expect(throws: AccessRefusal.self) {
            try await SetTeamPayoutMethod(market: desk.small.market, keys: desk.keys)(
                .sample(), of: agency.agency, by: agency.boss)
        }
        try await agency.setAccount()
        #expect(
            try await desk.small.count(
                """
                select count(*) as n from notice
                 where kind = 'payout_method_changed' and recipient_id = \(agency.boss)
                """
            ) == 1)
        try await CancelPayoutBatch(market: desk.small.market)(first.batch.id, by: desk.small.maker)
        let second = try await desk.prepare()
        #expect(second.excluded.map(\.hindrance.code) == ["held"])
        Scratch.clock.advance(by: 73 * 3_600)
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare(minimumMinor: 6_001) } == .nothingToPay)
        let third = try await desk.prepare(minimumMinor: 6_000)
        #expect(third.batch.lineCount == 1)
        try await agency.setAccount("BE68539007547034")
        #expect(await refusal(PayoutRefusal.self) { try await desk.approve(third.batch) } == .accountsChanged(1))
        #expect(try await agency.lines(third.batch).map(\.isAccountChanged) == [true])
        #expect(try await desk.small.ills() == [])
    }

    @Test("leave out those of their people who cannot be taxed, and keep of each what they owe")
    func perPerson() async throws {
        let agency = try await Desk()
        let desk = agency.desk
        // Rules of another currency than the pay.
        try await ChooseTaxRules(market: desk.small.market)(
            TaxChoice(ruleSet: "china-platform", residence: "CN", standing: TaxStanding()), of: desk.workers[0],
            by: desk.small.maker)
        let clawing = try await ClawbackDesk.on(desk.small, desk.workers[1])
        let (_, decision) = try await clawing.taken([ClawbackPart(try await clawing.earnings()[0])])
        Scratch.clock.advance(by: Clawback.noticeSeconds)
        let batch = try await desk.prepare().batch
        let line = try #require(try await agency.lines(batch).first { $0.line.payee == .agency(agency.agency) })
        // The earning that was taken back whole, of the other one a quarter: but no more than is owed.
        #expect(line.line.shares.map(\.worker) == [desk.workers[1]] && line.line.amount.minorUnits == 2_000)
        #expect(line.line.shares.map(\.keptMinor) == [2_000])
        #expect(try await desk.small.ills() == [])
        try await desk.approve(batch)
        _ = try await desk.export(batch)
        #expect(try await clawing.debts == 0)
        try await clawing.answer(try await clawing.appeal(decision), isOverturned: true)
        #expect(try await desk.owed(1) == 2_000)
        #expect(try await desk.small.ills() == [])
    }

    @Test("have their accounts under keys that are rotated with all others")
    func rotated() async throws {
        let agency = try await Desk()
        let desk = agency.desk
        let new = desk.keys.adding()
        let rewrap = RewrapKeys(market: desk.small.market, keys: new)
        while try await rewrap(by: desk.small.manager) > 0 {}
        #expect(
            try await desk.small.count(
                "select count(*) as n from team_key where wrapping_key <> \(new.names.last ?? "")") == 0)
        let run = try await PreparePayoutRun(market: desk.small.market, keys: new)(
            from: "main", on: try #require(CalendarDate(iso: "2026-03-10")), by: desk.small.maker)
        #expect(run.batch.lineCount == 2)
    }
}

extension Payee {
    fileprivate var isWorker: Bool {
        switch self {
        case .worker: true
        case .agency: false
        }
    }
}
