import Crypto
import Formats
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Marketplace

/// A provider that signs what it is told to.
private final class SmallProvider: OutboundHTTP {
    static let issuer = "https://id.example.org"
    private let signing = Mutex(P256.Signing.PrivateKey())
    private let state = Mutex<
        (claims: [String: JSON], header: [String: JSON], keySets: Int, requests: [OutboundRequest])
    >(
        ([:], ["alg": "ES256"], 0, []))

    var key: P256.Signing.PrivateKey { signing.withLock { $0 } }
    var keySetsAsked: Int { state.withLock { $0.keySets } }
    var requests: [OutboundRequest] { state.withLock { $0.requests } }

    func says(_ claims: [String: JSON], header: [String: JSON] = ["alg": "ES256"]) {
        state.withLock { ($0.claims, $0.header) = (claims, header) }
    }

    /// Signs by another key from now on, under the same name.
    func rotate() { signing.withLock { $0 = P256.Signing.PrivateKey() } }

    func send(_ request: OutboundRequest) async -> OutboundAnswer {
        state.withLock { $0.requests.append(request) }
        switch request.target.text {
        case Self.issuer + "/.well-known/openid-configuration":
            return answer([
                "issuer": .string(Self.issuer), "authorization_endpoint": "https://id.example.org/authorize?x=1",
                "token_endpoint": "https://id.example.org/token", "jwks_uri": "https://id.example.org/keys",
            ])
        case "https://id.example.org/keys":
            state.withLock { $0.keySets += 1 }
            let raw = Array(key.publicKey.rawRepresentation)
            return answer([
                "keys": [
                    ["kty": "oct", "k": "c2VjcmV0"],
                    [
                        "kty": "EC", "crv": "P-256", "kid": "one", "x": .string(Base64URL.text(raw.prefix(32))),
                        "y": .string(Base64URL.text(raw.suffix(32))),
                    ],
                ]
            ])
        case "https://id.example.org/token": return answer(["id_token": .string(token())])
        case _: return .failed("not here")
        }
    }

    func token() -> String {
        let (header, claims) = state.withLock { (JSON.object($0.header), JSON.object($0.claims)) }
        let signed = Base64URL.text(header.canonicalBytes()) + "." + Base64URL.text(claims.canonicalBytes())
        let signature = try? key.signature(for: Array(signed.utf8)).rawRepresentation
        return signed + "." + Base64URL.text(signature ?? Data())
    }

    private func answer(_ json: JSON) -> OutboundAnswer { .answered(status: 200, body: json.canonicalBytes()) }
}

/// A market whose people sign in by that provider.
private struct Gate: Sendable {
    let small: SmallMarket
    let provider = SmallProvider()
    let signIn: ProviderSignIn
    static let redirect = "https://guildhall.example.org/v1/sign-in/acme"

    init(requester: Bool = true, pause: Duration = .seconds(60)) async throws {
        small = try await SmallMarket()
        signIn = ProviderSignIn(
            market: small.market, directory: ProviderDirectory(http: provider, pause: pause))
        for actor in [small.second, small.manager] {
            _ = try await AddProvider(market: small.market)(
                key: "acme", issuer: SmallProvider.issuer, audience: "guildhall", secret: "s3cret: with & signs",
                requester: requester ? small.requester : nil, by: actor)
        }
    }

    /// A sign-in that began: what the provider is told, and the cookie.
    func begin() async throws -> (cookie: String, query: [String: String]) {
        let beginning = try await signIn.begin(by: "acme", redirect: Self.redirect)
        let items = URLComponents(string: beginning.address)?.queryItems ?? []
        return (
            beginning.cookie,
            Dictionary(items.map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { first, _ in first })
        )
    }

    func claims(nonce: String, _ changes: [String: JSON?] = [:]) -> [String: JSON] {
        let now = Int64(Scratch.clock.now().timeIntervalSince1970)
        var claims: [String: JSON] = [
            "iss": .string(SmallProvider.issuer), "aud": "guildhall", "sub": "248289761001", "nonce": .string(nonce),
            "iat": .integer(now), "exp": .integer(now + 300),
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    func finish(_ cookie: String, _ state: String) async throws -> NewSession {
        try await signIn.finish(by: "acme", state: state, code: "code", cookie: cookie, redirect: Self.redirect)
    }

    /// The whole of it.
    func signedIn(_ changes: [String: JSON?] = [:], header: [String: JSON] = ["alg": "ES256"]) async throws
        -> NewSession
    {
        let (cookie, query) = try await begin()
        provider.says(claims(nonce: query["nonce"] ?? "", changes), header: header)
        return try await finish(cookie, query["state"] ?? "")
    }
}

@Suite("Sign-in by a provider", .scratchDatabase)
struct ProviderTests {
    @Test("who comes first from a requester's provider may act for it, and is the same person the next time")
    func first() async throws {
        let gate = try await Gate()
        let session = try await gate.signedIn()
        #expect(session.method == .oidc)
        let holder = session.holder
        let acts = try await Scratch.database.read { try await $0.holds(holder, .requester, for: gate.small.requester) }
        #expect(acts)
        #expect(try await gate.signedIn().holder == holder)
        #expect(try await gate.signedIn(["sub": "another"]).holder != holder)
        #expect(try await gate.small.market.caller(session: session.secret).principal == holder)
    }

    @Test("the request has state, nonce and an S256 challenge; the token is asked for with verifier and secret")
    func request() async throws {
        let gate = try await Gate()
        let (cookie, query) = try await gate.begin()
        #expect(query["x"] == "1" && query["response_type"] == "code" && query["client_id"] == "guildhall")
        #expect(query["redirect_uri"] == Gate.redirect && query["scope"] == "openid")
        #expect(query["code_challenge_method"] == "S256")
        gate.provider.says(gate.claims(nonce: query["nonce"] ?? ""))
        _ = try await gate.finish(cookie, query["state"] ?? "")
        let call = try #require(gate.provider.requests.last { $0.method == "POST" })
        let form = Dictionary(
            String(decoding: call.body, as: UTF8.self).split(separator: "&").map { pair in
                let parts = pair.split(separator: "=").map(String.init)
                return (parts[0], parts.count > 1 ? parts[1].removingPercentEncoding ?? "" : "")
            }, uniquingKeysWith: { first, _ in first })
        let verifier = try #require(form["code_verifier"])
        #expect(Base64URL.text(SHA256.hash(data: Array(verifier.utf8))) == query["code_challenge"])
        #expect((43...128).contains(verifier.utf8.count))
        #expect(form["grant_type"] == "authorization_code" && form["code"] == "code")
        #expect(form["client_secret"] == nil && form["redirect_uri"] == Gate.redirect)
        let basic = try #require(call.headers["authorization"]?.dropFirst(6))
        let pair = Data(base64Encoded: String(basic)).map { String(decoding: $0, as: UTF8.self) }
        #expect(pair == "guildhall:s3cret%3A%20with%20%26%20signs")
    }

    @Test("a sign-in ends once, in the browser in which it began, within ten minutes")
    func once() async throws {
        let gate = try await Gate()
        let (cookie, query) = try await gate.begin()
        let state = try #require(query["state"])
        gate.provider.says(gate.claims(nonce: query["nonce"] ?? ""))
        let (other, _) = try await gate.begin()
        for (cookie, state) in [(other, state), (cookie, "x"), ("gp_" + String(repeating: "0", count: 64), state)] {
            await #expect(throws: ProviderRefusal.notConfirmed) { try await gate.finish(cookie, state) }
        }
        _ = try await gate.finish(cookie, state)
        await #expect(throws: ProviderRefusal.notConfirmed) { try await gate.finish(cookie, state) }
        let (late, lateQuery) = try await gate.begin()
        Scratch.clock.advance(by: ProviderSignIn.lifetime)
        await #expect(throws: ProviderRefusal.notConfirmed) { try await gate.finish(late, lateQuery["state"] ?? "") }
        await #expect(throws: NotFound.self) { try await gate.signIn.begin(by: "other", redirect: Gate.redirect) }
    }

    @Test("a token is believed only if all of it fits")
    func tokens() async throws {
        let gate = try await Gate()
        let now = Int64(Scratch.start.timeIntervalSince1970)
        let wrong: [(name: String, changes: [String: JSON?], header: [String: JSON])] = [
            ("issuer", ["iss": "https://id.example.org/"], ["alg": "ES256"]),
            ("audience", ["aud": "other"], ["alg": "ES256"]),
            ("audience", ["aud": ["guildhall", "other"]], ["alg": "ES256"]),
            ("audience", ["aud": ["guildhall", "other"], "azp": "other"], ["alg": "ES256"]),
            ("audience", ["aud": nil], ["alg": "ES256"]),
            ("expired", ["exp": .integer(now - 60)], ["alg": "ES256"]), ("expired", ["exp": nil], ["alg": "ES256"]),
            ("expired", ["exp": "soon"], ["alg": "ES256"]),
            ("notYet", ["iat": .integer(now + 61)], ["alg": "ES256"]), ("notYet", ["iat": nil], ["alg": "ES256"]),
            ("notYet", ["nbf": .integer(now + 61)], ["alg": "ES256"]),
            ("nonce", ["nonce": "x"], ["alg": "ES256"]), ("nonce", ["nonce": nil], ["alg": "ES256"]),
            ("subject", ["sub": ""], ["alg": "ES256"]), ("subject", ["sub": nil], ["alg": "ES256"]),
            ("subject", ["sub": .string(String(repeating: "x", count: 256))], ["alg": "ES256"]),
            ("algorithm", [:], ["alg": "none"]), ("algorithm", [:], ["alg": "HS256"]), ("algorithm", [:], [:]),
            ("signature", [:], ["alg": "RS256"]), ("unknownKey", [:], ["alg": "ES256", "kid": "two"]),
            ("malformed", [:], ["alg": "ES256", "crit": ["x"]]),
        ]
        for (name, changes, header) in wrong {
            await #expect(throws: ProviderRefusal.notConfirmed, "\(name) \(changes)") {
                try await gate.signedIn(changes, header: header)
            }
        }
        let faults: [String] = try await Scratch.asOwner {
            try await $0.rows(
                """
                select facts ->> 'fault' as it from audit_event where action = 'provider_token_refused'
                 order by event_id
                """
            ).map { try $0["it"] }
        }
        #expect(faults.sorted() == wrong.map(\.name).sorted())
        _ = try await gate.signedIn(["aud": ["guildhall", "other"], "azp": "guildhall"])
        _ = try await gate.signedIn(["exp": .integer(now - 59)])
        _ = try await gate.signedIn(header: ["alg": "ES256", "kid": "one"])
    }

    @Test("another key's signature is not believed, and a token that is none is refused")
    func forged() throws {
        let keys = [ProviderKey(name: nil, material: .p256(P256.Signing.PrivateKey().publicKey))]
        let expected = IDToken.Expectation(
            issuer: SmallProvider.issuer, audience: "guildhall", nonce: "n", instant: Scratch.start)
        let provider = SmallProvider()
        provider.says(["iss": "x"])
        #expect(throws: TokenFault.signature) { try IDToken(provider.token(), keys: keys, expecting: expected) }
        #expect(throws: TokenFault.unknownKey) { try IDToken(provider.token(), keys: [], expecting: expected) }
        let deep = Base64URL.text(Array(String(repeating: "[", count: 513).utf8))
        for text in ["", ".", "..", "a.b.c", "\(deep).\(deep).", String(repeating: "a", count: 20_000)] {
            #expect(throws: TokenFault.malformed) { try IDToken(text, keys: keys, expecting: expected) }
        }
    }

    @Test("the provider is asked for its keys once; again for an unknown one, but not at once")
    func keySets() async throws {
        let gate = try await Gate()
        for _ in 0..<3 { _ = try await gate.signedIn() }
        for _ in 0..<3 {
            await #expect(throws: ProviderRefusal.notConfirmed) {
                try await gate.signedIn(header: ["alg": "ES256", "kid": "two"])
            }
        }
        #expect(gate.provider.keySetsAsked == 1)
    }

    @Test("a provider that has changed its keys is asked again, whether its tokens name a key or not, after a pause")
    func rotated() async throws {
        let gate = try await Gate(pause: .zero)
        let holder = try await gate.signedIn().holder
        gate.provider.rotate()
        #expect(try await gate.signedIn().holder == holder)
        #expect(gate.provider.keySetsAsked == 2)
        gate.provider.rotate()
        #expect(try await gate.signedIn(header: ["alg": "ES256", "kid": "one"]).holder == holder)
        #expect(gate.provider.keySetsAsked == 3)
        _ = try await gate.signedIn()
        #expect(gate.provider.keySetsAsked == 3)
    }

    @Test("and not before that")
    func rotatedTooSoon() async throws {
        let gate = try await Gate()
        _ = try await gate.signedIn()
        gate.provider.rotate()
        await #expect(throws: ProviderRefusal.notConfirmed) { try await gate.signedIn() }
        #expect(gate.provider.keySetsAsked == 1)
    }

    @Test("the platform's own provider lets in who was linked, and an account is one person's")
    func linked() async throws {
        let gate = try await Gate(requester: false)
        await #expect(throws: ProviderRefusal.notLinked) { try await gate.signedIn() }
        let providers = AddProvider(market: gate.small.market)
        try await providers.link(gate.small.maker, subject: "248289761001", by: "acme", actor: gate.small.manager)
        #expect(try await gate.signedIn().holder == gate.small.maker)
        await #expect(throws: ProviderRefusal.linkedToAnother) {
            try await providers.link(gate.small.checker, subject: "248289761001", by: "acme", actor: gate.small.manager)
        }
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await providers.link(gate.small.checker, subject: "2", by: "acme", actor: gate.small.checker)
        }
        #expect(try await providers.list(by: gate.small.manager).map(\.externalKey) == ["acme"])
        try await providers.close("acme", by: gate.small.manager)
        await #expect(throws: NotFound.self) { try await gate.begin() }
    }

    @Test("a requester's provider is entered by two operators, and its people are told; the platform's own by one")
    func twoEnter() async throws {
        let small = try await SmallMarket()
        let ada = try await CreatePrincipal(market: small.market)(
            .person, named: "Ada of Acme", roles: [.requester], for: small.requester, by: small.manager)
        let add = AddProvider(market: small.market)
        func entered(
            _ issuer: String = SmallProvider.issuer, of requester: Requester.ID? = nil, by actor: Principal.ID
        ) async throws -> Bool {
            try await add(
                key: "acme", issuer: issuer, audience: "guildhall", secret: "0123456789",
                requester: requester ?? small.requester, by: actor) != nil
        }
        let other = try await CreateRequester(market: small.market)(
            externalKey: "other", name: "Other", by: small.manager)
        for _ in 0..<2 { #expect(try await !entered(by: small.manager)) }
        #expect(try await !entered("https://mine.example.org", by: small.second))
        #expect(try await !entered(of: other, by: small.manager))
        #expect(try await !entered(by: small.second))
        #expect(try await add.list(by: small.manager) == [])
        #expect(try await ListNotices(market: small.market)(by: ada).isEmpty)
        #expect(try await entered(by: small.manager))
        #expect(try await add.list(by: small.manager).map(\.requester) == [small.requester])
        let told = try await ListNotices(market: small.market)(by: ada)
        #expect(told.map(\.notice.kind) == ["sign_in_provider_added"])
        #expect(NoticeKind.isMandatory("sign_in_provider_added"))
        // Again, for its secret, by one.
        #expect(try await entered(by: small.manager))
        let own = try await add(
            key: "own", issuer: SmallProvider.issuer, audience: "c", secret: nil, by: small.manager)
        #expect(own != nil)
    }

    @Test("a provider is entered with an address that can be asked, and its key is one provider's")
    func entry() async throws {
        let gate = try await Gate()
        let add = AddProvider(market: gate.small.market)
        for issuer in ["http://id.example.org", "https://127.0.0.1", "https://localhost"] {
            await #expect(throws: BadInput.self) {
                try await add(key: "x", issuer: issuer, audience: "c", secret: nil, by: gate.small.manager)
            }
        }
        await #expect(throws: BadInput.self) {
            try await add(
                key: "X y", issuer: SmallProvider.issuer, audience: "c", secret: nil, by: gate.small.manager)
        }
        await #expect(throws: ProviderRefusal.keyTaken) {
            try await add(
                key: "acme", issuer: SmallProvider.issuer, audience: "c", secret: nil, by: gate.small.manager)
        }
        await #expect(throws: AccessRefusal.roleMissing(.operator)) {
            try await add(
                key: "y", issuer: SmallProvider.issuer, audience: "c", secret: nil, by: gate.small.maker)
        }
    }
}
