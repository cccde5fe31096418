extension Catalogue {
    /// A line for each code: status, code, meaning. Tests hold it against every refusal that they meet.
    static let text = """
        422 above_band The band of the rate ends at … for a task.
        422 above_most No more than … is held for a task of this batch.
        403 account_not_linked Nobody here is linked to this account. Ask an operator.
        409 address_taken Somebody else signs in by this address.
        409 agreement_begins_too_early Version … begins then or later. Name a later beginning.
        409 agreement_superseded Version … counts now. Read and accept that one.
        422 agreement_text_differs The hash is not that of this version's text. Read the text again before you \
        accept it.
        409 alert_closed The alert was closed before; what was said of it stays.
        409 all_offered As many offers of the batch wait for an answer as it has open slots.
        409 already_appealed The decision was appealed. It is answered once.
        409 already_excluded The requester excludes this worker already. Lift that first to give another reason.
        409 already_gold The task is gold already.
        409 already_offered The worker has an open offer of this batch.
        409 already_posted This was posted before.
        409 already_quarantined The batch is under quarantine already.
        409 already_rated You have rated the requester for this batch; a rating stays as it was.
        409 already_reversed The entry was taken back before.
        409 already_reviewed The submission was judged.
        409 already_submitted The answer was submitted.
        409 already_taken_back Another clawback takes back of the same earning.
        409 answer_not_kept This was done. What it showed once cannot be shown again: end it, and ask anew under \
        another key.
        409 appeal_not_open The appeal was answered or withdrawn.
        409 appeal_too_late The 14 days in which the decision could be appealed are over.
        409 auction_closed The auction takes no more bids.
        409 auction_not_cleared The auction is …; nothing of its bids can be read.
        409 auction_rules_unknown The auction goes by version … of the rules; this program has ….
        409 auction_running An auction of the batch is under way.
        409 award_answered The award is ….
        409 award_lapsed The time to accept the award is over.
        409 awards_unsettled … awards of the batch wait for an answer, or for somebody in their place. They lapse \
        by themselves.
        400 bad_idempotency_key An Idempotency-Key is 1 to 255 printable ASCII characters.
        422 bad_input Something in the request is not as it must be; `errors` says what and where.
        400 bad_json The body is not acceptable JSON.
        400 bad_request The request cannot be read.
        422 balance_too_large The account cannot hold that much.
        409 bank_entry_difference_open A voucher … of … must be posted first, with the id of this line as its \
        reference.
        409 bank_entry_not_awaited This is no debit with another amount of payments whose debit is still to come.
        403 bank_entry_same_person You prepared the voucher of the difference; somebody else must settle the payments.
        422 bank_file_faulty The file is faulty, and nothing was taken in: …
        422 bank_file_kind This is no pain.002, camt.053, camt.054 or NACHA file, nor a table of returns.
        422 bank_file_too_large A file may have … lines.
        409 batch_auctioned The tasks of this batch are won in an auction.
        409 batch_awarded_only The work of this batch is won by bids, and you have no award of it to take work of.
        409 batch_cap You have had … tasks of this batch, as many as one person may.
        409 batch_claimed_only The work of this batch is not offered: it is claimed, or bid for.
        409 batch_ended The batch is … and cannot be changed any more.
        409 batch_not_draft Tasks can be added to a draft; this batch is ….
        409 batch_not_for_bids The work of the batch goes by …. Make a batch with the door bid.
        409 batch_not_in_work The batch is …; this can be done to one that is open or paused.
        409 batch_not_offered Only the work of batches that is offered has a price of its own; this batch is not \
        offered.
        409 batch_not_open The batch is … and hands out no work.
        409 batch_not_paid You can rate the requester once pay for your work on this batch has left.
        409 batch_offered_only The work of this batch is offered; it cannot be claimed.
        409 batch_over The batch is …; nothing of it is given out any more.
        409 batch_overdue The deadline of the batch has passed; it hands out no more work.
        409 batch_packed The tasks of this batch go to workers by matter; neither whom they go to nor how many \
        can change.
        409 batch_quarantined A batch of this export is under quarantine: its answers are being looked at, and \
        are not given out.
        409 batch_resizing A change of redundancy to … has begun and not ended. Repeat it, then try again.
        409 batch_without_tasks The batch has no tasks.
        409 batch_wrong_state A batch that is … cannot ….
        409 below_ask It pays … an hour, which is less than you ask for.
        422 below_floor A task of this batch must pay … or more.
        409 bid_changed_too_often A bid can be changed … times.
        409 bid_hours Your live bids and what you have committed come to … minutes, and until the work is due you \
        have …. Bid for fewer, withdraw another bid, or give more hours.
        422 bid_out_of_band A bid is … to … minor units for an assignment.
        422 bid_too_many Nobody can win more than … assignments: one of each task.
        413 body_too_large The body is longer than this takes.
        409 budget_too_low What was spent and what is in hand come to … minor units; the budget cannot be below \
        that.
        503 cancelled The request was cancelled.
        409 case_decided The case has been decided; what was said of it stays.
        409 case_not_upheld The case was not upheld, or it is not about this worker's answers there.
        412 changed_meanwhile Somebody has changed it since you read it. Read it again, and decide again.
        409 clawback_not_in_force It was not decided, or does not stand any more.
        409 clawback_not_proposed It was decided or refused before.
        409 clawback_reference_taken Another clawback has this reference; a new one needs a reference of its own.
        403 clawback_same_person You proposed this clawback. Somebody else must decide it.
        403 clearance_granter_is_no_person Clearances are given by people, not by programs.
        403 clearance_own_granter Nobody clears themselves. Another operator must.
        409 clearance_same_level The worker holds that clearance already.
        403 close_colleague You are in one team with whoever wrote this answer, or have declared the same family \
        or employer. Somebody else must judge it.
        409 code_taken The catalogue has this code already. Take another.
        403 conflict_of_interest You have declared an interest in '…', which is a party of the project. Withdraw \
        it if it has ended.
        410 content_destroyed The requester's key was destroyed. Its content cannot be read again, nor new \
        content taken in.
        410 content_emptied The content was destroyed when the time that it is kept was over.
        503 content_keys_missing Content is encrypted, and no keys were given: name the key file with --key-file \
        or GUILDHALL_KEY_FILE.
        409 credential_closed This credential was refused or revoked. Hand it in anew with its evidence.
        409 credential_number_taken A credential with this number is known already. If it is not yours, tell an \
        operator.
        403 cross_origin A page of another origin cannot do this with your cookie.
        409 deadline_promised Somebody was promised time until …; the deadline cannot be before that.
        403 decider_answers You made this decision. Somebody else must answer the appeal.
        403 decider_is_concerned Nobody decides about what they bid in themselves. Somebody else must.
        403 decider_is_no_person A decision about a worker is made by a person, not by a program.
        403 decider_is_worker Nobody decides about themselves. Somebody else must.
        409 direct_offer_not_agreed The offer is …; there is nothing of it to take.
        409 direct_offer_not_open The offer is …; it can be answered no more.
        409 duplicate_open This may be somebody who is a worker already. Decide the duplicate case first.
        409 earning_under_way A payout that was not issued yet pays one of the earnings, or is to pay what an appeal \
        gave back of it: cancel it, or wait for its issue.
        409 email_taken This e-mail address is another worker's. Use another one, or that worker's external key.
        409 entry_not_reversible An entry of the kind … is not taken back by hand: it follows from work or a payout.
        409 exam_cooling_down The next attempt can begin at ….
        409 exam_key_taken Another profession has an exam of this key. Take another key.
        409 exam_version_taken Somebody published a version of this exam at the same moment. Look at it, then try \
        again.
        409 exception_overlaps The day has an exception for some of these minutes. Clear the day first.
        403 excluded This requester has excluded you. The decision that you were told of has the reasons and how \
        to appeal.
        409 finding_decided The finding has been decided; what was said of it stays.
        422 floor_above_ceiling The floor, … minor units by rate and pay floor, is above the ceiling of ….
        422 floor_in_the_past A pay floor cannot begin before now.
        409 gold_key_taken The project has a task of a copy's external key already.
        409 guideline_unchanged Version … has exactly this text. Nothing was published.
        409 guideline_versions_used_up The guideline has as many versions as there can be. Add another guideline.
        403 had_part_in_decision You have judged this work. Somebody else must answer the appeal.
        403 had_work_of_batch You have, or had, work of this batch. What is left of it is for others.
        409 hours_cap It would pass the hours that you have set, or may work, this week.
        409 hours_cap_day It would pass the hours that you have set, or may work, today.
        409 hours_cap_window It would pass the hours that you may work on average over some weeks. There is room again \
        from … on.
        409 hours_rest You must rest now. You may take work again from … on.
        400 idempotency_key_missing Send an Idempotency-Key header, so that the request can be repeated safely.
        422 idempotency_key_reused This Idempotency-Key was used for another request. Use a new one.
        428 if_match_missing This writes over what is there. Send its ETag in If-Match, or * to write over anything.
        409 illegal_transition That cannot happen to it in the state that it is in.
        422 import_faulty Nothing was imported: … records are faulty, and the import is strict.
        409 import_source_changed The file was changed while it was read. Import it again.
        422 import_too_many_for_strict A strict import takes at most … records. Split the file, or import it without \
        being strict.
        409 import_under_way The same file is being imported into this batch by somebody else. Wait until it is done.
        422 impossible_transfer A transfer moves a positive amount between two accounts.
        409 in_other_team The worker is in the team '…'. Remove them there first.
        409 insufficient_funds The account does not hold that much.
        409 interest_withdrawn This interest was withdrawn. It bars until its cool-down is over.
        500 internal Something went wrong here; tell the operator the request_id.
        422 invalid_answer The answer is not as the project asks for; `errors` says where.
        409 judged_already Somebody has given their opinion of this version. It cannot be sent back any more.
        503 key_retired The key '…' is retired. Use the newest key file.
        409 key_taken A project has this key, and its … is not what you ask for. Take another key, or ask for the \
        same.
        503 key_unknown The key '…' is not in the key file. Use the newest key file.
        503 keys_missing This needs the key file, and the program runs without one.
        409 later_floor Another floor for the same work begins then or later. Begin this one after it.
        409 later_policy Another policy for the same place begins then or later. Begin this one after it.
        409 lease_lost The lease has ended, and the task cannot be taken again now. Your text is kept as the \
        draft of this assignment unless you have saved a newer one since, and will be there if the task comes \
        back to you. Claim other work.
        409 leases_live The worker still holds tasks. Submit or give back those first.
        409 licence_not_confirmed The tiers expert and principal need a valid licence that two people have verified.
        405 method_not_allowed The path does not take this method; Allow has those that it takes.
        409 more_answers … tasks have more than … answers or leases in hand; the redundancy cannot be below that.
        422 more_than_was_paid Of an earning at most what the worker has had of it after taxes is taken back.
        409 name_taken A batch of the project has this name, and its … is not what you ask for. Take another \
        name, or ask for the same.
        409 no_ask You ask for nothing of the kind. List your asks to see what stands.
        409 no_attempt_left All … attempts at this exam are used up.
        409 no_bid You have no live bid in this auction.
        409 no_gold_rate The batch gives out no gold. Make its draft with gold_bps above 0.
        409 no_higher_tier No rule gives a higher tier in this profession.
        409 no_language An application names at least one language, with its level.
        409 no_open_batch There is no work to claim at the moment.
        409 no_password You do not sign in by a password here.
        409 no_profile The worker has not declared this profession. Declare it first.
        422 no_rate The rate card has no rate in force for this work. Ask finance for one.
        409 no_room With what they hold and are offered, the worker's hours or places would not take it.
        404 no_such_path There is nothing at this path.
        422 no_such_tasks The batch does not have all of these tasks.
        409 no_work All of it is taken, or you have done your part of it.
        409 not_a_member The worker is not in this team.
        403 not_a_worker Only a worker can take work.
        401 not_authenticated The access token is missing, unknown or expired.
        409 not_cleared The worker holds no clearance.
        403 not_confirmed The password or the code is wrong.
        403 not_eligible The work asks for something that your profile does not show. …
        409 not_excluded The requester does not exclude this worker.
        404 not_found There is no such thing, or it is not yours to see.
        409 not_funded The wallet lacks … minor units. Fund it first.
        422 not_more Further offers pay … already.
        409 not_quarantined The batch is not under quarantine.
        503 not_ready The server cannot work yet.
        409 not_sent_back No other version is asked for, or the time for it is over; what was handed in is judged \
        as it is.
        409 not_submitted There is no answer to judge: the assignment is ….
        409 nothing_counts The worker has no answers there that count.
        409 nothing_left Nothing of the batch is left to be bid for.
        409 nothing_left_after_tax Taxes leave nothing to pay: ….
        409 nothing_short No task of the batch lacks an answer that is not asked for again already.
        409 nothing_to_check Nothing in this project waits to be checked again for this version.
        409 nothing_to_pay No earning of this currency waits to be paid.
        409 nothing_withheld Less than that was withheld and is still owed to the authority.
        409 notice_mandatory Notices of this kind reach everybody; they cannot be turned off.
        409 offer_not_open Others have taken all there was; nothing of it is left to take.
        409 offered_before On these terms the worker declined it, or was offered it as often as it has tasks; on \
        others they may be.
        422 only_agency_is_managed Only an agency has managers of its own; operators run the staff.
        422 only_agency_is_payee Only an agency can be paid in its people's place; staff are paid themselves.
        403 opener_is_bidder You have bid in the auction. Somebody else must open its bids.
        403 opener_is_no_person Bids are opened early by people, not by programs.
        409 opening_already_proposed Somebody has asked for it. A second operator must confirm it.
        409 opening_not_proposed Nobody has asked for it. One operator must, before another confirms.
        409 opinion_given You have judged this answer. Somebody else must look at it now.
        409 other_answer_submitted Another answer was submitted for this task; it stands.
        422 other_currency The batch pays in ….
        403 other_workforce The batch takes no work from the ….
        409 others_turn The last word was the other side's. Decline it, in place of withdrawing it.
        503 outcome_unknown Whether it was done is not known; repeat it with the same Idempotency-Key.
        409 over_budget The budget leaves … minor units. Raise it first.
        503 overloaded Too much is under way here; come back after Retry-After.
        409 own_turn The last word was your side's. The other side must answer it.
        403 own_verifier Nobody vouches for themselves. Another operator must.
        409 payout_account_erased A payee of this batch was erased, and with them their account: the file cannot \
        be made again.
        409 payout_accounts_changed … of its payees have changed their account since it was prepared. Cancel it \
        and prepare another.
        409 payout_clawback_overturned It keeps what a worker does not owe any more, by an appeal. Cancel it and \
        prepare another.
        422 payout_content_differs The content hash is not that of the batch. Look at it again before approving it.
        409 payout_day_passed The day on which the bank was to pay has passed. Cancel it and prepare another.
        409 payout_due_closed This payout was prepared or skipped before.
        409 payout_file_differs The file would not be the one that was written before; something stored was changed.
        409 payout_wrong_form `payout issue` is for batches without accounts, `payout export` for those prepared \
        from a source.
        409 payout_wrong_state A payout batch that is … has nothing to ….
        403 person_needed This is for people: a program neither decides cases nor prepares, enters or approves money.
        409 policy_ends_earlier The policy ends no later than that already.
        422 policy_in_the_past A policy begins and ends at times to come: what was committed was committed under it.
        409 provider_key_taken There is another provider of this key. Close it, or take another key.
        401 provider_not_confirmed The sign-in did not begin in this browser, or is over. Begin again.
        503 provider_unavailable The sign-in provider does not answer. Try again, or ask who runs it.
        403 rate_approver_is_maker Whoever prepared a rate card cannot approve it. Another person of finance must.
        422 rate_card_content_differs The content hash is not this card's. Look at what you approve.
        409 rate_card_not_in_force This rate card does not hold at that time.
        409 rate_card_wrong_state A rate card that is … cannot ….
        422 rate_in_the_past A rate card begins and ends at times to come.
        429 rate_limited Too many requests in a minute, or too much at once; Retry-After says when to come back.
        409 rate_overlaps Another rate begins later for the same work. End that one first.
        422 reasons_missing A lower tier needs a rule and reasons, which the worker may appeal.
        409 recheck_key_taken The project has a task called '…' already, so no copy can have that name.
        409 recheck_list_not_complete What is to be checked is still being listed. Try again when the list is \
        complete.
        409 recheck_not_followed The project does not work under version … of the guideline. Let it follow that first.
        409 recollection_key_taken The project has a task called '…' already, so no copy can have that name.
        422 record_invalid This is no record of a worker, or it was changed after it was signed.
        409 record_key_missing There is no key to sign records. Make one with `guildhall keys record`.
        422 record_other_key The record is signed by another key than the one it was checked with.
        409 request_in_flight A request with this Idempotency-Key is being answered. Try again in a second.
        409 reversal_prepared Somebody has prepared the reversal of this entry, or it was taken back.
        403 reviewer_had_original The task checks an answer that you gave, judged or read before. Somebody else \
        must judge this check.
        403 reviewer_is_author You wrote this answer. Somebody else must judge it.
        403 reviewer_not_cleared The content is sensitive: its reviewers need clearance level …, as its workers \
        do. An operator grants it to whoever is registered as a worker.
        403 reviewer_worked_on_task You had this task yourself. Somebody else must judge answers to it.
        403 role_missing This needs a role that you do not hold.
        409 same_ask You ask for that already.
        403 same_operator You asked for it. A second operator must confirm it.
        409 same_person This person has another account. Close that one first.
        403 same_verifier Two people verify for the tiers expert and principal. Somebody else must confirm.
        403 scope_missing The token is for other things.
        500 sealed_unreadable What is stored cannot be opened with these keys: it was altered, or the keys are \
        others.
        401 second_factor_missing Send the six digits of your authenticator as code, too, or a recovery code.
        409 second_factor_not_begun Begin with a new second factor first.
        409 second_factor_on You have a second factor; take it away first.
        403 second_person_needed You prepared this batch. Somebody else must approve it.
        409 sent_back The answer was sent back. Its worker has until … to hand in another version.
        409 sent_back_too_often The answer was sent back … times, which is the most. Judge it as it is.
        409 share_cap You have done … tasks of this batch, as large a share as one person may.
        503 sign_in_busy Too many people sign in at once. Try again in a second.
        401 sign_in_failed Address, password or code is wrong, or there were too many attempts; then wait and try again.
        409 signs_in_already They sign in by a password already; let them ask for a reset.
        422 tasks_not_alike The tasks of an auction are alike: without parties of their own, matters that are \
        packed, gold, or a redundancy that adapts.
        409 tax_base_changed Earlier payouts of the same people count first: issue those; or cancel this one and \
        prepare another.
        409 tax_claim_ended The claim was verified or withdrawn before.
        409 tax_claim_reference_taken Another claim has this reference; a new one needs a reference of its own.
        403 tax_claim_same_person You entered this claim, or it is yours. Somebody else must look at its paper.
        409 tax_period_passed What is withheld was worked out for a period that is over: cancel it and prepare \
        another.
        410 ticket_invalid This code is not good any more: it was used, or has expired. Ask for another one.
        409 tier_conditions_met_again The worker meets all that the tier asks for again. Decline the proposal.
        409 tier_conditions_not_met The tier is not reached, or not any more: the first condition that is missing.
        409 tier_held_already The worker holds this tier or a higher one already. Decline the proposal.
        409 tier_not_held The worker does not hold the tier any more that they would lose. Decline the proposal.
        409 token_rotated This token was rotated before. Rotate the one that took its place.
        403 too_close_to_worker It is about you, or about a close colleague of yours. Somebody else must answer \
        the appeal.
        409 too_many_asks You have … asks. End one first.
        409 too_many_exceptions There are 1,000 exceptions to come. Clear some first.
        409 too_many_interests You have … interests in force. Withdraw those that have ended.
        409 too_many_leases You hold … tasks. Submit or return one first.
        409 too_many_raises It was raised … times, which is the most.
        409 too_many_turns After … turns the last one can only be accepted or declined.
        409 too_many_webhooks A requester has … endpoints at most; disable one that is not needed.
        409 too_much_evidence A credential takes 50 documents at most.
        503 unavailable The database cannot be reached or is overloaded.
        422 unknown_credential_kind The catalogue has no such kind of credential for this profession.
        422 unknown_profession There is no such profession in the catalogue.
        415 unsupported_media_type Send Content-Type: ….
        403 verifier_is_no_person A person vouches for a credential, not a program.
        409 voucher_decided The voucher was ….
        409 voucher_reference_taken Another voucher has this reference; a new one needs a reference of its own.
        403 voucher_same_person You prepared this voucher; somebody else must post it.
        409 webhook_not_enabled This endpoint is not told anything. Enable it first.
        409 webhook_secret_rotating Two secrets sign already. Wait until the older one has expired.
        409 withdrawal_ended An appeal against the withdrawal was granted; the answers count again.
        409 withholding_not_whole What is paid and withheld is not what was earned.
        409 work_in_flight Somebody is working on the batch, or answers wait for review. Pause it and try later.
        409 work_not_accepted A bonus is for accepted work: the assignment is ….
        409 worker_busy The worker is taking or ending work at this moment.
        403 worker_not_active Your standing is '…'; only active workers can take work.
        422 worker_not_concerned The case is not about this worker.
        """
}
