import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// Every command of the real program that moves money, two at once, killed at random instants, and then run once more
/// to its end; after each the doctor looks at everything, and money in is money out and held.
@Suite("Money commands killed under soak", .scratchDatabase, .turnLimit(minutes: 20, inSoak: 120))
struct MoneyProcessSoakTests {
    /// Two in every run of the tests, ROUNDS of them in a soak.
    private static var rounds: Int {
        let environment = ProcessInfo.processInfo.environment
        guard environment["GUILDHALL_SOAK"] == "1" else { return 2 }
        return max(2, Int(environment["ROUNDS"] ?? "") ?? 60)
    }

    @Test("every cent is somewhere after every kill, and everybody is paid once")
    func killed() async throws {
        let dice = Dice()
        let till = try await Till(dice, rounds: Self.rounds)
        for round in 1...Self.rounds { try await till.round(round) }
        #expect(till.kills > 0, "nothing was killed; seed \(dice.seed)")
        try await till.finish()
    }
}

/// Finance, a bank, and what they must come to.
private final class Till {
    private let dice: Dice
    private let desk: PayoutDesk
    /// By the server's clock, as the program goes.
    private let live: SmallMarket
    private let tasks: Batch.ID
    private let folder: URL
    private(set) var kills = 0
    /// How long a step took that was not killed, seconds.
    private var durations: [String: Double] = [:]
    private var (broughtIn, takenOut, earned) = (Int64(10_000_000), Int64(0), Int64(0))
    private var atBank = Int64(10_000_000)
    private var ids: Set<String> = []
    private var place = ""

    init(_ dice: Dice, rounds: Int) async throws {
        self.dice = dice
        desk = try await PayoutDesk(workers: 3, tasks: 0)
        tasks = try await desk.small.batch(desk.small.draft("k", minutes: 1), tasks: 3 * rounds)
        live = desk.small.through(
            Market(database: Scratch.connect(serverClock: true), identifiers: RandomIdentifiers(), keys: Scratch.keys))
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("guildhall-till-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func round(_ number: Int) async throws {
        for worker in desk.workers {
            try await desk.small.earn(worker, tasks)
            earned += SmallMarket.pay
        }
        Scratch.clock.advance(by: 1)
        try await fund(number)
        try await withdraw(number)
        let batch = try await prepare(number)
        try await approve(batch, number)
        let payments = try await export(batch, number)
        try await hear(payments, number)
    }

    private func fund(_ number: Int) async throws {
        let amount = Int64(dice.roll(1...90_000))
        broughtIn += amount
        let arguments = [
            "requester", "fund", "acme", "--amount-minor", "\(amount)", "--currency", "EUR", "--reference",
            "F-\(number)", "--by", "Maker",
        ]
        try await killed("fund", arguments)
        try await finished("fund", arguments)
    }

    private func withdraw(_ number: Int) async throws {
        let amount = Int64(dice.roll(1...9_000))
        takenOut += amount
        let prepare = [
            "ledger", "prepare", "withdrawal", "--requester", "acme", "--amount-minor", "\(amount)", "--currency",
            "EUR", "--reference", "W-\(number)", "--reason", "Soak.", "--by", "Maker",
        ]
        try await killed("withdrawal", prepare)
        try await finished("withdrawal", prepare)
        let voucher = try #require(
            try await ListVouchers(market: live.market)(.prepared, limit: 1, by: desk.small.maker).first)
        let post = ["ledger", "post", "\(voucher.id)", "--by", "Checker"]
        try await killed("post", post)
        if try await ListVouchers(market: live.market)(.prepared, limit: 1, by: desk.small.maker).first != nil {
            try await finished("post", post)
        }
    }

    private func prepare(_ number: Int) async throws -> PayoutBatch {
        let today = try await live.market.database.read { try WorkWeek.day(of: $0.instant, timeZone: "UTC") }
        let soon = try #require(CalendarDate(daysSince2000: today.daysSince2000 + 5))
        let day = "\(PaymentSystem.target.day(from: soon))"
        let arguments = ["payout", "run", "--source", "main", "--day", day, "--by", "Maker"]
        try await killed("run", arguments)
        if let batch = try await newest(), batch.state == .prepared { return batch }
        try await finished("run", arguments)
        return try #require(try await newest())
    }

    private func approve(_ batch: PayoutBatch, _ number: Int) async throws {
        let arguments = [
            "payout", "approve", "\(batch.id)", "--content-hash", batch.contentHash.hexadecimal, "--by", "Checker",
        ]
        try await killed("approve", arguments)
        if try await newest()?.state == .prepared { try await finished("approve", arguments) }
    }

    /// - Returns: what the file pays, by its ids.
    private func export(_ batch: PayoutBatch, _ number: Int) async throws -> [(id: String, minor: Int64)] {
        let paths = (0..<4).map { folder.appendingPathComponent("\(number)-\($0).xml").path }
        func arguments(_ path: String) -> [String] {
            ["payout", "export", "\(batch.id)", "--output", path, "--by", "Maker"]
        }
        try await killed("export", arguments(paths[0]), arguments(paths[1]))
        for path in paths[2...] { try await finished("export", arguments(path)) }
        let file = try Data(contentsOf: URL(fileURLWithPath: paths[2]))
        for path in paths where FileManager.default.fileExists(atPath: path) {
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == file, "\(place): another file")
        }
        var payments: [(id: String, minor: Int64)] = []
        _ = try PaymentFileReader.read(bytes: Array(file), name: "file") { record in
            guard case .instruction(let payment) = record, let amount = payment.amount else { return }
            payments.append((payment.endToEndID, amount.minorUnits))
        }
        for payment in payments {
            #expect(ids.insert(payment.id).inserted, "\(place): \(payment.id) is in two files")
        }
        return payments
    }

    /// The bank has paid; now and then one comes back, and is due again.
    private func hear(_ payments: [(id: String, minor: Int64)], _ number: Int) async throws {
        var entries = payments.map { ($0.id, $0.minor, false, String?.none) }
        try await take("S\(number)", entries)
        takenOut += payments.reduce(0) { $0 + $1.minor }
        guard dice.roll(0...2) == 0 else { return }
        let back = dice.pick(payments.map(\.id))
        entries = payments.filter { $0.id == back }.map { ($0.id, $0.minor, true, "FF01") }
        try await take("R\(number)", entries)
        broughtIn += entries[0].1
    }

    private typealias Entries = [(id: String, minor: Int64, isCredit: Bool, reason: String?)]

    private func take(_ id: String, _ entries: Entries) async throws {
        let text = PayoutDesk.statement(id, opening: atBank, entries, reference: id)
        atBank += entries.reduce(0) { $0 + ($1.isCredit ? $1.minor : -$1.minor) }
        let path = folder.appendingPathComponent("\(id).xml")
        try Data(text.utf8).write(to: path)
        let arguments = ["payout", "import", path.path, "--by", "Maker"]
        try await killed("import", arguments)
        try await finished("import", arguments)
    }

    private func newest() async throws -> PayoutBatch? {
        try await live.market.database.read { try await $0.payoutBatches(limit: 1) }.first
    }

    // MARK: Commands

    private func killed(_ step: String, _ arguments: [String]) async throws {
        try await killed(step, arguments, arguments)
    }

    /// Two at once, each killed at any instant of the time that such a command takes.
    private func killed(_ step: String, _ one: [String], _ other: [String]) async throws {
        place = "\(step), seed \(dice.seed)"
        let most = Int((durations[step] ?? 0.3) * 1_200)
        let delays = (0..<2).map { _ in Duration.milliseconds(dice.roll(0...max(most, 1))) }
        async let first = ProgramRun.of(one, killed: delays[0])
        async let second = ProgramRun.of(other, killed: delays[1])
        kills += try await [first, second].count { $0.status == nil }
        try await settled()
        try await check()
    }

    private func finished(_ step: String, _ arguments: [String]) async throws {
        place = "\(step), seed \(dice.seed)"
        let run = try await ProgramRun.of(arguments)
        durations[step] = run.seconds
        #expect(run.status == 0, "\(place): \(arguments) said \(run.output)")
        try await check()
    }

    /// What a killed client has begun, the server ends: it may still be at work.
    private func settled() async throws {
        let busy: SQL = """
            select count(*) as n from pg_stat_activity
             where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'
            """
        while try await live.count(busy) > 0 { try await Task.sleep(for: .milliseconds(5)) }
    }

    private func check() async throws {
        let place: Comment = "\(place)"
        #expect(try await live.ills() == [], place)
        for sum in try await live.currencySums() {
            #expect(sum.broughtIn == sum.takenOut + sum.held, place)
            #expect(sum.held == sum.heldBySlices, place)
        }
    }

    func finish() async throws {
        let sum = try #require(try await live.currencySums().first)
        #expect(sum.broughtIn == broughtIn && sum.takenOut == takenOut, "seed \(dice.seed)")
        var owed: Int64 = 0
        for index in desk.workers.indices { owed += try await desk.owed(index) }
        let books = try await desk.reconciled()
        #expect(books.paidMinor + owed == earned, "seed \(dice.seed)")
        #expect(books.paidMinor == books.bankMinor && books.unexplainedMinor == 0 && books.openEntries == 0)
        #expect(books.gaps == 0 && books.openPayments == 0, "seed \(dice.seed)")
        await live.market.database.shutdown()
    }
}
