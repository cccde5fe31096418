internal import Formats
internal import Foundation

/// Why a worker's data are not erased.
package enum EraseWorkerRefusal: Refusal, CaseIterable {
    case leasesLive
    /// Work that was handed in waits for its review.
    case workPending
    case moneyOwed
    /// A payment to them is prepared, or with the bank: its file is made with their account, and it may come back.
    case paymentUnderWay
    case notClosed

    package var code: String {
        switch self {
        case .leasesLive: "leases_live"
        case .workPending: "work_pending"
        case .moneyOwed: "money_owed"
        case .paymentUnderWay: "payment_under_way"
        case .notClosed: "not_closed"
        }
    }

    package var message: String {
        switch self {
        case .leasesLive: "The worker still holds tasks. Submit or give back those first."
        case .workPending: "Work of this worker waits for its review. Review it first."
        case .moneyOwed: "The worker is owed money. Pay it first."
        case .paymentUnderWay: "A payment to the worker is under way. Wait until the bank has paid it, or cancel it."
        case .notClosed: "The account is not closed. Close it first."
        }
    }
}

/// Erases what identifies a worker. Money, work, decisions and the audit log stay, under the pseudonymous id.
///
/// Source: Regulation (EU) 2016/679 (GDPR), article 17; its paragraph 3 (b) and (e) lets records of payments and of
/// legal claims stay.
package struct EraseWorker: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: the worker, or an operator for them.
    /// - Returns: `false` when they were erased before; nothing has changed then.
    /// - Throws: ``AccessRefusal``, ``NotFound``, ``EraseWorkerRefusal``.
    package func callAsFunction(_ worker: Worker.ID, by actor: Principal.ID) async throws -> Bool {
        try await market.change { change in
            let transaction = change.transaction
            try await change.authorizeSelf(worker, orOperator: actor)
            guard let row = try await transaction.lockWorkerForChange(worker) else { throw NotFound("worker") }
            guard try await transaction.erasedAt(worker) == nil else { return false }
            guard try await transaction.liveLeases(of: worker) == 0 else { throw EraseWorkerRefusal.leasesLive }
            guard try await !transaction.hasWorkPending(worker) else { throw EraseWorkerRefusal.workPending }
            guard try await !transaction.isOwedMoney(worker) else { throw EraseWorkerRefusal.moneyOwed }
            guard try await !transaction.hasPaymentUnderWay(worker) else { throw EraseWorkerRefusal.paymentUnderWay }
            guard row.state == .closed else { throw EraseWorkerRefusal.notClosed }
            try await transaction.erase(worker)
            try await change.refreshEligibility(of: worker)
            try await change.record("worker_erased", by: actor, on: "worker", worker.uuid, in: .worker(worker))
            return true
        }
    }
}
