package import Foundation
package import Store

extension PayRate {
    /// - Parameter range: when the rate of a draft is taken to hold.
    init(row: Row, draftInForce range: InstantRange? = nil) throws {
        let inForce: InstantRange? = try row["in_force"]
        guard let inForce = inForce ?? range else {
            throw StoreError.decoding(table: "rate", column: "in_force", reason: "is null: a draft's rate")
        }
        let (least, most): (Int64, Int64) = (try row["least_minor"], try row["most_minor"])
        let (region, language): (String, String) = (try row["region"], try row["language"])
        let amount: Money
        do {
            amount = try Money(try row["amount_minor"], try row["currency"])
        } catch is MoneyError {
            throw StoreError.decoding(table: "rate", column: "amount_minor", reason: "is out of range")
        }
        guard least <= most else {
            throw StoreError.decoding(table: "rate", column: "least_minor", reason: "is above the most")
        }
        self.init(
            id: try row["rate_id"], profession: try row["profession"], tier: try row["tier"],
            taskKind: try row["task_kind"], region: region == "any" ? nil : region,
            language: language == "any" ? nil : language, unit: try row["unit"], amount: amount, band: least...most,
            inForce: inForce
        )
    }

    static let columns: SQL = """
        select rate_id, profession, tier, task_kind, region, language, unit, amount_minor, least_minor, most_minor,
               currency, in_force
          from rate
        """
}

extension Transaction {
    /// The rate for any region and language that holds at an instant; at most one does.
    package func rateInForce(
        profession: Profession, tier: Tier, taskKind: TaskKind, currency: Currency, at instant: Date
    ) async throws -> PayRate? {
        try await firstRow(
            """
            \(fragment: PayRate.columns)
             where profession = \(profession) and tier = \(tier) and task_kind = \(taskKind)
               and region = 'any' and language = 'any' and currency = \(currency) and in_force @> \(instant)
            """
        ).map { try PayRate(row: $0) }
    }
}

extension Transaction {
    /// - Throws: ``StoreError`` with `rate_no_overlap` when another rate holds for the same work at some time of it.
    func insertRate(
        _ id: PayRate.ID, _ rate: ProposedRate, preparedBy maker: Principal.ID, approvedBy checker: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into rate (rate_id, profession, tier, task_kind, region, language, unit, amount_minor, least_minor,
                              most_minor, currency, in_force, prepared_by, approved_by)
            values (\(id), \(rate.profession), \(rate.tier), \(rate.taskKind), \(rate.region ?? "any"),
                    \(rate.language ?? "any"), \(rate.unit), \(rate.amount.minorUnits), \(rate.band.lowerBound),
                    \(rate.band.upperBound), \(rate.amount.currency), \(rate.inForce), \(maker), \(checker))
            """)
    }

    /// - Returns: whether the rate held at that time, but not only from then on.
    func endRate(_ id: PayRate.ID, at end: Date) async throws -> Bool {
        try await execute(
            """
            update rate set in_force = tstzrange(lower(in_force), \(end))
             where rate_id = \(id) and in_force @> \(end) and lower(in_force) < \(end)
            """) == 1
    }
}
