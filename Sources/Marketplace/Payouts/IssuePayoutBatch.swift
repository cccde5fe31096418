internal import Formats
internal import Foundation
internal import Store

/// Sends an approved payout batch to the bank: the money leaves, and the file is written, in one transaction.
package struct IssuePayoutBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: the bank file, CSV.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``NotFound``; ``PayoutRefusal``;
    ///   ``WithholdingRefusal``.
    package func callAsFunction(_ id: PayoutBatch.ID, by actor: Principal.ID) async throws -> [UInt8] {
        try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard let batch = try await transaction.lockPayoutBatch(id) else { throw NotFound("payout batch") }
            guard batch.state.after(.issue) != nil else { throw PayoutRefusal.wrongState(batch.state, .issue) }
            guard batch.run == nil else { throw PayoutRefusal.wrongForm }
            var lines: [NamedLine] = []
            try await transaction.checkContent(of: batch) { lines += $0 }
            try await change.payIntoClearing(batch)
            try await change.settle(lines.map { ($0.line.id, $0.line.amount) })
            try await change.postWithholdings(of: id, step: 5_000)
            try await change.postRecoveries(of: id, step: 5_000)
            guard try await transaction.markPayoutIssued(id) else {
                throw PayoutRefusal.wrongState(batch.state, .issue)
            }
            try await change.record(
                "payout_issued", by: actor, on: "payout_batch", id.uuid, in: .platform,
                facts: ["total": .string("\(batch.total)"), "lines": .integer(Int64(lines.count))]
            )
            return try PayoutFile.csv(of: id, lines)
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

/// The bank file of a payout batch that was issued, once more.
package struct PayoutFile: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Returns: the same bytes as when it was issued, unless a payee's name was changed or erased since.
    /// - Throws: ``AccessRefusal`` unless the actor is in finance; ``NotFound``; ``PayoutRefusal/wrongState(_:_:)``.
    package func callAsFunction(_ id: PayoutBatch.ID, by actor: Principal.ID) async throws -> [UInt8] {
        try await market.database.read { transaction in
            try await transaction.authorizeFinance(actor)
            guard let batch = try await transaction.payoutBatch(id) else { throw NotFound("payout batch") }
            guard batch.state == .issued else { throw PayoutRefusal.wrongState(batch.state, .issue) }
            guard batch.run == nil else { throw PayoutRefusal.wrongForm }
            var lines: [NamedLine] = []
            _ = try await transaction.payoutContent(of: id, in: batch.total.currency) { lines += $0 }
            return try Self.csv(of: id, lines)
        }
    }

    static func csv(of id: PayoutBatch.ID, _ lines: [NamedLine]) throws -> [UInt8] {
        var writer = CSVWriter(header: [
            "payout_batch", "end_to_end_id", "payee", "payee_key", "payee_name", "amount", "currency", "workers",
            "earnings",
        ])
        for named in lines {
            guard let amount = CSVDecimal(named.line.amount.decimalText) else { throw MoneyError.outOfRange }
            writer.append([
                .text("\(id)"), .text(named.line.endToEndID),
                .text(named.line.payee.agency == nil ? "worker" : "agency"), .text(named.payeeKey),
                .text(named.payeeName), .decimal(amount), .text(named.line.amount.currency.code),
                .number(Int64(named.line.shares.count)), .number(Int64(named.line.earningCount)),
            ])
        }
        return writer.bytes
    }
}
