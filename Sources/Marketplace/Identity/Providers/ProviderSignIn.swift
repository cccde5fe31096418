internal import Crypto
internal import Formats
package import Foundation
internal import Store

/// Sign-in by an OpenID provider: authorization code with PKCE, state and nonce.
///
/// All three follow from one secret that is in the browser's cookie alone, so that a sign-in ends only in the browser
/// in which it began; the database knows a hash of the state, and takes it once.
package struct ProviderSignIn: Sendable {
    /// A sign-in that goes on at the provider.
    package struct Beginning: Sendable {
        /// Where the browser is sent.
        package let address: String
        /// What the browser keeps until it comes back.
        package let cookie: String
    }

    /// Seconds until the browser must be back.
    package static let lifetime: TimeInterval = 600
    let market: Market
    let directory: ProviderDirectory

    package init(market: Market, directory: ProviderDirectory) { (self.market, self.directory) = (market, directory) }

    /// - Parameters:
    ///   - key: of the provider.
    ///   - redirect: where the provider sends the browser back to, as it is registered there.
    /// - Throws: ``NotFound``; ``ProviderRefusal/unavailable``.
    package func begin(by key: String, redirect: String) async throws -> Beginning {
        let provider = try await provider(named: key)
        let metadata = try await directory.metadata(of: provider.issuer)
        let secret = "gp_" + AccessToken.randomHexadecimal()
        let derived = Derived(secret)
        try await market.database.transaction { transaction in
            try await transaction.insertAttempt(
                Digest(of: derived.state), of: provider.id, until: transaction.instant + Self.lifetime)
        }
        let challenge = Base64URL.text(SHA256.hash(data: Array(derived.verifier.utf8)))
        let query = Form.encoded([
            ("response_type", "code"), ("client_id", provider.audience), ("redirect_uri", redirect),
            ("scope", "openid"), ("state", derived.state), ("nonce", derived.nonce),
            ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ])
        let separator = metadata.authorization.contains("?") ? "&" : "?"
        return Beginning(address: metadata.authorization + separator + query, cookie: secret)
    }

    /// The browser is back.
    ///
    /// - Parameters:
    ///   - cookie: what ``begin(by:redirect:)`` gave it.
    ///   - redirect: the same as then.
    ///   - old: the session that the person came with; it ends.
    /// - Throws: ``NotFound``; ``ProviderRefusal``; ``VaultRefusal``.
    package func finish(
        by key: String, state: String, code: String, cookie: String, redirect: String, replacing old: String? = nil
    ) async throws -> NewSession {
        let provider = try await provider(named: key)
        let derived = Derived(cookie)
        guard cookie.utf8.count == 67, derived.state == state, (1...4_096).contains(code.utf8.count) else {
            throw ProviderRefusal.notConfirmed
        }
        let (isOpen, secret, instant) = try await market.database.transaction { transaction in
            (
                try await transaction.takeAttempt(Digest(of: state), of: provider.id),
                try await transaction.keptSecret(.oidc, of: provider.id.uuid, market.keys), transaction.instant
            )
        }
        guard isOpen else { throw ProviderRefusal.notConfirmed }
        let token = try await exchange(code, of: provider, derived.verifier, secret, redirect)
        let keys = try await directory.keys(of: provider.issuer) { IDToken.isSigned(token, byNoneOf: $0) }
        let subject: String
        do throws(TokenFault) {
            subject = try IDToken(
                token, keys: keys,
                expecting: .init(
                    issuer: provider.issuer, audience: provider.audience, nonce: derived.nonce, instant: instant)
            ).subject
        } catch {
            try await noteFailure(provider, error)
            throw ProviderRefusal.notConfirmed
        }
        let session = "gs_" + AccessToken.randomHexadecimal()
        return try await market.change { change in
            let holder = try await change.holder(of: subject, by: provider)
            return try await change.beginSession(of: holder, by: .oidc, secret: session, replacing: old)
        }
    }

    private func provider(named key: String) async throws -> SignInProvider {
        let provider = try await market.database.read { try await $0.provider(named: key) }
        guard let provider, provider.closedAt == nil else { throw NotFound("provider") }
        return provider
    }

    /// - Returns: the ID token.
    private func exchange(
        _ code: String, of provider: SignInProvider, _ verifier: String, _ secret: [UInt8]?, _ redirect: String
    ) async throws -> String {
        let metadata = try await directory.metadata(of: provider.issuer)
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect),
            ("code_verifier", verifier),
        ]
        var headers = ["content-type": "application/x-www-form-urlencoded", "accept": "application/json"]
        let password = secret.map { String(decoding: $0, as: UTF8.self) }
        if let password, metadata.takesBasic {
            // RFC 6749, section 2.3.1: each part encoded as in a form.
            let pair = Form.escaped(provider.audience) + ":" + Form.escaped(password)
            headers["authorization"] = "Basic " + Data(pair.utf8).base64EncodedString()
        } else {
            form.append(("client_id", provider.audience))
            if let password { form.append(("client_secret", password)) }
        }
        let answer = await directory.http.send(
            OutboundRequest("POST", metadata.token, headers: headers, body: Array(Form.encoded(form).utf8)))
        guard case .answered(let status, let body) = answer else { throw ProviderRefusal.unavailable }
        guard status == 200, let json = try? JSON.parse(body), let token = json["id_token"]?.stringValue else {
            throw ProviderRefusal.notConfirmed
        }
        return token
    }

    private func noteFailure(_ provider: SignInProvider, _ fault: TokenFault) async throws {
        try await market.change { change in
            _ = try await change.record(
                "provider_token_refused", by: try await change.system(), on: "sign_in_provider", provider.id.uuid,
                in: .platform, facts: ["fault": .string(fault.rawValue)])
        }
    }
}

/// State, nonce and verifier, each by a word of its own from the browser's secret.
private struct Derived {
    let state: String
    let nonce: String
    let verifier: String

    init(_ secret: String) {
        func derived(_ word: String) -> String {
            Base64URL.text(
                HMAC<SHA256>.authenticationCode(
                    for: Array(word.utf8), using: SymmetricKey(data: Array(secret.utf8))))
        }
        (state, nonce, verifier) = (derived("state"), derived("nonce"), derived("verifier"))
    }
}

/// `application/x-www-form-urlencoded`.
private enum Form {
    static func encoded(_ pairs: [(String, String)]) -> String {
        pairs.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
    }

    /// Only letters, digits and `-._~` stay as they are.
    static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}

extension Change {
    /// Who is linked to an account. Who comes first from a requester's own provider is made a person who acts for that
    /// requester; an address that the provider gives links nobody.
    fileprivate func holder(of subject: String, by provider: SignInProvider) async throws -> Principal.ID {
        try await transaction.advisoryLock(AdvisoryLock("provider_identity", "\(provider.id)", subject))
        if let known = try await transaction.holder(of: subject, by: provider.id) { return known }
        guard let requester = provider.requester else { throw ProviderRefusal.notLinked }
        let system = try await system()
        let person = Principal(
            id: make(), kind: .person,
            name: "\(provider.externalKey) \(Digest(of: subject).hexadecimal.prefix(12))")
        try await transaction.insert(person)
        try await transaction.insertGrant(
            id: make(Role.self).uuid, of: .requester, to: person.id, for: requester, by: system)
        _ = try await transaction.link(person.id, to: provider.id, subject)
        try await record(
            "principal_created", by: system, on: "principal", person.id.uuid, in: .platform,
            facts: ["roles": ["requester"], "provider": .string("\(provider.id)")])
        return person.id
    }
}
