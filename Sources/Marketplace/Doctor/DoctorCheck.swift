internal import Store

/// A rule that the doctor asks about: the invariants of ARCHITECTURE.md by their numbers, several checks for some.
package enum DoctorCheck: String, Sendable, CaseIterable {
    case redundancy = "slots_within_redundancy"
    case oneSlotPerWorker = "one_slot_per_worker"
    case slotsAgree = "slots_agree_with_assignments"
    case batchCounts = "batches_count_their_slots"
    case reservations = "reserved_work_went_to_its_people"
    case handedOut = "nothing_closed_handed_out"
    case ending = "batches_ended_with_reason"
    case eligibility = "facts_prove_eligibility"
    case proof = "facts_meet_requirement"
    case barred = "nobody_barred_has_work"
    case termsFrozen = "terms_as_frozen"
    case termsHash = "terms_match_hash"
    case directOffers = "direct_offers_as_agreed"
    case raises = "raises_within_band_and_paid"
    case oneEarning = "one_earning_by_terms"
    case earningPosted = "earnings_posted"
    case topUps = "top_ups_within_shortfall"
    case topUpShare = "top_ups_within_share"
    case balances = "balances_are_sums"
    case folds = "folds_are_sums"
    case journal = "entries_whole"
    case vouchers = "vouchers_by_two_people"
    case rounding = "rounding_is_little"
    case currencies = "transfers_in_one_currency"
    case clearing = "clearing_is_zero"
    case budget = "within_budget"
    case holdCovers = "hold_covers_open_work"
    case onePayout = "earning_paid_once"
    case payoutTotals = "payout_totals"
    case payoutContent = "payouts_as_prepared"
    case payoutPosted = "payouts_posted"
    case twoPeople = "payout_by_two_people"
    case payoutsDue = "payouts_fall_due"
    case clawbacks = "clawbacks_owed_and_kept"
    case withholdings = "withholdings_whole"
    case taxSums = "tax_sums_are_sums"
    case sealedBids = "bids_sealed"
    case qualityFrozen = "bid_quality_frozen"
    case awardsRecomputed = "awards_as_recomputed"
    case reviewerDiffers = "reviewer_is_not_author"
    case colleaguesApart = "no_colleague_judged"
    case unjudged = "accepted_unjudged_only_in_time"
    case oneFunction = "one_function_per_item"
    case opinions = "opinions_by_different_people"
    case tallies = "review_tallies_are_counts"
    case reworks = "sent_back_kept_and_limited"
    case qualityCases = "quality_cases_have_evidence"
    case withdrawals = "answers_withdrawn_by_decision"
    case goldCounted = "gold_exposures_counted"
    case goldOnce = "gold_shown_once"
    case hours = "hours_within_cap"
    case hoursLedger = "hours_ledger_follows_work"
    case hoursWindow = "hours_within_window"
    case hoursRest = "hours_with_rest"
    case load = "live_leases_counted"
    case dueProcess = "decisions_whole"
    case appeals = "appeals_answered_by_another"
    case auditLine = "audit_sealed_or_in_line"
    case auditChain = "audit_chain_verifies"
    case keptEligibility = "kept_eligibility_is_true"
    case oneAtATime = "one_standing_at_a_time"
    case tierGrounds = "tiers_have_grounds"
    case fourEyes = "expert_tiers_verified_by_two"
    case examLimits = "exams_within_limits"
    case guidelineTold = "work_under_known_guideline"
    case controlsHidden = "controls_without_suggestion"
    case rechecks = "rechecks_as_the_change_says"
    case contentKept = "content_sealed_and_kept"
    case answersKept = "answers_match_hash"
    case readings = "readings_by_right"
    case clearanceAsked = "sensitive_work_asks_clearance"
    case safetyReviewed = "safety_work_reviewed"
    case offers = "offers_once_on_their_terms"
    case offersCounted = "offers_counted"
    case explained = "offers_explained"
    case ladder = "escalations_on_record"
    case forecasts = "forecasts_and_prices_whole"
    case posteriors = "posteriors_weigh_their_answers"
    case stoppings = "stoppings_as_recomputed"
    case outcomes = "outcomes_follow_judgements"
    case signIns = "sign_ins_whole"
    case webhooks = "webhooks_signed_and_told"
}

extension DoctorCheck {
    /// Which invariant of ARCHITECTURE.md it is about.
    package var invariant: Int {
        switch self {
        case .redundancy, .oneSlotPerWorker, .slotsAgree, .batchCounts, .reservations, .handedOut, .ending: 1
        case .eligibility, .proof, .barred: 2
        case .termsFrozen, .termsHash, .directOffers, .raises, .oneEarning, .earningPosted, .topUps: 3
        case .balances, .folds, .journal, .vouchers, .rounding, .currencies, .clearing: 4
        case .budget, .holdCovers, .topUpShare: 5
        case .onePayout, .payoutTotals, .payoutContent, .payoutPosted, .twoPeople, .payoutsDue, .clawbacks,
            .withholdings, .taxSums:
            6
        case .sealedBids, .qualityFrozen, .awardsRecomputed: 7
        case .reviewerDiffers, .colleaguesApart, .unjudged, .oneFunction, .opinions, .tallies, .reworks: 8
        case .hours, .hoursLedger, .hoursWindow, .hoursRest, .load: 9
        case .dueProcess, .appeals, .qualityCases, .withdrawals: 10
        case .oneAtATime, .tierGrounds, .fourEyes, .examLimits: 12
        case .auditLine, .auditChain: 11
        case .keptEligibility: 13
        case .guidelineTold, .controlsHidden, .rechecks: 14
        case .contentKept, .answersKept, .readings, .clearanceAsked, .safetyReviewed: 15
        case .offers, .offersCounted, .explained, .ladder, .forecasts: 16
        case .posteriors, .stoppings, .outcomes, .goldCounted, .goldOnce: 17
        case .signIns, .webhooks: 18
        }
    }

    /// What must hold.
    package var sentence: String {
        switch self {
        case .redundancy:
            "A task has as many slots as its redundancy wants, and no more slots or counted assignments than its most."
        case .oneSlotPerWorker: "No worker holds two slots of a task."
        case .slotsAgree: "Slots and assignments say the same: who holds what, by which token, until when."
        case .batchCounts: "A batch has the tasks and slots that it counts; nobody ever took one of a draft."
        case .reservations:
            "What is reserved went to those it is for, a pack to its holder; an award keeps a slot of each task."
        case .handedOut:
            "Nothing of a closed task or batch is open; what waits may still be asked for, and would be by now."
        case .ending: "A batch that ended says when, why and by whom, and so do its tasks; no other does."
        case .eligibility: "The facts stored with an assignment were true when the lease was taken."
        case .proof: "The facts stored with an assignment meet the requirement of its batch."
        case .barred: "Nobody got a lease or an offer whom their team, an exclusion or an interest barred from it then."
        case .termsFrozen: "The amounts and the deadline of an assignment are those of its terms."
        case .termsHash: "The terms of every assignment have the hash that was stored with them."
        case .directOffers:
            "A direct offer's turns are whole, the other side agreed to the last, and what was taken is at its price."
        case .raises:
            "Raises go up within the rate's band, and what was leased under an offer with a raise pays it."
        case .oneEarning:
            "Every accepted assignment's work has one earning and fee: its terms times the share accepted."
        case .earningPosted:
            "Every earning is a transfer to the worker: from the hold, a top-up else from the platform."
        case .topUps:
            "Top-ups lift work to what its flag says is owed, once each, never above; none whose pay was taken back."
        case .topUpShare:
            "What a batch's hold has paid in top-ups is what it counts, and within the share kept for them."
        case .balances: "Every balance equals the sum of its transfers, and none is negative."
        case .folds: "What was noted of a balance is the sum of the transfers up to there."
        case .journal: "Every entry has its transfers, of its kind and instant; a reversal those of the other, turned."
        case .vouchers: "What finance entered by hand was prepared by one person and posted by another, as prepared."
        case .rounding: "What banks rounded otherwise is between bank and rounding, at most 10 minor units each time."
        case .currencies: "Every transfer is in the currency of both its accounts."
        case .clearing: "What is in clearing is what payments are under way."
        case .budget: "What a batch holds and has spent is within its budget."
        case .holdCovers: "The hold covers the worst case of what is open and the share for top-ups; closed, nothing."
        case .onePayout: "No earning is in two live payout lines, nor in one whose batch was cancelled."
        case .payoutTotals:
            "Batch totals equal their lines, lines their shares, shares and what is withheld their earnings."
        case .payoutContent: "The lines of a payout that may still be issued are those that were prepared."
        case .payoutPosted: "Every share and line of an issued payout has moved its amount, and no other has."
        case .twoPeople: "No payout was approved by whoever prepared it, or issued without approval."
        case .payoutsDue:
            "Each schedule's next date is one of its dates; what fell due was prepared or skipped by a person."
        case .clawbacks:
            "Pay is taken back by two people and given back once; workers owe what was, less what was kept of payouts."
        case .withholdings: "What is withheld is what its lines come to, and was posted with its payout, not before."
        case .taxSums: "Sums that taxes count from are those of live payouts; what was issued counts without a gap."
        case .sealedBids: "Bids are open only once their auction is closed: in time, or early by two people."
        case .qualityFrozen: "The quality of every bid is what was frozen at the opening, by the formula."
        case .awardsRecomputed: "Every auction, seed, bid and award is what the stored bids come to, to the byte."
        case .reviewerDiffers: "Nobody has judged their own work."
        case .colleaguesApart: "Nobody has judged the work of somebody of their own team."
        case .unjudged: "What no person judged was accepted in full, and not before the review window had ended."
        case .oneFunction: "Nobody judged an answer to a task that they took, or checks again what they gave or judged."
        case .opinions: "Author, first, second and third who judge are different people; who was to look again has."
        case .tallies: "What is counted of judgements, and of rejections by one alone, is what there is of them."
        case .reworks: "What was sent back was by somebody else, and what came after is another version in time."
        case .qualityCases: "Every case about answers has evidence; open ones of one batch and signal share nobody."
        case .withdrawals: "What was withdrawn was so by a decision, until its appeal was granted; copies go to others."
        case .goldCounted:
            "Whoever was given gold has seen it on record, items count who has, and what is set aside as gold is gold."
        case .goldOnce: "No item of gold was shown to an account that was known to be, perhaps, one that had seen it."
        case .hours: "A worker's committed minutes are those of the ledger, of each week and day, and within the cap."
        case .hoursLedger: "Every lease has reserved its minutes; judged work has worked them, a lapse released them."
        case .hoursWindow: "Nothing was reserved beyond what the window of weeks that held then allows on average."
        case .hoursRest: "Nothing was reserved into the rest that was asked for then in each 24 hours."
        case .load: "A worker's counted leases are those that live."
        case .dueProcess: "Whatever was not paid in full, and every suspension, has a person's decision with reasons."
        case .appeals: "Appeals are answered by another person; what is overturned of pay is paid, once, in full."
        case .oneAtATime: "At any instant a worker is in one team at most and holds one tier of a profession at most."
        case .tierGrounds: "Every tier was given by a person for reasons, by a rule that gives it, or with an import."
        case .fourEyes: "Whoever became expert or principal here had a licence that two people had verified."
        case .examLimits: "Attempts at exams kept to their number, their cool-down and their time."
        case .auditLine: "Every audit event is either sealed or in line for it."
        case .auditChain: "The sealed part of the audit log verifies."
        case .guidelineTold:
            "Every assignment is under a version of a guideline that was published, and it is the one of its terms."
        case .controlsHidden: "No answer to a control was given with the suggestion at hand, nor is a copy of it."
        case .rechecks:
            "A change lists exactly the answers to check again that it touches, all under earlier versions."
        case .keptEligibility: "What is kept of who meets which requirement equals evaluation from scratch."
        case .contentKept:
            "Every task has its content where its project's function says, as the project demands, or a tombstone."
        case .answersKept: "Every answer that can be opened is the one whose hash was stored when it came in."
        case .readings: "Whoever read content held the task then, or was free to review an answer that had come in."
        case .clearanceAsked: "The requirement of a sensitive batch asks for that clearance."
        case .safetyReviewed: "No safety work was accepted without a person's review."
        case .offers:
            "No worker was offered a batch more often on the same terms than it has tasks, nor after declining it."
        case .offersCounted: "How workers answered offers, and the minutes they were offered, are as their offers say."
        case .explained:
            "What explains an offer adds up, and its runner-up is somebody else; open offers by a plan have one."
        case .ladder: "Every raise by the ladder and every alert has its step, and no step comes before those below it."
        case .forecasts:
            "Backtests are what forecasts and hours came to; prices of hours are of a solve and within its most."
        case .posteriors: "What the answers to a task come to is of exactly those that count, or waits to be."
        case .signIns: "Whoever has a second factor has its secret; no session goes on by a password that was closed."
        case .webhooks: "What is told has a secret to sign with; nothing waits for an endpoint that is told nothing."
        case .outcomes: "What a person judged, and an appeal after that, is in what is known of the worker."
        case .stoppings: "Every stopping by the posterior is what was kept with it comes to."
        }
    }

    enum Method {
        case violations(SQL)
        case auditChain
        case proofs
        case termsHash
        case keptEligibility
        case rechecks
        case auctions
        case answers
        case stoppings
        case payoutContent
    }

    var method: Method {
        switch self {
        case .redundancy: .violations(Self.redundancyViolations)
        case .oneSlotPerWorker: .violations(Self.oneSlotPerWorkerViolations)
        case .slotsAgree: .violations(Self.slotsAgreeViolations)
        case .batchCounts: .violations(Self.batchCountViolations)
        case .reservations: .violations(Self.reservationViolations)
        case .handedOut: .violations(Self.handedOutViolations)
        case .ending: .violations(Self.endingViolations)
        case .eligibility: .violations(Self.eligibilityViolations)
        case .proof: .proofs
        case .barred: .violations(Self.barredViolations)
        case .termsFrozen: .violations(Self.termsViolations)
        case .termsHash: .termsHash
        case .directOffers: .violations(Self.directOfferViolations)
        case .raises: .violations(Self.raiseViolations)
        case .oneEarning: .violations(Self.oneEarningViolations)
        case .earningPosted: .violations(Self.earningPostedViolations)
        case .topUps: .violations(Self.topUpViolations)
        case .topUpShare: .violations(Self.topUpShareViolations)
        case .balances: .violations(Self.balanceViolations)
        case .folds: .violations(Self.foldViolations)
        case .journal: .violations(Self.journalViolations)
        case .vouchers: .violations(Self.voucherViolations)
        case .rounding: .violations(Self.roundingViolations)
        case .currencies: .violations(Self.currencyViolations)
        case .clearing: .violations(Self.clearingViolations)
        case .budget: .violations(Self.budgetViolations)
        case .holdCovers: .violations(Self.holdViolations)
        case .onePayout: .violations(Self.onePayoutViolations)
        case .payoutTotals: .violations(Self.payoutTotalViolations)
        case .payoutContent: .payoutContent
        case .payoutPosted: .violations(Self.payoutPostedViolations)
        case .twoPeople: .violations(Self.twoPeopleViolations)
        case .payoutsDue: .violations(Self.payoutsDueViolations)
        case .clawbacks: .violations(Self.clawbackViolations)
        case .withholdings: .violations(Self.withholdingViolations)
        case .taxSums: .violations(Self.taxSumViolations)
        case .sealedBids: .violations(Self.sealedBidViolations)
        case .qualityFrozen: .violations(Self.qualityViolations)
        case .awardsRecomputed: .auctions
        case .reviewerDiffers: .violations(Self.reviewerViolations)
        case .colleaguesApart: .violations(Self.colleagueViolations)
        case .unjudged: .violations(Self.unjudgedViolations)
        case .oneFunction: .violations(Self.functionViolations)
        case .opinions: .violations(Self.opinionViolations)
        case .tallies: .violations(Self.tallyViolations)
        case .reworks: .violations(Self.reworkViolations)
        case .qualityCases: .violations(Self.qualityCaseViolations)
        case .withdrawals: .violations(Self.withdrawalViolations)
        case .goldCounted: .violations(Self.goldCountViolations)
        case .goldOnce: .violations(Self.goldOnceViolations)
        case .hours: .violations(Self.hoursViolations)
        case .hoursLedger: .violations(Self.hoursLedgerViolations)
        case .hoursWindow: .violations(Self.hoursWindowViolations)
        case .hoursRest: .violations(Self.hoursRestViolations)
        case .load: .violations(Self.loadViolations)
        case .dueProcess: .violations(Self.dueProcessViolations)
        case .appeals: .violations(Self.appealViolations)
        case .oneAtATime: .violations(Self.oneAtATimeViolations)
        case .tierGrounds: .violations(Self.tierGroundViolations)
        case .fourEyes: .violations(Self.fourEyesViolations)
        case .examLimits: .violations(Self.examLimitViolations)
        case .auditLine: .violations(Self.auditLineViolations)
        case .auditChain: .auditChain
        case .keptEligibility: .keptEligibility
        case .guidelineTold: .violations(Self.guidelineToldViolations)
        case .controlsHidden: .violations(Self.controlsHiddenViolations)
        case .rechecks: .rechecks
        case .contentKept: .violations(Self.contentViolations)
        case .answersKept: .answers
        case .readings: .violations(Self.readingViolations)
        case .clearanceAsked: .violations(Self.clearanceViolations)
        case .safetyReviewed: .violations(Self.safetyViolations)
        case .offers: .violations(Self.offerViolations)
        case .offersCounted: .violations(Self.offerCountViolations)
        case .explained: .violations(Self.explanationViolations)
        case .ladder: .violations(Self.ladderViolations)
        case .forecasts: .violations(Self.forecastViolations)
        case .posteriors: .violations(Self.posteriorViolations)
        case .stoppings: .stoppings
        case .outcomes: .violations(Self.outcomeViolations)
        case .signIns: .violations(Self.signInViolations)
        case .webhooks: .violations(Self.webhookViolations)
        }
    }
}
