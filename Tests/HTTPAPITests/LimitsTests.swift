import Formats
import Foundation
import HTTPAPI
import Marketplace
import NIOCore
import NIOPosix
import Store
import TestSupport
import Testing

/// Clients on sockets of their own, that do what no well-kept client does.
@Suite("Limits on real sockets", .scratchDatabase)
struct LimitsTests {
    /// How many statements wait for a lock.
    static let waiting: SQL = """
        select count(*) as n
          from pg_locks
          join pg_stat_activity using (pid)
         where not granted and datname = current_database()
        """

    private func token(_ small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: small.manager, lifetime: 36_000, by: small.manager).secret
    }

    /// What a plain socket receives until it is closed.
    private func talk(
        to port: Int, _ text: String, _ more: @escaping @Sendable (Int) -> String? = { _ in nil }
    ) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connect(
            host: "127.0.0.1", port: port
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            return try await withThrowingTaskGroup(of: String.self) { tasks in
                tasks.addTask {
                    var received = ""
                    do { for try await part in inbound { received += String(buffer: part) } } catch {}
                    return received
                }
                tasks.addTask {
                    var turn = 0
                    while let piece = more(turn), (try? await outbound.write(ByteBuffer(string: piece))) != nil {
                        turn += 1
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    return ""
                }
                var all = ""
                for try await said in tasks { all += said }
                return all
            }
        }
    }

    @Test("a body that trickles in is cut off, however long it goes on, and others are served")
    func slowBody() async throws {
        let small = try await SmallMarket()
        let token = try await token(small)
        var settings = ServerSettings()
        settings.bodySeconds = 1
        try await LiveServer.run(small.market, settings: settings) { server in
            let head =
                "POST /v1/claims HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nIdempotency-Key: k\r\n"
                + "Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
            let cut = Task { try await talk(to: server.port, head) { _ in " " } }
            #expect(try await server.send("GET", "/v1/work", token: token).status == 200)
            // It ends: the socket is closed although the client would go on.
            let said = try await cut.value
            #expect(!said.contains(" 200 "))
        }
    }

    /// The head of a claim whose body does not come.
    private func slowClaim(_ token: String) -> String {
        "POST /v1/claims HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nIdempotency-Key: k\r\n"
            + "Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n"
    }

    @Test("whoever trickles a body holds no place among those that are under way")
    func slowBodies() async throws {
        let small = try await SmallMarket()
        let token = try await token(small)
        var settings = ServerSettings()
        settings.inFlightMax = 1
        settings.bodySeconds = 300
        try await LiveServer.run(small.market, settings: settings) { server in
            let slow = Task { try await talk(to: server.port, slowClaim(token)) { _ in " " } }
            var served = 0
            for _ in 0..<1_000 where served < 20 {
                let answer = try await server.send("GET", "/v1/work", token: token)
                if answer.status == 200 {
                    served += 1
                } else {
                    // Its token was being looked up just then.
                    #expect(answer.code == "overloaded")
                }
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(served == 20)
            slow.cancel()
            _ = try? await slow.value
        }
    }

    @Test("whoever trickles the body of a sign-in keeps nobody of their network from signing in")
    func slowGuesses() async throws {
        let small = try await SmallMarket()
        var settings = ServerSettings()
        settings.attemptsPerMinute = 10_000
        settings.bodySeconds = 300
        settings.identity.passwordCost = .init(logRounds: 4, blockSize: 1, parallelism: 1)
        try await LiveServer.run(small.market, settings: settings) { server in
            let head =
                "POST /v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + "Content-Length: 10000\r\n\r\n"
            let slow = (0..<6).map { _ in Task { try await talk(to: server.port, head) { _ in " " } } }
            // All of them are counted, so they are where their bodies are waited for.
            var (asked, counted) = (0, 0)
            while asked < 1_000, counted < slow.count {
                let begun = try await server.send("GET", "/v1/sign-in/none/begin")
                asked += 1
                let left = begun.headers["ratelimit"]?.split(separator: ";").first { $0.hasPrefix("r=") }
                counted = 10_000 - (left.flatMap { Int($0.dropFirst(2)) } ?? 10_000) - asked
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(counted == slow.count)
            for name in ["ann", "ben"] {
                let answer = try await server.send(
                    "POST", "/v1/sessions",
                    json: ["email": .string("\(name)@example.org"), "password": "wrong password"])
                #expect(answer.status == 401 && answer.code == "sign_in_failed", "\(answer.body)")
            }
            for task in slow {
                task.cancel()
                _ = try? await task.value
            }
        }
    }

    @Test("bodies have room for so many bytes, and one principal a part of it")
    func bodyRoom() async throws {
        let small = try await SmallMarket()
        let token = try await token(small)
        let other = try await IssueToken(market: small.market)(for: small.second, lifetime: 600, by: small.manager)
            .secret
        var settings = ServerSettings()
        settings.bodyBytesMax = 20_000
        settings.bodySeconds = 300
        try await LiveServer.run(small.market, settings: settings) { server in
            let slow = Task { try await talk(to: server.port, slowClaim(token)) { _ in " " } }
            var own: LiveServer.Answer?
            for number in 0..<1_000 where own?.status != 429 {
                own = try await server.send("POST", "/v1/claims", token: token, key: "k\(number)", json: [:])
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(own?.code == "rate_limited" && own?.headers["retry-after"] == "1")
            let large = [UInt8](repeating: 0x20, count: 15_000)
            let more = try await server.send("POST", "/v1/claims", token: other, key: "l", raw: large)
            #expect(more.status == 503 && more.code == "overloaded")
            let little = try await server.send("POST", "/v1/claims", token: other, key: "m", json: [:])
            #expect(little.status != 503 && little.status != 429)
            slow.cancel()
            _ = try? await slow.value
        }
    }

    @Test("what is longer than it may be is refused by its length, and not waited for")
    func tooLong() async throws {
        let small = try await SmallMarket()
        let token = try await token(small)
        try await LiveServer.run(small.market) { server in
            let head =
                "POST /v1/claims HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nIdempotency-Key: k\r\n"
                + "Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n"
            let said = try await talk(to: server.port, head) { _ in " " }
            #expect(said.contains("413") && said.contains("body_too_large"))
        }
    }

    @Test("requests beyond those under way are told to come back, and the process answers supervisors")
    func overload() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let token = try await IssueToken(market: small.market)(
            for: Principal.ID(worker.uuid), lifetime: 3_600, by: small.manager
        ).secret
        var settings = ServerSettings()
        settings.inFlightMax = 1
        try await LiveServer.run(small.market, settings: settings) { server in
            let claim = try await Scratch.asOwner { transaction in
                try await transaction.execute("select from worker where worker_id = \(worker) for update")
                let claim = Task { try await server.send("POST", "/v1/claims", token: token, key: "k", json: [:]) }
                while try await small.count(Self.waiting) == 0 { await Task.yield() }
                // The claim is under way, and waits for its worker: a second request is one too many.
                let second = try await server.send("GET", "/v1/work", token: token)
                #expect(second.status == 503 && second.code == "overloaded")
                #expect(second.headers["retry-after"] == "1")
                #expect(try await server.send("GET", "/docs").code == "overloaded")
                #expect(try await server.send("GET", "/metrics").status == 200)
                #expect(try await server.send("GET", "/health").status == 200)
                return claim
            }
            #expect(try await claim.value.status == 201)
            #expect(try await server.send("GET", "/v1/work", token: token).status == 200)
        }
    }

    @Test("who asks for the specification, the page and figures is counted; supervisors are not")
    func ownRoutes() async throws {
        let small = try await SmallMarket()
        var settings = ServerSettings()
        settings.requestsPerMinute = 2
        try await LiveServer.run(small.market, settings: settings) { server in
            #expect(try await server.send("GET", "/openapi.json").status == 200)
            #expect(try await server.send("GET", "/metrics").status == 200)
            for path in ["/docs", "/openapi.json", "/metrics"] {
                let answer = try await server.send("GET", path)
                #expect(answer.status == 429 && answer.code == "rate_limited", "\(path)")
            }
            for path in ["/health", "/ready"] { #expect(try await server.send("GET", path).status == 200) }
        }
    }

    @Test("one network has a quarter of the connections and no more, others come in; what is closed makes room")
    func connectionShares() async throws {
        let small = try await SmallMarket()
        var settings = ServerSettings()
        settings.connectionsMax = 8
        settings.idleSeconds = 60
        try await LiveServer.run(small.market, settings: settings) { server in
            let request = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            // Bytes of the answer; to a connection that is cut nothing can be written, either.
            @Sendable func answer(from own: String) async throws -> Int {
                let client = try PlainClient(port: server.port, from: own)
                return (try? await client.exchange(request)) ?? 0
            }
            var held = [try PlainClient(port: server.port), try PlainClient(port: server.port)]
            #expect(try await answer(from: "127.0.0.1") == 0)
            #expect(try await answer(from: "127.0.0.2") > 0)
            held.removeAll()
            var (tries, last) = (0, 0)
            while last == 0, tries < 500 {
                last = try await answer(from: "127.0.0.1")
                tries += 1
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(last > 0)
        }
    }

    @Test("smuggled and malformed requests are refused, and the process lives")
    func malformed() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market) { server in
            for text in [
                "POST /v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
                "POST /v1/claims HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                "GET /v1/work HTTP/1.1\r\nHost : a\r\n\r\n", "GET /v1/work HTTP/1.1\r\nHost: a\r\n X: y\r\n\r\n",
                "\u{0}\u{1}\u{2}\r\n\r\n",
            ] {
                let said = try await talk(to: server.port, text)
                #expect(said.isEmpty || said.contains(" 400 "), "\(text.prefix(60)): \(said.prefix(60))")
            }
            #expect(try await server.send("GET", "/health").status == 200)
        }
    }

    @Test("a server that stops answers what it has begun")
    func shutdown() async throws {
        let small = try await SmallMarket()
        let worker = try await small.lawyer("ann")
        _ = try await small.batch(small.draft("one"), tasks: 1)
        let token = try await IssueToken(market: small.market)(
            for: Principal.ID(worker.uuid), lifetime: 3_600, by: small.manager
        ).secret
        try await LiveServer.run(small.market) { server in
            let claim = try await Scratch.asOwner { transaction in
                try await transaction.execute("select from worker where worker_id = \(worker) for update")
                let claim = Task { try await server.send("POST", "/v1/claims", token: token, key: "k", json: [:]) }
                while try await small.count(Self.waiting) == 0 { await Task.yield() }
                await server.stop()
                return claim
            }
            #expect(try await claim.value.status == 201)
        }
    }
}
