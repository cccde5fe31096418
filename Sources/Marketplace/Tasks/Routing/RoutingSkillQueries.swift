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

    /// How offers in a profession were answered: by everybody, and by each of these workers.
    package func routingResponses(
        of workers: [Worker.ID], in profession: Profession
    ) async throws -> (cell: [AnswerCount], own: [Worker.ID: [AnswerCount]]) {
        let cell = try await rows(
            """
            select hour_band, sum(accepted)::bigint as accepted, sum(accepted + declined + lapsed)::bigint as offered
              from offer_response where profession = \(profession)
             group by hour_band
             order by hour_band
            """
        ).map(AnswerCount.init)
        let rows = try await rows(
            """
            select worker_id, hour_band, accepted, accepted + declined + lapsed as offered
              from offer_response
             where profession = \(profession) and worker_id = any(\(workers))
             order by worker_id, hour_band
            """)
        let own = try Dictionary(grouping: rows) { try $0.value("worker_id", as: Worker.ID.self) }
        return (cell, try own.mapValues { try $0.map(AnswerCount.init) })
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
