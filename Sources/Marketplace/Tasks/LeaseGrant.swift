package import Formats
package import Foundation

/// What the lease statement writes beside the slots that it takes.
package struct LeaseGrant: Sendable {
    /// One for each slot that may be taken, 1 to 100.
    package private(set) var assignments: [Assignment.ID]
    /// As many, for what is told of each.
    package private(set) var events: [AuditEvent.ID]
    /// What is told: `task_claimed`.
    package let action: String
    package let requester: Requester.ID
    package let batch: Batch.ID
    package let worker: Worker.ID
    package let leaseUntil: Date
    package let answerBy: Date
    package let terms: JSON
    /// Of the terms' canonical form.
    package let termsHash: Digest
    package let pay: Money
    package let fee: Money
    /// The facts that made the worker eligible.
    package let eligibility: JSON
    /// Where the minutes are reserved: a day, and the Monday of its week.
    package let onDay: CalendarDate
    package let weekStartsOn: CalendarDate
    /// For each.
    package let expectedMinutes: Int
    /// The most minutes that the worker gives on the day and in the week.
    package let dayMinutesMax: Int
    package let weekMinutesMax: Int
    /// What policies ask over weeks and of rest: stays with the minutes that are reserved.
    package let bounds: HoursBounds?
    /// What the worker is told, whatever is published meanwhile.
    package let guideline: Guideline.ID
    package let guidelineVersion: Int
    /// Whether tasks are passed by that have a party in which the worker has an interest; needed only where the batch
    /// has such tasks.
    package let checksParties: Bool
    /// Whether tasks are passed by of which the worker has reviewed an answer; needed only of reviewers.
    package let checksReviews: Bool
    /// Whether tasks are passed by that check something in which the worker had a part; needed only where the
    /// requester has such tasks.
    package let checksOrigins: Bool

    package init(
        assignments: [Assignment.ID], events: [AuditEvent.ID], action: String, requester: Requester.ID,
        batch: Batch.ID, worker: Worker.ID, leaseUntil: Date, answerBy: Date, terms: JSON, pay: Money, fee: Money,
        eligibility: JSON, onDay: CalendarDate, weekStartsOn: CalendarDate, expectedMinutes: Int, dayMinutesMax: Int,
        weekMinutesMax: Int, bounds: HoursBounds? = nil, guideline: Guideline.ID, guidelineVersion: Int,
        checksParties: Bool = false, checksReviews: Bool = false, checksOrigins: Bool = false
    ) {
        self.assignments = assignments
        self.events = events
        self.action = action
        self.requester = requester
        self.batch = batch
        self.worker = worker
        self.leaseUntil = leaseUntil
        self.answerBy = answerBy
        self.terms = terms
        termsHash = Digest(of: terms)
        self.pay = pay
        self.fee = fee
        self.eligibility = eligibility
        self.onDay = onDay
        self.weekStartsOn = weekStartsOn
        self.expectedMinutes = expectedMinutes
        self.dayMinutesMax = dayMinutesMax
        self.weekMinutesMax = weekMinutesMax
        self.bounds = bounds
        self.guideline = guideline
        self.guidelineVersion = guidelineVersion
        self.checksParties = checksParties
        self.checksReviews = checksReviews
        self.checksOrigins = checksOrigins
    }
}

extension LeaseGrant {
    /// The same for so many at most.
    func first(_ count: Int) -> LeaseGrant {
        var other = self
        (other.assignments, other.events) = (Array(assignments.prefix(count)), Array(events.prefix(count)))
        return other
    }

    /// The same for what is left when so many have been taken.
    func afterFirst(_ count: Int) -> LeaseGrant {
        var other = self
        (other.assignments, other.events) = (Array(assignments.dropFirst(count)), Array(events.dropFirst(count)))
        return other
    }
}

/// Which open slots of a batch a lease may take.
package struct SlotChoice: Hashable, Sendable {
    /// A slot with its token as it stands.
    struct One: Hashable, Sendable {
        let task: WorkTask.ID
        let number: Int
        let token: Int64
    }

    /// Set aside for somebody; `nil` for what anybody may take.
    var allotment: Allotment.ID?
    /// Of this matter only.
    var matter: String?
    /// Behind this place in the order in which slots are taken.
    var after: ServiceHints.Place?
    /// This one only, if it is not set aside for others.
    var only: One?
    /// Whether slots are waited for that somebody else is taking right now, so that none found means that all are
    /// taken; otherwise they are passed by.
    var waits = false

    /// Whatever anybody may take.
    package init() {}
}
