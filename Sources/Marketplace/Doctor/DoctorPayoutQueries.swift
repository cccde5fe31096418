internal import Store

extension DoctorCheck {
    /// Where the clocks leave the minute out, its date is the instant at which they do: just before it was not reached.
    static let payoutsDueViolations: SQL = """
        select source as example
          from (select source, rhythm, days, next_at, next_at at time zone time_zone as wall,
                       (next_at - interval '1 second') at time zone time_zone as before,
                       date_trunc('day', next_at at time zone time_zone) + minute * interval '1 minute' as planned
                  from payout_schedule where rhythm <> 'on_demand') as schedule
         where wall < planned or before >= planned
            or case
                   when rhythm = 'weekly' then days >> (extract(isodow from wall)::integer - 1) & 1 = 0
                   -- The last day of a month stands for those that it has not.
                   when extract(month from wall) <> extract(month from wall + interval '1 day') then
                       days >> (extract(day from wall)::integer - 1) = 0
                   else days >> (extract(day from wall)::integer - 1) & 1 = 0
               end
         union all
        select payout_due_id::text
          from payout_due
          left join payout_batch using (payout_batch_id)
          left join principal on principal.principal_id = payout_due.closed_by
         where payout_due.state <> 'open' and principal.kind is distinct from 'person'
            or payout_due.state = 'prepared'
               and (payout_batch.prepared_by, payout_batch.prepared_at)
                   is distinct from (payout_due.closed_by, payout_due.closed_at)
        """

    /// What workers owe is what was taken back of them less what was kept of payouts, or given back. Who had paid an
    /// earning has back what the greatest of its clawbacks took of it, whatever became of them.
    static let clawbackViolations: SQL = """
        select clawback.clawback_id::text as example
          from clawback
          left join decision on decision.decision_id = clawback.decision_id
          left join (select clawback_id, sum(item.amount_minor) as items,
                            bool_or(item.amount_minor > earning.amount_minor or earning.worker_id <> taken.worker_id
                                    or earning.currency <> taken.currency) as differs
                       from clawback_item as item
                       join clawback as taken using (clawback_id)
                       join earning using (requester_id, transfer_id)
                      group by 1) as items on items.clawback_id = clawback.clawback_id
          left join (select entry.source_id, sum(transfer.amount_minor) as posted
                       from journal_entry as entry join transfer using (entry_id)
                      where entry.kind = 'clawback' and transfer.kind = 'clawback'
                      group by 1) as entered on entered.source_id = clawback.clawback_id
         where clawback.amount_minor is distinct from items.items or items.differs
            or entered.posted is distinct from
               case when clawback.state in ('decided', 'overturned') then clawback.amount_minor end
            or clawback.decided_by = clawback.proposed_by
            or clawback.state in ('decided', 'overturned')
               and (decision.kind::text, decision.worker_id, decision.subject_id)
                   is distinct from ('clawback', clawback.worker_id, clawback.clawback_id)
            or (clawback.state = 'overturned')
               <> exists (select from appeal
                           where appeal.decision_id = clawback.decision_id and appeal.state = 'overturned')
            or clawback.claim_minor < (select coalesce(sum(kept.amount_minor), 0)
                                         from clawback_recovery as kept join payout_batch using (payout_batch_id)
                                        where kept.clawback_id = clawback.clawback_id and kept.is_live
                                          and payout_batch.state = 'issued')
         union all
        -- Pay goes back to where it came from once; what is taken again, to the platform, which has made up for it.
        select item.transfer_id::text
          from clawback_item as item
          join clawback using (clawback_id)
          left join transfer as back on back.kind = 'clawback' and back.source_id = item.clawback_item_id
          left join account as credited on credited.account_id = back.credit_account_id
         where clawback.state in ('decided', 'overturned')
         group by item.requester_id, item.transfer_id
        having coalesce(sum(back.amount_minor), 0) <> max(item.amount_minor)
            or bool_or(credited.kind = 'requester_wallet' and credited.owner_id <> item.requester_id)
         union all
        select transfer.transfer_id::text
          from transfer
          join account as credited on credited.account_id = transfer.credit_account_id
         where transfer.kind = 'clawback'
           and not exists (select from clawback_item where clawback_item_id = transfer.source_id)
           and (transfer.source_id <> transfer.transfer_id or credited.kind <> 'platform_remedies')
         union all
        -- What was kept of an earning and given back was had once: not both of them are taken back.
        select gift.clawback_item_id::text
          from clawback
          join clawback_item as taken using (clawback_id)
          join clawback_item as again on again.requester_id = taken.requester_id
                                     and again.transfer_id = taken.transfer_id and again.is_live
          join appeal on appeal.decision_id = clawback.decision_id
          join journal_entry as entry on entry.kind = 'remedy' and entry.source_id = appeal.appeal_id
          join transfer as given on given.entry_id = entry.entry_id
          join clawback_item as gift on gift.transfer_id = given.transfer_id and gift.is_live
         union all
        -- What an appeal gave back is what was kept: by the earning that is not taxed, no more than was after taxes; by
        -- the other, no more than was before them.
        select clawback.clawback_id::text
          from clawback
          left join appeal on appeal.decision_id = clawback.decision_id
          left join journal_entry as entry on entry.kind = 'remedy' and entry.source_id = appeal.appeal_id
         cross join lateral (
               select coalesce(sum(amount_minor) filter (where transfer_id = clawback.given_back_id), 0) as untaxed,
                      coalesce(sum(amount_minor), 0) as minor
                 from transfer where transfer.entry_id = entry.entry_id) as given
         cross join lateral (
               select coalesce(sum(posted.amount_minor - kept.untaxed_minor), 0) as after_taxes,
                      coalesce(sum(kept.untaxed_minor), 0) as before_taxes
                 from clawback_recovery as kept
                 join transfer as posted on posted.kind = 'recovery' and posted.source_id = kept.clawback_recovery_id
                where kept.clawback_id = clawback.clawback_id) as kept
         where clawback.state = 'overturned'
           and (given.minor <> clawback.claim_minor or given.untaxed > kept.after_taxes
                or given.minor - given.untaxed > kept.before_taxes)
         union all
        -- A fee goes back with the pay that it was for, to whose money it was, once.
        select back.transfer_id::text
          from transfer as back
          left join clawback_item as item on item.clawback_item_id = back.source_id
          left join earning on earning.requester_id = item.requester_id and earning.transfer_id = item.transfer_id
                           and earning.flag_id is null and earning.bonus_id is null
          left join transfer as fee on fee.kind = 'fee' and fee.source_id = earning.assignment_id
          left join account as debited on debited.account_id = back.debit_account_id
          left join account as credited on credited.account_id = back.credit_account_id
          left join lateral (
              select max(again.amount_minor) as most_minor, sum(other.amount_minor) as fee_minor
                from clawback_item as again
                join clawback using (clawback_id)
                left join transfer as other
                  on other.kind = 'fee_return' and other.source_id = again.clawback_item_id
               where again.requester_id = item.requester_id and again.transfer_id = item.transfer_id
                 and clawback.state in ('decided', 'overturned')) as taken on true
         where back.kind = 'fee_return'
           and (fee.transfer_id is null
                or (debited.kind::text, credited.kind::text, credited.owner_id)
                   is distinct from ('platform_fees', 'requester_wallet', item.requester_id)
                or taken.fee_minor > div(2 * fee.amount_minor::numeric * taken.most_minor + earning.amount_minor,
                                         2 * earning.amount_minor))
         union all
        select kept.clawback_recovery_id::text
          from clawback_recovery as kept
          join clawback using (clawback_id)
          join payout_share using (payout_share_id)
          join payout_batch on payout_batch.payout_batch_id = kept.payout_batch_id
          left join transfer as posted on posted.kind = 'recovery' and posted.source_id = kept.clawback_recovery_id
          left join account as debited on debited.account_id = posted.debit_account_id
          left join transfer as back on back.kind = 'reversal' and back.source_id = kept.clawback_recovery_id
         where payout_share.worker_id <> clawback.worker_id
            or (posted.amount_minor, debited.kind::text, debited.owner_id)
               is distinct from
               (case when payout_batch.state = 'issued' then kept.amount_minor end,
                case when payout_batch.state = 'issued' then 'worker_payable' end,
                case when payout_batch.state = 'issued' then clawback.worker_id end)
            or kept.is_live <> (payout_batch.state <> 'cancelled' and back.transfer_id is null)
            or back.amount_minor <> posted.amount_minor
         union all
        select account.account_id::text
          from account
         where account.kind = 'worker_receivables'
           and (select coalesce(sum(amount_minor), 0) from transfer where credit_account_id = account.account_id)
             - (select coalesce(sum(amount_minor), 0) from transfer where debit_account_id = account.account_id)
             + (select coalesce(sum(claim_minor), 0) from clawback
                 where clawback.currency = account.currency and state in ('decided', 'overturned'))
             - (select coalesce(sum(kept.amount_minor), 0)
                  from clawback_recovery as kept
                  join clawback using (clawback_id)
                  join payout_batch using (payout_batch_id)
                 where clawback.currency = account.currency and kept.is_live and payout_batch.state = 'issued') <> 0
        """
}

extension Transaction {
    /// Payouts that may still be issued, by id.
    func openPayouts(after last: PayoutBatch.ID?, limit: Int) async throws -> [PayoutBatch.ID] {
        try await rows(
            """
            select payout_batch_id from payout_batch
             where state in ('prepared', 'approved') and (\(last)::uuid is null or payout_batch_id > \(last)::uuid)
             order by payout_batch_id
             limit \(limit)
            """
        ).map { try $0["payout_batch_id"] }
    }
}
