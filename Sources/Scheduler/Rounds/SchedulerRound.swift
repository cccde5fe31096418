/// Something that the scheduler does over and over, one bounded piece at a time.
package protocol SchedulerRound: Sendable {
    /// snake_case; how logs and metrics name it. Differs from all others in a loop.
    var name: String { get }
    /// How long to wait between two pieces when none is left.
    var period: Duration { get }
    /// One bounded piece of work. Any number of schedulers may do it at once.
    func runOnce() async throws -> RoundOutcome
    /// Waits for what goes on beyond a piece; after the last one.
    func finish() async
}

extension SchedulerRound {
    package func finish() async {}
}

/// What one piece of work came to.
package struct RoundOutcome: Hashable, Sendable {
    package let counts: [SchedulerCount: Int]
    /// Whether to go on at once.
    package let hasMore: Bool
    /// Of what was solved, the least: value ÷ the best that is possible, at least; `nil` where nothing was.
    package let certificateMillionths: Int64?

    package init(counts: [SchedulerCount: Int], hasMore: Bool, certificateMillionths: Int64? = nil) {
        (self.counts, self.hasMore) = (counts, hasMore)
        self.certificateMillionths = certificateMillionths
    }

    /// For use cases that do up to `most` things: a full piece means that there may be more.
    init(_ done: Int, of most: Int, as count: SchedulerCount) {
        self.init(counts: [count: done], hasMore: done >= most)
    }
}

/// What rounds count.
package enum SchedulerCount: String, Hashable, Sendable, CaseIterable {
    case leasesExpired = "leases_expired"
    case leasesRevoked = "leases_revoked"
    case draftsForgotten = "drafts_forgotten"
    case offersLapsed = "offers_lapsed"
    case offersFilled = "offers_filled"
    case directOffersLapsed = "direct_offers_lapsed"
    case cellsScreened = "cells_screened"
    case findingsOpened = "findings_opened"
    case answersScreened = "answers_screened"
    case qualityCasesOpened = "quality_cases_opened"
    case reservationsEnded = "reservations_ended"
    case eventsSealed = "events_sealed"
    case balancesFolded = "balances_folded"
    case noticesDelivered = "notices_delivered"
    case webhooksTried = "webhooks_tried"
    case answersForgotten = "answers_forgotten"
    case signInsForgotten = "sign_ins_forgotten"
    case webhooksForgotten = "webhooks_forgotten"
    case offersMade = "offers_made"
    case offersRefused = "offers_refused"
    case reverificationsReminded = "reverifications_reminded"
    case examsClosed = "exams_closed"
    case tiersProposed = "tiers_proposed"
    case tiersGranted = "tiers_granted"
    case eligibilitiesKept = "eligibilities_kept"
    case answersWeighed = "answers_weighed"
    case projectsFitted = "projects_fitted"
    case batchesRated = "batches_rated"
    case outcomesTold = "outcomes_told"
    case workersEstimated = "workers_estimated"
    case unjudgedAccepted = "unjudged_accepted"
    case appealsTold = "appeals_told"
    case payoutsDue = "payouts_due"
    case payTopUps = "pay_top_ups"
    case batchesClosed = "batches_closed"
    case tasksWithdrawn = "tasks_withdrawn"
    case recheckSteps = "recheck_steps"
    case contentsEmptied = "contents_emptied"
    case auctionsClosed = "auctions_closed"
    case auctionsOpened = "auctions_opened"
    case bidsOpened = "bids_opened"
    case awardsMade = "awards_made"
    case awardsLapsed = "awards_lapsed"
    case escalationSteps = "escalation_steps"
    case alertsClosed = "alerts_closed"
    case explanationsForgotten = "explanations_forgotten"
    case hoursForecast = "hours_forecast"
    case weeksTested = "weeks_tested"
    case hoursPriced = "hours_priced"
}
