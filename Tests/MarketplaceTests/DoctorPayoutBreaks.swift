import Marketplace
import Store

/// How the checks about schedules of payouts and clawbacks are made to fail; see `doctorBreaks`.
let doctorPayoutBreaks: [(check: DoctorCheck, statements: [SQL])] = [
    (.payoutsDue, ["update payout_schedule set next_at = next_at + interval '1 hour'"]),
    (.payoutsDue, ["update payout_schedule set next_at = next_at + interval '1 day'"]),
    (
        .payoutsDue,
        [
            """
            update payout_due
               set state = 'prepared', reason = null, payout_batch_id = batch.payout_batch_id,
                   closed_by = batch.approved_by
              from payout_batch as batch where batch.state = 'issued'
            """
        ]
    ),
    (.payoutContent, ["update payout_batch set content_hash = sha256('x') where state = 'prepared'"]),
    (.clawbacks, ["update clawback set claim_minor = claim_minor - 1"]),
    (
        .clawbacks,
        [
            "alter table clawback drop constraint clawback_decided_by_another",
            "update clawback set proposed_by = decided_by",
        ]
    ),
    (.clawbacks, ["update clawback_item set amount_minor = amount_minor - 1"]),
]
