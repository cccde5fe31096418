import Foundation
import Marketplace
import Store
import Tax
import TestSupport
import Testing

/// Random entries of every kind that finance takes back by hand, reversals of them and reversals of those, against a
/// model of what is in force.
@Suite("Reversals under soak, against a model", .scratchDatabase)
struct ReversalSoakTests {
    private static let steps = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1" ? 3_000 : 120

    @Test("the reversal of a reversal is the original, of every kind that may be reversed")
    func chains() async throws {
        let model = try await ReversalModel()
        for kind in ReversalModel.Kind.allCases {
            #expect(try await model.enter(kind), "\(kind), seed \(model.dice.seed)")
            let last = model.chains.count - 1
            for _ in 0..<2 { #expect(try await model.takeBack(last), "\(kind), seed \(model.dice.seed)") }
            try await model.check()
        }
        for _ in 0..<Self.steps {
            if model.dice.roll(1...3) == 1 {
                _ = try await model.enter(model.dice.pick(ReversalModel.Kind.allCases))
            } else {
                _ = try await model.takeBack(model.dice.roll(0...model.chains.count - 1))
            }
            try await model.check()
        }
        #expect(model.chains.contains { $0.entries.count > 3 }, "seed \(model.dice.seed)")
        #expect(try await model.small.ills() == [], "seed \(model.dice.seed)")
    }
}

/// What every account holds, by entries that are in force: those that were taken back an even number of times.
private final class ReversalModel {
    struct Chain {
        /// Of the entry itself.
        let transfers: [Transfer]
        /// The entry, its reversal, the reversal of that, and so on.
        var entries: [JournalEntry.ID]

        /// What takes the last one back.
        var turned: [[String]] { transfers.map { entries.count.isMultiple(of: 2) ? $0.sides : $0.turnedSides } }
    }

    /// What finance enters by hand.
    enum Kind: CaseIterable {
        case funding, withdrawal, conversion, writeOff, remittance, bankCharge, bankCredit
        case roundingCharge, roundingCredit
    }

    let dice = Dice()
    let small: SmallMarket
    private(set) var chains: [Chain] = []
    private var sums: [Account.ID: Int64] = [:]
    private let euro: Currency

    init() async throws {
        small = try await SmallMarket(wallet: 60_000)
        euro = try #require(Currency("EUR"))
        let worker = try await small.lawyer("w")
        try await ChooseTaxRules(market: small.market)(
            TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: worker, by: small.maker)
        try await small.earn(worker, try await small.batch(small.draft("b"), tasks: 4), tasks: 4)
        let payout = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await ApprovePayoutBatch(market: small.market)(
            payout.id, contentHash: payout.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(payout.id, by: small.maker)
        sums = try await held()
    }

    /// - Returns: false when there is not so much.
    func enter(_ kind: Kind) async throws -> Bool {
        Scratch.clock.advance(by: 1)
        let amount = try Money(Int64(dice.roll(1...4_000)), small.usd)
        let little = try Money(Int64(dice.roll(1...10)), small.usd)
        let order: VoucherOrder
        switch kind {
        case .withdrawal: order = .withdrawal(small.requester, amount)
        case .writeOff: order = .writeOff(small.requester, amount)
        case .remittance: order = .remittance(try Money(Int64(dice.roll(1...600)), small.usd))
        case .bankCharge: order = .bankCharge(amount)
        case .bankCredit: order = .bankCredit(amount)
        case .roundingCharge: order = .roundingCharge(little)
        case .roundingCredit: order = .roundingCredit(little)
        case .conversion:
            let rate = try ConversionRate("0.9\(dice.roll(1...9_999))", to: euro, source: "Test")
            // Two minor units are the least that come to something at every such rate.
            order = .conversion(small.requester, try amount.adding(Money(2, small.usd)), rate)
        case .funding:
            let transfer = try await FundRequester(market: small.market)(
                small.requester, with: amount, reference: UUID(), by: small.maker)
            let entry: JournalEntry.ID = try await small.market.database.read {
                try await $0.oneRow("select entry_id from transfer where transfer_id = \(transfer)")["entry_id"]
            }
            try await begin(entry)
            return true
        }
        guard let entry = try await post(order) else { return false }
        try await begin(entry)
        return true
    }

    private func begin(_ entry: JournalEntry.ID) async throws {
        let shown = try await ShowEntry(market: small.market)(entry, by: small.maker)
        chains.append(Chain(transfers: shown.transfers, entries: [entry]))
        move(shown.transfers)
    }

    /// Takes the last entry of a chain back, which no other can be.
    ///
    /// - Returns: false when there is not so much.
    func takeBack(_ place: Int) async throws -> Bool {
        Scratch.clock.advance(by: 1)
        let chain = chains[place]
        guard let last = chain.entries.last else { return false }
        for earlier in chain.entries.dropLast() {
            #expect(
                await refusal(VoucherRefusal.self) { try await prepare(.reversal(earlier)) } == .reversalPrepared)
        }
        let entry = try await post(.reversal(last))
        guard let entry else {
            #expect(isTooMuch(chain), "seed \(dice.seed)")
            return false
        }
        let shown = try await ShowEntry(market: small.market)(entry, by: small.maker)
        #expect(shown.kind == .reversal && shown.reverses == last, "seed \(dice.seed)")
        #expect(shown.transfers.map(\.sides).sorted(by: Self.order) == chain.turned.sorted(by: Self.order))
        #expect(!isTooMuch(chain), "seed \(dice.seed)")
        chains[place].entries.append(entry)
        move(shown.transfers)
        return true
    }

    private static func order(_ one: [String], _ other: [String]) -> Bool { one.lexicographicallyPrecedes(other) }

    /// Whether the next reversal would take more of an account than it may.
    private func isTooMuch(_ chain: Chain) -> Bool {
        chain.transfers.contains { transfer in
            let debit = chain.entries.count.isMultiple(of: 2) ? transfer.debit : transfer.credit
            guard debit.kind == .requesterWallet || debit.kind == .taxPayable else { return false }
            return sums[debit.id, default: 0] < transfer.amount.minorUnits
        }
    }

    private func move(_ transfers: [Transfer]) {
        for transfer in transfers {
            sums[transfer.debit.id, default: 0] -= transfer.amount.minorUnits
            sums[transfer.credit.id, default: 0] += transfer.amount.minorUnits
        }
    }

    func check() async throws {
        #expect(try await held() == sums.filter { $0.value != 0 }, "seed \(dice.seed)")
    }

    /// Of every account that holds something.
    private func held() async throws -> [Account.ID: Int64] {
        let rows: [(Account.ID, Int64)] = try await small.market.database.read {
            try await $0.rows(
                """
                select account_id,
                       sum(case when account_id = credit_account_id then amount_minor else -amount_minor end)::bigint
                           as balance
                  from account join transfer on account_id in (debit_account_id, credit_account_id)
                 group by 1
                """
            ).map { (try $0["account_id"], try $0["balance"]) }
        }
        return Dictionary(uniqueKeysWithValues: rows.filter { $0.1 != 0 })
    }

    private func prepare(_ order: VoucherOrder) async throws -> Voucher.ID {
        try await PrepareVoucher(market: small.market)(
            order, reference: UUID().uuidString, reason: "Test.", by: small.maker)
    }

    /// - Returns: `nil` when there was not so much; the voucher is refused then, as it would bar the next.
    private func post(_ order: VoucherOrder) async throws -> JournalEntry.ID? {
        let id = try await prepare(order)
        let decide = DecideVoucher(market: small.market)
        do {
            return try await decide(id, post: true, by: small.checker)
        } catch LedgerRefusal.insufficientFunds {
            try await decide(id, post: false, by: small.checker)
        } catch VoucherRefusal.nothingWithheld {
            try await decide(id, post: false, by: small.checker)
        }
        return nil
    }
}

extension Transfer {
    fileprivate var sides: [String] { ["\(debit)", "\(credit)", "\(amount)"] }
    fileprivate var turnedSides: [String] { ["\(credit)", "\(debit)", "\(amount)"] }
}
