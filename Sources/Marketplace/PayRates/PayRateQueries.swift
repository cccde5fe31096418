package import Foundation
package import Store

extension PayRate {
    init(row: Row) throws {
        id = try row["rate_id"]
        profession = try row["profession"]
        tier = try row["tier"]
        taskKind = try row["task_kind"]
        unit = try row["unit"]
        do {
            amount = try Money(try row["amount_minor"], try row["currency"])
        } catch is MoneyError {
            throw StoreError.decoding(table: "rate", column: "amount_minor", reason: "is out of range")
        }
        inForce = try row["in_force"]
    }
}

extension Transaction {
    /// The rate that holds at an instant; at most one does.
    package func rateInForce(
        profession: Profession, tier: Tier, taskKind: TaskKind, currency: Currency, at instant: Date
    ) async throws -> PayRate? {
        try await firstRow(
            """
            select rate_id, profession, tier, task_kind, unit, amount_minor, currency, in_force
              from rate
             where profession = \(profession) and tier = \(tier) and task_kind = \(taskKind)
               and currency = \(currency) and in_force @> \(instant)
            """
        ).map(PayRate.init(row:))
    }
}

extension Transaction {
    /// - Throws: ``StoreError`` with `rate_no_overlap` when another rate holds for the same work at some time of it.
    func insertRate(
        _ id: PayRate.ID, _ rate: ProposedRate, preparedBy maker: Principal.ID, approvedBy checker: Principal.ID
    ) async throws {
        try await execute(
            """
            insert into rate (rate_id, profession, tier, task_kind, unit, amount_minor, currency, in_force,
                              prepared_by, approved_by)
            values (\(id), \(rate.profession), \(rate.tier), \(rate.taskKind), \(rate.unit), \(rate.amount.minorUnits),
                    \(rate.amount.currency), \(rate.inForce), \(maker), \(checker))
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
