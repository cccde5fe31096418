import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// Random actions of people who may do what they like, against a model of what may come of it: nobody approves what
/// they prepared, nothing changes after its approval, no account is paid to that is younger than 72 hours, and no
/// payment is in two files; what is kept for clawbacks is owed, by a decision that is a week old and not in dispute,
/// and no program prepares what falls due. What the bank says of payments and of files moves what is in clearing, and
/// of repetitions nothing. 800 actions here, 100,000 in a soak.
@Suite("Payout fraud controls by model", .timeLimit(.minutes(240)))
struct PayoutModelSoakTests {
    private static let actions = 800

    @Test("random actions never pay what must not be paid")
    func sequences() async throws {
        let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] != nil
        for _ in 0..<(isSoak ? 125 : 1) {
            let dice = Dice()
            try await Scratch.fresh {
                let model = try await PayoutModel(dice)
                for number in 0..<Self.actions {
                    try await model.act()
                    if !model.faults.isEmpty {
                        Issue.record("seed \(dice.seed), action \(number): \(model.faults)")
                        return
                    }
                }
                #expect(model.exported > 0, "seed \(dice.seed): nothing was tried")
                #expect(model.refused > 20, "seed \(dice.seed): nothing was refused")
                #expect(model.claws.tried > 0, "seed \(dice.seed): nothing was taken back")
                #expect(model.heard > 0, "seed \(dice.seed): the bank said nothing")
                #expect(try await model.desk.small.ills() == [], "seed \(dice.seed)")
            }
        }
    }
}

/// What is known without asking the program.
private final class PayoutModel {
    private struct Run {
        let batch: PayoutBatch
        let maker: Principal.ID
        let preparedAt: Date
        /// Who was paid how much by which account when it was prepared, by end-to-end id.
        let payments: [String: (worker: Worker.ID, account: String, minor: Int64)]
        var checker: Principal.ID?
        var file: [UInt8]?
        var isOver = false
    }

    private static let hold: TimeInterval = 72 * 3_600

    let desk: PayoutDesk
    private(set) var faults: [String] = []
    private(set) var exported = 0
    private(set) var refused = 0
    private let dice: Dice
    private let tasks: Batch.ID
    private let people: [Principal.ID]
    private var accounts: [Worker.ID: [(iban: String, at: Date)]] = [:]
    private var runs: [Run] = []
    private var sent: Set<String> = []
    /// What became of a payment by the bank's word: where its money is.
    private enum Fate {
        case clearing, bank, back
    }

    private var fates: [String: (fate: Fate, minor: Int64)] = [:]
    private(set) var heard = 0
    let claws: ClawbackModel

    init(_ dice: Dice) async throws {
        self.dice = dice
        desk = try await PayoutDesk(workers: 3)
        let setAt = Scratch.clock.now().addingTimeInterval(-73 * 3_600)
        for (index, worker) in desk.workers.enumerated() { accounts[worker] = [(PayoutDesk.ibans[index], setAt)] }
        tasks = try await desk.small.batch(desk.small.draft("m", minutes: 1), tasks: 300)
        let create = CreatePrincipal(market: desk.small.market)
        var people = [desk.small.maker, desk.small.checker]
        for name in ["Both", "Other"] {
            people.append(
                try await create(
                    .person, named: name, roles: [.financeMaker, .financeChecker], by: desk.small.manager))
        }
        people.append(
            try await create(
                .key, named: "Robot", roles: [.financeMaker, .financeChecker], by: desk.small.manager))
        self.people = people
        claws = ClawbackModel(dice, desk, people)
        try await SchedulePayouts(market: desk.small.market)(
            try .weekly(on: .friday, minute: 600, in: "Europe/Berlin"), from: "main", by: desk.small.checker)
    }

    func act() async throws {
        Scratch.clock.advance(by: 1)
        switch dice.roll(0...99) {
        case ..<14: try await desk.small.earn(dice.pick(desk.workers), tasks)
        case ..<22: try await changeAccount()
        case ..<36: Scratch.clock.advance(by: Double(dice.roll(1...50)) * 3_600)
        case ..<50: try await prepare()
        case ..<68: try await approve()
        case ..<74: try await race()
        case ..<88: try await export()
        case ..<91: try await cancel()
        case ..<95: for _ in 0..<4 { refused += try await claws.act() }
        case ..<97: try await fallDue()
        default: try await hear()
        }
        faults += claws.faults
    }

    // MARK: Actions

    private func changeAccount() async throws {
        let (index, iban) = (dice.roll(0...2), dice.pick(PayoutDesk.ibans))
        try await desk.setAccount(of: index, iban)
        accounts[desk.workers[index]]?.append((iban, Scratch.clock.now()))
    }

    private func prepare() async throws {
        let maker = dice.pick(people)
        guard let batch = try await allowed({ try await self.desk.prepare(by: maker).batch }) else { return }
        try await note(batch, by: maker)
    }

    /// What fell due is prepared, or skipped, by somebody.
    private func fallDue() async throws {
        let (desk, maker) = (desk, dice.pick(people))
        _ = try await OpenDuePayouts(market: desk.small.market)(by: desk.small.manager)
        let prepare = PrepareDuePayout(market: desk.small.market, keys: desk.keys)
        let open = try await prepare.list(.open, by: desk.small.maker)
        if open.count > 1 { faults.append("two payouts fell due at once") }
        guard let due = open.first else { return }
        if dice.roll(0...3) == 0 {
            let done: Void? = try await allowed { try await prepare.skip(due.id, reason: "No.", by: maker) }
            if done != nil, maker == people[1] || maker == people[4] { faults.append("skipped by who must not") }
        } else if let batch = try await allowed({ try await prepare(due.id, by: maker).batch }) {
            try await note(batch, by: maker)
        }
    }

    private func note(_ batch: PayoutBatch, by maker: Principal.ID) async throws {
        let now = Scratch.clock.now()
        let lines = try await ListPayoutLines(market: desk.small.market)(of: batch.id, by: desk.small.maker)
        var payments: [String: (Worker.ID, String, Int64)] = [:]
        for line in lines {
            guard case .worker(let worker) = line.line.payee, let account = accounts[worker]?.last else {
                faults.append("a payment to nobody")
                continue
            }
            if now.timeIntervalSince(account.at) < Self.hold { faults.append("an account of less than 72 hours") }
            payments[line.line.endToEndID] = (worker, account.iban, line.line.amount.minorUnits)
            if line.line.amount.minorUnits < 1 { faults.append("a payment of nothing") }
            let kept = line.line.shares.reduce(0) { $0 + $1.keptMinor }
            if kept > claws.mostKept(of: worker, at: now) { faults.append("kept more than is owed now") }
        }
        if maker == people[1] || maker == people[4] { faults.append("prepared by who must not") }
        runs.append(Run(batch: batch, maker: maker, preparedAt: now, payments: payments))
    }

    private func approve() async throws {
        guard let index = anyRun() else { return }
        let (run, checker) = (runs[index], dice.pick(people))
        let hash = dice.roll(0...9) == 0 ? Digest(of: "other") : run.batch.contentHash
        let done: Void? = try await allowed {
            try await ApprovePayoutBatch(market: self.desk.small.market)(
                run.batch.id, contentHash: hash, by: checker)
        }
        guard done != nil else { return }
        if hash != run.batch.contentHash { faults.append("another content was approved") }
        if isAnyChanged(since: run) { faults.append("approved though an account was changed") }
        note(checker, on: index)
    }

    /// Two approve at once, while a payee changes their account.
    private func race() async throws {
        guard let index = anyRun() else { return }
        let (run, desk) = (runs[index], desk)
        let pair = [dice.pick(people), dice.pick(people)]
        let (worker, iban) = (dice.roll(0...2), dice.pick(PayoutDesk.ibans))
        async let first = Result.of { try await desk.approve(run.batch, by: pair[0]) }
        async let second = Result.of { try await desk.approve(run.batch, by: pair[1]) }
        async let change: Void = desk.setAccount(of: worker, iban)
        let outcomes = await [first, second]
        try await change
        accounts[desk.workers[worker]]?.append((iban, Scratch.clock.now()))
        let winners = zip(pair, outcomes).filter { $1.failure == nil }
        for outcome in outcomes { if let failure = outcome.failure { try note(failure) } }
        if winners.count > 1 { faults.append("approved twice") }
        if let winner = winners.first { note(winner.0, on: index) }
    }

    private func export() async throws {
        guard let index = anyRun() else { return }
        let (run, actor) = (runs[index], dice.pick(people))
        guard let result = try await allowed({ try await self.desk.export(run.batch, by: actor) }) else { return }
        if run.checker == nil { faults.append("exported without approval") }
        if let before = run.file {
            if before != result.file { faults.append("another file than before") }
            return
        }
        exported += 1
        runs[index].file = result.file
        var payments = run.payments
        _ = try PaymentFileReader.read(bytes: result.file, name: "file") { record in
            guard case .instruction(let payment) = record else { return }
            if !self.sent.insert(payment.endToEndID).inserted { self.faults.append("a payment in two files") }
            guard let known = payments.removeValue(forKey: payment.endToEndID) else {
                return self.faults.append("a payment that was not approved")
            }
            if known.account != payment.account { self.faults.append("paid to another account") }
            if known.minor != payment.amount?.minorUnits { self.faults.append("another amount") }
            self.fates[payment.endToEndID] = (.clearing, known.minor)
        }
        if !payments.isEmpty { faults.append("a payment that was approved is missing") }
    }

    private func cancel() async throws {
        guard let index = anyRun() else { return }
        let (run, actor) = (runs[index], dice.pick(people))
        let done: Void? = try await allowed {
            try await CancelPayoutBatch(market: self.desk.small.market)(run.batch.id, by: actor)
        }
        guard done != nil else { return }
        if run.file != nil { faults.append("cancelled after it was sent") }
        runs[index].isOver = true
    }

    /// The bank has paid one payment, or it has come back, or was refused, alone or with its file; or it refuses what
    /// it takes for a repetition, or says that it will pay.
    private func hear() async throws {
        guard let run = runs.filter({ $0.file != nil }).randomElement(by: dice),
            let payment = run.payments.sorted(by: { $0.key < $1.key }).randomElement(by: dice)
        else { return }
        heard += 1
        let (id, minor, message) = (payment.key, payment.value.minor, run.batch.messageID)
        switch dice.roll(0...9) {
        case ..<4:
            try await take(statement(id, minor, isBack: false))
            if fates[id]?.fate == .clearing { fates[id]?.fate = .bank }
        case ..<6:
            try await take(statement(id, minor, isBack: true))
            fates[id]?.fate = .back
        case 6:
            try await take(PayoutDesk.status(message, "PART", [(id, "RJCT")]))
            refuse([id])
        case 7:
            let amount = try Money(minor, desk.small.usd).decimalText
            try await take("end_to_end_id,amount,currency,reason\r\n\(id),\(amount),EUR,AC04\r\n")
            fates[id]?.fate = .back
        case 8:
            // Nothing but words.
            let code = dice.pick(["DUPL", "AM05", "DU01"])
            let isOfFile = dice.roll(0...1) == 0
            try await take(
                isOfFile
                    ? PayoutDesk.status(message, "RJCT", reason: code)
                    : PayoutDesk.status(message, "PART", reason: code, [(id, dice.pick(["RJCT", "ACCP"]))]))
        default:
            // Rarely, as it ends all of them.
            guard dice.roll(0...3) == 0 else { return }
            try await take(PayoutDesk.status(message, "RJCT", reason: "FF01"))
            refuse(Array(run.payments.keys))
        }
        let wanted: Int64 = fates.values.reduce(0) { $0 + ($1.fate == .clearing ? $1.minor : 0) }
        let clearing = try await desk.small.balance(.clearing(desk.small.usd))
        if clearing != wanted { faults.append("in clearing are \(clearing) instead of \(wanted)") }
    }

    private func take(_ text: String) async throws { _ = try await desk.take(text) }

    private func statement(_ id: String, _ minor: Int64, isBack: Bool) -> String {
        PayoutDesk.statement(
            "S\(heard)", opening: 0, [(id, minor, isBack, isBack ? "AC04" : nil)], reference: isBack ? "B" : "D")
    }

    /// What the bank has not paid yet it does not pay any more.
    private func refuse(_ ids: [String]) {
        for id in ids where fates[id]?.fate == .clearing { fates[id]?.fate = .back }
    }

    // MARK: What is known

    private func note(_ checker: Principal.ID, on index: Int) {
        if checker == runs[index].maker { faults.append("approved by who prepared it") }
        if checker == people[0] || checker == people[4] { faults.append("approved by who must not") }
        if runs[index].checker != nil || runs[index].isOver { faults.append("approved after its end") }
        runs[index].checker = checker
    }

    private func isAnyChanged(since run: Run) -> Bool {
        run.payments.values.contains { payment in
            accounts[payment.worker]?.contains { $0.at > run.preparedAt } == true
        }
    }

    /// A recent one more often.
    private func anyRun() -> Int? {
        runs.isEmpty ? nil : runs.count - 1 - min(dice.roll(0...3), runs.count - 1)
    }

    /// - Returns: `nil` when it was refused.
    private func allowed<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch {
            try note(error)
            return nil
        }
    }

    private func note(_ error: any Error) throws {
        guard error is any Refusal else { throw error }
        refused += 1
    }
}

extension Array {
    fileprivate func randomElement(by dice: Dice) -> Element? {
        isEmpty ? nil : self[dice.roll(0...count - 1)]
    }
}
