internal import Store

extension DoctorCheck {
    /// The band is that of the batch's rate for its task; rounding as in ``PayRate/price(expectedMinutes:items:)``.
    static let raiseViolations: SQL = """
        select raise.batch_id || ' raise ' || raise.raise_no as example
          from batch_raise as raise
          join batch using (requester_id, batch_id)
          join batch_price as price using (requester_id, batch_id)
          join rate using (rate_id)
          left join batch_raise as before
            on before.requester_id = raise.requester_id and before.batch_id = raise.batch_id
           and before.raise_no = raise.raise_no - 1
         where (raise.raise_no > 1) <> (before.raise_no is not null)
            or raise.pay_minor <= greatest(before.pay_minor, batch.pay_minor)
            or raise.fee_minor
               <> (raise.pay_minor / 10000) * price.fee_bps + (raise.pay_minor % 10000 * price.fee_bps + 5000) / 10000
            or raise.pay_minor > greatest(price.most_pay_minor,
                                          case rate.unit when 'task' then rate.most_minor
                                                         when 'item' then rate.most_minor
                                                                          * (price.task ->> 'items')::bigint
                                                         when 'hour' then (rate.most_minor
                                                              * (price.task ->> 'expected_minutes')::bigint + 30) / 60
                                          end)
         union all
        select offer.offer_id::text
          from offer_raise
          join offer using (requester_id, offer_id)
          join batch_raise as raise
            on raise.requester_id = offer_raise.requester_id and raise.batch_id = offer_raise.batch_id
           and raise.raise_no = offer_raise.raise_no
          left join assignment
            on assignment.requester_id = offer.requester_id and assignment.assignment_id = offer.assignment_id
         where offer.batch_id <> offer_raise.batch_id or raise.raised_at > offer.offered_at
            or assignment.pay_minor < raise.pay_minor
            or (assignment.terms ->> 'pay_minor')::bigint < raise.pay_minor
        """

    /// An offer by a plan has its explanation from the same transaction, and is closed long before that is forgotten.
    /// Those by routing have said what else could be had, those by the ladder what they are worth, since they have one.
    static let explanationViolations: SQL = """
        select explained.offer_id::text as example
          from offer_explanation as explained
          join offer using (requester_id, offer_id)
         where explained.runner_up_id = offer.worker_id or explained.explained_at > offer.offered_at
            or explained.value_micros
               is distinct from (select sum(part.value::numeric)
                                   from jsonb_each_text(explained.parts) as part)
         union all
        select offer.offer_id::text
          from offer
         where offer.state = 'open'
           and case offer.reason ->> 'rule' when 'capacitated_auction' then offer.reason ? 'continuation'
                                            when 'escalation_reach' then offer.reason ? 'value' end
           and not exists (select from offer_explanation as explained
                            where explained.requester_id = offer.requester_id
                              and explained.offer_id = offer.offer_id)
        """

    /// The ladder raises within the transaction that records the step.
    static let ladderViolations: SQL = """
        select step.batch_id || ' ' || step.kind || ' ' || step.level as example
          from escalation_step as step
         where (step.kind = 'price'
                and not exists (select from batch_raise as raise
                                 where raise.requester_id = step.requester_id and raise.batch_id = step.batch_id
                                   and raise.raised_at = step.taken_at))
            or (step.level > 1
                and not exists (select from escalation_step as before
                                 where before.requester_id = step.requester_id and before.batch_id = step.batch_id
                                   and before.due_at = step.due_at and before.kind = step.kind
                                   and before.level = step.level - 1 and before.taken_at <= step.taken_at))
            or (step.kind = 'alert'
                and not exists (select from schedule_alert as alert
                                 where alert.requester_id = step.requester_id and alert.batch_id = step.batch_id
                                   and (alert.closed_at is null or alert.closed_at >= step.taken_at)
                                   and alert.raised_at <= step.taken_at))
         union all
        select alert.alert_id::text
          from schedule_alert as alert
         where not exists (select from escalation_step as step
                            where step.requester_id = alert.requester_id and step.batch_id = alert.batch_id
                              and step.due_at = alert.due_at and step.kind = 'alert')
        """

    static let forecastViolations: SQL = """
        select 'week of ' || coalesce(tested.week_starts_on, summed.week_starts_on) as example
          from forecast_backtest as tested
          join (select week_starts_on, count(distinct worker_id) filter (where was_asked) as workers,
                       sum(least(mean_minutes, greatest(coalesce(offered_minutes, mean_minutes), worked_minutes)))
                           filter (where was_asked) as forecast,
                       sum(mean_minutes) filter (where was_asked) as mean,
                       sum(worked_minutes) filter (where was_asked) as worked,
                       bool_and(worked_minutes is not null) as is_over
                  from hours_forecast
                 group by week_starts_on) as summed using (week_starts_on)
         -- Older ones are being forgotten.
         where tested.week_starts_on > (select max(week_starts_on) from forecast_backtest) - 150
           and ((tested.workers, tested.worked_minutes) is distinct from (summed.workers, summed.worked)
                -- First weeks were tested against all that was forecast, asked for or not.
                or tested.forecast_minutes not in (summed.forecast, summed.mean)
                or not summed.is_over
                or tested.error_bps <> abs(tested.worked_minutes - tested.forecast_minutes) * 10000
                                       / greatest(tested.forecast_minutes, 1))
         union all
        select price.worker_id || ' on ' || price.solved_on
          from hour_price as price
          join price_solve using (solved_on)
         where price.price_micros > price_solve.price_most_micros
            -- Who has no time has no price; before step 39 it was the highest.
            or (price.units = 0 and price.price_micros not in (0, price_solve.price_most_micros))
        """
}
