package import Formats
internal import Foundation
package import Store
package import Tax

extension Transaction {
    /// Ends what is in force; what began at this very instant was never in force.
    func endTaxChoice(of worker: Worker.ID) async throws {
        try await execute(
            """
            delete from tax_choice
             where worker_id = \(worker) and upper_inf(in_force) and lower(in_force) >= \(instant)
            """)
        try await execute(
            """
            update tax_choice set in_force = tstzrange(lower(in_force), \(instant))
             where worker_id = \(worker) and upper_inf(in_force)
            """)
    }

    /// Whether what is in force is what finance has chosen, and not what a tax profile asked for.
    func isTaxedAsFinanceChose(_ worker: Worker.ID) async throws -> Bool {
        try await firstRow(
            "select from tax_choice where worker_id = \(worker) and upper_inf(in_force) and by_finance") != nil
    }

    func insertTaxChoice(
        _ choice: TaxChoice, _ id: TaxChoice.ID, of worker: Worker.ID, by actor: Principal.ID, isOfFinance: Bool
    ) async throws {
        try await execute(
            """
            insert into tax_choice (tax_choice_id, worker_id, rule_set, residence, form, has_taxpayer_number,
                                    form_signed_on, treaty_bps, chosen_by, in_force, by_finance)
            values (\(id), \(worker), \(choice.ruleSet), \(choice.residence), \(choice.standing.form?.rawValue),
                    \(choice.standing.hasTaxpayerNumber), \(try choice.standing.formSignedOn?.calendarDate),
                    \(choice.standing.treatyBps), \(actor), tstzrange(\(instant), null), \(isOfFinance))
            """)
    }

    /// What is in force now, of those workers who have anything: what they or finance have chosen, else the default of
    /// the country: of the agency that is paid in their place, or their own.
    package func taxChoices(of workers: [Worker.ID]) async throws -> [Worker.ID: TaxChoice] {
        let rows = try await rows(
            """
            select worker.worker_id, coalesce(choice.rule_set, fallback.rule_set) as rule_set,
                   coalesce(choice.residence, fallback.country) as residence, choice.form,
                   coalesce(choice.has_taxpayer_number, false) as has_taxpayer_number, choice.form_signed_on,
                   choice.treaty_bps
              from worker
              left join tax_choice as choice on choice.worker_id = worker.worker_id
                                            and choice.in_force @> \(instant)::timestamptz
              left join lateral (
                  select left(team.base, 2) as country
                    from team_member join team using (team_id)
                   where team_member.worker_id = worker.worker_id
                     and team_member.in_force @> \(instant)::timestamptz and team.is_payee) as agency on true
              left join tax_default as fallback
                on choice.tax_choice_id is null and fallback.country = coalesce(agency.country, worker.country)
               and fallback.in_force @> \(instant)::timestamptz
             where worker.worker_id = any(\(workers)) and coalesce(choice.rule_set, fallback.rule_set) is not null
            """)
        return try Dictionary(uniqueKeysWithValues: rows.map { (try $0["worker_id"], try TaxChoice(row: $0)) })
    }

    /// - Parameter last: of the page before.
    func taxChoices(of worker: Worker.ID, before last: TaxChoice.ID?, limit: Int) async throws -> [DatedTaxChoice] {
        try await rows(
            """
            select tax_choice_id, rule_set, residence, form, has_taxpayer_number, form_signed_on, treaty_bps,
                   lower(in_force) as begins_at, upper(in_force) as ends_at
              from tax_choice
             where worker_id = \(worker) and (\(last)::uuid is null or tax_choice_id < \(last)::uuid)
             order by tax_choice_id desc
             limit \(limit)
            """
        ).map { row in
            DatedTaxChoice(
                id: try row["tax_choice_id"], choice: try TaxChoice(row: row), from: try row["begins_at"],
                until: try row["ends_at"])
        }
    }
}

extension TaxChoice {
    fileprivate init(row: Row) throws {
        var standing = TaxStanding()
        let form: String? = try row["form"]
        standing.form = form.flatMap(TaxStanding.Form.init(rawValue:))
        standing.hasTaxpayerNumber = try row["has_taxpayer_number"]
        let signed: CalendarDate? = try row["form_signed_on"]
        standing.formSignedOn = signed.flatMap { TaxDay(year: $0.year, month: $0.month, day: $0.day) }
        let treaty: Int64? = try row["treaty_bps"]
        standing.treatyBps = treaty.map { Int(clamping: $0) }
        try self.init(ruleSet: row["rule_set"], residence: row["residence"], standing: standing)
    }
}

extension TaxDay {
    /// As the database keeps it.
    package var calendarDate: CalendarDate {
        get throws(BadInput) {
            guard let date = CalendarDate(year: year, month: month, day: day) else {
                throw BadInput("day", "is none")
            }
            return date
        }
    }
}
