import Foundation
import Hummingbird
import Logging
import Marketplace
import Outbound
import ServiceLifecycle
import Testing

/// Servers that are not to be trusted, on this machine.
private enum Stranger {
    static func run(_ body: @Sendable (_ port: Int) async throws -> Void) async throws {
        let router = Router(context: BasicRequestContext.self)
        router.get("ok") { request, _ in "\(request.head.authority ?? "") \(request.headers[.accept] ?? "")" }
        router.post("echo") { request, _ in
            var request = request
            return Response(status: .accepted, body: .init(byteBuffer: try await request.collectBody(upTo: 1 << 16)))
        }
        router.get("away") { _, _ in Response.redirect(to: "/ok") }
        router.get("large") { _, _ in
            Response(status: .ok, body: .init(byteBuffer: .init(repeating: 0x61, count: (64 << 10) + 1)))
        }
        router.get("most") { _, _ in
            Response(status: .ok, body: .init(byteBuffer: .init(repeating: 0x61, count: 64 << 10)))
        }
        router.get("silent") { _, _ in
            try await Task.sleep(for: .seconds(60))
            return Response(status: .ok)
        }
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "tests", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .critical
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
        var configuration = ServiceGroupConfiguration(services: [application], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(1)
        let group = ServiceGroup(configuration: configuration)
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try? await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            do {
                try await body(port)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
        }
    }
}

@Suite("Requests that go out", .timeLimit(.minutes(10)))
struct OutboundClientTests {
    private static let loopback: @Sendable (String) -> [NetworkAddress] = { _ in
        NetworkAddress(literal: "127.0.0.1").map { [$0] } ?? []
    }

    private func get(_ path: String, _ port: Int, host: String = "127.0.0.1") throws -> OutboundRequest {
        OutboundRequest("GET", try OutboundTarget("http://\(host):\(port)\(path)", networks: .all))
    }

    @Test("a name is resolved once, and its address is what is connected to, while the server is told the name")
    func pinned() async throws {
        try await Stranger.run { port in
            let asked = AsyncStream<String>.makeStream()
            let client = OutboundClient(networks: .all, seconds: 60) { host in
                asked.continuation.yield(host)
                return Self.loopback(host)
            }
            let target = try OutboundTarget("http://Hooks.Example.Invalid:\(port)/ok", networks: .all)
            let answer = await client.send(OutboundRequest("GET", target, headers: ["accept": "x"]))
            #expect(answer == .answered(status: 200, body: Array("hooks.example.invalid:\(port) x".utf8)))
            asked.continuation.finish()
            #expect(await asked.stream.reduce(into: []) { $0.append($1) } == ["hooks.example.invalid"])
        }
    }

    @Test("a name whose addresses are private, one of several or mapped, is not connected to")
    func private_() async throws {
        try await Stranger.run { port in
            for addresses in [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["::ffff:127.0.0.1"], ["fd00::1"], []] {
                let client = OutboundClient(networks: .open) { _ in addresses.compactMap(NetworkAddress.init(literal:))
                }
                let answer = await client.send(
                    OutboundRequest("GET", try OutboundTarget("https://hooks.example.org:\(port)/ok")))
                guard case .failed(let reason) = answer else {
                    Issue.record("\(addresses) was connected to")
                    continue
                }
                #expect(reason.contains(addresses.isEmpty ? "no address" : "private network"), "\(reason)")
            }
            // A target that was let in by another policy.
            let answer = await OutboundClient(networks: .open).send(try get("/ok", port))
            #expect(answer == .failed("The address is of a private network."))
        }
    }

    @Test("no redirect is followed, no more than 64 KiB are read, nobody is waited for without end")
    func bounds() async throws {
        try await Stranger.run { port in
            // Patient, but where it must give up: the machine may be busy.
            let client = OutboundClient(networks: .all, seconds: 60)
            guard case .answered(303, _) = await client.send(try get("/away", port)) else {
                Issue.record("the redirect was followed")
                return
            }
            #expect(await client.send(try get("/large", port)) == .failed("The answer is too long."))
            guard case .answered(200, let most) = await client.send(try get("/most", port)) else {
                Issue.record("64 KiB were refused")
                return
            }
            #expect(most.count == 64 << 10)
            let hasty = OutboundClient(networks: .all, seconds: 1)
            #expect(await hasty.send(try get("/silent", port)) == .failed("No answer came in time."))
            let echo = OutboundRequest(
                "POST", try OutboundTarget("http://127.0.0.1:\(port)/echo", networks: .all), body: Array("a".utf8))
            #expect(await client.send(echo) == .answered(status: 202, body: Array("a".utf8)))
        }
    }

    @Test("a server that is not there fails in words without anything of the request")
    func gone() async throws {
        // A port that nobody may listen on without being asked to.
        let answer = await OutboundClient(networks: .all, seconds: 2).send(try get("/secret-path", 1))
        guard case .failed(let reason) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(!reason.isEmpty && !reason.contains("secret-path") && !reason.contains("127.0.0.1"))
    }
}
