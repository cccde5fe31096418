package import Foundation
package import Store

extension Transaction {
    /// - Returns: the version that it was given.
    func insertCard(
        _ id: RateCardVersion.ID, _ card: RateCard, hash: Digest, by maker: Principal.ID
    ) async throws -> Int {
        try await execute("lock table rate_card in share row exclusive mode")
        return try await oneRow(
            """
            insert into rate_card (card_id, name, version, state, urgency_cap_bps, unsocial_cap_bps, language_cap_bps,
                                   difficulty_cap_bps, whole_cap_bps, content_hash, prepared_by, prepared_at)
            select \(id), \(card.name), coalesce(max(version), 0) + 1, 'draft', \(card.caps.urgency),
                   \(card.caps.unsocialHours), \(card.caps.languageScarcity), \(card.caps.difficulty),
                   \(card.caps.whole), \(hash), \(maker), \(instant)
              from rate_card
            returning version
            """)["version"]
    }

    func insertLines(
        of id: RateCardVersion.ID, _ card: RateCard, by maker: Principal.ID, rates ids: [PayRate.ID], premiums: [UUID]
    ) async throws {
        try await execute(
            """
            insert into rate (rate_id, card_id, profession, tier, task_kind, region, language, unit, amount_minor,
                              least_minor, most_minor, currency, prepared_by)
            select rate_id, \(id), profession, tier::tier, task_kind, region, language, unit::pay_unit,
                   amount_minor, least_minor, most_minor, currency, \(maker)
              from unnest(\(ids)::uuid[], \(card.rates.map(\.profession.code))::text[],
                          \(card.rates.map(\.tier.rawValue))::text[], \(card.rates.map(\.taskKind.rawValue))::text[],
                          \(card.rates.map { $0.region ?? "any" })::text[],
                          \(card.rates.map { $0.language ?? "any" })::text[],
                          \(card.rates.map(\.unit.rawValue))::text[], \(card.rates.map(\.amount.minorUnits))::bigint[],
                          \(card.rates.map(\.band.lowerBound))::bigint[],
                          \(card.rates.map(\.band.upperBound))::bigint[],
                          \(card.rates.map(\.amount.currency.code))::text[])
                   as line (rate_id, profession, tier, task_kind, region, language, unit, amount_minor, least_minor,
                            most_minor, currency)
            """)
        try await execute(
            """
            insert into premium_rule (premium_rule_id, card_id, kind, threshold, language, factor_bps)
            select premium_rule_id, \(id), kind::premium_kind, threshold, language, factor_bps
              from unnest(\(premiums)::uuid[], \(card.premiums.map(\.kind.rawValue))::text[],
                          \(card.premiums.map { Int64($0.threshold) })::bigint[],
                          \(card.premiums.map { $0.language ?? "any" })::text[],
                          \(card.premiums.map { Int64($0.factorBasisPoints) })::bigint[])
                   as line (premium_rule_id, kind, threshold, language, factor_bps)
            """)
    }

    func approveCard(_ id: RateCardVersion.ID, by checker: Principal.ID) async throws {
        try await execute("update rate_card set state = 'approved', approved_by = \(checker) where card_id = \(id)")
        try await execute("update rate set approved_by = \(checker) where card_id = \(id)")
    }

    func discardCard(_ id: RateCardVersion.ID) async throws {
        try await execute("update rate_card set state = 'discarded' where card_id = \(id)")
    }

    /// Ends whatever holds at an instant and began before it.
    func endEverything(at end: Date) async throws {
        for table in ["rate_card", "rate", "premium_rule"] as [SQL] {
            try await execute(
                """
                update \(fragment: table) set in_force = tstzrange(lower(in_force), \(end))
                 where in_force @> \(end) and lower(in_force) < \(end)
                """)
        }
    }

    func publishCard(_ id: RateCardVersion.ID, from start: Date) async throws {
        try await execute(
            """
            update rate_card set state = 'published', in_force = tstzrange(\(start), null) where card_id = \(id)
            """)
        for table in ["rate", "premium_rule"] as [SQL] {
            try await execute(
                "update \(fragment: table) set in_force = tstzrange(\(start), null) where card_id = \(id)")
        }
    }

    func endCard(_ id: RateCardVersion.ID, at end: Date) async throws {
        for table in ["rate_card", "rate", "premium_rule"] as [SQL] {
            try await execute(
                """
                update \(fragment: table) set in_force = tstzrange(lower(in_force), \(end))
                 where card_id = \(id) and in_force @> \(end)
                """)
        }
    }

    /// Who has prepared the end of a version, and for when.
    func preparedEnd(
        _ ending: AuditEvent.ID, of card: RateCardVersion.ID
    ) async throws -> (maker: Principal.ID, end: Date)? {
        try await firstRow(
            """
            select actor_id, (facts ->> 'at')::timestamptz as ends_at from audit_event
             where event_id = \(ending) and action = 'rate_card_end_prepared'
               and subject = 'rate_card' and subject_id = \(card.uuid)
            """
        ).map { (try $0["actor_id"], try $0["ends_at"]) }
    }

    /// Those of a version, newest first.
    func preparedEnds(
        of card: RateCardVersion, before: AuditEvent.ID?, limit: Int
    ) async throws -> [RateCardEnding] {
        try await rows(
            """
            select event_id, actor_id, occurred_at, (facts ->> 'at')::timestamptz as ends_at from audit_event
             where action = 'rate_card_end_prepared' and subject = 'rate_card' and subject_id = \(card.id.uuid)
               and (\(before)::uuid is null or event_id < \(before)::uuid)
             order by event_id desc
             limit \(limit)
            """
        ).map { row in
            let end: Date = try row["ends_at"]
            return RateCardEnding(
                id: try row["event_id"], end: end, preparedBy: try row["actor_id"],
                preparedAt: try row["occurred_at"], isOpen: card.refusal(ofEndAt: end, now: instant) == nil)
        }
    }

    /// A version of the card by its number.
    package func card(_ version: Int, locked: Bool = false) async throws -> RateCardVersion? {
        let lock: SQL = locked ? "for no key update" : ""
        return try await firstRow(
            "\(fragment: RateCardVersion.columns) where version = \(version) \(fragment: lock)"
        ).map(RateCardVersion.init)
    }

    func cards(before: Int?, limit: Int) async throws -> [RateCardVersion] {
        try await rows(
            """
            \(fragment: RateCardVersion.columns)
             where \(before)::bigint is null or version < \(before)::bigint
             order by version desc
             limit \(limit)
            """
        ).map(RateCardVersion.init)
    }

    /// A whole version as a value; a draft is taken to hold always.
    package func cardValue(_ version: Int) async throws -> RateCard? {
        guard let row = try await firstRow("\(fragment: RateCard.columns) where version = \(version)") else {
            return nil
        }
        let id: RateCardVersion.ID = try row["card_id"]
        let always = InstantRange(from: .distantPast, until: nil)
        let rates = try await rows("\(fragment: PayRate.columns) where card_id = \(id)")
        let premiums = try await rows("\(fragment: PremiumRule.columns) where card_id = \(id)")
        return try RateCard(
            name: row["name"], rates: rates.map { try PayRate(row: $0, draftInForce: always) },
            premiums: premiums.map { try PremiumRule(row: $0, draftInForce: always) }, caps: PremiumCaps(row: row)
        )
    }

    /// What a task is paid at an instant, from the rates and rules in force.
    package func resolveRate(_ task: RateTask, at instant: Date) async throws -> RateResolution {
        let rates = try await rows(
            """
            \(fragment: PayRate.columns)
             where profession = \(task.profession) and tier = \(task.tier) and task_kind = \(task.taskKind)
               and in_force @> \(instant)
            """)
        let premiums = try await rows("\(fragment: PremiumRule.columns) where in_force @> \(instant)")
        let caps = try await firstRow("\(fragment: RateCard.columns) where in_force @> \(instant)")
        return try RateCard(
            name: caps?["name"] ?? "none", rates: rates.map { try PayRate(row: $0) },
            premiums: premiums.map { try PremiumRule(row: $0) }, caps: caps.map(PremiumCaps.init(row:)) ?? .none
        ).resolve(task, at: instant)
    }
}

extension RateCard {
    static let columns: SQL = """
        select card_id, name, urgency_cap_bps, unsocial_cap_bps, language_cap_bps, difficulty_cap_bps, whole_cap_bps
          from rate_card
        """
}

extension PremiumCaps {
    init(row: Row) throws {
        try self.init(
            urgency: row["urgency_cap_bps"], unsocialHours: row["unsocial_cap_bps"],
            languageScarcity: row["language_cap_bps"], difficulty: row["difficulty_cap_bps"],
            whole: row["whole_cap_bps"]
        )
    }
}

extension PremiumRule {
    static let columns: SQL = "select kind, threshold, language, factor_bps, in_force from premium_rule"

    init(row: Row, draftInForce range: InstantRange? = nil) throws {
        let inForce: InstantRange? = try row["in_force"]
        guard let inForce = inForce ?? range else {
            throw StoreError.decoding(table: "premium_rule", column: "in_force", reason: "is null: a draft's rule")
        }
        let language: String = try row["language"]
        try self.init(
            kind: row["kind"], threshold: row["threshold"], language: language == "any" ? nil : language,
            factorBasisPoints: row["factor_bps"], inForce: inForce
        )
    }
}

extension RateCardVersion {
    static let columns: SQL = """
        select card_id, name, version, state, content_hash, prepared_by, approved_by, in_force from rate_card
        """

    init(row: Row) throws {
        id = try row["card_id"]
        name = try row["name"]
        version = try row["version"]
        state = try row["state"]
        contentHash = try row["content_hash"]
        preparedBy = try row["prepared_by"]
        approvedBy = try row["approved_by"]
        inForce = try row["in_force"]
    }
}
