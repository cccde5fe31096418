internal import ArgumentParser
internal import HTTPAPI
internal import Marketplace
internal import Outbound
internal import Scheduler

/// Which networks requesters' endpoints, and sign-in providers, may be in.
struct WebhookOptions: ParsableArguments {
    @Flag(
        name: .customLong("private-networks"),
        help: ArgumentHelp(
            "Let endpoints of webhooks and sign-in providers be in private networks, and without TLS.",
            discussion: "For a market inside one's own network, and to try things out on this machine."
        )
    )
    var reachesPrivateNetworks = false

    private var networks: OutboundTarget.Networks { reachesPrivateNetworks ? .all : .open }

    var policy: WebhookPolicy { WebhookPolicy(networks: networks) }

    func identity(_ publicURL: String?) -> IdentitySettings {
        var settings = IdentitySettings()
        (settings.outbound, settings.networks) = (OutboundClient(networks: networks), networks)
        settings.publicAddress = publicURL.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        return settings
    }

    func round(in market: Market, by actor: Principal.ID) -> WebhookRound {
        WebhookRound(market: market, by: actor, through: OutboundClient(networks: networks), policy: policy)
    }
}
