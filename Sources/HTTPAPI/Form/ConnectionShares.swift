internal import Marketplace
internal import NIOCore
internal import Synchronization

/// How many connections each network has open: of all that there may be at most a quarter, so that one alone does not
/// keep supervisors out. Trusted proxies bring everybody's, and sockets without an address are this machine's.
final class ConnectionShares: Sendable {
    private let most: Int
    private let proxies: TrustedProxies
    private let open = Mutex<[SenderNetwork: Int]>([:])

    init(_ settings: ServerSettings) {
        most = max(settings.connectionsMax / 4, 1)
        proxies = TrustedProxies(ranges: settings.trustedProxies)
    }

    /// - Returns: whose connections are counted; `nil` for those that are not.
    fileprivate func network(of address: SocketAddress?) -> SenderNetwork? {
        guard let remote = address?.network?.unmapped, !proxies.isTrusted(remote) else { return nil }
        return SenderNetwork(remote)
    }

    /// - Returns: whether there is room for one more.
    fileprivate func enter(_ network: SenderNetwork) -> Bool {
        open.withLock { open in
            let count = open[network] ?? 0
            guard count < most else { return false }
            open[network] = count + 1
            return true
        }
    }

    fileprivate func leave(_ network: SenderNetwork) {
        open.withLock { open in
            let count = open[network] ?? 0
            open[network] = count > 1 ? count - 1 : nil
        }
    }
}

/// Closes a connection beyond its network's share.
final class ConnectionShareHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any
    private let shares: ConnectionShares
    private var counted: SenderNetwork?

    init(_ shares: ConnectionShares) { self.shares = shares }

    func channelActive(context: ChannelHandlerContext) {
        let network = shares.network(of: context.remoteAddress)
        if let network, shares.enter(network) { counted = network }
        context.fireChannelActive()
        if network != nil, counted == nil { context.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let counted { shares.leave(counted) }
        counted = nil
        context.fireChannelInactive()
    }
}
