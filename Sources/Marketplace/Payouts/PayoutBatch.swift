package import Formats
package import Foundation
package import Payments
internal import Store

/// Payments to many workers that leave as one file.
package struct PayoutBatch: Sendable {
    package typealias ID = Identifier<PayoutBatch>
    package let id: ID
    package let state: PayoutBatchState
    package let total: Money
    package let lineCount: Int
    /// Of the lines and, of a run, of from where, when and in which form it is paid; the approval is for this content
    /// and no other.
    package let contentHash: Digest
    package let preparedBy: Principal.ID
    package let approvedBy: Principal.ID?
    package let approvedAt: Date?
    /// `nil` for a table without accounts.
    package let run: PayoutRun?
    /// What of it is paid again.
    package var unconfirmed = UnconfirmedReturns()
}

/// Payments that the bank has debited, and of which a table of returns alone says that they came back: no credit of the
/// bank's is booked for them yet. Who pays the same earnings again perhaps pays twice.
package struct UnconfirmedReturns: Hashable, Sendable {
    package var payments = 0
    /// Minor units, of all of them.
    package var minor: Int64 = 0

    package var members: [String: JSON] {
        ["unconfirmed_returns": .integer(Int64(payments)), "unconfirmed_returns_minor": .integer(minor)]
    }
}

/// What a payout batch with a bank file has beside: the form of its file, who pays, and the file itself once it was
/// written.
package struct PayoutRun: Hashable, Sendable {
    package let format: PaymentFileFormat
    /// As it was when the batch was prepared.
    package let payer: PayoutPayer
    package let fileHash: Digest?
    package let fileBytes: Int64?
}

extension PayoutRun {
    /// What of it is approved with the lines; `nil` of runs of before, whose hash is of the lines alone.
    fileprivate var hashed: JSON? {
        guard payer.source != nil else { return nil }
        return .object(["format": .string(format.rawValue), "payer": payer.json])
    }

    /// From where, when and in which form, for people.
    package var text: String {
        let account = payer.json["iban"]?.stringValue ?? payer.json["account"]?.stringValue
        let places = [payer.source, payer.party.name, account].compactMap(\.self).joined(separator: ", ")
        return "\(format.rawValue) from \(places)" + (payer.executionOn.map { ", to be paid on \($0)" } ?? "")
    }
}

extension PayoutBatch {
    /// From where, when and in which form, as members of a JSON object, nulls where it is a table without accounts; and
    /// what of it is paid again.
    package var terms: [String: JSON] {
        let own: [String: JSON] = [
            "source": run?.payer.source.map(JSON.string) ?? .null,
            "format": run.map { .string($0.format.rawValue) } ?? .null,
            "pay_on": run?.payer.executionOn.map { .string("\($0)") } ?? .null, "payer": run?.payer.json ?? .null,
        ]
        return own.merging(unconfirmed.members) { $1 }
    }

    /// What of it is paid again, for people; empty where nothing is.
    package var warning: String {
        guard unconfirmed.payments > 0, let sum = try? Money(unconfirmed.minor, total.currency) else { return "" }
        return "; of it \(unconfirmed.payments) payments (\(sum)) are paid again that the bank has debited: a table of "
            + "returns alone says that they came back"
    }
}

extension PaymentFileFormat: SQLEnum {}

/// The values of the PostgreSQL enum `payout_line_state`, in its order.
package enum PayoutLineState: String, Sendable, CaseIterable, SQLEnum {
    case open, settled, failed
}

/// The values of the PostgreSQL enum `payout_batch_state`, in its order.
package enum PayoutBatchState: String, Sendable, CaseIterable, SQLEnum {
    case prepared, approved, issued, cancelled
}

/// What can happen to a payout batch.
package enum PayoutEvent: String, Sendable, CaseIterable {
    case approve, issue, cancel
}

extension PayoutBatchState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: PayoutEvent) -> PayoutBatchState? {
        switch (self, event) {
        case (.prepared, .approve): .approved
        case (.approved, .issue): .issued
        case (.prepared, .cancel), (.approved, .cancel): .cancelled
        case (.prepared, .issue), (.approved, .approve),
            (.issued, .approve), (.issued, .issue), (.issued, .cancel),
            (.cancelled, .approve), (.cancelled, .issue), (.cancelled, .cancel):
            nil
        }
    }
}

/// One payment: to a worker, or to an agency for all its people together.
package struct PayoutLine: Hashable, Sendable {
    package typealias ID = Identifier<PayoutLine>
    package let id: ID
    package let payee: Payee
    package let amount: Money
    package let earningCount: Int
    /// Whose earnings it pays, by worker; to the cent the amount.
    package let shares: [PayoutShare]
    /// SHA-256 of the account that is paid to, as it is sealed; `nil` in a table without accounts.
    package var accountDigest: Digest?

    /// ISO 20022 EndToEndId: `GH` and the id in hexadecimal, 34 characters.
    package var endToEndID: String { "GH" + "\(id)".replacing("-", with: "").uppercased() }

    /// The last 75 bits of the id in Crockford's base 32, 15 characters.
    package var shortID: String {
        let bits = withUnsafeBytes(of: id.uuid.uuid) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
        let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        return String((0..<15).reversed().map { digits[Int(truncatingIfNeeded: bits >> (5 * $0)) & 31] })
    }
}

/// Who gets the money of a line.
package enum Payee: Hashable, Sendable {
    case worker(Worker.ID)
    /// In the place of its people.
    case agency(Team.ID)

    var worker: Worker.ID? {
        switch self {
        case .worker(let id): id
        case .agency: nil
        }
    }

    /// Under whose key their account is sealed.
    var keyOwner: KeyOwner {
        switch self {
        case .worker(let id): .worker(id)
        case .agency(let id): .team(id)
        }
    }

    /// Where their account is sealed.
    var methodPlace: String {
        switch self {
        case .worker(let id): "payout_method/\(id)"
        case .agency(let id): "team_payout_method/\(id)"
        }
    }

    var agency: Team.ID? {
        switch self {
        case .worker: nil
        case .agency(let id): id
        }
    }
}

/// How much of a line one worker has earned.
package struct PayoutShare: Hashable, Sendable {
    package typealias ID = Identifier<PayoutShare>
    package let id: ID
    package let worker: Worker.ID
    package let amount: Money
    /// What is kept of it for clawbacks, not in the amount; minor units.
    package var keptMinor: Int64 = 0

    fileprivate var hashed: JSON {
        var members: [String: JSON] = [
            "worker": .string("\(worker)"), "amount_minor": .integer(amount.minorUnits),
        ]
        // Batches of before have no such member in their hash.
        if keptMinor != 0 { members["clawed_back_minor"] = .integer(keptMinor) }
        return .object(members)
    }
}

/// What a batch comes to: added up line by line, in the order of their ids, so that no batch is ever held whole.
struct PayoutContent: Sendable {
    private(set) var total: Money
    private(set) var lineCount = 0
    private var digesting = Digesting()
    private var isEmpty = true

    /// - Parameter run: from where, when and in which form it is paid.
    init(in currency: Currency, run: PayoutRun?) throws(MoneyError) {
        total = try Money(0, currency)
        digesting.update(Array("[".utf8))
        if let terms = run?.hashed { digest(terms) }
    }

    private mutating func digest(_ element: JSON) {
        digesting.update((isEmpty ? [] : [UInt8(ascii: ",")]) + element.canonicalBytes())
        isEmpty = false
    }

    /// - Throws: ``MoneyError`` for another currency, or a sum that is out of range.
    mutating func add(_ line: PayoutLine) throws(MoneyError) {
        total = try total.adding(line.amount)
        digest(line.hashed)
        lineCount += 1
    }

    /// SHA-256 of the canonical JSON of an array: what the run's file is made by, then the lines.
    var hash: Digest {
        var whole = digesting
        whole.update(Array("]".utf8))
        return whole.digest
    }

    /// Whether it is what the batch says of itself.
    func isThat(of batch: PayoutBatch) -> Bool {
        hash == batch.contentHash && lineCount == batch.lineCount && total == batch.total
    }
}

extension PayoutLine {
    fileprivate var hashed: JSON {
        var members: [String: JSON] = [
            "end_to_end_id": .string(endToEndID),
            "amount_minor": .integer(amount.minorUnits),
            "currency": .string(amount.currency.code),
            "earnings": .integer(Int64(earningCount)),
            "payee": payee.worker.map { .string("\($0)") } ?? .null,
            "payee_team": payee.agency.map { .string("\($0)") } ?? .null,
            "shares": .array(
                shares.sorted { $0.worker < $1.worker }.map(\.hashed)),
        ]
        if let digest = accountDigest { members["account"] = .string(digest.hexadecimal) }
        return .object(members)
    }
}

/// Why a payout cannot go on. In order of precedence.
package enum PayoutRefusal: Refusal {
    /// No earning of this currency waits to be paid.
    case nothingToPay
    case wrongState(PayoutBatchState, PayoutEvent)
    /// Whoever prepared the batch cannot approve it.
    case secondPersonNeeded
    /// A program could be the second of one human's two principals.
    case personNeeded
    /// The hash that was named is not that of the content.
    case contentDiffers
    /// So many payees have another account now than when the batch was prepared.
    case accountsChanged(Int)
    /// The day on which the bank was to pay.
    case dayPassed
    /// Such a batch has a file of its own form, or none.
    case wrongForm
    /// An appeal was granted against a clawback of which the batch keeps something.
    case clawbackOverturned
    /// The account of a payee cannot be opened any more: they were erased.
    case accountErased
    /// What is stored does not make the file that was written before.
    case fileDiffers

    package var code: String {
        switch self {
        case .nothingToPay: "nothing_to_pay"
        case .wrongState: "payout_wrong_state"
        case .secondPersonNeeded: "second_person_needed"
        case .personNeeded: "person_needed"
        case .contentDiffers: "payout_content_differs"
        case .accountsChanged: "payout_accounts_changed"
        case .dayPassed: "payout_day_passed"
        case .wrongForm: "payout_wrong_form"
        case .clawbackOverturned: "payout_clawback_overturned"
        case .accountErased: "payout_account_erased"
        case .fileDiffers: "payout_file_differs"
        }
    }

    package var message: String {
        switch self {
        case .nothingToPay: "No earning of this currency waits to be paid."
        case .wrongState(let state, let event):
            "A payout batch that is \(state.rawValue) has nothing to \(event.rawValue)."
        case .secondPersonNeeded: "You prepared this batch. Somebody else must approve it."
        case .personNeeded: "Payouts are prepared and approved by people. A program can do neither."
        case .contentDiffers: "The content hash is not that of the batch. Look at it again before approving it."
        case .accountsChanged(let count):
            "\(count) of its payees have changed their account since it was prepared. Cancel it and prepare another."
        case .dayPassed: "The day on which the bank was to pay has passed. Cancel it and prepare another."
        case .wrongForm:
            "`payout issue` is for batches without accounts, `payout export` for those prepared from a source."
        case .clawbackOverturned:
            "It keeps what a worker does not owe any more, by an appeal. Cancel it and prepare another."
        case .accountErased:
            "A payee of this batch was erased, and with them their account: the file cannot be made again."
        case .fileDiffers: "The file would not be the one that was written before; something stored was changed."
        }
    }
}

extension PayoutBatch {
    init(row: Row) throws {
        id = try row["payout_batch_id"]
        state = try row["state"]
        total = try Money(row["total_minor"], row["currency"])
        lineCount = try row["line_count"]
        contentHash = try row["content_hash"]
        preparedBy = try row["prepared_by"]
        approvedBy = try row["approved_by"]
        approvedAt = try row["approved_at"]
        if let format: PaymentFileFormat = try row["format"], let payer: JSON = try row["payer"] {
            run = PayoutRun(
                format: format, payer: try PayoutPayer(payer), fileHash: try row["file_hash"],
                fileBytes: try row["file_bytes"])
        } else {
            run = nil
        }
    }
}
