import Formats
import Marketplace
import TestSupport
import Testing

@Suite("Commands that ask a server", .scratchDatabase)
struct RemoteCommandTests {
    @Test("webhooks, tokens and asks are done over HTTP, as whoever the token belongs to")
    func done() async throws {
        let small = try await SmallMarket()
        let market = small.market
        let key = try await CreatePrincipal(market: market)(
            .key, named: "acme: cli", roles: [.requester], for: small.requester, by: small.manager)
        let worker = try await small.worker("ann")
        func token(_ holder: Principal.ID) async throws -> String {
            try await IssueToken(market: market)(for: holder, lifetime: 3_600, by: small.manager).secret
        }
        let (ofKey, ofWorker) = (try await token(key), try await token(Principal.ID(worker.uuid)))
        try await LiveServer.run(market) { server in
            let acme = RemoteProgram(port: server.port, token: ofKey)
            let made = try await acme.json([
                "webhook", "add", "--requester", "\(small.requester)", "--url", "https://hooks.example.org/", "--kind",
                "batch.closed",
            ])
            let id = try #require(made["webhook"]?.stringValue)
            #expect(made["secret"]?.stringValue?.hasPrefix("whsec_") == true)
            let listed = try await acme.json(["webhook", "list", "--requester", "\(small.requester)"])
            #expect(listed["items"]?[0]?["kinds"] == ["batch.closed"])
            let event = try await acme.json(["webhook", "test", id])
            let log = try await acme.json(["webhook", "deliveries", id, "--state", "waiting"])
            #expect(log["items"]?[0]?["event"] == event["event"])
            let changed = try await acme.json(["webhook", "change", id, "--disable"])
            #expect(changed["state"] == "disabled")
            let issued = try await acme.json(["token", "issue", "--name", "reader", "--scope", "read", "--days", "1"])
            #expect(issued["token"]?.stringValue?.hasPrefix("gh_") == true)
            let text = try await acme.run(["token", "list"], isServerFirst: true)
            #expect(
                text.status == 0 && text.output.contains("name: reader") && text.output.contains("scopes: [\"read\"]"))
            let ann = RemoteProgram(port: server.port, token: ofWorker)
            _ = try await ann.json(["ask", "set", "--worker", "ann", "--hourly-minor", "9000"])
            let asks = try await ann.json(["ask", "show", "--worker", "ann"])
            #expect(asks["items"]?[0]?["hourly_minor"] == 9_000)
        }
        #expect(try await ListAsks(market: market)(limit: 10, by: Principal.ID(worker.uuid)).count == 1)
    }

    @Test("a refusal has the server's code and exit code 1; what has no route, and a server that is not there, say so")
    func refused() async throws {
        let small = try await SmallMarket()
        let token = try await IssueToken(market: small.market)(
            for: small.maker, lifetime: 3_600, by: small.manager
        ).secret
        try await LiveServer.run(small.market) { server in
            let maker = RemoteProgram(port: server.port, token: token)
            let foreign = try await maker.run(["webhook", "list", "--requester", "\(small.requester)"])
            #expect(foreign.status == 1 && foreign.fault.contains("[role_missing]") && foreign.output.isEmpty)
            let nobody = try await RemoteProgram(port: server.port, token: "nonsense").run(["token", "list"])
            #expect(nobody.status == 1 && nobody.fault.contains("[not_authenticated]"))
            let none = try await RemoteProgram(port: server.port, token: "").run(["token", "list"])
            #expect(none.status == 1 && none.fault.contains("GUILDHALL_TOKEN"))
            let routeless = try await maker.run(["overview"])
            #expect(routeless.status != 0 && routeless.fault.contains("No route does this"))
        }
        let gone = try await RemoteProgram(port: 1, token: token).run(["token", "list"])
        #expect(gone.status == 1 && gone.fault.contains("[unreachable]"))
    }
}
