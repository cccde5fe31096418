import Formats
import Foundation
import FoundationNetworking
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Server-sent events", .scratchDatabase)
struct StreamTests {
    /// The lines of a stream, until one says that it is enough.
    private func lines(
        _ server: LiveServer, _ path: String, _ token: String, until isEnough: @Sendable (String) async throws -> Bool
    ) async throws -> [String] {
        let url = try #require(URL(string: "http://127.0.0.1:\(server.port)\(path)"))
        var request = URLRequest(url: url)
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        let reader = StreamReader()
        let session = URLSession(configuration: LiveServer.withoutCookies, delegate: reader, delegateQueue: nil)
        let task = session.dataTask(with: request)
        task.resume()
        defer {
            task.cancel()
            session.invalidateAndCancel()
        }
        var lines: [String] = []
        for await line in reader.lines {
            lines.append(line)
            if try await isEnough(line) { break }
        }
        return lines
    }

    @Test("a worker is told of offers that stand, of new ones, and of what becomes of them, and of nobody else's")
    func offers() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        @Sendable func offer(_ worker: Worker.ID, _ name: String) async throws -> Offer.ID {
            let batch = try await small.batch(small.draft(name, door: .offer), tasks: 1)
            Scratch.clock.advance(by: 1)
            return try await MakeOffer(market: small.market)(
                of: batch, from: small.requester, to: worker, reason: [:], answerBy: Scratch.clock.now() + 600,
                by: small.manager)
        }
        let first = try await offer(ann, "one")
        let others = try await offer(ben, "two")
        let token = try await IssueToken(market: small.market)(
            for: Principal.ID(ann.uuid), lifetime: 36_000, by: small.manager
        ).secret
        try await LiveServer.run(small.market) { server in
            var second: Offer.ID?
            let made = Made()
            let told = try await lines(server, "/v1/offers/stream", token) { line in
                guard line.hasPrefix("data: ") else { return false }
                switch await made.next() {
                case 1:
                    #expect(line.contains("\(first)") && line.contains("\"state\":\"open\""))
                    await made.keep(try await offer(ann, "three"))
                    return false
                case 2:
                    let kept = await made.offer
                    #expect(line.contains(kept.map { "\($0)" } ?? "none"))
                    _ = try await DeclineOffer(market: small.market)(first, by: Principal.ID(ann.uuid))
                    return false
                case _:
                    #expect(line.contains("\(first)") && line.contains("\"state\":\"declined\""))
                    return true
                }
            }
            second = await made.offer
            #expect(second != nil && !told.joined().contains("\(others)"))
            #expect(told.contains("event: offer"))
        }
    }

    @Test("operators see figures; others are refused before a stream begins; there are so many at once and no more")
    func live() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        func token(_ id: Principal.ID) async throws -> String {
            try await IssueToken(market: small.market)(for: id, lifetime: 36_000, by: small.manager).secret
        }
        let (operators, workers) = (try await token(small.manager), try await token(Principal.ID(worker.uuid)))
        var settings = ServerSettings()
        settings.streamsMax = 1
        try await LiveServer.run(small.market, settings: settings) { server in
            #expect(try await server.send("GET", "/v1/live", token: workers).status == 403)
            let told = try await lines(server, "/v1/live", operators) { line in
                guard line == "event: figures" else { return false }
                let second = try await server.send("GET", "/v1/offers/stream", token: workers)
                #expect(second.status == 503 && second.code == "overloaded")
                return false || second.status == 503
            }
            #expect(told.contains("event: figures"))
        }
    }
}

/// Counts, and keeps an offer.
private actor Made {
    private(set) var offer: Offer.ID?
    private var count = 0

    func next() -> Int {
        count += 1
        return count
    }

    func keep(_ offer: Offer.ID) { self.offer = offer }
}

/// Takes a stream apart into lines.
private final class StreamReader: NSObject, URLSessionDataDelegate, Sendable {
    let lines: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    override init() { (lines, continuation) = AsyncStream.makeStream() }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        // Each event is written whole.
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") { continuation.yield(String(line)) }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        continuation.finish()
    }
}
