import Formats
import Foundation
import HTTPAPI
import HTTPTypes
import Marketplace
import Store
import Synchronization
import TestSupport
import Testing

/// Bodies that are damaged in every way, at every endpoint that reads JSON, beside somebody who only works.
@Suite("Hostile bodies, under soak", .scratchDatabase)
struct HostileBodiesSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    private static let wanted = isSoak ? 1_000_000 : 1_500
    private static let senders = 8
    private static let corpus = ScratchServer.root + "/Tests/FormatsTests/Corpus"

    /// What is cut, doubled, changed or put in between.
    private static func damaged(_ body: [UInt8], _ dice: Dice) -> [UInt8] {
        var bytes = body
        for _ in 0..<dice.roll(1...4) {
            let place = bytes.isEmpty ? 0 : dice.roll(0...bytes.count - 1)
            switch dice.roll(1...6) {
            case 1: bytes.removeSubrange(place...)
            case 2: bytes.insert(UInt8(dice.roll(0...255)), at: place)
            case 3: if !bytes.isEmpty { bytes[place] = UInt8(dice.roll(0...255)) }
            case 4: bytes += Array(bytes[place...])
            case 5: bytes.insert(contentsOf: Array(repeating: 0x5b, count: dice.roll(1...600)), at: place)
            case _:
                let odd = ["1e300", "9223372036854775808", "-0", "\"\\u0000\"", "null", "\u{feff}", "[{}]", "\\", ","]
                bytes.insert(contentsOf: Array(dice.pick(odd).utf8), at: place)
            }
        }
        return Array(bytes.prefix(60_000))
    }

    @Test(
        "none ends the process or is answered by 5xx, and who works meanwhile is served",
        .turnLimit(minutes: 20, inSoak: 600))
    func hostile() async throws {
        let dice = Dice()
        let small = try await SmallMarket()
        let (token, worker) = (try await small.bearer(small.manager), try await small.bearer(small.lawyer("ann")))
        let batch = try await small.batch(small.draft("one"), tasks: 1)
        let ids = [
            "requester": "\(small.requester)", "batch": "\(batch)", "project": "\(small.project)",
            "profession": "lawyer", "source": "main", "version": "1", "country": "DE", "kind": "nda", "name": "short",
        ]
        let attack = HostileAttack(market: small.market, ids: ids, token: token)
        let known = try FileManager.default.contentsOfDirectory(atPath: Self.corpus).sorted().map { name in
            Array(try Data(contentsOf: URL(filePath: Self.corpus + "/" + name)))
        }
        var settings = ServerSettings()
        settings.requestsPerMinute = 100_000_000
        let innocents = Durations()
        try await LiveServer.run(small.market, settings: settings) { server in
            let client = RawClient(port: server.port)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<Self.senders {
                    group.addTask {
                        for number in stride(from: sender, to: Self.wanted, by: Self.senders) {
                            // The known traps first, each at another endpoint.
                            try await attack.send(number, client) {
                                number < known.count ? known[number] : Self.damaged($0, dice)
                            }
                        }
                    }
                }
                group.addTask {
                    while attack.state.count < Self.wanted {
                        let answer = try await innocents.measure {
                            try await client.send("GET", "/v1/work", token: worker)
                        }
                        #expect(answer.status == 200, "\(answer.body)")
                        try await Task.sleep(for: .milliseconds(10))
                    }
                }
                try await group.waitForAll()
            }
        }
        let told = attack.state
        #expect(told.odd.prefix(10) == [], "\(told.odd.count) of them; seed \(dice.seed)")
        #expect(told.count == Self.wanted && (told.byStatus[400] ?? 0) > 0)
        #expect(try await small.ills() == [], "seed \(dice.seed)")
        let statuses = told.byStatus.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
        print(
            "scorecard row 17 | \(Self.wanted) damaged bodies over HTTP, \(known.count) known traps among them:",
            "\(statuses.joined(separator: ", ")), \(told.odd.count) of 5xx, 0 exits; innocents \(innocents.told)",
            "| 0 exits, 0 of 5xx, p99 under 100 ms | seed \(dice.seed)")
    }
}

/// Requests to every endpoint that reads JSON, in turn, and what they were answered.
private final class HostileAttack: Sendable {
    struct State {
        var count = 0
        var byStatus: [Int: Int] = [:]
        var odd: [String] = []
    }

    private let targets: [Endpoint]
    private let ids: [String: String]
    private let token: String
    private let kept = Mutex(State())

    var state: State { kept.withLock { $0 } }

    init(market: Market, ids: [String: String], token: String) {
        (self.ids, self.token) = (ids, token)
        // Not where secrets are guessed at: what is right by chance costs a quarter of a second of hashing.
        targets = HTTPAPI.endpoints(of: market, isReady: { nil }).filter {
            $0.body?.isFile == false && $0.guesses == nil
        }
    }

    /// - Parameter damaged: makes the body out of a whole one.
    func send(_ number: Int, _ client: RawClient, _ damaged: ([UInt8]) -> [UInt8]) async throws {
        let endpoint = targets[number % targets.count]
        let path = endpoint.path.split(separator: "/").map { part in
            part.hasPrefix("{") ? ids[String(part.dropFirst().dropLast())] ?? "0" : String(part)
        }
        let body = damaged(endpoint.body?.shape.example.canonicalBytes() ?? [])
        let answer = try await client.send(
            endpoint.method.rawValue, "/" + path.joined(separator: "/"), token: token,
            key: endpoint.isKeyed ? "h-\(number)" : nil, raw: body)
        kept.withLock {
            $0.count += 1
            $0.byStatus[answer.status, default: 0] += 1
            // Too many at once is no fault of a body.
            guard answer.status >= 500, answer.status != 503 || answer.code != "overloaded" else { return }
            $0.odd.append("\(endpoint.id): \(answer.status) \(answer.body), \(body.prefix(2_000))")
        }
    }
}
