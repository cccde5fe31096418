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
    (.clawbacks, ["update transfer set source_id = transfer_id where kind = 'clawback'"]),
    (
        .clawbacks,
        [
            """
            insert into transfer (transfer_id, kind, debit_account_id, credit_account_id, amount_minor, currency,
                                  source_id, posted_at, entry_id)
            select gen_random_uuid(), 'fee_return', fees.account_id, debts.account_id, 1, debts.currency,
                   gen_random_uuid(), posted_at, entry_id
              from journal_entry as entry
              join account as debts on debts.kind = 'worker_receivables'
              join account as fees on fees.kind = 'platform_fees' and fees.currency = debts.currency
             where entry.kind = 'clawback'
             limit 1
            """
        ]
    ),
]
