package import Marketplace

/// How people sign in here, and where webhooks may go.
package struct IdentitySettings: Sendable {
    /// What a password costs to hash.
    package var passwordCost = PasswordHasher.Cost.standard
    /// Asks sign-in providers; without it nobody signs in by one.
    package var outbound: (any OutboundHTTP)?
    /// Which networks providers and endpoints may be in.
    package var networks = OutboundTarget.Networks.open
    /// Where browsers reach this server, such as `https://guildhall.example.org`; the host that they name if left out.
    package var publicAddress: String?

    package init() {}

    /// The same as browsers name it in `Origin`: lower-case, without a path or a port that goes without saying.
    var publicOrigin: String? {
        guard let publicAddress else { return nil }
        let parts = publicAddress.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty, !parts[2].isEmpty else { return nil }
        let usual = parts[0] == "https:" ? ":443" : ":80"
        let host = parts[2].hasSuffix(usual) ? parts[2].dropLast(usual.count) : parts[2]
        return "\(parts[0])//\(host)"
    }

    func endpoints(of market: Market) -> [Endpoint] {
        let directory = ProviderDirectory(http: outbound ?? NoOutbound(), networks: networks)
        let hasher = PasswordHasher(passwordCost)
        return IdentityRoutes(market: market, hasher: hasher).endpoints
            + PeopleRoutes(market: market, hasher: hasher).endpoints
            + SignInProviderRoutes(market: market, networks: networks).endpoints
            + ProviderRoutes(
                signIn: ProviderSignIn(market: market, directory: directory), publicAddress: publicAddress
            ).endpoints
            + WebhookRoutes(market: market, policy: WebhookPolicy(networks: networks)).endpoints
    }
}

private struct NoOutbound: OutboundHTTP {
    func send(_ request: OutboundRequest) async -> OutboundAnswer { .failed("Nothing is sent out.") }
}
