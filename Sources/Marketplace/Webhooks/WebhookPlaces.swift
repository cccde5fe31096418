internal import Foundation

/// Keeps endpoints told: so many messages are under way at once as there are places, and each place is settled and
/// filled anew by itself. So an endpoint that is slow to answer holds its own places, and nobody waits for it.
///
/// Endpoints where nothing arrives have places of their own: they take none from those that answer, and are tried
/// however much is sent to these.
package actor WebhookPlaces {
    /// What a turn came to.
    package struct Turn: Hashable, Sendable {
        /// How many messages it sent on their way.
        package let begun: Int
        /// Whether there is more to do: a message is under way, or was settled since.
        package let isUnderWay: Bool
    }

    private let deliver: DeliverWebhooks
    private let http: any OutboundHTTP
    private let sender: Principal.ID
    /// Under way, to endpoints that answer and to those that do not.
    private var underWay = (answering: 0, failing: 0)
    /// Settled since somebody waited for one.
    private var settled = 0
    private var waiter: CheckedContinuation<Void, Never>?
    private var inHand: Int { underWay.answering + underWay.failing }

    /// - Parameter sender: Guildhall itself.
    package init(_ deliver: DeliverWebhooks, through http: any OutboundHTTP, by sender: Principal.ID) {
        (self.deliver, self.http, self.sender) = (deliver, http, sender)
    }

    /// Fills the free places with what is due, and waits until a message is settled. One turn after the other.
    ///
    /// - Parameter wait: that it waits at most.
    /// - Throws: `StoreError`; what is under way goes on.
    package func turn(within wait: Duration) async throws -> Turn {
        let parcels = try await deliver.claim(
            answering: DeliverWebhooks.answeringMost - underWay.answering,
            failing: DeliverWebhooks.failingMost - underWay.failing)
        for parcel in parcels.claimed {
            if parcel.isFailing { underWay.failing += 1 } else { underWay.answering += 1 }
            let instant = parcels.instant
            Task {
                await deliver.send(parcel, at: instant, through: http, by: sender)
                release(parcel)
            }
        }
        let isUnderWay = inHand > 0 || settled > 0
        await settledOne(within: wait)
        return Turn(begun: parcels.claimed.count, isUnderWay: isUnderWay)
    }

    /// Waits until nothing is under way.
    package func finish() async {
        while inHand > 0 { await settledOne(within: .seconds(60)) }
    }

    private func release(_ parcel: WebhookParcel) {
        if parcel.isFailing { underWay.failing -= 1 } else { underWay.answering -= 1 }
        settled += 1
        wake()
    }

    /// Returns at once where one was settled since the last time, or none is under way.
    private func settledOne(within wait: Duration) async {
        if settled == 0, inHand > 0 {
            let alarm = Task {
                try? await Task.sleep(for: wait)
                if !Task.isCancelled { wake() }
            }
            await withCheckedContinuation { waiter = $0 }
            alarm.cancel()
        }
        settled = 0
    }

    private func wake() {
        waiter?.resume()
        waiter = nil
    }
}
