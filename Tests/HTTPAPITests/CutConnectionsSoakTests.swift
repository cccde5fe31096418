import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

/// Connections that are cut under the API: those to the database between statements and around COMMIT, and those of
/// its clients before they have an answer. Whoever repeats a request under its key has one effect of it, and one reply.
@Suite("Connections cut under the API, under soak", .scratchDatabase)
struct CutConnectionsSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    /// How many connections are cut at least.
    private static let wanted = isSoak ? 20_000 : 60
    private static let workers = isSoak ? 24 : 8
    /// Of one worker, a minute each, all on one day; what is not enough for the cuts that are wanted fails.
    private static let loopsMost = isSoak ? 1_400 : 60

    @Test("every request has one effect, and one reply to the byte, however often it is cut", .turnLimit(inSoak: 600))
    func cut() async throws {
        let dice = Dice()
        let isCalm = Atomic<Bool>(true)
        let proxy = try CuttingProxy(
            serverFolder: Scratch.serverFolder,
            cutsBefore: { !isCalm.load(ordering: .relaxed) && dice.roll(1...40) == 1 },
            plan: {
                !isCalm.load(ordering: .relaxed) && dice.roll(1...6) == 1
                    ? dice.pick(CuttingProxy.Cut.allCases) : .never
            })
        defer { proxy.stop() }
        let database = Scratch.connect {
            ($0.connectionString, $0.poolSize) = (Scratch.connectionString(through: proxy), 6)
        }
        let small = try await SmallMarket(wallet: 100_000_000_000, pay: 100)
        let draft = try small.draft("cut", budget: 90_000_000_000, minutes: 1)
        let batch = try await small.batch(draft, tasks: Self.workers * Self.loopsMost)
        var tokens: [String] = []
        for number in 0..<Self.workers {
            tokens.append(try await small.bearer(small.lawyer("w\(number)", weeklyMinutes: 10_080)))
        }
        let callers = tokens
        let market = Market(database: database, identifiers: RandomIdentifiers(), keys: Scratch.keys)
        let work = CutWork(batch: Batch.Key(requester: small.requester, id: batch), dice: dice, wanted: Self.wanted)
        var settings = ServerSettings()
        settings.requestsPerMinute = 1_000_000
        try await LiveServer.run(market, settings: settings) { server in
            isCalm.store(false, ordering: .relaxed)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (place, token) in callers.enumerated() {
                    group.addTask {
                        let client = RawClient(port: server.port)
                        try await work.run(place, token, client, loops: Self.loopsMost) { proxy.cuts }
                    }
                }
                try await group.waitForAll()
            }
            isCalm.store(true, ordering: .relaxed)
        }
        await database.shutdown()
        let done = work.state
        let cuts = proxy.cuts + done.dropped
        #expect(cuts >= Self.wanted && proxy.cuts > 0 && done.dropped > 0, "\(cuts) were cut; seed \(dice.seed)")
        #expect(done.differing == [], "seed \(dice.seed)")
        // Each key is one lease and one answer, however many requests there were.
        #expect(try await small.count("select count(*) as n from assignment") == done.loops)
        #expect(try await small.count("select count(*) as n from submission") == done.loops)
        #expect(try await small.count("select count(*) as n from idempotency_key") == 3 * done.loops)
        #expect(try await small.ills() == [], "seed \(dice.seed)")
        print(
            "scorecard row 3 | \(3 * done.loops) keys, \(proxy.cuts) connections to the database and \(done.dropped)",
            "of clients cut, \(done.again) requests repeated: 0 done twice, \(done.differing.count) replies differ",
            "| exactly once, byte-equal | seed \(dice.seed)")
    }
}

/// Workers who take work, keep a draft of it and hand it in, each request until it is answered, and once more.
private final class CutWork: Sendable {
    struct State {
        var loops = 0
        var dropped = 0
        var again = 0
        var differing: [String] = []
    }

    /// What was not answered, however often it was asked.
    private struct Unanswered: Error { let key: String }

    private let batch: Batch.Key
    private let dice: Dice
    private let wanted: Int
    private let kept = Mutex(State())

    var state: State { kept.withLock { $0 } }

    init(batch: Batch.Key, dice: Dice, wanted: Int) {
        (self.batch, self.dice, self.wanted) = (batch, dice, wanted)
    }

    func run(
        _ place: Int, _ token: String, _ client: RawClient, loops: Int, cuts: @Sendable () -> Int
    ) async throws {
        let claim: JSON = ["requester_id": .string("\(batch.requester)"), "batch_id": .string("\(batch.id)")]
        for loop in 0..<loops where cuts() + state.dropped < wanted {
            func settle(_ method: String, _ path: String, _ name: String, _ body: JSON) async throws -> JSON {
                try await reply(method, path, key: "\(name)-\(place)-\(loop)", body, token, client)
            }
            let taken = try await settle("POST", "/v1/claims", "claim", claim)
            let id = try #require(taken["assignment_id"]?.stringValue, "\(taken)")
            let lease = try #require(taken["lease_token"])
            let answer: JSON = ["lease_token": lease, "answer": ["label": .string("a\(loop)")]]
            _ = try await settle("PUT", "/v1/assignments/\(id)/draft", "draft", answer)
            let submission = try await settle("POST", "/v1/assignments/\(id)/submission", "submit", answer)
            // Never another one's: no lease is lost here.
            #expect(submission["assignment_id"] == .string(id))
            kept.withLock { $0.loops += 1 }
        }
    }

    /// Asks until there is an answer that stays, then once more.
    private func reply(
        _ method: String, _ path: String, key: String, _ body: JSON, _ token: String, _ client: RawClient
    ) async throws -> JSON {
        let first = try await settled(method, path, key: key, body, token, client)
        let second = try await settled(method, path, key: key, body, token, client)
        let isSame = first.status == second.status && first.bytes == second.bytes && second.isReplay
        if !isSame || first.status >= 300 {
            kept.withLock { $0.differing.append("\(key): \(first.status) \(first.body), \(second.body)") }
        }
        return first.body
    }

    private func settled(
        _ method: String, _ path: String, key: String, _ body: JSON, _ token: String, _ client: RawClient
    ) async throws -> RawClient.Answer {
        for turn in 0..<600 {
            if turn > 0 { kept.withLock { $0.again += 1 } }
            if dice.roll(1...8) == 1 {
                let pause = Duration.milliseconds(dice.roll(0...15))
                try? await client.drop(method, path, token: token, key: key, json: body, after: pause)
                kept.withLock { $0.dropped += 1 }
                continue
            }
            let answer = try? await client.send(method, path, token: token, key: key, json: body)
            if let answer, !answer.isForLater { return answer }
            try await Task.sleep(for: .milliseconds(dice.roll(5...50)))
        }
        throw Unanswered(key: key)
    }
}
