internal import Foundation
package import Store

extension Transaction {
    /// The newest estimates of workers' skill in a profession as a whole; those of whom nothing is known are left out.
    package func routingSkills(
        of workers: [Worker.ID], in profession: Profession
    ) async throws -> [Worker.ID: RoutingSkill] {
        let rows = try await rows(
            """
            select distinct on (worker_id) worker_id, mean_bps, low_bps, evidence
              from skill_estimate
             where skill = \(profession) and worker_id = any(\(workers))
             order by worker_id, version desc
            """)
        return try rows.reduce(into: [:]) { skills, row in
            skills[try row.value("worker_id", as: Worker.ID.self)] = RoutingSkill(
                meanBps: try row["mean_bps"], lowBps: try row["low_bps"], evidence: try row["evidence"])
        }
    }

    /// The newest forecasts of workers' weeks; without those who have none, or declare no time.
    package func routingForecasts(of workers: [Worker.ID]) async throws -> [Worker.ID: RoutingForecast] {
        let rows = try await rows(
            """
            select worker_id, max(made.pace_millionths) as pace,
                   sum(made.mean_minutes)::bigint * 1000000 / sum(made.declared_minutes)::bigint as mean,
                   sum(made.p10_minutes)::bigint * 1000000 / sum(made.declared_minutes)::bigint as promised,
                   sum(made.declared_minutes)::bigint as declared
              from hours_forecast as made
             where made.worker_id = any(\(workers))
               and made.week_starts_on = (select max(newest.week_starts_on) from hours_forecast as newest
                                           where newest.worker_id = made.worker_id)
             group by worker_id
            having sum(made.declared_minutes) > 0
            """)
        return try rows.reduce(into: [:]) { forecasts, row in
            forecasts[try row.value("worker_id", as: Worker.ID.self)] = RoutingForecast(
                paceMillionths: try row["pace"], meanMillionths: try row["mean"],
                promisedMillionths: try row["promised"], declaredMinutes: try row["declared"])
        }
    }

    /// How offers in a profession were answered: by everybody, and by each of these workers. Older answers count less:
    /// half after 60 days.
    package func routingResponses(
        of workers: [Worker.ID], in profession: Profession
    ) async throws -> (cell: [AnswerCount], own: [Worker.ID: [AnswerCount]]) {
        let cell = try await rows(
            """
            select hour_band, pay_band, round(sum(faded_accepted * part.share) / 1000)::bigint as accepted,
                   round(sum(faded_offered * part.share) / 1000)::bigint as offered,
                   round(sum(faded_delay * part.share) / 1000)::bigint as delay_minutes
              from offer_response
             cross join lateral (\(fragment: Self.leftOfAnswers(at: instant))) as part
             where profession = \(profession)
             group by hour_band, pay_band
             order by hour_band, pay_band
            """
        ).map(AnswerCount.init)
        let rows = try await rows(
            """
            select worker_id, hour_band, pay_band, round(faded_accepted * part.share / 1000)::bigint as accepted,
                   round(faded_offered * part.share / 1000)::bigint as offered,
                   round(faded_delay * part.share / 1000)::bigint as delay_minutes
              from offer_response
             cross join lateral (\(fragment: Self.leftOfAnswers(at: instant))) as part
             where profession = \(profession) and worker_id = any(\(workers))
             order by worker_id, hour_band, pay_band
            """)
        let own = try Dictionary(grouping: rows) { try $0.value("worker_id", as: Worker.ID.self) }
        return (cell, try own.mapValues { try $0.map(AnswerCount.init) })
    }

    /// The part of what was counted that is left.
    private static func leftOfAnswers(at instant: Date) -> SQL {
        """
        select power(0.5::float8, greatest(
            extract(epoch from \(instant)::timestamptz - offer_response.faded_at)::float8, 0)
            / \(answerHalfLifeSeconds)::float8) as share
        """
    }

    /// The tiers that workers hold now.
    package func routingTiers(of workers: [Worker.ID]) async throws -> [Worker.ID: [Profession: Tier]] {
        let rows = try await rows(
            """
            select worker_id, profession, tier from tier_period
             where worker_id = any(\(workers)) and in_force @> \(instant)
            """)
        return try rows.reduce(into: [:]) { tiers, row in
            tiers[try row.value("worker_id", as: Worker.ID.self), default: [:]][try row["profession"]] =
                try row["tier"]
        }
    }
}
