package import Formats
package import Foundation

/// What the claim statement writes beside the slot that it takes.
package struct LeaseGrant: Sendable {
    package let assignment: Assignment.ID
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
    /// Where the minutes were reserved: a Monday.
    package let weekStartsOn: CalendarDate
    package let expectedMinutes: Int
    /// What the worker is told, whatever is published meanwhile.
    package let guideline: Guideline.ID
    package let guidelineVersion: Int
    /// Whether tasks are passed by that have a party in which the worker has an interest; needed only where the batch
    /// has such tasks.
    package let checksParties: Bool

    package init(
        assignment: Assignment.ID, requester: Requester.ID, batch: Batch.ID, worker: Worker.ID, leaseUntil: Date,
        answerBy: Date, terms: JSON, pay: Money, fee: Money, eligibility: JSON, weekStartsOn: CalendarDate,
        expectedMinutes: Int, guideline: Guideline.ID, guidelineVersion: Int, checksParties: Bool = false
    ) {
        self.assignment = assignment
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
        self.weekStartsOn = weekStartsOn
        self.expectedMinutes = expectedMinutes
        self.guideline = guideline
        self.guidelineVersion = guidelineVersion
        self.checksParties = checksParties
    }
}
