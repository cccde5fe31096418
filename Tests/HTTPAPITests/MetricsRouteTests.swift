import Formats
import Foundation
import FoundationNetworking
import HTTPAPI
import Logging
import Marketplace
import ServiceLifecycle
import Store
import TestSupport
import Testing

@Suite("Metrics, the log and traces", .scratchDatabase)
struct MetricsRouteTests {
    private static let parser = """
        import json, sys
        from prometheus_client.parser import text_string_to_metric_families
        families = {f.name: f for f in text_string_to_metric_families(sys.stdin.read())}
        told = {name: {"type": f.type, "samples": len(f.samples)} for name, f in families.items()}
        buckets = [s for s in families["guildhall_http_request_duration_seconds"].samples if s.name.endswith("_bucket")]
        counts = {}
        for sample in buckets:
            labels = dict(sample.labels)
            bound = float(labels.pop("le"))
            counts.setdefault(json.dumps(labels, sort_keys=True), []).append((bound, sample.value))
        rising = all([v for _, v in sorted(c)] == sorted(v for _, v in c) for c in counts.values())
        print(json.dumps({"families": told, "rising": rising, "series": sorted(counts)}))
        """

    private func text(_ server: LiveServer) async throws -> String {
        let url = try #require(URL(string: "http://127.0.0.1:\(server.port)/metrics"))
        return String(decoding: try await LiveServer.session.answer(from: url).0, as: UTF8.self)
    }

    @Test("requests are counted by route, method and status, whatever stands in the path")
    func counted() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market) { server in
            _ = try await server.send("GET", "/health")
            for id in ["0196f0c2-7c1e-7d3a-9a54-0242ac120002", "0196f0c2-7c1e-7d3a-9a54-0242ac120003"] {
                _ = try await server.send("GET", "/v1/work/\(id)")
            }
            _ = try await server.send("GET", "/canary-path")
            let text = try await text(server)
            let name = "guildhall_http_request_duration_seconds_count"
            #expect(text.contains(#"\#(name){method="GET",route="/health",status="200"} 1"#))
            #expect(text.contains(#"route="/v1/work/{assignment}",status="401"} 2"#))
            #expect(text.contains(#"\#(name){method="GET",route="NotFound",status="404"} 1"#))
            #expect(!text.contains("canary") && !text.contains("0196f0c2"))
            #expect(text.contains("guildhall_http_requests_active 1\n"))
            #expect(text.contains("guildhall_pool_connections") && text.contains("guildhall_transactions_total"))
            #expect(text.contains(#"guildhall_queue_overdue_seconds{queue="webhooks"} 0"#))
            #expect(text.contains("guildhall_market_figures_up 1\n"))
        }
    }

    @Test("without a database this process's figures are there, and it is said that the market's are not")
    func withoutDatabase() async throws {
        let database = Scratch.connect()
        let market = Market(database: database, identifiers: Scratch.here.identifiers)
        await database.shutdown()
        try await LiveServer.run(market) { server in
            let text = try await text(server)
            #expect(text.contains("guildhall_http_requests_active 1\n") && text.contains("guildhall_pool_connections"))
            #expect(text.contains("guildhall_market_figures_up 0\n") && !text.contains("guildhall_open_batches"))
        }
    }

    @Test(
        "prometheus_client parses what we say",
        .enabled(if: Peers.areInstalled, "prometheus-client is not installed; `make peers` does it"))
    func parsed() async throws {
        let small = try await SmallMarket()
        _ = try await small.batch(small.draft("one"), tasks: 1)
        try await LiveServer.run(small.market) { server in
            for path in ["/health", "/ready", "/v1/work", "/v1/none"] { _ = try await server.send("GET", path) }
            let told = try JSON.parse(try Peers.python(Self.parser, input: try await text(server)))
            let families = try #require(told["families"]?.objectValue)
            #expect(families["guildhall_http_request_duration_seconds"]?["type"] == "histogram")
            #expect(families["guildhall_transactions"]?["type"] == "counter")
            #expect(families["guildhall_open_batches"]?["type"] == "gauge")
            #expect(families["guildhall_queue_overdue_seconds"]?["samples"] == 4)
            #expect(told["rising"] == true && told["series"]?.arrayValue?.count == 4)
        }
    }

    @Test("the log has a line for each request, with nothing that was sent in it")
    func logged() async throws {
        let small = try await SmallMarket()
        let log = ReadableLog()
        let token = try await IssueToken(market: small.market)(for: small.maker, lifetime: 60, by: small.manager).secret
        var settings = ServerSettings()
        settings.identity.passwordCost = .init(logRounds: 4, blockSize: 1, parallelism: 1)
        try await LiveServer.run(small.market, logger: log.logger("server"), settings: settings) { server in
            _ = try await server.send(
                "GET", "/v1/tokens?limit=7&canary=1", token: token, headers: ["User-Agent": "canary"])
            _ = try await server.send(
                "POST", "/v1/sessions", json: ["email": "canary@example.org", "password": "canary"])
        }
        let lines = log.text.split(separator: "\n").filter { $0.contains("request") && $0.contains("trace_id") }
        #expect(lines.contains { $0.contains("/v1/tokens") && $0.contains("422") })
        #expect(lines.contains { $0.contains("/v1/sessions") && $0.contains("401") })
        #expect(!log.text.contains("canary") && !log.text.contains(token))
    }

    @Test("a trace is taken from the caller and answered; without one a request begins its own")
    func traced() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market) { server in
            let sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            let answer = try await server.send("GET", "/health", headers: ["traceparent": sent])
            let told = try #require(answer.headers["traceparent"])
            #expect(told.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") && told.hasSuffix("-01") && told != sent)
            for wrong in ["00-0-0-0", "x", "00-00000000000000000000000000000000-b7ad6b7169203331-01"] {
                let own = try await server.send("GET", "/health", headers: ["traceparent": wrong])
                #expect(
                    TraceContext(header: own.headers["traceparent"] ?? "") != nil && own.headers["traceparent"] != wrong
                )
            }
        }
    }

    @Test("a process without an API answers its figures on a port of its own")
    func alone() async throws {
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "tests", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = .critical
        let application = buildMetricsApplication(
            host: "127.0.0.1", port: 0, logger: logger, text: { "guildhall_x 1\n" },
            onServerRunning: { continuation.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            let url = try #require(URL(string: "http://127.0.0.1:\(port)/metrics"))
            let answer = try await LiveServer.session.answer(from: url)
            #expect(String(decoding: answer.0, as: UTF8.self) == "guildhall_x 1\n")
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
