internal import Store

extension DoctorCheck {
    /// Rounding as in ``Judgement/share(of:)``: half up, of weighed fields by the weights.
    static let oneEarningViolations: SQL = """
        select assignment.assignment_id::text as example
          from assignment
          left join review using (requester_id, assignment_id)
          left join earning on earning.requester_id = assignment.requester_id
                           and earning.assignment_id = assignment.assignment_id
                           and earning.flag_id is null and earning.bonus_id is null
          left join transfer as fee on fee.kind = 'fee' and fee.source_id = assignment.assignment_id
         where (assignment.state = 'accepted') <> (earning.assignment_id is not null)
            or (assignment.state in ('accepted', 'rejected')) <> (review.assignment_id is not null)
            or (assignment.state = 'accepted'
                and (earning.amount_minor, earning.currency, earning.worker_id, coalesce(fee.amount_minor, 0))
                    is distinct from
                    (div(2 * assignment.pay_minor::numeric * coalesce(part_weight, share_bps)
                         + coalesce(whole_weight, 10000), 2 * coalesce(whole_weight, 10000))::bigint,
                     assignment.currency, assignment.worker_id,
                     div(2 * assignment.fee_minor::numeric * coalesce(part_weight, share_bps)
                         + coalesce(whole_weight, 10000), 2 * coalesce(whole_weight, 10000))::bigint))
        """

    static let earningPostedViolations: SQL = """
        select earning.assignment_id::text as example
          from earning
          join assignment using (requester_id, assignment_id)
          left join transfer using (transfer_id)
          left join account as debited on debited.account_id = transfer.debit_account_id
          left join account as credited on credited.account_id = transfer.credit_account_id
         where earning.batch_id <> assignment.batch_id
            or (transfer.amount_minor, credited.kind::text, credited.owner_id)
               is distinct from (earning.amount_minor, 'worker_payable', earning.worker_id)
            or case
                   when earning.bonus_id is not null then
                       (transfer.kind::text, debited.kind::text, debited.owner_id)
                       is distinct from ('bonus', 'requester_wallet', earning.requester_id)
                       and (transfer.kind::text, debited.kind::text, debited.owner_id)
                           is distinct from ('remedy', 'platform_remedies', null::uuid)
                   when earning.flag_id is null then
                       (transfer.kind::text, transfer.source_id, debited.kind::text, debited.owner_id)
                       is distinct from ('earning', earning.assignment_id, 'batch_hold', assignment.batch_id)
                   else transfer.kind <> 'top_up'
                     or coalesce(debited.owner_id, assignment.batch_id) <> assignment.batch_id
                     or debited.kind not in ('batch_hold', 'platform_top_ups')
               end
         union all
        select transfer.transfer_id::text
          from transfer
         where transfer.kind in ('earning', 'top_up', 'bonus', 'remedy')
           and not exists (select from earning where earning.transfer_id = transfer.transfer_id)
        """

    static let balanceViolations: SQL = """
        select account.account_id::text as example
          from account
          left join (select credit_account_id as account_id, sum(amount_minor) as credits from transfer group by 1)
            as credited using (account_id)
          left join (select debit_account_id as account_id, sum(amount_minor) as debits from transfer group by 1)
            as debited using (account_id)
          left join (select account_id, sum(balance_minor) as balance_minor, min(balance_minor) as least
                       from account_slice group by 1) as kept using (account_id)
         where case
                   when account.kind in ('requester_wallet', 'batch_hold') then
                       kept.balance_minor is distinct from coalesce(credits, 0) - coalesce(debits, 0) or least < 0
                   else kept.account_id is not null
                     or account.kind = 'worker_payable' and coalesce(credits, 0) < coalesce(debits, 0)
               end
        """

    /// What is posted before a fold, and is not counted in it, would be missing from every balance after it. Each fold
    /// is held against the one before and what came between, so that every transfer is read once.
    static let foldViolations: SQL = """
        select fold.account_id::text || ' ' || fold.through_id::text as example
          from (select account_id, currency, through_id, balance_minor,
                       coalesce(lag(through_id) over earlier, '00000000-0000-0000-0000-000000000000') as after_id,
                       coalesce(lag(balance_minor) over earlier, 0) as before_minor
                  from account_fold join account using (account_id)
                window earlier as (partition by account_id order by through_id)) as fold
         where balance_minor is distinct from
               before_minor
             + (select coalesce(sum(amount_minor), 0) from transfer
                 where credit_account_id = fold.account_id and currency = fold.currency
                   and transfer_id > fold.after_id and transfer_id <= fold.through_id)
             - (select coalesce(sum(amount_minor), 0) from transfer
                 where debit_account_id = fold.account_id and currency = fold.currency
                   and transfer_id > fold.after_id and transfer_id <= fold.through_id)
        """

    /// An entry's transfers are of its instant and of a kind that it may have, and no entry is without any.
    static let journalViolations: SQL = """
        select entry.entry_id::text as example
          from journal_entry as entry
          left join transfer using (entry_id)
         where transfer.transfer_id is null
            or transfer.posted_at <> entry.posted_at
            or case entry.kind
                   when 'acceptance' then transfer.kind not in ('earning', 'fee')
                   when 'clawback' then transfer.kind not in ('clawback', 'fee_return')
                   else transfer.kind::text <> entry.kind::text
               end
         union all
        select entry.entry_id::text
          from journal_entry as entry
         where entry.kind = 'reversal'
           and exists (select from (select debit_account_id, credit_account_id, amount_minor, currency from transfer
                                     where transfer.entry_id = entry.reverses_id
                                    except all
                                    select credit_account_id, debit_account_id, amount_minor, currency from transfer
                                     where transfer.entry_id = entry.entry_id) as missing)
        """

    static let voucherViolations: SQL = """
        select voucher.voucher_id::text as example
          from voucher
          left join journal_entry as entry
            on entry.source_id = voucher.voucher_id and entry.kind::text = voucher.kind::text
         where voucher.decided_by = voucher.prepared_by
            or (voucher.state = 'posted') <> (entry.entry_id is not null)
            or entry.reverses_id is distinct from case when voucher.state = 'posted' then voucher.reverses_id end
         union all
        select entry.entry_id::text
          from journal_entry as entry
         where kind in ('withdrawal', 'conversion', 'write_off', 'reversal', 'remittance', 'bank_charge', 'bank_credit',
                        'rounding_charge', 'rounding_credit')
           and not exists (select from voucher where voucher_id = entry.source_id)
           -- What the bank kept of a payment that came back, as it has said itself.
           and not exists (select from payout_line
                            where payout_line_id = entry.source_id and credit_entry_id is not null
                              and entry.kind = 'bank_charge')
           -- What was withheld of a payment that came back, or kept of it.
           and not exists (select from withholding_reversal where withholding_id = entry.source_id)
           and not exists (select from clawback_recovery
                            where clawback_recovery_id = entry.source_id and not is_live)
         union all
        -- What was posted is what two people saw, a conversion on both its legs.
        select voucher.voucher_id::text
          from voucher
          join journal_entry as entry
            on entry.source_id = voucher.voucher_id and entry.kind::text = voucher.kind::text
         where voucher.kind <> 'reversal'
           and ((select count(*) from transfer where transfer.entry_id = entry.entry_id)
                <> case voucher.kind when 'conversion' then 2 else 1 end
                or exists (
                    select from transfer
                     where transfer.entry_id = entry.entry_id
                       and (amount_minor, currency) is distinct from (voucher.amount_minor, voucher.currency)
                       and (amount_minor, currency) is distinct from (voucher.to_amount_minor, voucher.to_currency)))
        """

    /// An amount of the books is whole minor units, so nothing of them is left to round: what stands here is what banks
    /// have rounded otherwise, and each time little.
    static let roundingViolations: SQL = """
        with moved as (
            select transfer.*
              from account join transfer on transfer.debit_account_id = account.account_id
             where account.kind = 'rounding'
             union all
            select transfer.*
              from account join transfer on transfer.credit_account_id = account.account_id
             where account.kind = 'rounding'
        )
        select moved.transfer_id::text as example
          from moved
         where moved.kind not in ('rounding_charge', 'rounding_credit', 'reversal') or moved.amount_minor > 10
         union all
        select transfer.transfer_id::text
          from transfer
          join account as debited on debited.account_id = transfer.debit_account_id
          join account as credited on credited.account_id = transfer.credit_account_id
         where transfer.kind in ('rounding_charge', 'rounding_credit')
           and (debited.kind::text, credited.kind::text)
               is distinct from (case transfer.kind when 'rounding_charge' then 'rounding' else 'bank' end,
                                 case transfer.kind when 'rounding_charge' then 'bank' else 'rounding' end)
        """

    static let currencyViolations: SQL = """
        select transfer.transfer_id::text as example
          from transfer
          left join account as debited on debited.account_id = transfer.debit_account_id
          left join account as credited on credited.account_id = transfer.credit_account_id
         where debited.currency is distinct from transfer.currency
            or credited.currency is distinct from transfer.currency
            or transfer.amount_minor <= 0
            or transfer.debit_account_id = transfer.credit_account_id
        """

    static let clearingViolations: SQL = """
        select account.account_id::text as example
          from account
         where account.kind = 'payout_clearing'
           and (select coalesce(sum(amount_minor), 0) from transfer where credit_account_id = account.account_id)
            <> (select coalesce(sum(amount_minor), 0) from transfer where debit_account_id = account.account_id)
             + (select coalesce(sum(payout_line.amount_minor), 0)
                  from payout_line join payout_batch using (payout_batch_id)
                 where payout_line.state = 'open' and payout_batch.state = 'issued'
                   and payout_batch.format is not null and payout_line.currency = account.currency)
        """

    static let budgetViolations: SQL = """
        select batch.batch_id::text as example
          from batch
          join account on account.kind = 'batch_hold' and account.owner_id = batch.batch_id
          join (select account_id, sum(balance_minor) as balance_minor from account_slice group by 1) as kept
            using (account_id)
          left join (select debit_account_id as account_id, sum(amount_minor) as spent
                       from transfer where kind in ('earning', 'fee', 'top_up') group by 1) as spending
            using (account_id)
         where kept.balance_minor + coalesce(spent, 0) > batch.budget_minor
        """

    static let holdViolations: SQL = """
        select batch.batch_id::text as example
          from batch
          left join account on account.kind = 'batch_hold' and account.owner_id = batch.batch_id
                           and account.currency = batch.currency
          left join (select account_id, sum(balance_minor) as balance_minor from account_slice group by 1) as kept
            using (account_id)
          left join (select requester_id, batch_id, count(*) as unsettled from slot
                      where state not in ('done', 'withdrawn') group by 1, 2) as work
            on work.requester_id = batch.requester_id and work.batch_id = batch.batch_id
          left join batch_price as price
            on price.requester_id = batch.requester_id and price.batch_id = batch.batch_id
         where case
                   when batch.state in ('open', 'paused') then
                       coalesce(kept.balance_minor, 0)
                       < coalesce(work.unsettled, 0)
                         * greatest(coalesce(price.most_pay_minor + price.most_fee_minor,
                                             batch.pay_minor + batch.fee_minor),
                                    (select max(raise.pay_minor + raise.fee_minor) from batch_raise as raise
                                      where raise.requester_id = batch.requester_id
                                        and raise.batch_id = batch.batch_id))
                         + batch.top_up_share_minor - batch.top_up_spent_minor
                   -- The slots of a draft are open, but nobody can take them, and nothing is held.
                   when batch.state = 'draft' then coalesce(kept.balance_minor, 0) <> 0
                   else coalesce(kept.balance_minor, 0) <> 0 or work.unsettled is not null
               end
        """

    static let onePayoutViolations: SQL = """
        select transfer_id::text as example
          from payout_item
          join payout_line using (payout_line_id)
          join payout_batch using (payout_batch_id)
         where is_live
         group by payout_item.requester_id, transfer_id
        having count(*) > 1 or bool_or(payout_batch.state = 'cancelled')
        """

    static let payoutTotalViolations: SQL = """
        select payout_batch.payout_batch_id::text as example
          from payout_batch
          left join (select payout_batch_id, sum(amount_minor) as total, count(*) as lines,
                            count(distinct currency) as currencies
                       from payout_line group by 1) as lines using (payout_batch_id)
         where (payout_batch.total_minor, payout_batch.line_count::bigint, 1::bigint)
               is distinct from (lines.total, lines.lines, lines.currencies)
         union all
        select payout_line.payout_line_id::text
          from payout_line
          left join (select payout_line_id, sum(amount_minor) as total, array_agg(worker_id) as workers
                       from payout_share group by 1) as shares using (payout_line_id)
         where payout_line.amount_minor is distinct from shares.total
            or (payout_line.worker_id is not null and shares.workers <> array[payout_line.worker_id])
         union all
        select coalesce(share.payout_line_id, items.payout_line_id)::text
          from payout_share as share
          full join (select payout_line_id, earning.worker_id, sum(earning.amount_minor) as earned,
                            bool_and(earning.currency = line.currency) as agrees
                       from payout_item
                       join payout_line as line using (payout_line_id)
                       join earning using (requester_id, transfer_id)
                      group by 1, 2) as items
            on items.payout_line_id = share.payout_line_id and items.worker_id = share.worker_id
          left join (select payout_share_id, sum(withheld_minor) as withheld from withholding group by 1) as taxed
            on taxed.payout_share_id = share.payout_share_id
          left join (select payout_share_id, sum(amount_minor) as kept from clawback_recovery group by 1) as netted
            on netted.payout_share_id = share.payout_share_id
         where share.amount_minor + coalesce(taxed.withheld, 0) + coalesce(netted.kept, 0) is distinct from items.earned
            or not items.agrees
        """

    static let payoutPostedViolations: SQL = """
        select payout_share.payout_share_id::text as example
          from payout_share
          join payout_line using (payout_line_id)
          join payout_batch using (payout_batch_id)
          left join transfer as paid on paid.kind = 'payout' and paid.source_id = payout_share.payout_share_id
          left join account on account.account_id = paid.debit_account_id
         where case
                   when payout_batch.state = 'issued' then
                       (paid.amount_minor, account.kind::text, account.owner_id)
                       is distinct from (payout_share.amount_minor, 'worker_payable', payout_share.worker_id)
                   else paid.transfer_id is not null
               end
         union all
        select payout_line.payout_line_id::text
          from payout_line
          join payout_batch using (payout_batch_id)
          left join transfer as settled
            on settled.kind = 'settlement' and settled.source_id = payout_line.payout_line_id
         where case
                   when payout_batch.state = 'issued' and payout_line.settled_at is not null then
                       settled.amount_minor is distinct from payout_line.amount_minor
                   else settled.transfer_id is not null
               end
            or (payout_line.state <> 'open' and payout_batch.state <> 'issued')
         union all
        -- What failed has come back to whoever earned it, out of where it was.
        select payout_share.payout_share_id::text
          from payout_share
          join payout_line using (payout_line_id)
          left join transfer as returned
            on returned.kind = 'payout_return' and returned.source_id = payout_share.payout_share_id
          left join account as debited on debited.account_id = returned.debit_account_id
          left join account as credited on credited.account_id = returned.credit_account_id
         where case
                   when payout_line.state = 'failed' then
                       (returned.amount_minor, credited.kind::text, credited.owner_id, debited.kind::text)
                       is distinct from (payout_share.amount_minor, 'worker_payable', payout_share.worker_id,
                                         case when payout_line.settled_at is not null then 'bank'
                                              else 'payout_clearing' end)
                   else returned.transfer_id is not null
               end
        """

    static let twoPeopleViolations: SQL = """
        select payout_batch_id::text as example
          from payout_batch
         where approved_by = prepared_by
            or (state in ('approved', 'issued') and (approved_by is null or approved_at is null))
        """
}
