internal import HTTPTypes
internal import Marketplace
internal import Synchronization

/// How many streams one process holds open, and of them how many one principal.
final class StreamRoom: Sendable {
    /// Windows of a browser, and a program.
    private static let ownMost = 4
    private let most: Int
    private let open = Mutex<[Principal.ID: Int]>([:])

    init(most: Int) { self.most = most }

    /// A stream's place; it is given back when nobody holds it any more.
    final class Place: Sendable {
        private let room: StreamRoom
        private let principal: Principal.ID

        fileprivate init(_ room: StreamRoom, of principal: Principal.ID) {
            (self.room, self.principal) = (room, principal)
        }

        deinit { room.leave(principal) }
    }

    /// - Throws: 503 when there is no place, 429 when the principal has their share.
    func enter(_ principal: Principal.ID) throws -> Place {
        let problem = open.withLock { open -> Problem? in
            let own = open[principal] ?? 0
            guard open.values.reduce(0, +) < most else {
                return Problem(.serviceUnavailable, "overloaded", "As many streams are open as there may be.")
            }
            guard own < Self.ownMost else {
                return Problem(
                    .tooManyRequests, "rate_limited", "You have \(own) streams open. Close one.",
                    headers: [.retryAfter: "10"])
            }
            open[principal] = own + 1
            return nil
        }
        if let problem { throw problem }
        return Place(self, of: principal)
    }

    fileprivate func leave(_ principal: Principal.ID) {
        open.withLock { open in
            let own = open[principal] ?? 0
            open[principal] = own > 1 ? own - 1 : nil
        }
    }
}
