package import Marketplace

/// Hands waiting notices to a channel, at least once each.
package struct NoticeDeliveryRound: SchedulerRound {
    package let name = "notice_delivery"
    package let period: Duration = .seconds(2)
    private let market: Market
    private let channel: @Sendable ([Notice]) async throws -> Void

    /// - Parameter channel: takes up to 200 notices; what it throws leaves them undelivered and fails the round.
    package init(market: Market, to channel: @escaping @Sendable ([Notice]) async throws -> Void) {
        (self.market, self.channel) = (market, channel)
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(
            try await DeliverNotices(market: market)(to: channel), of: DeliverNotices.batchMax, as: .noticesDelivered
        )
    }
}
