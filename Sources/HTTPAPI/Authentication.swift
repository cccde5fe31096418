internal import Foundation
internal import HTTPTypes
internal import Hummingbird
package import Marketplace

extension Market {
    /// Who sent the request: by its bearer token, or by the cookie of a session.
    ///
    /// A cookie goes with every request that a browser sends, whoever's page asks for it. So with one, what changes
    /// something must come from a page of this server: `Origin` of the same host, or of where browsers reach it, or
    /// where a browser leaves that out, its word that the page is of the same origin.
    ///
    /// - Parameter publicOrigin: where browsers reach this server; a proxy may send another name as `Host`.
    /// - Throws: ``AccessRefusal/notAuthenticated``; ``RequestRefusal/crossOrigin``.
    func caller(_ request: Request, at publicOrigin: String? = nil) async throws -> Caller {
        if let header = request.headers[.authorization] {
            guard header.lowercased().hasPrefix("bearer ") else { throw AccessRefusal.notAuthenticated }
            return try await caller(token: header.dropFirst(7).withoutBlanks)
        }
        guard let secret = request.cookie(SessionCookie.name) else { throw AccessRefusal.notAuthenticated }
        let isSafe = request.method == .get || request.method == .head
        guard isSafe || request.isOfPage(at: publicOrigin) else { throw RequestRefusal.crossOrigin }
        return try await caller(session: secret)
    }
}

extension Request {
    /// A cookie by its name; where there are several of it, none.
    func cookie(_ name: String) -> String? {
        let values = headers[values: .cookie].flatMap { $0.split(separator: ";") }.compactMap { pair -> String? in
            let parts = pair.split(separator: "=", maxSplits: 1).map(\.withoutBlanks)
            return parts.count == 2 && parts[0] == name ? parts[1] : nil
        }
        return values.count == 1 ? values.first : nil
    }

    /// Whether a browser says that a page of this server sent it.
    fileprivate func isOfPage(at publicOrigin: String?) -> Bool {
        if let origin = headers[.origin]?.lowercased() {
            if origin == publicOrigin { return true }
            let parts = origin.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, ["https:", "http:"].contains(parts[0]), let host = head.authority else {
                return false
            }
            return parts[2] == host.lowercased()
        }
        return headers[.secFetchSite] == "same-origin"
    }
}

/// The cookies of sign-in. `__Host-` makes browsers take them from this host only, with TLS, for all of its paths; a
/// page on the machine itself counts as with TLS.
enum SessionCookie {
    static let name = "__Host-guildhall"
    static let providerName = "__Host-guildhall-provider"

    static func begun(_ session: NewSession) -> String {
        "\(name)=\(session.secret); Path=/; Secure; HttpOnly; SameSite=Strict"
            + "; Max-Age=\(Int(PersonSession.lifetime))"
    }

    /// Comes back with the redirect of another site, so it is lax; it says nothing of anybody.
    static func atProvider(_ secret: String) -> String {
        "\(providerName)=\(secret); Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=\(Int(ProviderSignIn.lifetime))"
    }

    static func ended(_ name: String) -> String { "\(name)=; Path=/; Secure; HttpOnly; Max-Age=0" }
}

extension Endpoint {
    /// What a token must be for to call it: any of these.
    package var scopes: Set<TokenScope> {
        switch topic {
        case .service: [.read]
        case _ where method == .get: topic == .account ? [.read, .account] : [.read]
        case .work, .offers, .auctions, .asks: [.work]
        case .direct_offers: [.work, .publish]
        case .reviews, .quality: [.review]
        case .decisions, .ratings: [.work, .review]
        case .batches, .projects, .guidelines: [.publish]
        case .earnings, .ledger, .payouts, .rates, .taxes: [.money]
        case .people, .workers, .credentials, .operations, .teams: [.operate]
        case .exams, .tiers: [.work, .operate]
        case .account, .webhooks: [.account]
        }
    }
}

extension Caller {
    /// - Throws: ``AccessRefusal/scopeMissing(_:)`` unless the token is for what the endpoint does.
    func demand(_ endpoint: Endpoint) throws(AccessRefusal) {
        guard scopes.isDisjoint(with: endpoint.scopes), let first = endpoint.scopes.ordered.first else { return }
        throw .scopeMissing(first)
    }
}

extension HTTPField.Name {
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site") ?? .date
}
