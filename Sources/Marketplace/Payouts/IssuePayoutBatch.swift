internal import Formats
internal import Foundation
internal import Store

/// Sends an approved payout batch to the bank: the money leaves, in one transaction. The file is ``PayoutFile``; cut
/// off in between, it is given out the next time.
package struct IssuePayoutBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``NotFound``; ``PayoutRefusal``;
    ///   ``WithholdingRefusal``.
    package func callAsFunction(_ id: PayoutBatch.ID, by actor: Principal.ID) async throws {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard let batch = try await transaction.lockPayoutBatch(id) else { throw NotFound("payout batch") }
            guard batch.state.after(.issue) != nil else { throw PayoutRefusal.wrongState(batch.state, .issue) }
            guard batch.run == nil else { throw PayoutRefusal.wrongForm }
            try await transaction.checkContent(of: batch)
            try await change.payIntoClearing(batch)
            try await change.settleLines(of: batch)
            try await change.postWithholdings(of: id, step: 5_000)
            try await change.postRecoveries(of: id, step: 5_000)
            guard try await transaction.markPayoutIssued(id) else {
                throw PayoutRefusal.wrongState(batch.state, .issue)
            }
            try await change.record(
                "payout_issued", by: actor, on: "payout_batch", id.uuid, in: .platform,
                facts: ["total": .string("\(batch.total)"), "lines": .integer(Int64(batch.lineCount))]
            )
        }
    }
}

extension Transaction {
    /// Looks whether the lines of a locked batch are what was approved, and whether still as much has to be withheld
    /// and is owed.
    ///
    /// - Parameter each: gets the lines, part by part.
    /// - Throws: ``PayoutRefusal/contentDiffers``; ``PayoutRefusal/clawbackOverturned``; ``WithholdingRefusal``.
    func checkContent(of batch: PayoutBatch, each: ([NamedLine]) throws -> Void = { _ in }) async throws {
        guard try await payoutContent(of: batch.id, in: batch.total.currency, each: each).isThat(of: batch) else {
            throw PayoutRefusal.contentDiffers
        }
        try await checkRecoveries(of: batch.id)
        try await checkWithholdings(of: batch)
    }
}

/// The bank file of a payout batch that was issued, CSV, as often as it is asked for. Read by parts: memory does not
/// grow with the payments.
package struct PayoutFile: Sendable {
    private static let part = 5_000
    let market: Market

    package init(market: Market) { self.market = market }

    /// The same bytes each time, unless a payee was erased since: then without what they were called.
    ///
    /// - Parameter write: takes the file in pieces.
    /// - Returns: how many payments.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``NotFound``; ``PayoutRefusal/wrongState(_:_:)``;
    ///   ``PayoutRefusal/wrongForm``; what `write` throws.
    @discardableResult
    package func callAsFunction(
        _ id: PayoutBatch.ID, by actor: Principal.ID, write: ([UInt8]) throws -> Void
    ) async throws -> Int {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(toSee: actor)
            guard let batch = try await transaction.payoutBatch(id) else { throw NotFound("payout batch") }
            guard batch.state == .issued else { throw PayoutRefusal.wrongState(batch.state, .issue) }
            guard batch.run == nil else { throw PayoutRefusal.wrongForm }
        }
        var writer = CSVWriter(header: [
            "payout_batch", "end_to_end_id", "payee", "payee_key", "payee_name", "amount", "currency", "workers",
            "earnings",
        ])
        var (count, last): (Int, PayoutLine.ID?) = (0, nil)
        while true {
            let lines = try await market.database.read { [last] in
                try await $0.payoutLines(of: id, after: last, limit: Self.part)
            }
            for named in lines { writer.append(try named.cells(of: id)) }
            try write(writer.take())
            count += lines.count
            last = lines.last?.line.id
            if lines.count < Self.part { return count }
        }
    }

    /// The whole file, for who has room for it.
    package func callAsFunction(_ id: PayoutBatch.ID, by actor: Principal.ID) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await callAsFunction(id, by: actor, write: { bytes += $0 })
        return bytes
    }
}

extension NamedLine {
    fileprivate func cells(of payout: PayoutBatch.ID) throws -> [CSVCell] {
        guard let amount = CSVDecimal(line.amount.decimalText) else { throw MoneyError.outOfRange }
        return [
            .text("\(payout)"), .text(line.endToEndID), .text(line.payee.agency == nil ? "worker" : "agency"),
            .text(payeeKey), .text(payeeName), .decimal(amount), .text(line.amount.currency.code),
            .number(Int64(line.shares.count)), .number(Int64(line.earningCount)),
        ]
    }
}
