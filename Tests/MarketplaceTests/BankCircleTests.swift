import Formats
import Foundation
import FoundationNetworking
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// Payout runs sent to a bank that nobody here wrote (PyPI `mock-bank`), whose answers are taken in: after each case
/// the books and the bank agree, or the difference is on the list, to the cent. `make banks` installs it.
@Suite(
    "The whole circle with another's bank", .scratchDatabase,
    .enabled(if: MockBank.isInstalled, "mock-bank is not installed; `make banks` does it"),
    .turnLimit(minutes: 20))
struct BankCircleTests {
    @Test("a file is accepted, but for a closed account; the same file again is refused and changes nothing")
    func closedAccount() async throws {
        let desk = try await PayoutDesk(accounts: [0: MockBank.closedAccount])
        try await MockBank.run { bank in
            let (batch, file) = try await sent(desk, to: bank)
            #expect(try await bank.post("/payments", file).status == 422)
            let answers = try await bank.collect("pain.002")
            #expect(answers.count == 2)
            #expect(try await desk.take(answers[0]).outcomes == [.accepted: 2, .rejected: 1])
            #expect(try await desk.take(answers[1]).outcomes == [.repeated: 1])
            #expect(try await desk.owed(0) == 2_000)
            try await bank.advance(days: 9)
            try await take(bank.collect("camt"), desk)
            try await agree(desk, bank, paid: 4_000)
            #expect(try await desk.export(batch).file == file)
        }
    }

    @Test("a payment that comes back days later is owed again")
    func lateReturn() async throws {
        let desk = try await PayoutDesk()
        try await MockBank.run { bank in
            let batch = try await desk.prepare().batch
            try await desk.approve(batch)
            let file = try await desk.export(batch).file
            let id = try #require(ids(of: file).first)
            try await bank.behave("return-later", ["days": 2, "reason": "AC04", "end_to_end_id": .string(id)])
            #expect(try await bank.post("/payments", file).status < 300)
            try await bank.advance(days: 20)
            let outcomes = try await take(bank.collect("pain.002") + bank.collect("camt"), desk)
            #expect(outcomes[.accepted] == 3 && outcomes[.settled] == 3 && outcomes[.returned] == 1)
            #expect(outcomes.keys.allSatisfy { !$0.isOpen })
            try await agree(desk, bank, paid: 4_000)
            #expect(try await (0..<3).asyncSum { try await desk.owed($0) } == 2_000)
        }
    }

    @Test("without a status report payments stay open and on the list until the statement tells of them")
    func silent() async throws {
        let desk = try await PayoutDesk()
        try await MockBank.run { bank in
            try await bank.behave("silent", [:])
            _ = try await sent(desk, to: bank)
            #expect(try await bank.collect("pain.002") == [])
            let books = try await desk.reconciled()
            #expect(books.openPayments == 3 && books.openMinor == 6_000 && books.unexplainedMinor == 0)
            #expect(try await ReconcileBank(market: desk.small.market).payments(by: desk.small.maker).count == 3)
            try await bank.advance(days: 9)
            try await take(bank.collect("camt.053"), desk)
            try await agree(desk, bank, paid: 6_000)
        }
    }

    @Test("an entry that a statement leaves out is an open payment and a gap, until a notification tells of it")
    func gap() async throws {
        let desk = try await PayoutDesk()
        try await MockBank.run { bank in
            try await bank.behave("statement-gap", [:])
            _ = try await sent(desk, to: bank)
            try await bank.advance(days: 9)
            try await take(bank.collect("pain.002") + bank.collect("camt.053"), desk)
            let books = try await desk.reconciled()
            #expect(books.openPayments == 1 && books.openMinor == 2_000 && books.gaps == 1)
            #expect(books.unexplainedMinor == 0 && books.paidMinor == 4_000)
            // What the bank is short of is what is on the list.
            #expect(try await bank.paidMinor() == books.paidMinor + books.openMinor)
            try await take(bank.collect("camt.054"), desk)
            let after = try await desk.reconciled()
            #expect(after.openPayments == 0 && after.paidMinor == 6_000 && after.unexplainedMinor == 0)
            #expect(try await bank.paidMinor() == 6_000)
            #expect(try await desk.small.ills() == [])
        }
    }

    // MARK: Steps

    private func sent(_ desk: PayoutDesk, to bank: MockBank) async throws -> (batch: PayoutBatch, file: [UInt8]) {
        let batch = try await desk.prepare().batch
        try await desk.approve(batch)
        let file = try await desk.export(batch).file
        #expect(try await bank.post("/_mock/validate", file).body.contains("0 findings"))
        #expect(try await bank.post("/payments", file).status < 300)
        return (batch, file)
    }

    /// One after the other: statements are in the order in which they came.
    @discardableResult
    private func take(_ answers: [String], _ desk: PayoutDesk) async throws -> [BankOutcome: Int] {
        var outcomes: [BankOutcome: Int] = [:]
        for answer in answers {
            Scratch.clock.advance(by: 1)
            outcomes.merge(try await desk.take(answer).outcomes, uniquingKeysWith: +)
        }
        return outcomes
    }

    private func ids(of file: [UInt8]) throws -> [String] {
        var found: [String] = []
        _ = try PaymentFileReader.read(bytes: file, name: "file") { record in
            if case .instruction(let payment) = record { found.append(payment.endToEndID) }
        }
        return found
    }

    private func agree(_ desk: PayoutDesk, _ bank: MockBank, paid: Int64) async throws {
        let books = try await desk.reconciled()
        #expect(books.paidMinor == paid && books.bankMinor == paid)
        #expect(try await bank.paidMinor() == paid)
        #expect(books.openPayments == 0 && books.openEntries == 0 && books.gaps == 0 && books.unexplainedMinor == 0)
        #expect(try await desk.small.balance(.clearing(desk.small.usd)) == 0)
        #expect(try await desk.small.ills() == [])
    }
}

/// A process of `mock-bank`, spoken to over HTTP.
struct MockBank: Sendable {
    /// At the bank, and closed.
    static let closedAccount = "NL84MOCK0000000003"
    private static let program = ScratchServer.root + "/.guildhall/banks/bin/mock-bank"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }
    /// Of the payer's account when the bank opens. Minor units.
    private static let opening: Int64 = 12_500_000

    private let port: Int

    /// Bank time begins on the day on which the desk pays.
    static func run(_ body: (MockBank) async throws -> Void) async throws {
        let port = Int.random(in: 20_000..<32_000)
        let number = try DetachedProcess.start(
            program, ["--port", "\(port)", "--clock", "2026-03-05T11:00", "-q"])
        // It goes on after a SIGTERM.
        defer { kill(number, SIGKILL) }
        let bank = MockBank(port: port)
        for _ in 0..<300 {
            if let answer = try? await bank.send("GET", "/_mock/health"), answer.status == 200 { break }
            try await Task.sleep(for: .milliseconds(100))
        }
        try await body(bank)
    }

    func post(_ path: String, _ bytes: [UInt8]) async throws -> (status: Int, body: String) {
        try await send("POST", path, bytes, contentType: "application/xml")
    }

    func behave(_ behaviour: String, _ parameters: JSON) async throws {
        let change: JSON = ["behaviour": .string(behaviour), "parameters": parameters]
        let answer = try await send("PATCH", "/_mock/accounts/ACME", change.canonicalBytes())
        #expect(answer.status == 200, "\(answer.body)")
    }

    /// Calendar days.
    func advance(days: Int) async throws {
        #expect(try await send("POST", "/_mock/advance?days=\(days)", []).status == 200)
    }

    /// Messages about our account that were not collected yet, oldest first.
    func collect(_ type: String) async throws -> [String] {
        let answer = try await send("GET", "/_mock/mailbox?type=\(type)")
        let messages = try JSON.parse(Array(answer.body.utf8)).arrayValue ?? []
        return messages.compactMap { message in
            let account = message["account"]?.stringValue
            return account == nil || account == "ACME" ? message["body"]?.stringValue : nil
        }
    }

    /// What has left our account for good, by the bank. Minor units.
    func paidMinor() async throws -> Int64 {
        let answer = try await send("GET", "/_mock/accounts/ACME")
        let balance = try JSON.parse(Array(answer.body.utf8))["balance"]?.integerValue
        return Self.opening - (try #require(balance))
    }

    private func send(
        _ method: String, _ path: String, _ body: [UInt8]? = nil, contentType: String = "application/json"
    ) async throws -> (status: Int, body: String) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.timeoutInterval = 30
        if let body {
            request.httpBody = Data(body)
            request.setValue(contentType, forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await URLSession.shared.answer(to: request)
        return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
    }
}

extension Sequence where Element: Sendable {
    fileprivate func asyncSum(_ term: (Element) async throws -> Int64) async rethrows -> Int64 {
        var sum: Int64 = 0
        for element in self { sum += try await term(element) }
        return sum
    }
}
