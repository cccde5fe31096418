internal import Formats
internal import Foundation
internal import Store

/// Says when payouts of a source fall due, in place of what was said before. What fell due and is open stays.
package struct SchedulePayouts: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter minimumMinor: who has earned less waits for another date.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance checker, as for the source itself; ``BadInput``;
    ///   ``NotFound``.
    @discardableResult
    package func callAsFunction(
        _ dates: PayoutDates, minimumMinor: Int64 = 0, from source: String, by actor: Principal.ID
    ) async throws -> PayoutSchedule {
        guard minimumMinor >= 0 else { throw BadInput("minimum_minor", "must not be negative") }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeChecker)
            guard let account = try await transaction.payoutSource(source) else { throw NotFound("payout source") }
            let schedule = PayoutSchedule(
                source: source, dates: dates, minimumMinor: minimumMinor, currency: account.currency,
                nextAt: try dates.next(after: transaction.instant))
            try await transaction.upsert(schedule, by: actor)
            try await change.record(
                "payout_schedule_set", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: [
                    "source": .string(source), "rhythm": .string(dates.rhythm.rawValue),
                    "next_at": schedule.nextAt.map { .string($0.formatted(.iso8601)) } ?? .null,
                ])
            return schedule
        }
    }

    /// By the names of their sources.
    ///
    /// - Parameters:
    ///   - after: the last one of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``BadInput``.
    package func all(
        after: String? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [PayoutSchedule] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.payoutSchedules(after: after, limit: limit)
        }
    }

    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``NotFound``.
    package func one(_ source: String, by actor: Principal.ID) async throws -> PayoutSchedule {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let found = try await transaction.payoutSchedule(of: source) else {
                throw NotFound("payout schedule")
            }
            return found
        }
    }
}

/// Opens payouts whose date has passed and tells those who prepare payouts, once for each source, however many dates
/// went by: programs neither prepare nor approve.
package struct OpenDuePayouts: Sendable {
    /// In one transaction.
    package static let most = 20

    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: an operator; the scheduler acts as ``Market/systemPrincipal()``.
    /// - Returns: how many schedules were looked at; as many as ``most`` mean that there may be more.
    /// - Throws: ``AccessRefusal``.
    package func callAsFunction(by actor: Principal.ID) async throws -> Int {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            let schedules = try await transaction.lockDueSchedules(limit: Self.most)
            for schedule in schedules { try await change.openPayout(of: schedule, by: actor) }
            return schedules.count
        }
    }
}

extension Change {
    fileprivate func openPayout(of schedule: PayoutSchedule, by actor: Principal.ID) async throws {
        guard var last = schedule.nextAt else { return }
        var missed: Int64 = 0
        while let next = try schedule.dates.next(after: last), next <= instant { (last, missed) = (next, missed + 1) }
        let due = PayoutDue(
            id: make(), source: schedule.source, dueAt: last, missed: missed,
            payOn: try schedule.dates.payDay(at: last), minimumMinor: schedule.minimumMinor,
            currency: schedule.currency, state: .open, batch: nil, closedBy: nil, reason: nil)
        try await transaction.setNextDate(try schedule.dates.next(after: instant), ofPayoutsFrom: schedule.source)
        guard try await transaction.openPayoutDue(due) else { return }
        for person in try await transaction.peopleToTell(in: .financeMaker) {
            try await transaction.tell(
                person, kind: "payout_due",
                facts: [
                    "due": .string("\(due.id)"), "source": .string(due.source), "pay_on": .string("\(due.payOn)"),
                ],
                id: make())
        }
        try await record(
            "payout_due", by: actor, on: "payout_due", due.id.uuid, in: .platform,
            facts: ["source": .string(due.source), "missed": .integer(missed), "pay_on": .string("\(due.payOn)")])
    }
}

/// A person prepares the run of a payout that fell due, as its schedule says: source, day and minimum.
package struct PrepareDuePayout: Sendable {
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// Where its day has passed the bank is to pay today; where it does not pay on a day, on the next.
    ///
    /// - Throws: as ``PreparePayoutRun``; ``PayoutDueRefusal``.
    package func callAsFunction(
        _ id: PayoutDue.ID, by actor: Principal.ID, report: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> PreparePayoutRun.Result {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard let due = try await transaction.lockPayoutDue(id) else { throw NotFound("payout that fell due") }
            guard due.state == .open else { throw PayoutDueRefusal.closed }
            let zone = try await transaction.payoutSchedule(of: due.source)?.dates ?? .onDemand
            let day = max(due.payOn, try zone.payDay(at: transaction.instant))
            let result = try await change.preparePayoutRun(
                RunOrder(source: due.source, day: day, minimumMinor: due.minimumMinor, mayBeLater: true), keys,
                by: actor, report: report)
            try await transaction.closePayoutDue(id, as: .prepared, batch: result.batch.id, reason: nil, by: actor)
            return result
        }
    }

    /// A person leaves one out, and says why: what is due waits for the next date.
    ///
    /// - Parameter reason: up to 4,000 characters.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``PayoutRefusal/personNeeded``; ``BadInput``;
    ///   ``NotFound``; ``PayoutDueRefusal``.
    package func skip(_ id: PayoutDue.ID, reason: String, by actor: Principal.ID) async throws {
        let reason = try PlainText.lines(reason, field: "reason")
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            try await transaction.requirePerson(actor)
            guard let due = try await transaction.lockPayoutDue(id) else { throw NotFound("payout that fell due") }
            guard due.state == .open else { throw PayoutDueRefusal.closed }
            try await transaction.closePayoutDue(id, as: .skipped, batch: nil, reason: reason, by: actor)
            try await change.record(
                "payout_due_skipped", by: actor, on: "payout_due", id.uuid, in: .platform,
                facts: ["source": .string(due.source)])
        }
    }

    /// Newest first.
    ///
    /// - Parameters:
    ///   - state: only those; `nil` for all.
    ///   - before: the last one of the page before.
    ///   - limit: 1 to 200.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``BadInput``.
    package func list(
        _ state: PayoutDueState? = nil, before: PayoutDue.ID? = nil, limit: Int = 50, by actor: Principal.ID
    ) async throws -> [PayoutDue] {
        let limit = try PageLimit.checked(limit)
        return try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            return try await transaction.payoutsDue(in: state, before: before, limit: limit)
        }
    }
}
