internal import Formats
internal import Foundation
internal import Store

/// An operator says what was done about an alert.
package struct CloseAlert: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - resolution: what was done, for others to read; 1 to 2,000 characters.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``; ``NotFound``; ``AlertRefusal``.
    package func callAsFunction(_ id: ScheduleAlert.ID, resolution: String, by actor: Principal.ID) async throws {
        let resolution = try PlainText.lines(resolution, field: "resolution", lengthMax: 2_000)
        try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            guard let alert = try await change.transaction.lockAlert(id) else { throw NotFound("alert") }
            guard alert.state == .open else { throw AlertRefusal.closed }
            try await change.closeAlert(alert, resolution, by: actor)
        }
    }
}

/// Closes alerts of batches that need nobody any more: that have ended, have nothing open, or got another deadline.
package struct SettleAlerts: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// One bounded transaction. Call it again at once while it returns `most`.
    ///
    /// - Parameters:
    ///   - most: 1 to 200.
    ///   - actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many were closed.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(most: Int = 100, by actor: Principal.ID) async throws -> Int {
        guard (1...200).contains(most) else { throw BadInput("most", "must be 1 to 200") }
        return try await market.change { change in
            try await change.transaction.authorize(actor, as: .operator)
            let settled = try await change.transaction.settledAlerts(most: most)
            for alert in settled { try await change.closeAlert(alert.alert, alert.reason, by: actor) }
            return settled.count
        }
    }
}

/// Alerts for operators to act on, the oldest first, by pages.
package struct ListAlerts: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - last: of the page before.
    ///   - limit: 1 to 200.
    ///   - actor: an operator.
    /// - Throws: ``AccessRefusal``; ``BadInput``.
    package func callAsFunction(
        in state: AlertState = .open, after last: ScheduleAlert.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [ScheduleAlert] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            return try await transaction.alerts(in: state, after: last, limit: limit)
        }
    }
}

extension Change {
    /// Closes an open alert that this transaction has locked.
    func closeAlert(_ alert: ScheduleAlert, _ resolution: String, by actor: Principal.ID) async throws {
        try await transaction.closeAlert(alert, resolution, by: actor)
        try await record(
            "alert_closed", by: actor, on: "schedule_alert", alert.id.uuid, in: .requester(alert.batch.requester),
            facts: ["batch": .string("\(alert.batch.id)")]
        )
    }
}
