package import Foundation
internal import Store

/// An open batch whose work the scheduler offers, with slots that are not on offer yet.
package struct RoutingBatch: Hashable, Sendable {
    package let requester: Requester.ID
    package let id: Batch.ID
    package let requirement: Requirement.ID
    package let expectedMinutes: Int
    /// How long a lease lasts.
    package let leaseSeconds: Int
    package let priority: Int
    /// When its answers must be there; `nil` for no deadline.
    package let dueAt: Date?
    package let openedAt: Date
    /// Since when it waits: it was opened then, let go on after a pause, or its deadline was taken away.
    package let waitingSince: Date
    /// Open slots, as far as they were looked at: 0 to ``Transaction/routingSlotsMax``.
    package let openSlots: Int
    /// Different tasks among those slots.
    package let openTasks: Int
    /// Offers of the batch that wait for an answer.
    package let openOffers: Int
    /// All its tasks.
    package let tasks: Int
    /// Whose work it takes.
    package let workforces: [Workforce]
    /// How many answers decide a task.
    package let redundancy: Int
    /// Whether its tasks belong to matters.
    package let hasMatters: Bool
    /// What a right answer is worth to the requester, in minor units; `nil` where they have not said.
    package let answerValue: Int64?
    /// What the rate alone comes to for one of its tasks, in minor units, without premiums and raises; `nil` where that
    /// is not known, as of pay by item.
    package let ratePay: Int64?
    /// Whether it has gold among its tasks, or its project says how its answers are judged.
    package let isChecked: Bool

    /// Whether a wrong answer would be noticed and mended: by other answers, by gold or by review.
    package var isRecoverable: Bool { redundancy > 1 || isChecked }
    package var key: Batch.Key { Batch.Key(requester: requester, id: id) }

    package init(
        requester: Requester.ID, id: Batch.ID, requirement: Requirement.ID, expectedMinutes: Int, leaseSeconds: Int,
        priority: Int, dueAt: Date? = nil, openedAt: Date, openSlots: Int, openTasks: Int, openOffers: Int,
        tasks: Int = 1_000, workforces: [Workforce] = Workforce.allCases, redundancy: Int = 1, hasMatters: Bool = false,
        answerValue: Int64? = nil, ratePay: Int64? = nil, isChecked: Bool = false, waitingSince: Date? = nil
    ) {
        self.waitingSince = waitingSince ?? openedAt
        (self.ratePay, self.isChecked) = (ratePay, isChecked)
        (self.tasks, self.workforces, self.redundancy) = (tasks, workforces, redundancy)
        (self.hasMatters, self.answerValue) = (hasMatters, answerValue)
        (self.requester, self.id, self.requirement) = (requester, id, requirement)
        (self.expectedMinutes, self.leaseSeconds) = (expectedMinutes, leaseSeconds)
        (self.priority, self.dueAt, self.openedAt) = (priority, dueAt, openedAt)
        (self.openSlots, self.openTasks, self.openOffers) = (openSlots, openTasks, openOffers)
    }

    init(row: Row) throws {
        self.init(
            requester: try row["requester_id"], id: try row["batch_id"], requirement: try row["requirement_id"],
            expectedMinutes: try row["expected_minutes"], leaseSeconds: try row["lease_seconds"],
            priority: try row["priority"], dueAt: try row["due_at"], openedAt: try row["opened_at"],
            openSlots: try row["open_slots"],
            openTasks: try row["open_tasks"],
            openOffers: try row["open_offers"], tasks: try row["task_count"],
            workforces: try row["workforces"], redundancy: try row["redundancy"],
            hasMatters: try row["has_matters"], answerValue: try row["answer_value_minor"],
            ratePay: try row["rate_pay_minor"], isChecked: try row["is_checked"], waitingSince: try row["waiting_since"]
        )
    }
}

/// A worker, as far as a routing round asks.
package struct RoutingWorker: Hashable, Sendable {
    package let id: Worker.ID
    package let isActive: Bool
    /// IANA name.
    package let timeZone: String
    /// What they may take at most; the least of all caps.
    package let limits: WorkLimits
    package let workforce: Workforce
    /// Minutes that they were offered in the last four weeks, this one included.
    package let minutesOffered: Int

    init(row: Row) throws {
        id = try row["worker_id"]
        isActive = try row["is_active"]
        timeZone = try row["time_zone"]
        limits = try WorkLimits(row: row)
        workforce = try row["workforce"]
        minutesOffered = try row["minutes_offered"]
    }
}

/// What a worker is committed to already.
package struct RoutingLoad: Hashable, Sendable {
    /// Of the week asked for.
    package let committedMinutes: Int
    /// Of the day asked for.
    package let committedToday: Int
    package let liveLeases: Int
    /// Offers that wait for the worker's answer, and what they would take.
    package let openOffers: Int
    package let offeredMinutes: Int
    /// What the live leases take.
    package let leasedMinutes: Int

    init(row: Row) throws {
        committedMinutes = try row["committed_minutes"]
        committedToday = try row["committed_today"]
        liveLeases = try row["live_leases"]
        openOffers = try row["open_offers"]
        offeredMinutes = try row["offered_minutes"]
        leasedMinutes = try row["leased_minutes"]
    }
}

/// A batch and a worker.
package struct RoutingPair: Hashable, Sendable {
    package let batch: Batch.ID
    package let worker: Worker.ID

    package init(batch: Batch.ID, worker: Worker.ID) {
        (self.batch, self.worker) = (batch, worker)
    }
}

/// What a worker was offered of a batch.
package struct RoutingPast: Sendable {
    package let pair: RoutingPair
    package let isOpen: Bool
    /// Whether they declined it on the terms of now, and how often it was offered on these.
    package let isDeclined: Bool
    package let turns: Int
    /// Whether they accepted one, on whatever terms.
    package let hasAccepted: Bool
    /// When they last declined one or let it lapse, and the most that one of those paid.
    package let turnedDownAt: Date?
    package let turnedDownMinor: Int64?

    init(row: Row) throws {
        pair = try RoutingPair(row: row)
        isOpen = try row["is_open"]
        isDeclined = try row["is_declined"]
        turns = try row["turns"]
        hasAccepted = try row["has_accepted"]
        turnedDownAt = try row["turned_down_at"]
        turnedDownMinor = try row["turned_down_minor"]
    }
}

extension RoutingPair {
    init(row: Row) throws {
        batch = try row["batch_id"]
        worker = try row["worker_id"]
    }
}

/// How good a worker is known to be at a profession.
package struct RoutingSkill: Hashable, Sendable {
    /// The chance of a right answer and the low end of its 95 % interval, in ten-thousandths.
    package let meanBps: Int
    package let lowBps: Int
    /// How many answers it rests on.
    package let evidence: Int

    package init(meanBps: Int, lowBps: Int, evidence: Int) {
        (self.meanBps, self.lowBps, self.evidence) = (meanBps, lowBps, evidence)
    }
}

/// What is forecast of a worker's week.
package struct RoutingForecast: Hashable, Sendable {
    /// Their own time ÷ the expected, in millionths.
    package let paceMillionths: Int
    /// How much of the declared time they give, in millionths: the mean, and what they give in nine of ten weeks.
    package let meanMillionths: Int
    package let promisedMillionths: Int
    /// The time of a week that those are shares of: the windows of it, within the cap of then; `nil` where it is not
    /// known.
    package let declaredMinutes: Int?

    /// While nothing is known, all of the declared time is planned with, and half of it promised.
    package init(
        paceMillionths: Int = 1_000_000, meanMillionths: Int = 1_000_000, promisedMillionths: Int = 500_000,
        declaredMinutes: Int? = nil
    ) {
        (self.paceMillionths, self.meanMillionths) = (paceMillionths, meanMillionths)
        (self.promisedMillionths, self.declaredMinutes) = (promisedMillionths, declaredMinutes)
    }
}

/// How offers of some hours were answered.
package struct AnswerCount: Hashable, Sendable {
    /// Which six hours of the worker's day: 0 to 3.
    package let band: Int
    /// What was paid against the rate: 0 under nine tenths, 2 above eleven tenths, else 1.
    package let payBand: Int
    /// Accepted, declined or left to lapse; older ones count less.
    package let offered: Int
    package let accepted: Int
    /// From offer to acceptance, of all that were accepted together.
    package let delayMinutes: Int64

    package init(band: Int, payBand: Int = 1, offered: Int, accepted: Int, delayMinutes: Int64 = 0) {
        (self.band, self.payBand, self.offered, self.accepted) = (band, payBand, offered, accepted)
        self.delayMinutes = delayMinutes
    }

    init(row: Row) throws {
        band = try row["hour_band"]
        payBand = try row["pay_band"]
        delayMinutes = try row["delay_minutes"]
        offered = try row["offered"]
        accepted = try row["accepted"]
    }
}
