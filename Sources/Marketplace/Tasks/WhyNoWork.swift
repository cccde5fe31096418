package import Formats
internal import Foundation
internal import Store

/// What a worker would get of an open batch, and what would change that.
package struct BatchOutlook: Hashable, Sendable {
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let projectName: String
    package let prospect: ClaimProspect
    /// `nil` where work could be taken now.
    package let unlock: Unlock?

    /// `{"requester_id", "batch_id", "project", "unlock"}` and what ``ClaimProspect/json`` says.
    package var json: JSON {
        let members = prospect.json.objectValue ?? [:]
        let own: [String: JSON] = [
            "requester_id": .string("\(requester)"), "batch_id": .string("\(batch)"), "project": .string(projectName),
            "unlock": unlock?.json ?? .null,
        ]
        return .object(members.merging(own) { _, own in own })
    }
}

/// Why a worker gets no work, over all open batches.
package struct NoWorkReport: Sendable {
    /// How many batches fall to one rule.
    package struct Group: Hashable, Sendable {
        /// The refusal's code; of a requirement the failing rule's; `eligible` where work could be taken.
        package let code: String
        package let batches: Int
    }

    /// The most frequent first; of the first page only.
    package let groups: [Group]
    /// Whether there are more open batches than were looked at for the groups.
    package let isCutOff: Bool
    package let page: [BatchOutlook]
    package let hasMore: Bool

    /// `{"groups": [{"code", "batches"}], "is_cut_off", "items", "next"}`; `next` is the `after` of the next page.
    package var json: JSON {
        [
            "groups": .array(groups.map { ["code": .string($0.code), "batches": .integer(Int64($0.batches))] }),
            "is_cut_off": .bool(isCutOff), "items": .array(page.map(\.json)),
            "next": hasMore ? page.last.map { .string("\($0.requester)/\($0.batch)") } ?? .null : .null,
        ]
    }
}

/// Answers "why is there no work for me": goes through the open batches in the order of the policy, and says for each
/// what a claim would be refused for first, and what would unlock it.
package struct WhyNoWork: Sendable {
    /// How many batches the groups are counted over at most.
    package static let batchesMax = 1_000
    package static let pageMax = 100
    private static let step = 100
    let market: Market

    package init(market: Market) { self.market = market }

    /// Changes nothing; locks nobody.
    ///
    /// - Parameters:
    ///   - last: of the page before; it need not be open any more.
    ///   - limit: 1 to 100.
    ///   - actor: the worker, or an operator.
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound`` for a worker or last batch that is not there.
    package func callAsFunction(
        for worker: Worker.ID, after last: (requester: Requester.ID, id: Batch.ID)? = nil, limit: Int = 20,
        by actor: Principal.ID
    ) async throws -> NoWorkReport {
        guard (1...Self.pageMax).contains(limit) else { throw BadInput("limit", "must be 1 to \(Self.pageMax)") }
        return try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: actor.uuid == worker.uuid ? .worker : .operator)
            guard let row = try await transaction.workerStanding(worker) else { throw NotFound("worker") }
            var lastSeen: Offering?
            if let last {
                lastSeen = try await transaction.offering(last.id, of: last.requester)
                guard lastSeen?.openedAt != nil else { throw NotFound("batch") }
            }
            let seeker = try await WorkSeeker(row, in: transaction)
            let (counts, isCutOff) = last == nil ? try await groups(of: seeker, in: transaction) : ([:], false)
            let found = try await transaction.openOfferings(after: lastSeen, limit: limit + 1)
            let page = try await outlooks(Array(found.prefix(limit)), of: seeker, in: transaction)
            return NoWorkReport(
                groups: counts.map(NoWorkReport.Group.init).sorted { ($1.batches, $0.code) < ($0.batches, $1.code) },
                isCutOff: isCutOff, page: page, hasMore: found.count > limit
            )
        }
    }

    private func groups(
        of seeker: WorkSeeker, in transaction: Transaction
    ) async throws -> (counts: [String: Int], isCutOff: Bool) {
        var counts: [String: Int] = [:]
        var (last, looked): (Offering?, Int) = (nil, 0)
        while looked < Self.batchesMax {
            let offerings = try await transaction.openOfferings(after: last, limit: Self.step)
            for prospect in try await transaction.prospects(of: seeker, from: offerings) {
                counts[prospect.group, default: 0] += 1
            }
            guard offerings.count == Self.step else { return (counts, false) }
            last = offerings.last
            looked += offerings.count
        }
        return (counts, try await !transaction.openOfferings(after: last, limit: 1).isEmpty)
    }

    private func outlooks(
        _ offerings: [Offering], of seeker: WorkSeeker, in transaction: Transaction
    ) async throws -> [BatchOutlook] {
        let prospects = try await transaction.prospects(of: seeker, from: offerings)
        let taken = zip(offerings, prospects).filter { $1 == .refused(.noWork) }.map(\.0)
        let facts = UnlockFacts(
            leaseEnds: try await transaction.nextLeaseEnds(of: taken),
            appeals: try await transaction.openAppeals(of: seeker.worker.id),
            nextDay: try seeker.worker.nextDay(after: transaction.instant),
            nextWeek: try seeker.worker.nextWeek(after: transaction.instant)
        )
        return zip(offerings, prospects).map { offering, prospect in
            BatchOutlook(
                requester: offering.requester, batch: offering.batch, projectName: offering.projectName,
                prospect: prospect, unlock: prospect.unlock(of: offering, for: seeker, facts)
            )
        }
    }
}

extension ClaimProspect {
    /// What the batches of a group have in common.
    fileprivate var group: String {
        switch self {
        case .eligible: "eligible"
        case .refused(.notEligible(let fault)): fault.code
        case .refused(let refusal): refusal.code
        }
    }

    fileprivate func unlock(of offering: Offering, for seeker: WorkSeeker, _ facts: UnlockFacts) -> Unlock? {
        switch self {
        case .eligible: nil
        case .refused(let refusal): refusal.unlock(of: offering, for: seeker, facts)
        }
    }
}

extension WorkerRow {
    /// When the next day begins where the worker lives.
    fileprivate func nextDay(after instant: Date) throws(BadInput) -> Date {
        try beginning(daysAfter: WorkWeek.day(of: instant, timeZone: timeZone), 1)
    }

    /// When the next week begins where the worker lives.
    fileprivate func nextWeek(after instant: Date) throws(BadInput) -> Date {
        try beginning(daysAfter: WorkWeek.start(of: instant, timeZone: timeZone), 7)
    }

    private func beginning(daysAfter day: CalendarDate, _ days: Int) throws(BadInput) -> Date {
        guard let later = CalendarDate(daysSince2000: day.daysSince2000 + days) else {
            throw BadInput("instant", "is outside the years 1 to 9999")
        }
        return try WorkWeek.beginning(of: later, timeZone: timeZone)
    }
}
