internal import Store

extension DoctorCheck {
    static let withholdingViolations: SQL = """
        select withholding.withholding_id::text as example
          from withholding
          join payout_batch using (payout_batch_id)
          left join transfer as posted
            on posted.kind = 'withholding' and posted.source_id = withholding.withholding_id
          left join account as debited on debited.account_id = posted.debit_account_id
          left join account as credited on credited.account_id = posted.credit_account_id
         where case
                   when payout_batch.state = 'issued' and withholding.withheld_minor > 0 then
                       (posted.amount_minor, debited.kind::text, debited.owner_id, credited.kind::text, posted.currency)
                       is distinct from (withholding.withheld_minor, 'worker_payable', withholding.worker_id,
                                         'tax_payable', withholding.currency)
                   else posted.transfer_id is not null
               end
            or exists (select from withholding_reversal as back
                        where back.withholding_id = withholding.withholding_id)
               <> exists (select from transfer as returned
                           where returned.kind = 'reversal' and returned.source_id = withholding.withholding_id)
               and withholding.withheld_minor > 0
            or withholding.lines->-1->>'step' is distinct from 'withheld'
            or (withholding.lines->-1->>'amount_minor')::numeric is distinct from withholding.withheld_minor
         union all
        select withholding.payout_share_id::text
          from withholding
          join payout_share using (payout_share_id)
          join payout_line using (payout_line_id)
         group by withholding.payout_share_id, payout_share.amount_minor, payout_share.worker_id, payout_line.currency,
                  payout_line.payout_batch_id, payout_line.payout_line_id
        having sum(withholding.gross_minor - withholding.withheld_minor)
               -- What was given back to the worker is not taxed again; what is kept of them, is kept after taxes,
               -- but for what was taken back before it was paid.
               + (select coalesce(sum(earning.amount_minor), 0)
                    from payout_item
                    join earning using (requester_id, transfer_id)
                    join clawback on clawback.given_back_id = earning.transfer_id
                   where payout_item.payout_line_id = payout_line.payout_line_id
                     and earning.worker_id = payout_share.worker_id)
               - (select coalesce(sum(amount_minor - untaxed_minor), 0) from clawback_recovery as kept
                   where kept.payout_share_id = withholding.payout_share_id)
               <> payout_share.amount_minor
            or bool_or(withholding.worker_id <> payout_share.worker_id)
            or bool_or(withholding.currency <> payout_line.currency)
            or bool_or(withholding.payout_batch_id <> payout_line.payout_batch_id)
        """

    static let taxSumViolations: SQL = """
        select format('%s %s %s', worker_id, rule_set, period_on) as example
          from tax_sum
          left join (select worker_id, rule_set, withholding.currency, period_on, sum(counted_minor) as counted,
                            sum(withheld_minor) as withheld,
                            bit_or(1 << (extract(month from paid_on)::integer - 1))
                                filter (where counted_minor > 0) as months,
                            sum(withholding.exempt_minor) as exempt, sum(withholding.deductions_minor) as deductions,
                            sum(withholding.relief_minor) as relief
                       from withholding join payout_batch using (payout_batch_id)
                      where payout_batch.state <> 'cancelled'
                        and not exists (select from withholding_reversal as back
                                         where back.withholding_id = withholding.withholding_id)
                      group by 1, 2, 3, 4) as live using (worker_id, rule_set, currency, period_on)
         where (tax_sum.counted_minor, tax_sum.withheld_minor, tax_sum.months, tax_sum.exempt_minor,
                tax_sum.deductions_minor, tax_sum.relief_minor)
               is distinct from (coalesce(live.counted, 0)::bigint, coalesce(live.withheld, 0)::bigint,
                                 coalesce(live.months, 0), coalesce(live.exempt, 0)::bigint,
                                 coalesce(live.deductions, 0)::bigint, coalesce(live.relief, 0)::bigint)
         union all
        select withholding_id::text
          from (select withholding_id, counted_before_minor, withheld_before_minor,
                       sum(counted_minor) over so_far - counted_minor as counted,
                       sum(withheld_minor) over so_far - withheld_minor as withheld
                  from withholding join payout_batch using (payout_batch_id)
                 where payout_batch.state = 'issued' and period_on is not null
                   -- Where a payment came back, later ones have counted from it, and it is not there any more.
                   and not exists (select from withholding_reversal join withholding as back using (withholding_id)
                                    where back.worker_id = withholding.worker_id
                                      and back.rule_set = withholding.rule_set
                                      and back.currency = withholding.currency
                                      and back.period_on = withholding.period_on)
                window so_far as (partition by worker_id, rule_set, withholding.currency, period_on
                                      order by counted_before_minor, withheld_before_minor, counted_minor,
                                               withheld_minor, withholding_id
                                       rows unbounded preceding)) as chain
         where counted_before_minor <> counted or withheld_before_minor <> withheld
        """
}
