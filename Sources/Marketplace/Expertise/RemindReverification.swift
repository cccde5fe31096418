internal import Formats
internal import Foundation
internal import Store

/// Tells workers 60, 30 and 7 days before, and on the day, that a credential must be verified again.
///
/// For the scheduler, as often as it likes: a reminder is written once for each date and distance.
package struct RemindReverification: Sendable {
    package static let batchMax = 500
    /// Days before the date, farthest first; 0 is the date itself.
    package static let distances = [60, 30, 7, 0]
    let market: Market

    package init(market: Market) { self.market = market }

    /// One batch, those longest due first; who runs beside it takes others. A worker who is late for several
    /// distances is told once, of the nearest.
    ///
    /// - Returns: how many were told; fewer than `limit` when no more are due.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(limit: Int = batchMax, by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let due = try await transaction.lockDueReminders(limit: min(max(limit, 1), Self.batchMax))
            for reminder in due {
                let dueSecond = Int64(exactly: reminder.reverifyAt.timeIntervalSince1970.rounded()) ?? 0
                let daysLeft = reminder.reverifyAt.timeIntervalSince(change.instant) / 86_400
                let distance = Self.distances.last { daysLeft <= Double($0) } ?? 60
                let next = Self.distances.first { $0 < distance }
                let isNew = try await transaction.noteReminder(
                    of: reminder, daysBefore: distance, nextAt: next.map { reminder.reverifyAt - Double($0) * 86_400 }
                )
                guard isNew else { continue }
                try await transaction.tell(
                    Principal.ID(reminder.worker.uuid),
                    kind: distance > 0 ? "credential_reverification_due" : "credential_reverification_overdue",
                    facts: [
                        "credential": .string("\(reminder.credential)"), "days_before": .integer(Int64(distance)),
                        "due_at": .integer(dueSecond),
                        "expires": .bool(reminder.isExpiry),
                    ],
                    id: change.make(), dedupKey: "reverify:\(reminder.credential):\(dueSecond):\(distance)"
                )
                try await change.record(
                    "reverification_reminded", by: actor, on: "credential", reminder.credential.uuid,
                    in: .worker(reminder.worker), facts: ["days_before": .integer(Int64(distance))]
                )
            }
            return due.count
        }
    }
}

/// A credential about which its holder is to be told.
struct DueReminder: Hashable, Sendable {
    let credential: Credential.ID
    let worker: Worker.ID
    let reverifyAt: Date
    /// Whether the credential stops to count on that date.
    let isExpiry: Bool
}
