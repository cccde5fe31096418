import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Routes of people, what they sign in by, and providers", .scratchDatabase)
struct PeopleRoutesTests {
    private static let password = "correct horse battery"
    private static let cost = PasswordHasher.Cost(logRounds: 4, blockSize: 1, parallelism: 1)
    private static var settings: ServerSettings {
        var settings = ServerSettings()
        settings.identity.passwordCost = cost
        return settings
    }

    @Test("whoever asks is told who they are, what they may do, and what their token is for")
    func oneself() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let key = try await CreatePrincipal(market: small.market)(
            .key, named: "acme: reads", roles: [.requester], for: small.requester, by: small.manager)
        let reading = try await IssueToken(market: small.market)(
            for: key, lifetime: 3_600, scopes: [.read], by: small.manager
        ).secret
        let (chief, worker) = (try await small.bearer(small.manager), try await small.bearer(ann))
        try await LiveServer.run(small.market) { server in
            #expect(try await server.send("GET", "/v1/me").status == 401)
            let operating = try await server.send("GET", "/v1/me", token: chief)
            #expect(operating.body["principal"] == .string("\(small.manager)"), "\(operating.body)")
            #expect(operating.body["name"] == "Operator" && operating.body["roles"] == ["operator"])
            #expect(operating.body["requesters"] == [] && operating.body["kind"] == "person")
            let working = try await server.send("GET", "/v1/me", token: worker)
            #expect(working.body["principal"] == .string("\(ann)") && working.body["roles"] == ["worker"])
            let program = try await server.send("GET", "/v1/me", token: reading)
            #expect(program.body["kind"] == "key" && program.body["scopes"] == ["read"], "\(program.body)")
            #expect(program.body["requesters"] == [.string("\(small.requester)")])
        }
    }

    @Test("an operator makes a person with roles, each once; who is there stays as they are; nobody else makes any")
    func made() async throws {
        let small = try await SmallMarket()
        let (chief, maker) = (try await small.bearer(small.manager), try await small.bearer(small.maker))
        try await LiveServer.run(small.market) { server in
            func make(_ name: String, _ roles: JSON, _ key: String, _ token: String) async throws -> LiveServer.Answer {
                try await server.send(
                    "POST", "/v1/people", token: token, key: key, json: ["name": .string(name), "roles": roles])
            }
            #expect(try await make("Bea", ["reviewer"], "a", maker).status == 403)
            let made = try await make("Bea", ["reviewer", "reviewer"], "a", chief)
            #expect(made.status == 201, "\(made.body)")
            #expect(try await make("Bea", ["reviewer", "reviewer"], "a", chief).body == made.body)
            let again = try await make("Bea", ["operator"], "b", chief)
            #expect(again.status == 201 && again.body == made.body)
            // Nobody gives a role to themselves: they are there already.
            #expect(try await make("Operator", ["finance_checker"], "c", chief).status == 201)
            let people = try await server.send("GET", "/v1/people", token: chief).body["items"]?.arrayValue ?? []
            func roles(of name: JSON) -> JSON? { people.first { $0["name"] == name }?["roles"] }
            #expect(roles(of: "Bea") == ["reviewer"] && roles(of: "Operator") == ["operator"])
            let auditor = try await make("Aud", ["auditor"], "e", chief)
            #expect(auditor.status == 201, "\(auditor.body)")
            #expect(try await make("Both", ["auditor", "reviewer"], "f", chief).code == "bad_input")
            for roles in [[], ["worker"], ["requester"], ["agency_manager"]] as [JSON] {
                #expect(try await make("Cem", roles, "d", chief).code == "bad_input", "\(roles)")
            }
        }
        #expect(try await small.ills() == [])
    }

    @Test("an operator sees and ends a person's sessions, takes their second factor, and closes their sign-in")
    func signIn() async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let hasher = PasswordHasher(Self.cost)
        let code = try await small.invitation(of: Principal.ID(ann.uuid), email: "ann@example.org")
        try await RedeemTicket(market: small.market, hasher: hasher)(code, password: Self.password)
        let (chief, maker) = (try await small.bearer(small.manager), try await small.bearer(small.maker))
        let (mine, path) = (try await small.bearer(ann), "/v1/people/\(ann)")
        try await LiveServer.run(small.market, settings: Self.settings) { server in
            func begin() async throws -> LiveServer.Answer {
                try await server.send(
                    "POST", "/v1/sessions", json: ["email": "ann@example.org", "password": .string(Self.password)])
            }
            #expect(try await server.send("GET", path + "/sessions", token: maker).code == "role_missing")
            for what in ["sessions", "second-factor", "sign-in"] {
                let refused = try await server.send("DELETE", "\(path)/\(what)", token: maker)
                #expect(refused.code == "role_missing", "\(what)")
            }
            // One's own sessions are one's own by this path, too.
            #expect(try await server.send("GET", path + "/sessions", token: mine).body["items"] == [])
            #expect(try await server.send("DELETE", path + "/sign-in", token: mine).code == "role_missing")
            let begun = try await begin()
            let cookie = begun.headers["set-cookie"]?.split(separator: ";").first.map(String.init) ?? ""
            let listed = try await server.send("GET", path + "/sessions?limit=1", token: chief)
            #expect(listed.body["items"]?[0]?["session"] == begun.body["session"], "\(listed.body)")
            #expect(try await server.send("GET", "/v1/sessions", headers: ["Cookie": cookie]).status == 200)
            #expect(try await server.send("DELETE", path + "/sessions", token: chief).body == ["ended": 1])
            #expect(try await server.send("GET", "/v1/sessions", headers: ["Cookie": cookie]).status == 401)
            #expect(try await server.send("DELETE", path + "/sessions", token: chief).body == ["ended": 0])
            let nobody = "/v1/people/\(small.requester)"
            #expect(try await server.send("DELETE", nobody + "/sessions", token: chief).status == 404)
            #expect(try await server.send("DELETE", nobody + "/sign-in", token: chief).status == 404)

            let none = try await server.send("DELETE", path + "/second-factor", token: chief)
            #expect(none.status == 409 && none.code == "second_factor_not_begun")
            _ = try await Scratch.asOwner {
                try await $0.execute("update person_login set totp_enabled_at = created_at, totp_step = 1")
            }
            #expect(try await begin().code == "second_factor_missing")
            let own = try await server.send("DELETE", "/v1/people/\(small.manager)/second-factor", token: chief)
            #expect(own.status == 422)
            #expect(try await server.send("DELETE", path + "/second-factor", token: chief).status == 200)
            #expect(try await begin().status == 201)

            #expect(try await server.send("DELETE", path + "/sign-in", token: chief).body == ["state": "closed"])
            #expect(try await begin().code == "sign_in_failed")
            let over = try await server.send("GET", path + "/sessions", token: chief)
            #expect(over.body["items"]?.arrayValue?.allSatisfy { $0["ended_at"]?.stringValue != nil } == true)
        }
        #expect(try await small.ills() == [])
    }

    @Test("operators enter, list and close providers; a secret is shown nowhere; nobody is linked by a key")
    func providers() async throws {
        let small = try await SmallMarket()
        let (chief, reviewer) = (try await small.bearer(small.manager), try await small.bearer(small.reviewer))
        let deputy = try await small.bearer(small.second)
        let path = "/v1/sign-in-providers"
        let provider: [String: JSON] = [
            "key": "acme", "issuer": "https://id.example.org", "client_id": "guildhall",
            "client_secret": "0123456789", "requester": .string("\(small.requester)"),
        ]
        try await LiveServer.run(small.market) { server in
            func add(_ changes: [String: JSON], _ key: String, _ token: String) async throws -> LiveServer.Answer {
                try await server.send(
                    "POST", path, token: token, key: key, json: .object(provider.merging(changes) { $1 }))
            }
            #expect(try await add([:], "a", reviewer).status == 403)
            #expect(try await server.send("GET", path, token: reviewer).status == 403)
            let waiting = try await add([:], "a", deputy)
            #expect(waiting.status == 201 && waiting.body["provider"]?.isNull == true, "\(waiting.body)")
            #expect(try await server.send("GET", path, token: chief).body["items"] == [])
            let made = try await add([:], "a", chief)
            #expect(made.status == 201 && made.body["key"] == "acme", "\(made.body)")
            #expect(made.body["provider"]?.stringValue != nil)
            #expect(try await add(["client_secret": "9876543210"], "b", chief).body == made.body)
            let other = try await add(["issuer": "https://other.example.org"], "c", chief)
            #expect(other.status == 409 && other.code == "provider_key_taken")
            let nobodys = try await add(["key": "b", "requester": .string("\(small.project)")], "d", chief)
            #expect(nobodys.status == 404, "\(nobodys.body)")
            for (change, place) in [
                (["issuer": "http://id.example.org"], "/issuer"), (["key": "A B"], "/key"),
                (["client_secret": "short"], "/client_secret"),
            ] as [([String: JSON], JSON)] {
                let bad = try await add(change, "e", chief)
                #expect(bad.status == 422 && bad.body["errors"]?[0]?["pointer"] == place, "\(bad.body)")
            }
            let second = try await add(["key": "b", "requester": .null], "f", chief)
            let page = try await server.send("GET", path + "?limit=1", token: chief)
            #expect(page.body["items"]?[0]?["provider"] == made.body["provider"], "\(page.body)")
            #expect(!page.body.canonicalText.contains("9876543210"))
            let last = try #require(page.body["next"]?.stringValue)
            let rest = try await server.send("GET", path + "?after=\(last)", token: chief)
            #expect(rest.body["items"]?[0]?["provider"] == second.body["provider"], "\(rest.body)")
            #expect(try await server.send("DELETE", path + "/acme", token: reviewer).status == 403)
            for _ in 0..<2 {
                #expect(try await server.send("DELETE", path + "/acme", token: chief).body == ["state": "closed"])
            }
            #expect(try await server.send("DELETE", path + "/none", token: chief).status == 404)
            let closed = try await server.send("GET", path, token: chief)
            #expect(closed.body["items"]?[0]?["closed_at"]?.stringValue != nil)
        }
        #expect(try await small.ills() == [])
    }
}
