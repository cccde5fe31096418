internal import Foundation
internal import Store

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
