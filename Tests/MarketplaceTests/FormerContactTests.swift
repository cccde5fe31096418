import Formats
import Foundation
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Former addresses", .scratchDatabase)
struct FormerContactTests {
    /// Takes down what goes where.
    private final class Post: NoticeSink {
        private let all = Mutex<[String]>([])

        func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome] {
            all.withLock { $0 += letters.map { "\($0.notice.kind) to \($0.address ?? "nobody")" } }
            return Dictionary(letters.map { ($0.notice.id, .delivered) }, uniquingKeysWith: { first, _ in first })
        }

        func taken() -> [String] {
            all.withLock { letters in
                defer { letters = [] }
                return letters.sorted()
            }
        }
    }

    private struct Desk {
        let crew: Crew
        let worker: Worker.ID
        let post = Post()

        init() async throws {
            crew = try await Crew()
            worker = try await crew.worker()
            try await setAccount("DE89 3704 0044 0532 0130 00")
            _ = try await letters()
        }

        func setAccount(_ iban: String, days: Int = SetPayoutMethod.formerContactDays) async throws {
            try await SetPayoutMethod(market: crew.market, keys: Scratch.keys, formerContactDays: days)(
                .sample(iban), of: worker, by: Principal.ID(worker.uuid))
        }

        func moveTo(_ email: String) async throws {
            try await ReviseWorker(market: crew.market)(
                worker, to: .sample(email: email), by: Principal.ID(worker.uuid))
            Scratch.clock.advance(by: 1)
        }

        func letters() async throws -> [String] {
            _ = try await DeliverNotices(market: crew.market)(through: post)
            return post.taken()
        }
    }

    @Test("whoever takes a login over, changes its address and then its account, is told of where the owner reads it")
    func attack() async throws {
        let desk = try await Desk()
        try await desk.moveTo("thief@example.org")
        #expect(try await desk.letters() == ["contact_changed to w1@example.org"])
        Scratch.clock.advance(by: 29 * 86_400)
        // And again, so as to push the owner's out.
        for number in 0..<25 { try await desk.moveTo("thief\(number)@example.org") }
        _ = try await desk.letters()
        try await desk.setAccount("GB82 WEST 1234 5698 7654 32")
        let told = try await desk.letters()
        #expect(told.contains("payout_method_changed to w1@example.org"))
        #expect(told.contains("payout_method_changed to thief24@example.org"))
        let inbox = try await desk.crew.market.database.read {
            try await $0.oneRow(
                """
                select count(*) filter (where address is null) as own, count(*) as n from notice
                 where kind = 'payout_method_changed'
                """)
        }
        let (own, all): (Int, Int) = (try inbox["own"], try inbox["n"])
        #expect(own == 1 && all == 21)
        let shown = try await ListNotices(market: desk.crew.market)(by: Principal.ID(desk.worker.uuid))
        #expect(shown.filter { $0.notice.kind == "payout_method_changed" }.count == 1)
    }

    @Test("a former address is told for 30 days, or as many as are set, and not once it is the own one again")
    func window() async throws {
        let desk = try await Desk()
        try await desk.moveTo("new@example.org")
        _ = try await desk.letters()
        Scratch.clock.advance(by: 30 * 86_400)
        try await desk.setAccount("GB82 WEST 1234 5698 7654 32")
        #expect(try await desk.letters() == ["payout_method_changed to new@example.org"])
        try await desk.setAccount("DE89 3704 0044 0532 0130 00", days: 60)
        #expect(
            try await desk.letters()
                == ["payout_method_changed to new@example.org", "payout_method_changed to w1@example.org"])
        try await desk.moveTo("w1@example.org")
        _ = try await desk.letters()
        try await desk.setAccount("GB82 WEST 1234 5698 7654 32", days: 60)
        #expect(
            try await desk.letters()
                == ["payout_method_changed to new@example.org", "payout_method_changed to w1@example.org"])
    }

    @Test("an erasure takes former addresses along")
    func erased() async throws {
        let desk = try await Desk()
        try await desk.moveTo("new@example.org")
        try await desk.setAccount("GB82 WEST 1234 5698 7654 32")
        _ = try await CloseWorker(market: desk.crew.market)(
            desk.worker, rule: "r", facts: [:], reasons: "Bye.", by: desk.crew.chief)
        #expect(try await EraseWorker(market: desk.crew.market)(desk.worker, by: Principal.ID(desk.worker.uuid)))
        let left = try await Residue.tables(withEach: ["w1@example.org"])
        #expect(left["w1@example.org"] == nil)
    }
}
