import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// Forty payees, in euros by ISO 20022 and in dollars by NACHA, whose two runs go side by side and are cut off.
@Suite(
    "Payout runs in two currencies and forms that are cut off", .scratchDatabase,
    .turnLimit(minutes: 20, inSoak: 120))
struct PayoutCrashFormTests {
    @Test("before any statement, or around the COMMIT, of any step pay each of forty once when they are resumed")
    func anywhere() async throws {
        // Every statement in a soak, few in every run of the tests.
        let stride = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == nil ? 40 : 1
        let dice = Dice()
        let tills = try await PairOfTills()
        var cuts = 0
        for phase in PairOfTills.Phase.allCases {
            var (statement, wasCut) = (dice.roll(1...min(stride, 12)), true)
            while wasCut {
                wasCut = try await tills.round(phase, cutBefore: statement, seed: dice.seed)
                statement += stride
                cuts += wasCut ? 1 : 0
            }
            #expect(statement > 12, "\(phase) was never cut late; seed \(dice.seed)")
        }
        #expect(cuts > 3, "seed \(dice.seed)")
        try await tills.finish(seed: dice.seed)
    }
}

/// One market that pays in two currencies, from two accounts.
private final class PairOfTills {
    enum Phase: CaseIterable {
        case prepare, approve, export, take
    }

    private struct Till {
        let small: SmallMarket
        let source: String
        var workers: [Worker.ID] = []
        /// Of which bonuses are paid, by worker.
        var works: [Assignment.ID] = []
        var ids: Set<String> = []
    }

    private static let payees = 20
    private static let sum = Int64(payees) * SmallMarket.pay

    private var tills: [Till] = []
    private var rounds: Int64 = 0

    init() async throws {
        let euros = try await SmallMarket(wallet: 100_000_000, currency: "EUR")
        let dollars = try await euros.also(in: "USD", wallet: 100_000_000)
        let set = SetPayoutSource(market: euros.market)
        try await set(
            "euros", format: .pain001v09, currency: euros.usd, settings: SmallMarket.payoutSettings, by: euros.checker)
        try await set(
            "dollars", format: .nachaPPD, currency: dollars.usd, settings: PayoutDesk.achSettings, by: euros.checker)
        for small in [euros, dollars] {
            var till = Till(small: small, source: small.usd == euros.usd ? "euros" : "dollars")
            let batch = try await till.small.batch(till.small.draft(till.source, minutes: 1), tasks: Self.payees)
            for number in 0..<Self.payees {
                let worker = try await till.small.lawyer("\(till.source)-\(number)")
                let work = try await till.small.claim(worker, batch)
                try await till.small.submit(work)
                try await till.small.review(work)
                try await SetPayoutMethod(market: euros.market, keys: Scratch.keys)(
                    try Self.method(number, small.usd), of: worker, by: euros.manager)
                till.workers.append(worker)
                till.works.append(work.id)
            }
            tills.append(till)
        }
        Scratch.clock.advance(by: 73 * 3_600)
    }

    private static func method(_ number: Int, _ currency: Currency) throws -> PayoutMethod {
        guard currency.code == "EUR" else {
            return try PayoutMethod(
                account: "\(900_000_000 + number)", bank: "021000021", holder: "Worker \(number)", country: "US",
                currency: currency.code)
        }
        return try PayoutMethod(
            account: iban(number), holder: "Worker \(number)", country: "DE", currency: currency.code)
    }

    /// German, of one bank, with its check digits: 98 less the remainder by 97 of the rest with `DE00` behind it.
    private static func iban(_ number: Int) -> String {
        let account = "37040044" + String(1_000_000_000 + number)
        let rest = (account + "131400").utf8.reduce(0) { rest, digit in (rest * 10 + Int(digit) - 0x30) % 97 }
        return "DE" + (98 - rest < 10 ? "0" : "") + "\(98 - rest)" + account
    }

    /// Two runs from the preparation to the bank's statements, cut off in one of their steps.
    ///
    /// - Returns: whether there were as many statements.
    func round(_ phase: Phase, cutBefore statement: Int, seed: UInt64) async throws -> Bool {
        rounds += 1
        if rounds > 1 { try await owe() }
        // A run's ids are of its instant.
        Scratch.clock.advance(by: 1)
        var wasCut = false
        func step(_ own: Phase, _ body: (Market) async throws -> Void) async throws {
            if own == phase { wasCut = try await Scratch.killed(before: statement, body) }
        }
        try await step(.prepare) { market in
            for till in tills { _ = try await prepare(till, in: market) }
        }
        var batches: [PayoutBatch] = []
        for till in tills { batches.append(try await prepared(till)) }
        try await step(.approve) { market in
            for batch in batches { try await approve(batch, in: market) }
        }
        for batch in batches {
            if try await stored(batch).state == .prepared { try await approve(batch, in: tills[0].small.market) }
        }
        try await step(.export) { market in
            for batch in batches { _ = try await export(batch, in: market) }
        }
        var statements: [String] = []
        for (place, batch) in batches.enumerated() { statements.append(try await sent(batch, place, seed: seed)) }
        try await step(.take) { market in
            for text in statements { _ = try await take(text, in: market) }
        }
        for (till, text) in zip(tills, statements) {
            let taken = try await take(text, in: till.small.market)
            #expect(taken.outcomes == [.settled: Self.payees], "\(phase) cut before \(statement); seed \(seed)")
            for worker in till.workers {
                #expect(try await till.small.balance(.payable(to: worker, till.small.usd)) == 0, "seed \(seed)")
            }
        }
        return wasCut
    }

    /// As much again for everybody.
    private func owe() async throws {
        for till in tills {
            for work in till.works {
                try await PayBonus(market: till.small.market)(
                    Money(SmallMarket.pay, till.small.usd), for: work, of: till.small.requester,
                    reference: "\(work) \(rounds)", reason: "Again.", by: till.small.manager)
            }
        }
    }

    private func prepare(_ till: Till, in market: Market) async throws -> PayoutBatch {
        try await PreparePayoutRun(market: market, keys: Scratch.keys)(
            from: till.source, on: try PayoutDesk.payDay(), by: till.small.maker
        ).batch
    }

    /// The run that was cut off if it is there, a new one if not.
    private func prepared(_ till: Till) async throws -> PayoutBatch {
        let waiting = try await till.small.market.database.read { try await $0.payoutBatches(in: .prepared) }
        if let batch = waiting.first(where: { $0.total.currency == till.small.usd }) { return batch }
        return try await prepare(till, in: till.small.market)
    }

    private func approve(_ batch: PayoutBatch, in market: Market) async throws {
        try await ApprovePayoutBatch(market: market)(
            batch.id, contentHash: batch.contentHash, by: tills[0].small.checker)
    }

    private func stored(_ batch: PayoutBatch) async throws -> PayoutBatch {
        try #require(try await tills[0].small.market.database.read { try await $0.payoutBatch(batch.id) })
    }

    private func export(_ batch: PayoutBatch, in market: Market) async throws -> [UInt8] {
        let file = Gathered()
        _ = try await ExportPayoutRun(market: market, keys: Scratch.keys)(
            batch.id, by: tills[0].small.maker, write: { file.append($0) })
        return file.bytes
    }

    private func take(_ text: String, in market: Market) async throws -> BankImport {
        try await ImportBankFile(market: market)(Array(text.utf8), by: tills[0].small.maker)
    }

    /// Holds the file against the lines.
    ///
    /// - Returns: what the bank says of it.
    private func sent(_ batch: PayoutBatch, _ place: Int, seed: UInt64) async throws -> String {
        let small = tills[place].small
        let file = try await export(batch, in: small.market)
        #expect(try await export(batch, in: small.market) == file)
        var paid: [String] = []
        _ = try PaymentFileReader.read(bytes: file, name: "file") { record in
            switch record {
            case .instruction(let payment):
                #expect(payment.amount?.minorUnits == SmallMarket.pay)
                paid.append(payment.endToEndID)
            case .ach(let entry):
                #expect(entry.amount.minorUnits == SmallMarket.pay)
                paid.append(entry.individualID)
            case .status, .entry, .statement, .returned: break
            }
        }
        let lines = try await ListPayoutLines(market: small.market)(of: batch.id, by: small.maker)
        let known = lines.map { place == 0 ? $0.line.endToEndID : $0.line.shortID }
        #expect(paid.count == Self.payees && paid.sorted() == known.sorted(), "seed \(seed)")
        for id in paid { #expect(tills[place].ids.insert(id).inserted, "\(id) is in two files; seed \(seed)") }
        return PayoutDesk.statement(
            "\(tills[place].source)-\(rounds)", opening: 10_000_000 - rounds * Self.sum,
            lines.map { ($0.line.endToEndID, SmallMarket.pay, false, nil) }, reference: "R\(rounds)",
            currency: small.usd.code)
    }

    func finish(seed: UInt64) async throws {
        let small = tills[0].small
        let books = try await ReconcileBank(market: small.market)(by: small.maker)
        #expect(books.map(\.currency) == ["EUR", "USD"], "seed \(seed)")
        for books in books {
            #expect(books.paidMinor == rounds * Self.sum && books.bankMinor == rounds * Self.sum, "seed \(seed)")
            #expect(books.unexplainedMinor == 0 && books.openPayments == 0 && books.openEntries == 0)
            #expect(books.gaps == 0, "seed \(seed)")
        }
        #expect(try await small.ills() == [], "seed \(seed)")
    }
}
