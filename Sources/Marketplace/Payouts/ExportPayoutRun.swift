package import Formats
internal import Foundation
internal import Payments
internal import Store

/// Sends an approved payout batch to the bank: what is owed goes to clearing, and the file is written, always the same.
///
/// The file is made twice: first to know its hash, in the transaction that moves the money, then to be given out. Cut
/// off in between, the batch is issued and the file is given out the next time. It is made from what was copied when
/// the batch was prepared, and never from what a payee has changed since.
package struct ExportPayoutRun: Sendable {
    package struct Result: Sendable {
        package let fileHash: Digest
        package let bytes: Int64
        package let payments: Int
        /// Payees who have another account now than the one that is paid to.
        package let accountsChanged: Int
        /// Whether this was the first time.
        package let isFirst: Bool

        package var json: JSON {
            [
                "file_hash": .string(fileHash.hexadecimal), "bytes": .integer(bytes),
                "payments": .integer(Int64(payments)), "accounts_changed": .integer(Int64(accountsChanged)),
                "is_first": .bool(isFirst),
            ]
        }
    }

    private static let part = 5_000
    let market: Market
    let keys: KeyRing

    package init(market: Market, keys: KeyRing) {
        self.market = market
        self.keys = keys
    }

    /// - Parameters:
    ///   - report: how many payments were written so far.
    ///   - write: gets the file, piece by piece.
    /// - Throws: ``AccessRefusal`` unless the actor is a finance maker; ``NotFound``; ``PayoutRefusal``;
    ///   ``PaymentFileRefusal``; what `write` throws.
    package func callAsFunction(
        _ id: PayoutBatch.ID, by actor: Principal.ID, report: @Sendable (Int) -> Void = { _ in },
        write: @Sendable ([UInt8]) throws -> Void
    ) async throws -> Result {
        let isFirst = try await issue(id, by: actor)
        return try await market.database.read { transaction in
            try await transaction.authorizeFinance(actor)
            guard let batch = try await transaction.payoutBatch(id), let run = batch.run, let hash = run.fileHash else {
                throw NotFound("payout file")
            }
            let file = try await transaction.file(of: batch, run, part: Self.part, keys, report: report, write: write)
            guard file.hash == hash, Int64(file.bytes) == run.fileBytes else { throw PayoutRefusal.fileDiffers }
            return Result(
                fileHash: hash, bytes: Int64(file.bytes), payments: batch.lineCount,
                accountsChanged: try await transaction.payeesWithOtherAccounts(in: id), isFirst: isFirst)
        }
    }

    /// - Returns: whether the batch was issued now.
    private func issue(_ id: PayoutBatch.ID, by actor: Principal.ID) async throws -> Bool {
        let isIssued = try await market.database.read { transaction in
            try await transaction.authorize(actor, as: .financeMaker)
            guard let batch = try await transaction.payoutBatch(id) else { throw NotFound("payout batch") }
            guard batch.run != nil else { throw PayoutRefusal.wrongForm }
            return batch.state == .issued
        }
        if isIssued { return false }
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .financeMaker)
            guard let batch = try await transaction.lockPayoutBatch(id), let run = batch.run else {
                throw NotFound("payout batch")
            }
            if batch.state == .issued {
                // By somebody else, between the look and the lock; a change records an event.
                try await change.record("payout_file_given", by: actor, on: "payout_batch", id.uuid, in: .platform)
                return false
            }
            guard batch.state.after(.issue) != nil else { throw PayoutRefusal.wrongState(batch.state, .issue) }
            try batch.checkDay(at: transaction.instant)
            try await transaction.checkContent(of: batch)
            let file = try await transaction.file(of: batch, run, part: Self.part, keys, report: { _ in }) { _ in }
            try await change.payIntoClearing(batch)
            try await change.postWithholdings(of: id, step: Self.part)
            try await change.postRecoveries(of: id, step: Self.part)
            guard try await transaction.markRunIssued(id, fileHash: file.hash, bytes: file.bytes) else {
                throw PayoutRefusal.wrongState(batch.state, .issue)
            }
            try await change.record(
                "payout_issued", by: actor, on: "payout_batch", id.uuid, in: .platform,
                facts: [
                    "total": .string("\(batch.total)"), "lines": .integer(Int64(batch.lineCount)),
                    "format": .string(run.format.rawValue), "file_hash": .string(file.hash.hexadecimal),
                ])
            return true
        }
    }
}

/// Why a payment file cannot be written.
package struct PaymentFileRefusal: Refusal {
    package let code: String
    package let message: String

    init(_ refusal: PaymentRefusal) {
        code = "payment_\(refusal.code)"
        message = "The file cannot be written: \(refusal.description)."
    }
}

extension Transaction {
    /// Makes the file of a batch, part by part.
    fileprivate func file(
        of batch: PayoutBatch, _ run: PayoutRun, part: Int, _ keys: KeyRing, report: (Int) -> Void,
        write: ([UInt8]) throws -> Void
    ) async throws -> (hash: Digest, bytes: Int) {
        var digesting = Digesting()
        var (count, bytes) = (0, 0)
        var writer = try PayoutFileWriter(batch, run)
        func flush() throws {
            let piece = writer.take()
            guard !piece.isEmpty else { return }
            digesting.update(piece)
            bytes += piece.count
            try write(piece)
        }
        var last: PayoutLine.ID?
        while true {
            let lines = try await runLines(of: batch.id, after: last, limit: part)
            for line in lines { try writer.append(line, keys) }
            try flush()
            count += lines.count
            report(count)
            last = lines.last?.id
            if lines.count < part { break }
        }
        try writer.finish()
        try flush()
        return (digesting.digest, bytes)
    }
}

/// Writes the payments of a batch in its form, opening each account on the way.
private struct PayoutFileWriter {
    private let run: PayoutRun
    private let currency: CurrencyCode
    private var writer: any PaymentFileWriter

    init(_ batch: PayoutBatch, _ run: PayoutRun) throws {
        guard let currency = CurrencyCode(batch.total.currency.code), let day = run.payer.executionOn,
            let approvedAt = batch.approvedAt
        else { throw PayoutRefusal.contentDiffers }
        self.run = run
        self.currency = currency
        let order = PaymentOrder(
            messageID: batch.messageID, createdAt: approvedAt.formatted(.iso8601), executionDate: day,
            count: batch.lineCount, total: Amount(batch.total.minorUnits, currency), payer: run.payer.party,
            account: run.payer.account, ach: run.payer.ach)
        do throws(PaymentRefusal) {
            writer = try run.format.writer(for: order)
        } catch {
            throw PaymentFileRefusal(error)
        }
    }

    mutating func append(_ line: RunLine, _ keys: KeyRing) throws {
        guard let wrapped = line.wrapped, let name = line.wrappingKey else { throw PayoutRefusal.accountErased }
        let key = try Envelope.unwrap(wrapped.bytes, of: line.payee.keyOwner, by: name, in: keys)
        let method = try PayoutMethod(
            try Envelope.open(line.sealed.bytes, for: "payout_line/\(line.id)", under: key))
        guard let account = method.account(for: run.format) else { throw PayoutRefusal.contentDiffers }
        let payment = Payment(
            endToEndID: line.endToEndID, shortID: line.shortID, amount: Amount(line.amount.minorUnits, currency),
            payee: method.party, account: account, remittance: run.payer.remittance)
        do throws(PaymentRefusal) {
            try writer.append(payment)
        } catch {
            throw PaymentFileRefusal(error)
        }
    }

    mutating func finish() throws {
        do throws(PaymentRefusal) {
            try writer.finish()
        } catch {
            throw PaymentFileRefusal(error)
        }
    }

    mutating func take() -> [UInt8] { writer.take() }
}

extension PayoutBatch {
    /// - Throws: ``PayoutRefusal/dayPassed`` when the bank cannot pay any more on the day that is in the file.
    func checkDay(at instant: Date) throws {
        guard let run, let day = run.payer.executionOn else { return }
        guard try day >= PaymentSystem.today(of: run.format, in: total.currency, at: instant) else {
            throw PayoutRefusal.dayPassed
        }
    }

    /// ISO 20022 MsgId: `GH` and the id in hexadecimal.
    package var messageID: String { "GH" + "\(id)".replacing("-", with: "").uppercased() }
}
