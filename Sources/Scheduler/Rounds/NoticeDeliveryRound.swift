package import Marketplace

/// Hands waiting notices to a channel, at least once each.
package struct NoticeDeliveryRound: SchedulerRound {
    package let name = "notice_delivery"
    package let period: Duration = .seconds(2)
    /// One batch; how many notices left the queue or were tried.
    private let deliver: @Sendable () async throws -> Int

    /// - Parameter sink: takes up to 50 notices at a time, and says of each what became of it.
    package init(market: Market, through sink: some NoticeSink) {
        deliver = { try await DeliverNotices(market: market)(limit: 50, through: sink).claimed }
    }

    /// - Parameter channel: takes up to 50 notices; what it throws leaves them undelivered and fails the round.
    package init(market: Market, to channel: @escaping @Sendable ([Notice]) async throws -> Void) {
        deliver = { try await DeliverNotices(market: market)(limit: 50, to: channel) }
    }

    package func runOnce() async throws -> RoundOutcome {
        RoundOutcome(try await deliver(), of: 50, as: .noticesDelivered)
    }
}
