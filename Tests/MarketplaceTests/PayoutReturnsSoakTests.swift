import Formats
import Foundation
import Marketplace
import Payments
import Store
import Tax
import TestSupport
import Testing

/// Random runs in dollars, by NACHA files, to two workers by themselves and to an agency of two, of whom one each is
/// taxed, and what their bank says of them: returns by NACHA and by a table, debits and returns by camt.053. After
/// every action the books are what a model without a database says, to the cent: what each is owed, what is withheld,
/// what is in clearing. 120 actions here, 30,000 in a soak.
@Suite("Taxes, agencies and returns of payout runs by model", .timeLimit(.minutes(240)))
struct PayoutReturnsSoakTests {
    private static let actions = 120

    @Test("the books are what the model says after every action")
    func sequences() async throws {
        let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] != nil
        for _ in 0..<(isSoak ? 250 : 1) {
            let dice = Dice()
            try await Scratch.fresh {
                let model = try await ReturnsModel(dice)
                for number in 0..<Self.actions {
                    try await model.act()
                    if !model.faults.isEmpty {
                        Issue.record("seed \(dice.seed), action \(number): \(model.faults)")
                        return
                    }
                }
                #expect(model.sent > 0 && model.returned > 0, "seed \(dice.seed): nothing was tried")
                #expect(try await model.small.ills() == [], "seed \(dice.seed)")
                let books = try await ReconcileBank(market: model.small.market)(by: model.small.maker)
                #expect(books.allSatisfy { $0.unexplainedMinor == 0 }, "seed \(dice.seed)")
            }
        }
    }
}

/// What is known without asking the program.
private final class ReturnsModel {
    private enum Fate {
        case sent, paid, back
    }

    private struct Share {
        let worker: Int
        let gross: Int64
        let withheld: Int64
    }

    /// The account of a payee, as often as it was changed.
    private struct Account: Hashable {
        let payee: Int
        let version: Int
    }

    private struct Line {
        let id: String
        let shortID: String
        let account: Account
        let shares: [Share]
        var fate = Fate.sent
        var net: Int64 { shares.reduce(0) { $0 + $1.gross - $1.withheld } }
    }

    private static let hold: TimeInterval = 72 * 3_600
    /// Payees are the first two workers and the agency of the others.
    private static let payees = [[0], [1], [2, 3]]
    /// Who has given no form: 24 % are withheld.
    private static let taxed: Set = [0, 2]
    private static let settings: JSON = [
        "name": "Guildhall Inc", "country": "US", "account": "123456789",
        "ach": [
            "destination": "231380104", "destination_name": "Federal Reserve Bank", "origin": "1231380104",
            "origin_name": "Guildhall", "company_id": "1231380104", "entry_description": "PAYOUT",
            "originating_bank": "231380104",
        ],
    ]

    let small: SmallMarket
    private(set) var faults: [String] = []
    private(set) var sent = 0
    private(set) var returned = 0
    private let dice: Dice
    private let tasks: Batch.ID
    private let workers: [Worker.ID]
    private let agency: Team.ID
    private var earned: [Int64] = [0, 0, 0, 0]
    private var accounts: [(version: Int, at: Date)] = [(0, .distantPast), (0, .distantPast), (0, .distantPast)]
    private var refused: Set<Account> = []
    private var lines: [Line] = []
    private var statements = 0

    init(_ dice: Dice) async throws {
        self.dice = dice
        let small = try await SmallMarket()
        var workers: [Worker.ID] = []
        for index in 0..<4 { workers.append(try await small.lawyer("w\(index)")) }
        agency = try await CreateTeam(market: small.market)(
            TeamDraft(externalKey: "agency", kind: .agency, name: "Agency Inc", base: "US-NY", isPayee: true),
            by: small.manager
        ).id
        for index in [2, 3] { try await JoinTeam(market: small.market)(workers[index], agency, by: small.manager) }
        for index in Self.taxed.sorted() {
            try await ChooseTaxRules(market: small.market)(
                TaxChoice(ruleSet: "us", residence: "US", standing: TaxStanding()), of: workers[index],
                by: small.maker)
        }
        tasks = try await small.batch(small.draft("r", minutes: 1), tasks: 200)
        try await SetPayoutSource(market: small.market)(
            "dollars", format: .nachaPPD, currency: small.usd, settings: Self.settings, by: small.checker)
        (self.small, self.workers) = (small, workers)
        for payee in Self.payees.indices { try await setAccount(of: payee) }
        Scratch.clock.advance(by: 73 * 3_600)
    }

    func act() async throws {
        Scratch.clock.advance(by: 1)
        switch dice.roll(0...99) {
        case ..<40:
            let worker = dice.roll(0...3)
            try await small.earn(workers[worker], tasks)
            earned[worker] += SmallMarket.pay
        case ..<52: Scratch.clock.advance(by: Double(dice.roll(1...50)) * 3_600)
        case ..<70: try await pay()
        case ..<92: try await hear()
        default: try await setAccount(of: dice.roll(0...2))
        }
        try await check()
    }

    // MARK: Actions

    private func setAccount(of payee: Int) async throws {
        let version = accounts[payee].version + 1
        let method = try PayoutMethod(
            account: "9\(payee)\(1_000_000 + version)", bank: "021000021", holder: "Payee \(payee)", country: "US",
            currency: "USD")
        if Self.payees[payee].count == 1 {
            try await SetPayoutMethod(market: small.market, keys: Scratch.keys)(
                method, of: workers[payee], by: small.manager)
        } else {
            try await small.setAccount(of: agency, method)
        }
        accounts[payee] = (version, Scratch.clock.now())
    }

    /// A run from its preparation to its file; now and then it is cancelled before.
    private func pay() async throws {
        let wanted = payable
        let batch: PayoutBatch
        do {
            batch = try await PreparePayoutRun(market: small.market, keys: Scratch.keys)(
                from: "dollars", on: try payDay(), by: small.maker
            ).batch
        } catch PayoutRefusal.nothingToPay {
            if !wanted.isEmpty { faults.append("\(wanted) were not paid") }
            return
        }
        let made = try await prepared(batch)
        if made.map(\.account.payee).sorted() != wanted { faults.append("others were paid than \(wanted)") }
        if batch.total.minorUnits != made.reduce(0, { $0 + $1.net }) { faults.append("another total") }
        if dice.roll(0...5) == 0 {
            return try await CancelPayoutBatch(market: small.market)(batch.id, by: small.maker)
        }
        try await ApprovePayoutBatch(market: small.market)(batch.id, contentHash: batch.contentHash, by: small.checker)
        let file = Gathered()
        _ = try await ExportPayoutRun(market: small.market, keys: Scratch.keys)(
            batch.id, by: small.maker, write: { file.append($0) })
        var written: [String: Int64] = [:]
        _ = try PaymentFileReader.read(bytes: file.bytes, name: "file") { record in
            if case .ach(let entry) = record { written[entry.individualID] = entry.amount.minorUnits }
        }
        let known = Dictionary(made.map { ($0.shortID, $0.net) }, uniquingKeysWith: { first, _ in first })
        if written != known { faults.append("the file says \(written) instead of \(known)") }
        lines += made
        sent += made.count
    }

    /// What the lines of a run are, with each worker's whole part and the tax on it.
    private func prepared(_ batch: PayoutBatch) async throws -> [Line] {
        let list = ListPayoutLines(market: small.market)
        var made: [Line] = []
        for named in try await list(of: batch.id, by: small.maker) {
            var shares: [Share] = []
            for part in try await list.shares(of: named.line.id, by: small.maker) {
                guard let worker = workers.firstIndex(of: part.share.worker) else { continue }
                let gross = part.share.amount.minorUnits + part.withheldMinor + part.share.keptMinor
                if gross != due(worker) { faults.append("w\(worker) is paid \(gross) of \(due(worker))") }
                let tax = Self.taxed.contains(worker) ? gross * 24 / 100 : 0
                if part.withheldMinor != tax { faults.append("of w\(worker) \(part.withheldMinor) are withheld") }
                shares.append(Share(worker: worker, gross: gross, withheld: part.withheldMinor))
            }
            let payee =
                switch named.line.payee {
                case .worker(let id): workers.firstIndex(of: id) ?? 2
                case .agency: 2
                }
            if !Set(shares.map(\.worker)).isSubset(of: Self.payees[payee]) { faults.append("another's share") }
            if lines.contains(where: { $0.id == named.line.endToEndID }) { faults.append("an id is there twice") }
            made.append(
                Line(
                    id: named.line.endToEndID, shortID: named.line.shortID,
                    account: Account(payee: payee, version: accounts[payee].version), shares: shares))
        }
        return made
    }

    /// The bank says of any payment that was sent that it has paid it, or that it came back, also again and too late.
    private func hear() async throws {
        guard !lines.isEmpty else { return }
        let index = dice.roll(0...lines.count - 1)
        let (line, way) = (lines[index], dice.roll(0...5))
        let amount = try Money(line.net, small.usd).decimalText
        statements += 1
        func statement(_ isBack: Bool) -> String {
            PayoutDesk.statement(
                "S\(statements)", opening: 0, [(line.id, line.net, isBack, isBack ? "AC04" : nil)],
                reference: isBack ? "B" : "D"
            ).replacing("\"EUR\"", with: "\"USD\"")
        }
        let text =
            switch way {
            case 0, 1: statement(false)
            case 2, 3: Self.returnFile(line.shortID, line.net)
            case 4: "end_to_end_id,amount,currency,reason\r\n\(line.id),\(amount),USD,AC04\r\n"
            default: statement(true)
            }
        _ = try await ImportBankFile(market: small.market)(Array(text.utf8), by: small.maker)
        switch (line.fate, way) {
        case (.sent, 0), (.sent, 1): lines[index].fate = .paid
        case (_, 0), (_, 1), (.back, _): break
        case (.sent, _), (.paid, _):
            lines[index].fate = .back
            refused.insert(line.account)
            returned += 1
        }
    }

    /// A file with one entry that came back, as an account that does not exist.
    private static func returnFile(_ id: String, _ minor: Int64) -> String {
        func text(_ value: String, _ width: Int) -> String {
            value.padding(toLength: width, withPad: " ", startingAt: 0)
        }
        func number(_ value: Int64, _ width: Int) -> String {
            String(repeating: "0", count: max(width - String(value).count, 0)) + String(value)
        }
        let sums = "\(number(23_138_010, 10))\(number(0, 12))\(number(minor, 12))"
        let (bank, trace) = ("23138010", "231380100000001")
        let (recipient, sender) = (text("Federal Reserve Bank", 23), text("My Bank Name", 31))
        let records: [String] = [
            "101 03130001212313801042612011015A094101\(recipient)\(sender)",
            "5220\(text("Guildhall Inc", 36))1231380104PPD\(text("PAYOUT", 16))261201   1\(trace)",
            "621\(bank)4\(text("901", 17))\(number(minor, 10))\(text(id, 15))\(text("Payee", 24))1\(trace)",
            "799R03031300010000001\(text("", 6))\(bank)\(text("NO ACCOUNT", 44))\(trace)",
            "8220000002\(sums)1231380104\(text("", 25))\(trace)",
            "900000100000100000002\(sums)\(text("", 39))",
        ]
        let filling = Array(repeating: String(repeating: "9", count: 94), count: 4)
        return (records + filling).map { $0 + "\n" }.joined()
    }

    // MARK: What is known

    /// Within the sixty days, and one on which the Fed is open.
    private func payDay() throws -> CalendarDate {
        let today = try WorkWeek.day(of: Scratch.clock.now(), timeZone: "America/New_York")
        return PaymentSystem.fedACH.day(from: try #require(CalendarDate(daysSince2000: today.daysSince2000 + 3)))
    }

    /// Of a worker, before taxes, what no payment has or had that did not come back.
    private func due(_ worker: Int) -> Int64 {
        earned[worker] - kept.filter { $0.worker == worker }.reduce(0) { $0 + $1.gross }
    }

    /// The shares of payments that did not come back.
    private var kept: [Share] { lines.filter { $0.fate != .back }.flatMap(\.shares) }

    /// Whom a run has to pay.
    private var payable: [Int] {
        Self.payees.indices.filter { payee in
            let (version, at) = accounts[payee]
            return Scratch.clock.now().timeIntervalSince(at) >= Self.hold
                && !refused.contains(Account(payee: payee, version: version))
                && Self.payees[payee].contains { due($0) > 0 }
        }
    }

    private func check() async throws {
        for (index, worker) in workers.enumerated() {
            let owed = try await small.balance(.payable(to: worker, small.usd))
            if owed != due(index) { faults.append("w\(index) is owed \(owed) instead of \(due(index))") }
        }
        let (tax, clearing) = (
            try await small.balance(.taxPayable(small.usd)), try await small.balance(.clearing(small.usd))
        )
        if tax != kept.reduce(0, { $0 + $1.withheld }) { faults.append("withheld are \(tax)") }
        let underWay: Int64 = lines.filter { $0.fate == .sent }.reduce(0) { $0 + $1.net }
        if clearing != underWay { faults.append("in clearing are \(clearing) instead of \(underWay)") }
    }
}
