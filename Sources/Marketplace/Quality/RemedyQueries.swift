internal import Formats
internal import Foundation
internal import Store

/// What of an assignment's pay was refused.
struct RefusedPay: Sendable {
    let assignment: Assignment.ID
    let requester: Requester.ID
    let batch: Batch.ID
    let worker: Worker.ID
    let amount: Money
}

extension Transaction {
    func requester(of id: Assignment.ID) async throws -> Requester.ID? {
        try await firstRow("select requester_id from assignment where assignment_id = \(id)").map {
            try $0["requester_id"]
        }
    }

    /// Whether somebody has judged an assignment, or proposed a clawback.
    func hasOpinion(_ person: Principal.ID, on subject: UUID) async throws -> Bool {
        try await firstRow(
            """
            select from assignment join opinion using (requester_id, assignment_id)
             where assignment.assignment_id = \(subject) and opinion.person_id = \(person)
             union all
            select from clawback where clawback_id = \(subject) and proposed_by = \(person)
            """) != nil
    }

    /// The terms less what was earned for the work itself; `nil` where nothing is left.
    func refusedPay(of id: Assignment.ID) async throws -> RefusedPay? {
        let row = try await firstRow(
            """
            select assignment.requester_id, assignment.batch_id, assignment.worker_id, assignment.currency,
                   assignment.pay_minor
                   - coalesce((select amount_minor from earning
                                where earning.requester_id = assignment.requester_id
                                  and earning.assignment_id = assignment.assignment_id
                                  and flag_id is null and bonus_id is null), 0) as refused_minor
              from decision
              join review on review.decision_id = decision.decision_id
              join assignment on assignment.requester_id = review.requester_id
                             and assignment.assignment_id = review.assignment_id
             where decision.subject_id = \(id) and decision.kind in ('rejection', 'payment_withheld')
            """)
        guard let row, try row["refused_minor"] as Int64 > 0 else { return nil }
        return RefusedPay(
            assignment: id, requester: try row["requester_id"], batch: try row["batch_id"],
            worker: try row["worker_id"], amount: try Money(row["refused_minor"], row["currency"]))
    }

    func insertRemedy(of owed: RefusedPay, transfer: Transfer.ID) async throws {
        try await execute(
            """
            insert into earning (requester_id, assignment_id, batch_id, worker_id, amount_minor, currency, transfer_id,
                                 earned_at, bonus_id)
            values (\(owed.requester), \(owed.assignment), \(owed.batch), \(owed.worker), \(owed.amount.minorUnits),
                    \(owed.amount.currency), \(transfer), \(instant), \(transfer))
            """)
    }

    func isSuspended(_ worker: Worker.ID, by decision: Decision.ID) async throws -> Bool {
        try await firstRow(
            """
            select from worker
             where worker_id = \(worker) and state = 'suspended' and suspension_id = \(decision)
            """) != nil
    }

    func isErased(_ worker: Worker.ID) async throws -> Bool {
        try await firstRow("select from worker where worker_id = \(worker) and erased_at is not null") != nil
    }

    /// Where a worker stood when a decision closed their account; `nil` for decisions that do not say.
    func standing(before decision: Decision.ID) async throws -> Worker.State? {
        try await firstRow(
            "select facts ->> 'standing' as standing from decision where decision_id = \(decision)"
        ).flatMap { try $0.value("standing", as: String?.self).flatMap(Worker.State.init) }
    }

    /// Who has excluded the worker by a decision, from its facts.
    func excluder(by decision: Decision.ID) async throws -> Requester.ID? {
        try await firstRow(
            "select (facts ->> 'requester')::uuid as requester_id from decision where decision_id = \(decision)"
        ).flatMap { try $0["requester_id"] }
    }

    /// The tier that ended when the decision was made: in the transaction of the decision.
    func lostTier(by decision: Decision.ID) async throws -> (profession: Profession, tier: Tier)? {
        try await firstRow(
            """
            select before.profession, before.tier
              from decision
              join tier_period as before
                on before.worker_id = decision.worker_id and upper(before.in_force) = decision.decided_at
              join tier_period as lower_tier
                on lower_tier.worker_id = before.worker_id and lower_tier.profession = before.profession
               and lower(lower_tier.in_force) = upper(before.in_force) and lower_tier.tier < before.tier
             where decision.decision_id = \(decision) and decision.kind = 'tier_loss'
             limit 1
            """
        ).map { (try $0["profession"], try $0["tier"]) }
    }

    func reviewerRecords(after: Principal.ID?, limit: Int) async throws -> [ReviewerRecord] {
        try await rows(
            """
            select mine.person_id, count(*) as opinions, count(theirs.person_id) as compared,
                   count(*) filter (where theirs.verdict = mine.verdict) as agreed,
                   (select count(*) from decision join appeal on appeal.decision_id = decision.decision_id
                     where decision.decided_by = mine.person_id and decision.kind = 'rejection'
                       and appeal.state = 'overturned') as overturned,
                   (\(fragment: Self.reviewerWeight("mine.person_id"))) as weight
              from opinion as mine
              left join opinion as theirs
                on theirs.requester_id = mine.requester_id and theirs.assignment_id = mine.assignment_id
               and (mine.role, theirs.role) in (('first', 'second'), ('second', 'first'))
             where \(after)::uuid is null or mine.person_id > \(after)::uuid
             group by mine.person_id
             order by mine.person_id
             limit \(limit)
            """
        ).map { row in
            ReviewerRecord(
                person: try row["person_id"], opinions: try row["opinions"], compared: try row["compared"],
                agreed: try row["agreed"], overturned: try row["overturned"], weightMillionths: try row["weight"])
        }
    }
}
