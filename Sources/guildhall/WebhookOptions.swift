internal import ArgumentParser
internal import Marketplace
internal import Outbound
internal import Scheduler

/// Which networks requesters' endpoints may be in.
struct WebhookOptions: ParsableArguments {
    @Flag(
        name: .customLong("webhooks-to-private-networks"),
        help: ArgumentHelp(
            "Let endpoints be in private networks, and without TLS.",
            discussion: "For a market inside one's own network, and to try things out on this machine."
        )
    )
    var reachesPrivateNetworks = false

    private var networks: OutboundTarget.Networks { reachesPrivateNetworks ? .all : .open }

    var policy: WebhookPolicy { WebhookPolicy(networks: networks) }

    func round(in market: Market, by actor: Principal.ID) -> WebhookRound {
        WebhookRound(market: market, by: actor, through: OutboundClient(networks: networks), policy: policy)
    }
}
