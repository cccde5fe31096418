import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

/// More than there is room for, readers that do not read, and stops under load.
@Suite("Overload on real sockets", .scratchDatabase)
struct OverloadTests {
    /// Workers with a token each, and as much work as they can take.
    private func workers(_ count: Int, of small: SmallMarket) async throws -> [String] {
        _ = try await small.batch(small.draft("one"), tasks: 4 * count)
        var tokens: [String] = []
        for number in 0..<count {
            let worker = Principal.ID(try await small.lawyer("w\(number)").uuid)
            tokens.append(
                try await IssueToken(market: small.market)(for: worker, lifetime: 36_000, by: small.manager).secret)
        }
        return tokens
    }

    @Test("whoever does not read is cut off, others are served meanwhile, and whoever reads has all of it")
    func slowReader() async throws {
        let small = try await SmallMarket()
        var settings = ServerSettings()
        settings.writeSeconds = 1
        settings.idleSeconds = 60
        try await LiveServer.run(small.market, settings: settings) { server in
            let count = 100
            let request = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n"
            let size = try await PlainClient(port: server.port).exchange(
                request.replacing("Host: a", with: "Host: a\r\nConnection: close"))
            try #require(size > 100_000)
            let asked =
                String(repeating: request, count: count - 1)
                + request.replacing("Host: a", with: "Host: a\r\nConnection: close")

            let idle = try PlainClient(port: server.port, receiveBuffer: 4_096)
            try await idle.write(asked)
            var served = 0
            while idle.isEstablished(at: server.port) {
                #expect(try await server.send("GET", "/health").status == 200)
                served += 1
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(served > 0)
            // What was on its way is all that there is.
            let got = try await idle.receiveAll()
            #expect(got < count * size / 2, "\(got) of \(count * size) bytes")

            let reader = try PlainClient(port: server.port)
            async let all = reader.receiveAll()
            try await reader.write(asked)
            // Dates and ids are of one length: nothing is missing.
            #expect(try await all >= count * (size - 32))
        }
    }

    @Test(
        "at four times what may be under way the rest is told to come back, what was let in ends, and nothing is lost")
    func fourTimes() async throws {
        let small = try await SmallMarket()
        let most = 4
        let tokens = try await workers(4 * most, of: small)
        var settings = ServerSettings()
        settings.inFlightMax = most
        try await LiveServer.run(small.market, settings: settings) { server in
            // A second wave fares as the first: no place is lost with those who were sent away.
            for wave in 0..<2 {
                let claims = try await Scratch.asOwner { transaction in
                    try await transaction.execute("select from worker for update")
                    let claims = tokens.enumerated().map { place, token in
                        Task {
                            try await server.send(
                                "POST", "/v1/claims", token: token, key: "\(wave)-\(place)", json: [:])
                        }
                    }
                    while try await small.count(LimitsTests.waiting) < most { await Task.yield() }
                    var turnedAway = 0
                    // All but those that wait for their worker are answered while these do.
                    for await status in statuses(of: claims, limit: tokens.count - most) {
                        #expect(status.code == "overloaded" && status.status == 503)
                        #expect(status.headers["retry-after"] == "1")
                        turnedAway += 1
                    }
                    #expect(turnedAway == tokens.count - most)
                    #expect(try await server.send("GET", "/health").status == 200)
                    return claims
                }
                var outcomes: [Int: Int] = [:]
                for claim in claims { outcomes[try await claim.value.status, default: 0] += 1 }
                #expect(outcomes == [201: most, 503: tokens.count - most])
            }
            // Who was sent away is served now.
            for (place, token) in tokens.enumerated() {
                let again = try await server.send("POST", "/v1/claims", token: token, key: "last-\(place)", json: [:])
                #expect(again.status == 201)
            }
        }
        #expect(try await small.ills() == [])
    }

    /// The first so many answers, as they come.
    private func statuses(
        of claims: [Task<LiveServer.Answer, any Error>], limit: Int
    ) -> AsyncStream<LiveServer.Answer> {
        AsyncStream { stream in
            let count = Counter(limit)
            for claim in claims {
                Task {
                    guard let answer = try? await claim.value else { return }
                    stream.yield(answer)
                    if await count.isLast() { stream.finish() }
                }
            }
        }
    }

    @Test("a server that stops under load takes nobody in, finishes what it has begun, and leaves no connection")
    func stop() async throws {
        let small = try await SmallMarket()
        let tokens = try await workers(4, of: small)
        let port = Mailbox()
        try await LiveServer.run(small.market) { server in
            await port.put(server.port)
            let silent = try PlainClient(port: server.port)
            let claims = try await Scratch.asOwner { transaction in
                try await transaction.execute("select from worker for update")
                let claims = tokens.enumerated().map { place, token in
                    Task { try await server.send("POST", "/v1/claims", token: token, key: "\(place)", json: [:]) }
                }
                while try await small.count(LimitsTests.waiting) < tokens.count { await Task.yield() }
                await server.stop()
                // From here on nobody gets in.
                while (try? PlainClient(port: server.port)) != nil { await Task.yield() }
                return claims
            }
            for claim in claims { #expect(try await claim.value.status == 201) }
            _ = try await silent.receiveAll()
        }
        let last = try #require(await port.value)
        #expect(PlainClient.established(at: last) == 0)
        #expect(try await small.ills() == [])
    }
}

private actor Counter {
    private var left: Int
    init(_ count: Int) { left = count }
    func isLast() -> Bool {
        left -= 1
        return left == 0
    }
}

private actor Mailbox {
    private(set) var value: Int?
    func put(_ value: Int) { self.value = value }
}
