import Formats
import Foundation
import FoundationNetworking
import HTTPAPI
import HTTPTypes
import Marketplace
import Outbound
import Store
import TestSupport
import Testing

@Suite("Sign-in, sessions and tokens over HTTP", .scratchDatabase)
struct IdentityRoutesTests {
    private static let password = "correct horse battery"
    private static var settings: ServerSettings {
        var settings = ServerSettings()
        settings.identity.passwordCost = .init(logRounds: 4, blockSize: 1, parallelism: 1)
        return settings
    }

    private func token(of person: Principal.ID, in small: SmallMarket) async throws -> String {
        try await IssueToken(market: small.market)(for: person, lifetime: 3_600, by: small.manager).secret
    }

    /// Somebody who chose a password by an invitation over HTTP, with the code of the letter.
    private func invited(_ person: Principal.ID, _ small: SmallMarket, _ server: LiveServer) async throws {
        for (actor, state) in [(small.manager, "proposed"), (small.second, "sent")] {
            let invited = try await server.send(
                "POST", "/v1/invitations", token: try await token(of: actor, in: small), key: state,
                json: ["person": .string("\(person)"), "email": "maker@example.org"])
            #expect(invited.status == 201 && invited.body == ["state": .string(state)])
        }
        let sink = Letters()
        _ = try await DeliverNotices(market: small.market)(through: sink)
        let code = await sink.codes.last
        let set = try await server.send(
            "POST", "/v1/passwords", json: ["code": code ?? .null, "password": .string(Self.password)])
        #expect(set.status == 200)
    }

    private func signIn(_ server: LiveServer, password: String = password, code: String? = nil) async throws
        -> (answer: LiveServer.Answer, cookie: String)
    {
        var body: [String: JSON] = ["email": "maker@example.org", "password": .string(password)]
        body["code"] = code.map { .string($0) }
        let answer = try await server.send("POST", "/v1/sessions", json: .object(body))
        let cookie = answer.headers["set-cookie"]?.split(separator: ";").first.map(String.init) ?? ""
        return (answer, cookie)
    }

    @Test("a person is invited, signs in, is known by the cookie, and signs out")
    func path() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market, settings: Self.settings) { server in
            try await invited(small.maker, small, server)
            let (wrong, _) = try await signIn(server, password: "wrong password")
            #expect(wrong.status == 401 && wrong.code == "sign_in_failed" && wrong.headers["set-cookie"] == nil)
            let (answer, cookie) = try await signIn(server)
            #expect(answer.status == 201 && answer.headers["cache-control"] == "no-store")
            let attributes = answer.headers["set-cookie"] ?? ""
            #expect(attributes.hasPrefix("__Host-guildhall=gs_"))
            for part in ["Path=/", "Secure", "HttpOnly", "SameSite=Strict"] { #expect(attributes.contains(part)) }
            let listed = try await server.send("GET", "/v1/sessions", headers: ["Cookie": "a=b; \(cookie)"])
            #expect(listed.body["items"]?[0]?["session"] == answer.body["session"])
            let id = try #require(answer.body["session"]?.stringValue)
            let origin = "http://127.0.0.1:\(server.port)"
            let out = try await server.send(
                "DELETE", "/v1/sessions/\(id)", headers: ["Cookie": cookie, "Origin": origin])
            #expect(out.status == 200)
            let after = try await server.send("GET", "/v1/sessions", headers: ["Cookie": cookie])
            #expect(after.status == 401)
        }
    }

    @Test("a cookie changes something only for a page of this server; a token needs no page")
    func crossOrigin() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market, settings: Self.settings) { server in
            try await invited(small.maker, small, server)
            let (_, cookie) = try await signIn(server)
            let body: JSON = ["name": "x", "scopes": ["read"], "days": 1]
            let own = "127.0.0.1:\(server.port)"
            let refused: [[String: String]] = [
                [:], ["Origin": "https://evil.example"], ["Origin": "null"], ["Origin": "http://\(own).evil.example"],
                ["Origin": "http://evil.example/\(own)"], ["Sec-Fetch-Site": "cross-site"],
                ["Sec-Fetch-Site": "same-site"], ["Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"],
            ]
            for headers in refused {
                let answer = try await server.send(
                    "POST", "/v1/tokens", key: "k\(headers.values.joined())", json: body,
                    headers: headers.merging(["Cookie": cookie]) { $1 })
                #expect(answer.status == 403 && answer.code == "cross_origin", "\(headers)")
            }
            for headers in [
                ["Origin": "http://\(own)"], ["Origin": "https://\(own)"], ["Sec-Fetch-Site": "same-origin"],
            ] {
                let answer = try await server.send(
                    "POST", "/v1/tokens", key: "k\(headers.values.joined())", json: body,
                    headers: headers.merging(["Cookie": cookie]) { $1 })
                #expect(answer.status == 201, "\(headers)")
            }
            // As a form of another page would send it.
            let plain = try await server.send(
                "POST", "/v1/tokens", key: "plain", raw: body.canonicalBytes(), contentType: "text/plain",
                headers: ["Cookie": cookie, "Origin": "http://\(own)"])
            #expect(plain.status == 415)
            let twice = try await server.send("GET", "/v1/sessions", headers: ["Cookie": "\(cookie); \(cookie)x"])
            #expect(twice.status == 401)
            let bearer = try await server.send(
                "POST", "/v1/tokens", token: try await token(of: small.maker, in: small), key: "bearer", json: body,
                headers: ["Origin": "https://evil.example"])
            #expect(bearer.status == 201)
        }
    }

    @Test("a second factor is begun, confirmed, asked for, and taken away")
    func secondFactor() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market, settings: Self.settings) { server in
            try await invited(small.maker, small, server)
            let token = try await token(of: small.maker, in: small)
            let offer = try await server.send(
                "POST", "/v1/second-factor", token: token, json: ["password": .string(Self.password)])
            let address = try #require(offer.body["address"]?.stringValue)
            let text = try #require(offer.body["secret"]?.stringValue)
            #expect(address.hasPrefix("otpauth://totp/Guildhall:") && address.contains("secret=\(text)"))
            let secret = try #require(Self.base32(text))
            let step = TOTP.step(at: Scratch.clock.now())
            func confirm(_ code: String) async throws -> LiveServer.Answer {
                try await server.send(
                    "PUT", "/v1/second-factor", token: token, key: "on", json: ["code": .string(code)])
            }
            let wrong = try await confirm("00000x")
            #expect(wrong.status == 403 && wrong.code == "not_confirmed")
            let confirmed = try await confirm(TOTP.code(of: secret, step: step))
            let codes = confirmed.body["recovery_codes"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(codes.count == 10)
            // Whoever has not got the answer gets it again, the same codes, which are stored sealed.
            let again = try await confirm(TOTP.code(of: secret, step: step))
            #expect(again.body == confirmed.body && again.headers["idempotent-replayed"] == "true")
            let plain = try await small.count(
                "select count(*) as n from idempotency_key where answer::text like \("%\(codes[0])%")")
            #expect(plain == 0)
            #expect(try await signIn(server).answer.code == "second_factor_missing")
            let (answer, _) = try await signIn(server, code: TOTP.code(of: secret, step: step + 1))
            #expect(answer.body["method"] == "totp")
            let removed = try await server.send(
                "POST", "/v1/second-factor/removal", token: token,
                json: ["password": .string(Self.password), "code": .string(codes[0])])
            #expect(removed.status == 200)
            #expect(try await signIn(server).answer.body["method"] == "password")
        }
    }

    private static func base32(_ text: String) -> [UInt8]? {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bytes, buffer, bits) = ([UInt8](), UInt32(0), 0)
        for digit in text {
            guard let value = digits.firstIndex(of: digit) else { return nil }
            (buffer, bits) = (buffer << 5 | UInt32(value), bits + 5)
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(buffer >> UInt32(bits) & 0xff))
            }
            buffer &= 0xff
        }
        return bytes
    }

    @Test("a reset is asked for by anybody with the same answer, and a code is good once")
    func reset() async throws {
        let small = try await SmallMarket()
        try await LiveServer.run(small.market, settings: Self.settings) { server in
            try await invited(small.maker, small, server)
            for email in ["maker@example.org", "nobody@example.org"] {
                let asked = try await server.send("POST", "/v1/password-resets", json: ["email": .string(email)])
                #expect(asked.status == 202 && asked.body == ["state": "asked"])
            }
            let used = try await server.send(
                "POST", "/v1/passwords", json: ["code": "gt_0", "password": "another password"])
            #expect(used.status == 410 && used.code == "ticket_invalid")
        }
    }

    @Test("a token does what its scopes say, and gives out no more")
    func scopes() async throws {
        let small = try await SmallMarket()
        let reader = try await IssueToken(market: small.market)(
            for: small.maker, lifetime: 3_600, scopes: [.read], by: small.manager)
        let keeper = try await IssueToken(market: small.market)(
            for: small.maker, lifetime: 3_600, scopes: [.read, .account], by: small.manager)
        let whole = try await IssueToken(market: small.market)(for: small.maker, lifetime: 3_600, by: small.manager)
        try await LiveServer.run(small.market, settings: Self.settings) { server in
            let body: JSON = ["name": "x", "scopes": ["read"], "days": 1]
            #expect(try await server.send("GET", "/v1/tokens", token: reader.secret).status == 200)
            let refused = try await server.send("POST", "/v1/tokens", token: reader.secret, key: "a", json: body)
            #expect(refused.status == 403 && refused.code == "scope_missing")
            let issued = try await server.send("POST", "/v1/tokens", token: keeper.secret, key: "b", json: body)
            #expect(issued.status == 201)
            let more = try await server.send(
                "POST", "/v1/tokens", token: keeper.secret, key: "c",
                json: ["name": "x", "scopes": ["read", "money"], "days": 1])
            #expect(more.status == 403 && more.code == "scope_missing")
            let rotated = try await server.send(
                "POST", "/v1/tokens/\(whole.id)/rotation", token: keeper.secret, key: "d", json: [:])
            #expect(rotated.status == 403 && rotated.code == "scope_missing")
            let own = try await server.send(
                "POST", "/v1/tokens/\(keeper.id)/rotation", token: keeper.secret, key: "e",
                json: ["overlap_seconds": 0])
            #expect(own.status == 201)
            #expect(try await server.send("GET", "/v1/tokens", token: keeper.secret).status == 401)
            let new = try #require(own.body["token"]?.stringValue)
            let listed = try await server.send("GET", "/v1/tokens?limit=1", token: new)
            #expect(listed.body["next"]?.stringValue != nil)
            let all = try await server.send("GET", "/v1/tokens", token: new)
            #expect(all.body["items"]?.arrayValue?.contains { $0["replaces"] == .string("\(keeper.id)") } == true)
            let ended = try await server.send("DELETE", "/v1/tokens/\(whole.id)", token: new)
            #expect(ended.status == 200)
        }
    }

    @Test("every endpoint has a scope, and what changes something is not for readers")
    func everyScope() async throws {
        for endpoint in endpoints(of: Scratch.market, isReady: { nil }) {
            #expect(!endpoint.scopes.isEmpty)
            if endpoint.method == .get {
                #expect(endpoint.scopes.contains(.read), "\(endpoint.id)")
            } else {
                #expect(!endpoint.scopes.contains(.read) || endpoint.topic == .service, "\(endpoint.id)")
            }
        }
    }
}

@Suite("Webhooks over HTTP", .scratchDatabase)
struct WebhookRoutesTests {
    @Test("a requester's key registers an endpoint, tests it, reads the log and replays; a foreign key sees nothing")
    func path() async throws {
        let small = try await SmallMarket()
        let market = small.market
        let key = try await CreatePrincipal(market: market)(
            .key, named: "acme: hooks", roles: [.requester], for: small.requester, by: small.manager)
        let foreign = try await IssueToken(market: market)(for: small.checker, lifetime: 3_600, by: small.manager)
            .secret
        let token = try await IssueToken(market: market)(for: key, lifetime: 3_600, by: small.manager).secret
        try await LiveServer.run(market) { server in
            let home = "/v1/requesters/\(small.requester)/webhooks"
            let wrong = try await server.send("POST", home, token: token, key: "w", json: ["url": "https://10.0.0.1/"])
            #expect(wrong.status == 422 && wrong.body["errors"]?[0]?["pointer"] == "/url")
            let asked: JSON = ["url": "https://hooks.example.org/", "kinds": ["batch.closed"]]
            let made = try await server.send("POST", home, token: token, key: "m", json: asked)
            let repeated = try await server.send("POST", home, token: token, key: "m", json: asked)
            #expect(repeated.status == 201 && repeated.body == made.body)
            #expect(try await server.send("GET", home, token: token).body["items"]?.arrayValue?.count == 1)
            #expect(made.status == 201 && made.body["secret"]?.stringValue?.hasPrefix("whsec_") == true)
            let id = try #require(made.body["webhook"]?.stringValue)
            #expect(try await server.send("GET", home, token: token).body["items"]?[0]?["state"] == "enabled")
            let event = try await server.send("POST", "/v1/webhooks/\(id)/test", token: token, key: "t", json: [:])
            let again = try await server.send("POST", "/v1/webhooks/\(id)/test", token: token, key: "t", json: [:])
            #expect(event.status == 202 && again.body == event.body)
            let log = try await server.send("GET", "/v1/webhooks/\(id)/deliveries?limit=1", token: token)
            #expect(log.body["items"]?[0]?["event"] == event.body["event"] && log.body["next"] != .null)
            let position = log.body["next"]?.integerValue ?? 0
            let next = try await server.send(
                "GET", "/v1/webhooks/\(id)/deliveries?before=\(position)", token: token)
            #expect(next.body["items"]?.arrayValue?.isEmpty == true && next.body["next"]?.isNull == true)
            let path = "/v1/webhooks/\(id)/deliveries/\(event.body["event"]?.stringValue ?? "")"
            #expect(try await server.send("GET", path + "/attempts", token: token).body["items"] == [])
            #expect(try await server.send("POST", path + "/replay", token: token, key: "r", json: [:]).status == 202)
            let replayed = try await server.send(
                "POST", "/v1/webhooks/\(id)/replay", token: token, key: "s",
                json: ["given_up_since": "2026-03-01T00:00:00Z"])
            #expect(replayed.body["replayed"] == 0)
            let anew = "/v1/webhooks/\(id)/secret"
            let rotated = try await server.send("POST", anew, token: token, key: "n", json: [:])
            // The answer was lost: the new secret is shown again, not refused for the one that waits beside it.
            #expect(try await server.send("POST", anew, token: token, key: "n", json: [:]).body == rotated.body)
            #expect(rotated.status == 201 && rotated.body["secret"] != made.body["secret"])
            let changed = try await server.send(
                "PATCH", "/v1/webhooks/\(id)", token: token, json: ["kinds": [], "is_enabled": false])
            #expect(changed.body["state"] == "disabled" && changed.body["kinds"] == [])
            for (method, place) in [("GET", "deliveries"), ("GET", "deliveries/\(id)/attempts")] {
                #expect(try await server.send(method, "/v1/webhooks/\(id)/\(place)", token: foreign).status == 404)
            }
            #expect(try await server.send("GET", home, token: foreign).status == 403)
            #expect(
                try await server.send("PATCH", "/v1/webhooks/\(id)", token: foreign, json: ["is_enabled": true]).status
                    == 404)
        }
    }
}

/// Does not go where it is sent.
private final class StayingHere: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}

@Suite(
    "Sign-in by somebody else's provider", .scratchDatabase,
    .enabled(if: Peers.areInstalled, "oidc-provider-mock is not installed; `make peers` does it"))
struct ProviderPeerTests {
    @Test("oidc-provider-mock signs people in, the same person each time; its token names no key")
    func mock() async throws {
        let small = try await SmallMarket()
        let port = Int.random(in: 20_000..<32_000)
        let number = try Peers.start("oidc-provider-mock", ["--port", "\(port)", "--require-nonce", "true"])
        defer { kill(number, SIGKILL) }
        var settings = ServerSettings()
        settings.identity.outbound = OutboundClient(networks: .all, seconds: 60)
        settings.identity.networks = .all
        // The provider asks the machine's clock.
        let database = Scratch.connect(serverClock: true)
        let market = Market(database: database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        try await answering(port)
        for actor in [small.second, small.manager] {
            _ = try await AddProvider(market: market, networks: .all)(
                key: "mock", issuer: "http://127.0.0.1:\(port)", audience: "guildhall", secret: "0123456789",
                requester: small.requester, by: actor)
        }
        try await LiveServer.run(market, settings: settings) { server in
            var holders: [String] = []
            for subject in ["ada", "ada", "ben"] {
                let cookie = try await signIn(subject, server)
                let mine = try await server.send("GET", "/v1/sessions?limit=1", headers: ["Cookie": cookie])
                #expect(mine.body["items"]?[0]?["method"] == "oidc")
                holders.append(
                    "\(try await market.caller(session: String(cookie.split(separator: "=")[1])).principal)")
            }
            #expect(holders[0] == holders[1] && holders[1] != holders[2])
        }
        await database.shutdown()
    }

    private func answering(_ port: Int) async throws {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)/.well-known/openid-configuration"))
        for _ in 0..<300 {
            if let (_, answer) = try? await LiveServer.session.answer(from: url),
                (answer as? HTTPURLResponse)?.statusCode == 200
            {
                return
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// As a browser does.
    ///
    /// - Returns: the cookie of the session.
    private func signIn(_ subject: String, _ server: LiveServer) async throws -> String {
        let session = URLSession(configuration: LiveServer.withoutCookies, delegate: StayingHere(), delegateQueue: nil)
        defer { session.invalidateAndCancel() }
        func send(_ address: String, form: String? = nil, cookie: String? = nil) async throws -> HTTPURLResponse {
            var request = URLRequest(url: try #require(URL(string: address)))
            request.httpShouldHandleCookies = false
            if let form {
                request.httpMethod = "POST"
                request.httpBody = Data(form.utf8)
                request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
            }
            if let cookie { request.setValue(cookie, forHTTPHeaderField: "Cookie") }
            return try #require(try await session.answer(to: request).1 as? HTTPURLResponse)
        }
        func cookie(_ answer: HTTPURLResponse) throws -> String {
            let text = try #require(answer.value(forHTTPHeaderField: "Set-Cookie"))
            return String(text.prefix { $0 != ";" })
        }
        let begun = try await send("http://127.0.0.1:\(server.port)/v1/sign-in/mock/begin")
        #expect(begun.statusCode == 303)
        let address = try #require(begun.value(forHTTPHeaderField: "Location"))
        let allowed = try await send(address, form: "sub=\(subject)")
        let back = try #require(allowed.value(forHTTPHeaderField: "Location"))
        #expect(back.hasPrefix("https://127.0.0.1:\(server.port)/v1/sign-in/mock?"))
        let here = back.replacing("https://", with: "http://")
        #expect(try await send(here).statusCode == 401)
        let finished = try await send(here, cookie: try cookie(begun))
        #expect(finished.statusCode == 201)
        return try cookie(finished)
    }
}
