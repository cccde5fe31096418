internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    /// - Returns: false when a claim has that id already.
    func insertTaxClaim(
        _ id: TaxClaim.ID, _ draft: TaxClaimDraft, of worker: Worker.ID, by actor: Principal.ID
    ) async throws -> Bool {
        try await execute(
            """
            insert into tax_claim (tax_claim_id, worker_id, kind, month_on, amount_minor, currency, evidence,
                                   entered_by, entered_at)
            values (\(id), \(worker), \(draft.kind), \(draft.month), \(draft.amount.minorUnits),
                    \(draft.amount.currency), \(draft.evidence), \(actor), \(instant))
            on conflict on constraint tax_claim_pkey do nothing
            """) == 1
    }

    /// A claim, kept from being ended by anybody else.
    func lockTaxClaim(_ id: TaxClaim.ID) async throws -> TaxClaim? {
        try await firstRow("\(fragment: TaxClaim.columns) where tax_claim_id = \(id) for no key update")
            .map(TaxClaim.init)
    }

    func verifyTaxClaim(_ id: TaxClaim.ID, by actor: Principal.ID) async throws {
        let changed = try await execute(
            """
            update tax_claim set verified_by = \(actor), verified_at = \(instant)
             where tax_claim_id = \(id) and verified_at is null
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    func withdrawTaxClaim(_ id: TaxClaim.ID, by actor: Principal.ID) async throws {
        let changed = try await execute(
            """
            update tax_claim set withdrawn_by = \(actor), withdrawn_at = \(instant)
             where tax_claim_id = \(id) and withdrawn_at is null
            """)
        guard changed == 1 else { throw StoreError.unexpectedRowCount(changed) }
    }

    func taxClaims(of worker: Worker.ID, before last: TaxClaim.ID?, limit: Int) async throws -> [TaxClaim] {
        try await rows(
            """
            \(fragment: TaxClaim.columns)
             where worker_id = \(worker)
               and (\(last)::uuid is null
                    or (month_on, tax_claim_id)
                       < (select month_on, tax_claim_id from tax_claim where tax_claim_id = \(last)::uuid))
             order by month_on desc, tax_claim_id desc
             limit \(limit)
            """
        ).map(TaxClaim.init)
    }

    /// Ends the default of a country; one that began at this very instant was never in force.
    func endTaxDefault(of country: String) async throws {
        try await execute(
            """
            delete from tax_default
             where country = \(country) and upper_inf(in_force) and lower(in_force) >= \(instant)
            """)
        try await execute(
            """
            update tax_default set in_force = tstzrange(lower(in_force), \(instant))
             where country = \(country) and upper_inf(in_force)
            """)
    }

    func insertTaxDefault(
        _ id: UUID, _ country: String, ruleSet: String, source: String, by actor: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into tax_default (tax_default_id, country, rule_set, source, set_by, in_force)
            values (\(id), \(country), \(ruleSet), \(source), \(actor), tstzrange(\(instant), null))
            """)
    }

    /// Those in force, by country.
    func taxDefaults(after country: String?, limit: Int) async throws -> [TaxDefault] {
        try await rows(
            """
            select country, rule_set, source, lower(in_force) as begins_at from tax_default
             where in_force @> \(instant)::timestamptz and (\(country)::text is null or country > \(country)::text)
             order by country
             limit \(limit)
            """
        ).map(TaxDefault.init(row:))
    }

    /// What is in force without an end: also what was put in force while this transaction waited.
    func taxDefault(of country: String) async throws -> TaxDefault? {
        try await firstRow(
            """
            select country, rule_set, source, lower(in_force) as begins_at from tax_default
             where country = \(country) and upper_inf(in_force)
            """
        ).map(TaxDefault.init(row:))
    }
}

extension TaxDefault {
    fileprivate init(row: Row) throws {
        country = try row["country"]
        ruleSet = try row["rule_set"]
        source = try row["source"]
        from = try row["begins_at"]
    }
}

extension TaxClaim {
    fileprivate static let columns: SQL = """
        select tax_claim_id, worker_id, kind, month_on, amount_minor, currency, evidence, entered_by, verified_by,
               withdrawn_at
          from tax_claim
        """

    fileprivate init(row: Row) throws {
        id = try row["tax_claim_id"]
        worker = try row["worker_id"]
        draft = try TaxClaimDraft(
            kind: try row["kind"], month: try row["month_on"],
            amount: try Money(row["amount_minor"], row["currency"]), evidence: try row["evidence"])
        enteredBy = try row["entered_by"]
        verifiedBy = try row["verified_by"]
        withdrawnAt = try row["withdrawn_at"]
    }
}
