import Foundation
import Marketplace
import Payments
import Store
import Synchronization
import TestSupport

/// A bank that tells of payments what banks tell, rightly or not, and people who take pay back, agree, appeal and
/// answer; what ``LedgerSoakTests`` does besides.
final class SoakBank: Sendable {
    static let actions = [
        "hearPaid", "hearReturned", "hearRefused", "hearTable", "resolve", "takeBack", "decide", "agree", "appeal",
        "answer",
    ]

    /// A payment that has left by a file.
    private struct Sent: Sendable {
        let id: String
        let message: String
        let amount: Money
    }

    /// Reaches the database past the proxy.
    private let direct: SmallMarket
    private let small: SmallMarket
    private let dice: Dice
    private let counter = Mutex(0)
    private let outcomes = Mutex<[BankOutcome: Int]>([:])

    /// The workers' accounts are old enough to be paid to.
    init(_ direct: SmallMarket, _ small: SmallMarket, _ dice: Dice, _ workers: [Worker.ID]) async throws {
        (self.direct, self.small, self.dice) = (direct, small, dice)
        for (index, worker) in workers.enumerated() {
            let iban = PayoutDesk.ibans[index]
            let method = try PayoutMethod(
                account: iban, holder: "Worker \(index)", country: String(iban.prefix(2)), currency: direct.usd.code)
            try await SetPayoutMethod(market: direct.market, keys: Scratch.keys)(
                method, of: worker, by: direct.manager)
        }
        try await SetPayoutSource(market: direct.market)(
            "dollars", format: .csv, currency: direct.usd, settings: SmallMarket.payoutSettings, by: direct.checker)
        Scratch.clock.advance(by: 73 * 3_600)
    }

    /// What became known by bank files, of the answers that arrived.
    var heard: [BankOutcome: Int] { outcomes.withLock { $0 } }

    /// From the first step on there are payments to tell of, and pay that was taken back.
    func begin(with worker: Worker.ID) async throws {
        let batch = try await prepareRun(in: direct.market)
        try await ApprovePayoutBatch(market: direct.market)(
            batch.id, contentHash: batch.contentHash, by: direct.checker)
        try await export(batch.id, in: direct.market)
        let earning: Transfer.ID = try await direct.market.database.read {
            try await $0.oneRow("select transfer_id from earning where worker_id = \(worker)")["transfer_id"]
        }
        let claw = try await ProposeClawback(market: direct.market)(
            [ClawbackPart(earning, amountMinor: 700)], of: worker, by: .paidByMistake, reasons: "Soak.",
            reference: next("claw"), by: direct.maker)
        try await DecideClawback(market: direct.market)(claw.id, takeBack: true, by: direct.checker)
    }

    @discardableResult
    func prepareRun(in market: Market, earningsMax: Int = 1_000) async throws -> PayoutBatch {
        try await PreparePayoutRun(market: market, keys: Scratch.keys)(
            from: "dollars", on: try PayoutDesk.payDay(), earningsMax: earningsMax, by: small.maker
        ).batch
    }

    func export(_ id: PayoutBatch.ID, in market: Market) async throws {
        _ = try await ExportPayoutRun(market: market, keys: Scratch.keys)(id, by: small.maker, write: { _ in })
    }

    func perform(_ action: String) async throws {
        switch action {
        case "hearPaid": try await hearPaid()
        case "hearReturned": try await hearReturned()
        case "hearRefused": try await hearRefused()
        case "hearTable": try await hearTable()
        case "resolve": try await resolve()
        case "takeBack": try await takeBack()
        case "decide": try await decide()
        case "agree": try await agree()
        case "appeal": try await appeal()
        default: try await answer()
        }
    }

    private func next(_ name: String) -> String {
        counter.withLock { count in
            count += 1
            return "\(name)-\(count)"
        }
    }

    // MARK: What a bank says

    /// Now and then of another amount than was sent, which stays on the list.
    private func hearPaid() async throws {
        guard let sent = try await anySent() else { return }
        let minor = sent.amount.minorUnits + (dice.roll(1...8) == 1 ? 1 : 0)
        try await take(told(of: sent, minor, isCredit: false, in: dice.pick(["camt.053", "camt.054"])))
    }

    /// Whole, or less what banks on the way keep, or less than they may.
    private func hearReturned() async throws {
        guard let sent = try await anySent() else { return }
        let whole = sent.amount.minorUnits
        let kept = dice.pick([0, 0, 1, whole / 4, whole / 2, whole - 1])
        try await take(told(of: sent, max(whole - kept, 1), isCredit: true, in: "camt.054"))
    }

    /// A payment or its whole file, also as a repetition of what is under way.
    private func hearRefused() async throws {
        guard let sent = try await anySent() else { return }
        let reason = dice.pick(["MS03", "AM04", "AM05"])
        guard dice.roll(1...5) > 1 else {
            return try await take(PayoutDesk.status(sent.message, "RJCT", reason: reason))
        }
        let status = dice.pick(["RJCT", "RJCT", "ACCP"])
        try await take(PayoutDesk.status(sent.message, "PART", reason: reason, [(sent.id, status)]))
    }

    private func hearTable() async throws {
        guard let sent = try await anySent() else { return }
        try await take(
            "end_to_end_id,amount,currency,reason\r\n\(sent.id),\(sent.amount.decimalText),\(small.usd.code),FF01\r\n")
    }

    private func told(of sent: Sent, _ minor: Int64, isCredit: Bool, in kind: String) -> String {
        let name = next("T")
        return PayoutDesk.statement(
            name, opening: 0, kind: kind, [(sent.id, minor, isCredit, isCredit ? "FF01" : nil)], reference: name,
            currency: small.usd.code)
    }

    /// Twice now and then, which changes nothing.
    private func take(_ text: String) async throws {
        for _ in 0..<dice.roll(1...2) {
            let taken = try await ImportBankFile(market: small.market)(Array(text.utf8), by: small.maker)
            guard taken.isNew else { continue }
            outcomes.withLock { $0.merge(taken.outcomes, uniquingKeysWith: +) }
        }
    }

    private func resolve() async throws {
        let open: SQL = """
            select bank_entry_id as id from bank_entry
             where outcome in ('unmatched', 'amount_differs', 'contradicts') and resolved_at is null
            """
        guard let id = try await one(open) else { return }
        try await ReconcileBank(market: small.market).resolve(BankEntry.ID(id), as: "Looked at.", by: small.maker)
    }

    private func anySent() async throws -> Sent? {
        let currency = small.usd
        return try await direct.market.database.read {
            try await $0.firstRow(
                """
                select end_to_end_id, payout_batch_id, payout_line.amount_minor as amount_minor
                  from payout_line join payout_batch using (payout_batch_id)
                 where payout_batch.state = 'issued' and payout_batch.format is not null
                 order by random() limit 1
                """
            ).map { row -> Sent in
                let batch: UUID = try row["payout_batch_id"]
                return Sent(
                    id: try row["end_to_end_id"],
                    message: "GH" + batch.uuidString.replacingOccurrences(of: "-", with: ""),
                    amount: try Money(row["amount_minor"], currency))
            }
        }
    }

    // MARK: Pay that is taken back

    private func takeBack() async throws {
        let found: (Transfer.ID, Worker.ID)? = try await direct.market.database.read {
            try await $0.firstRow("select transfer_id, worker_id from earning order by random() limit 1")
                .map { (try $0["transfer_id"], try $0["worker_id"]) }
        }
        guard let (earning, worker) = found else { return }
        let minor = dice.roll(1...2) == 1 ? Int64(dice.roll(1...2_100)) : nil
        let claw = try await ProposeClawback(market: small.market)(
            [ClawbackPart(earning, amountMinor: minor)], of: worker, by: dice.pick(ClawbackRule.allCases),
            reasons: "Soak.", reference: next("claw"), by: small.maker)
        guard dice.roll(1...3) > 1 else { return }
        try await DecideClawback(market: small.market)(claw.id, takeBack: true, by: small.checker)
    }

    private func decide() async throws {
        guard let id = try await one("select clawback_id as id from clawback where state = 'proposed'") else { return }
        try await DecideClawback(market: small.market)(
            Clawback.ID(id), takeBack: dice.roll(1...4) > 1, by: small.checker)
    }

    private func agree() async throws {
        let open: SQL = "select clawback_id as id, worker_id from clawback where state = 'decided'"
        guard let (id, worker) = try await ofWorker(open) else { return }
        try await AgreeToClawback(market: small.market)(Clawback.ID(id), by: worker)
    }

    /// Against a clawback, or work that was not paid in full.
    private func appeal() async throws {
        let all: SQL = "select decision_id as id, worker_id from decision"
        guard let (id, worker) = try await ofWorker(all) else { return }
        _ = try await FileAppeal(market: small.market)(Decision.ID(id), statement: "It was right.", by: worker)
    }

    private func answer() async throws {
        guard let id = try await one("select appeal_id as id from appeal where state = 'open'") else { return }
        try await AnswerAppeal(market: small.market)(
            Appeal.ID(id), isOverturned: dice.roll(1...2) == 1, answer: "Looked at.", by: small.second)
    }

    private func one(_ ids: SQL) async throws -> UUID? {
        try await direct.market.database.read {
            try await $0.firstRow("select id from (\(fragment: ids)) as found order by random() limit 1")?["id"]
        }
    }

    private func ofWorker(_ ids: SQL) async throws -> (UUID, Principal.ID)? {
        try await direct.market.database.read {
            try await $0.firstRow(
                "select id, worker_id from (\(fragment: ids)) as found order by random() limit 1"
            ).map { (try $0["id"], try $0["worker_id"]) }
        }
    }
}
