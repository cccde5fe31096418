import Foundation
import Marketplace
import Store
import Synchronization
import Tax
import TestSupport
import Testing

/// Random sequences of everything that moves money, several at once over connections that are cut between statements
/// and around COMMIT, and reopened: what a bank says of payments and pay that is taken back among it. After each step
/// the doctor looks at everything, money in is money out and held, and books and bank differ by nothing unknown.
@Suite("Money under soak", .scratchDatabase)
struct LedgerSoakTests {
    /// Databases one after the other, and steps on each: 2 × 60 in every run of the tests, STEPS in a soak.
    private static let stepsEach = 60
    private static var worlds: Range<Int> {
        let environment = ProcessInfo.processInfo.environment
        guard environment["GUILDHALL_SOAK"] == "1" else { return 0..<2 }
        return 0..<max(2, (Int(environment["STEPS"] ?? "") ?? 12_000) / stepsEach)
    }

    @Test("every cent is somewhere, and nothing happens twice", .turnLimit(inSoak: 600), arguments: worlds)
    func steps(world: Int) async throws {
        let dice = Dice()
        let isCalm = Mutex(true)
        let proxy = try CuttingProxy(
            serverFolder: Scratch.serverFolder,
            cutsBefore: { isCalm.withLock { !$0 } && dice.roll(1...80) == 1 },
            plan: { isCalm.withLock { !$0 } && dice.roll(1...15) == 1 ? dice.pick(CuttingProxy.Cut.allCases) : .never }
        )
        defer { proxy.stop() }
        let database = Scratch.connect {
            ($0.connectionString, $0.poolSize) = (Scratch.connectionString(through: proxy), 4)
            $0.acquireTimeout = .seconds(20)
        }
        let direct = try await SmallMarket(wallet: 0)
        let faulty = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        let desk = try await MoneyDesk(direct, direct.through(faulty), dice, world)
        for step in 0..<Self.stepsEach {
            Scratch.clock.advance(by: Double(dice.roll(60...7_200)))
            // Pay that was taken back is kept after a week.
            if dice.roll(1...12) == 1 { Scratch.clock.advance(by: 3 * 86_400) }
            let names = (0..<dice.roll(1...4)).map { _ in dice.pick(MoneyDesk.weighted) }
            isCalm.withLock { $0 = false }
            await withTaskGroup { group in
                for name in names { group.addTask { await desk.perform(name) } }
            }
            isCalm.withLock { $0 = true }
            let place: Comment = "seed \(dice.seed), step \(step): \(names)"
            #expect(try await direct.ills() == [], place)
            for sum in try await direct.currencySums() {
                #expect(sum.broughtIn == sum.takenOut + sum.held, place)
                #expect(sum.held == sum.heldBySlices, place)
            }
            for books in try await ReconcileBank(market: direct.market)(by: direct.maker) {
                #expect(books.unexplainedMinor == 0, place)
            }
        }
        for (reference, amount) in desk.acknowledged {
            #expect(try await desk.funded(reference) == [amount], "funded once; seed \(dice.seed)")
        }
        #expect(proxy.cuts > 0 && !desk.acknowledged.isEmpty, "seed \(dice.seed)")
        #expect(!desk.bank.heard.isEmpty, "no bank was heard; seed \(dice.seed)")
        let kinds = try await direct.count("select count(distinct kind) as n from transfer")
        #expect(kinds >= 4, "little has happened; seed \(dice.seed)")
        await database.shutdown()
    }
}

/// Everybody who moves money.
private final class MoneyDesk: Sendable {
    static let weighted: [String] = {
        var all = [
            "convert", "writeOff", "reverse", "close", "withdrawTasks", "cancelPayout", "bonus", "withdraw", "fold",
            "bankCharge", "bankCredit", "rounding", "remit",
        ]
        all += SoakBank.actions
        all += SoakBank.actions
        for (name, weight) in [("fund", 4), ("publish", 3), ("work", 8), ("review", 8), ("payout", 8)] {
            all += Array(repeating: name, count: weight)
        }
        return all
    }()

    /// Reaches the database past the proxy.
    private let direct: SmallMarket
    private let small: SmallMarket
    private let dice: Dice
    private let world: Int
    private let workers: [Worker.ID]
    let bank: SoakBank
    private let counter = Mutex(0)
    private let funded = Mutex<[String: Int64]>([:])

    init(_ direct: SmallMarket, _ small: SmallMarket, _ dice: Dice, _ world: Int) async throws {
        (self.direct, self.small, self.dice, self.world) = (direct, small, dice, world)
        var workers: [Worker.ID] = []
        for number in 0..<3 { workers.append(try await direct.lawyer("w\(number)", weeklyMinutes: 10_080)) }
        try await ChooseTaxRules(market: direct.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: workers[0], by: direct.maker)
        self.workers = workers
        _ = try await FundRequester(market: direct.market)(
            direct.requester, with: Money(200_000, direct.usd), reference: UUID(), by: direct.maker)
        let batch = try await direct.batch(direct.draft("first"), tasks: workers.count)
        for worker in workers { try await direct.earn(worker, batch) }
        bank = try await SoakBank(direct, small, dice, workers)
        try await bank.begin(with: workers[1])
    }

    var acknowledged: [String: Int64] { funded.withLock { $0 } }

    private func next(_ name: String) -> String {
        counter.withLock { count in
            count += 1
            return "\(name)-\(world)-\(count)"
        }
    }

    /// Refusals and cut connections are part of the game; what they leave behind is for the doctor.
    func perform(_ name: String) async {
        do {
            switch name {
            case "fund": try await fund()
            case "publish": try await publish()
            case "work": try await work()
            case "review": try await review()
            case "bonus": try await bonus()
            case "close": try await close()
            case "withdrawTasks": try await withdrawTasks()
            case "payout": try await payout()
            case "cancelPayout": try await cancelPayout()
            case "fold": _ = try await FoldLedger(market: small.market)()
            case _ where SoakBank.actions.contains(name): try await bank.perform(name)
            default: try await voucher(name)
            }
        } catch PayoutRefusal.fileDiffers {
            Issue.record("a file is not what it was; seed \(dice.seed)")
        } catch {
            if !(error is StoreError || error is any Refusal || error is NotFound || error is BadInput) {
                Issue.record("\(name) ended in \(error); seed \(dice.seed)")
            }
        }
    }

    /// The same reference until somebody says that it is done.
    private func fund() async throws {
        let (reference, amount) = (UUID(), Int64(dice.roll(1...100_000)))
        for _ in 0..<5 {
            do {
                _ = try await FundRequester(market: small.market)(
                    small.requester, with: Money(amount, small.usd), reference: reference, by: small.maker)
                funded.withLock { $0[reference.uuidString] = amount }
                return
            } catch is StoreError {
                continue
            }
        }
    }

    private func publish() async throws {
        let pricing = BatchPricing(topUpBasisPoints: dice.pick([0, 1_000]))
        _ = try await small.batch(
            small.draft(next("b"), redundancy: dice.roll(1...2), pricing: pricing), tasks: dice.roll(1...4))
    }

    private func work() async throws {
        let work = try await small.claim(dice.pick(workers))
        try await small.submit(work)
    }

    private func review() async throws {
        guard let work = try await one("select assignment_id as id from assignment where state = 'submitted'") else {
            return
        }
        let judgement = dice.pick([
            Judgement.accepted, .accepted, .acceptedInPart(basisPoints: dice.roll(1...9_999)), .rejected,
        ])
        _ = try await ReviewSubmission(market: small.market)(
            Assignment.ID(work), of: small.requester, judgement, reasons: "As it is.", by: small.reviewer)
    }

    private func bonus() async throws {
        guard let work = try await one("select assignment_id as id from assignment where state = 'accepted'") else {
            return
        }
        try await PayBonus(market: small.market)(
            Money(Int64(dice.roll(1...500)), small.usd), for: Assignment.ID(work), of: small.requester,
            reference: next("bonus"), reason: "Thorough.", by: small.manager)
    }

    private func close() async throws {
        guard let batch = try await one("select batch_id as id from batch where state = 'open'") else { return }
        _ = try await CloseBatch(market: small.market)(Batch.ID(batch), of: small.requester, by: small.manager)
    }

    private func withdrawTasks() async throws {
        let found: (UUID, String)? = try await direct.market.database.read {
            try await $0.firstRow(
                "select batch_id, external_key from task where state = 'open' order by random() limit 1"
            ).map { (try $0["batch_id"], try $0["external_key"]) }
        }
        guard let (batch, key) = found else { return }
        _ = try await WithdrawTasks(market: small.market)(
            [key], of: Batch.ID(batch), from: small.requester, by: small.manager)
    }

    /// The next step of a payout that is under way, or the first of another.
    private func payout() async throws {
        let found: (UUID, String, Bool)? = try await direct.market.database.read {
            try await $0.firstRow(
                """
                select payout_batch_id as id, state::text as state, format is not null as is_run from payout_batch
                 where state in ('prepared', 'approved') order by random() limit 1
                """
            ).map { (try $0["id"], try $0["state"], try $0["is_run"]) }
        }
        guard let (id, state, isRun) = found, dice.roll(1...4) > 1 else {
            guard dice.roll(1...3) == 1 else {
                try await bank.prepareRun(in: small.market, earningsMax: dice.roll(1...20))
                return
            }
            _ = try await PreparePayoutBatch(market: small.market)(
                small.usd, earningsMax: dice.roll(1...20), by: small.maker)
            return
        }
        guard state == "prepared" else {
            if isRun { return try await bank.export(PayoutBatch.ID(id), in: small.market) }
            try await IssuePayoutBatch(market: small.market)(PayoutBatch.ID(id), by: small.maker)
            return
        }
        let hash: Digest = try await direct.market.database.read {
            try await $0.oneRow("select content_hash from payout_batch where payout_batch_id = \(id)")["content_hash"]
        }
        try await ApprovePayoutBatch(market: small.market)(PayoutBatch.ID(id), contentHash: hash, by: small.checker)
    }

    private func cancelPayout() async throws {
        let open: SQL = "select payout_batch_id as id from payout_batch where state in ('prepared', 'approved')"
        guard let id = try await one(open) else { return }
        try await CancelPayoutBatch(market: small.market)(PayoutBatch.ID(id), by: small.maker)
    }

    private func voucher(_ name: String) async throws {
        let amount = try Money(Int64(dice.roll(1...20_000)), small.usd)
        guard let euro = Currency("EUR") else { return }
        let order: VoucherOrder
        switch name {
        case "withdraw": order = .withdrawal(small.requester, amount)
        case "writeOff": order = .writeOff(small.requester, amount)
        case "bankCharge": order = .bankCharge(amount)
        case "bankCredit": order = .bankCredit(amount)
        case "remit": order = .remittance(amount)
        case "rounding":
            // Eleven are too many.
            let little = try Money(Int64(dice.roll(1...11)), small.usd)
            order = dice.pick([.roundingCharge(little), .roundingCredit(little)])
        case "convert":
            order = .conversion(small.requester, amount, try ConversionRate("0.9215", to: euro, source: "ECB"))
        default:
            let entries: SQL = """
                select entry_id as id from journal_entry
                 where kind in ('withdrawal', 'conversion', 'write_off', 'reversal', 'remittance', 'bank_charge',
                                'bank_credit', 'rounding_charge', 'rounding_credit')
                """
            guard let entry = try await one(entries) else { return }
            order = .reversal(JournalEntry.ID(entry))
        }
        let id = try await PrepareVoucher(market: small.market)(
            order, reference: next(name), reason: "Soak.", by: small.maker)
        try await DecideVoucher(market: small.market)(id, post: dice.roll(1...5) > 1, by: small.checker)
    }

    private func one(_ ids: SQL) async throws -> UUID? {
        try await direct.market.database.read {
            try await $0.firstRow("select id from (\(fragment: ids)) as found order by random() limit 1")?["id"]
        }
    }

    /// Amounts of the transfers with a reference.
    func funded(_ reference: String) async throws -> [Int64] {
        try await direct.market.database.read {
            try await $0.rows(
                """
                select amount_minor from transfer where kind = 'funding' and source_id = \(reference)::text::uuid
                """
            ).map { try $0["amount_minor"] }
        }
    }
}
