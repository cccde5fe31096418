internal import Formats
internal import Foundation
internal import Store

extension Transaction {
    func insertBatchPrice(
        of id: Batch.ID, _ requester: Requester.ID, _ price: BatchPrice, feeBasisPoints: Int
    ) async throws {
        let curve = price.escalator
        try await execute(
            """
            insert into batch_price (requester_id, batch_id, task, trace, fee_bps, most_pay_minor, most_fee_minor,
                                     shape, after_seconds, interval_seconds, step_minor, top_up_bps)
            values (\(requester), \(id), \(price.task.json), \(price.trace), \(feeBasisPoints),
                    \(price.mostPay.minorUnits), \(price.mostFee.minorUnits), \(curve?.shape),
                    \(curve?.afterSeconds), \(curve?.intervalSeconds), \(curve?.step.minorUnits),
                    \(price.topUpBasisPoints))
            """)
    }

    /// How the price of a batch rises; `nil` for one that stays.
    func escalator(of batch: Batch.ID, _ requester: Requester.ID, _ currency: Currency) async throws -> Escalator? {
        try await firstRow(
            """
            select \(fragment: Escalator.columns) from batch_price as price
             where requester_id = \(requester) and batch_id = \(batch)
            """
        ).flatMap { try Escalator(row: $0, currency) }
    }

    /// Open batches and the tasks they were priced for, in the order of their ids.
    func pricedBatches(after last: Batch.ID?, limit: Int) async throws -> [PricedBatch] {
        try await rows(
            """
            select batch.requester_id, batch.batch_id, batch.name, batch.pay_minor, batch.currency, price.task
              from batch join batch_price as price using (requester_id, batch_id)
             where batch.state in ('open', 'paused') and (\(last)::uuid is null or batch.batch_id > \(last)::uuid)
             order by batch.batch_id
             limit \(limit)
            """
        ).map { row in
            PricedBatch(
                id: try row["batch_id"], requester: try row["requester_id"], name: try row["name"],
                pay: try Money(row["pay_minor"], row["currency"]), task: try RateTask(json: row["task"])
            )
        }
    }
}

extension Escalator {
    static let columns: SQL = """
        price.shape, price.after_seconds, price.interval_seconds, price.step_minor, price.most_pay_minor
        """

    /// - Returns: `nil` where nothing rises.
    init?(row: Row, _ currency: Currency) throws {
        let shape: EscalationShape? = try row["shape"]
        guard let shape else { return nil }
        try self.init(
            shape, afterSeconds: row["after_seconds"], intervalSeconds: row["interval_seconds"],
            step: Money(row["step_minor"], currency), cap: Money(row["most_pay_minor"], currency)
        )
    }
}
