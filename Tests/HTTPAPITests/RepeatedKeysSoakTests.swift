import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

/// Many copies of one request at once, for many keys.
@Suite("Copies of a request at once, under soak", .scratchDatabase)
struct RepeatedKeysSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    private static let copies = 50
    /// Half of them take work, half hand it in.
    private static let keys = isSoak ? 1_000 : 20
    private static let workers = 4

    /// What came of the copies of one request.
    private struct Tally {
        var answered = 0
        var sentAway = 0
        var reused = 0
        /// Other than the one that was stored, or with another status than either may have.
        var differing: [String] = []

        mutating func add(_ other: Tally) {
            answered += other.answered
            sentAway += other.sentAway
            reused += other.reused
            differing += other.differing
        }
    }

    @Test("fifty copies of each have one effect; all replies are one, and another body is refused", .turnLimit())
    func copies() async throws {
        let small = try await SmallMarket(wallet: 100_000_000_000, pay: 100)
        let rounds = Self.keys / 2
        let draft = try small.draft("copies", budget: 90_000_000_000, minutes: 1)
        let batch = try await small.batch(draft, tasks: rounds)
        var tokens: [String] = []
        for number in 0..<Self.workers { tokens.append(try await small.bearer(small.lawyer("w\(number)"))) }
        let callers = tokens
        let claim: JSON = ["requester_id": .string("\(small.requester)"), "batch_id": .string("\(batch)")]
        var settings = ServerSettings()
        settings.requestsPerMinute = 1_000_000
        try await LiveServer.run(small.market, settings: settings) { server in
            let client = RawClient(port: server.port)
            let whole = try await withThrowingTaskGroup(of: Tally.self) { group in
                for (place, token) in callers.enumerated() {
                    group.addTask {
                        var sum = Tally()
                        for round in stride(from: place, to: rounds, by: Self.workers) {
                            let (taken, first) = try await burst(
                                "POST", "/v1/claims", key: "claim-\(round)", claim, other: [:], token, client)
                            let id = try #require(taken["assignment_id"]?.stringValue, "\(taken)")
                            let lease = try #require(taken["lease_token"])
                            let (_, second) = try await burst(
                                "POST", "/v1/assignments/\(id)/submission", key: "submit-\(round)",
                                ["lease_token": lease, "answer": ["label": "a"]],
                                other: ["lease_token": lease, "answer": ["label": "b"]], token, client)
                            sum.add(first)
                            sum.add(second)
                        }
                        return sum
                    }
                }
                return try await group.reduce(into: Tally()) { $0.add($1) }
            }
            #expect(whole.differing == [])
            #expect(whole.answered + whole.sentAway == Self.keys * Self.copies)
            #expect(whole.reused == Self.keys)
            print(
                "scorecard row 4 | \(Self.copies) copies of \(Self.keys) keys: \(whole.answered) times the one reply,",
                "\(whole.sentAway) times 409, \(whole.differing.count) differ, another body \(whole.reused) times 422",
                "| one effect for each key, 100 % of other bodies refused")
        }
        #expect(try await small.count("select count(*) as n from assignment") == rounds)
        #expect(try await small.count("select count(*) as n from submission") == rounds)
        #expect(try await small.count("select count(*) as n from idempotency_key") == Self.keys)
        #expect(try await small.ills() == [])
    }

    /// All copies at once, then the same again, and another body under the key.
    ///
    /// - Returns: the one reply.
    private func burst(
        _ method: String, _ path: String, key: String, _ body: JSON, other: JSON, _ token: String, _ client: RawClient
    ) async throws -> (reply: JSON, tally: Tally) {
        let answers = try await withThrowingTaskGroup(of: RawClient.Answer.self) { group in
            for _ in 0..<Self.copies {
                group.addTask { try await client.send(method, path, token: token, key: key, json: body) }
            }
            return try await group.reduce(into: [RawClient.Answer]()) { $0.append($1) }
        }
        let last = try await client.send(method, path, token: token, key: key, json: body)
        var tally = Tally()
        if !last.isReplay || last.status >= 300 { tally.differing.append("\(key), asked again: \(last.body)") }
        for answer in answers {
            if answer.status == 409, answer.code == "request_in_flight" {
                tally.sentAway += 1
            } else {
                tally.answered += 1
                if answer.status != last.status || answer.bytes != last.bytes {
                    tally.differing.append("\(key): \(answer.status) \(answer.body)")
                }
            }
        }
        let changed = try await client.send(method, path, token: token, key: key, json: other)
        if changed.status == 422, changed.code == "idempotency_key_reused" { tally.reused += 1 }
        return (last.body, tally)
    }
}
