internal import Formats
internal import Foundation
internal import Marketplace

extension Shape {
    static let voucher = Shape.object(
        "Voucher",
        [
            "voucher": .id, "state": .choice(VoucherState.self), "order": .anyObject, "reason": .text,
            "prepared_by": .id, "prepared_at": .time, "decided_by": .id.orNull,
        ])
    static let payout = Shape.object(
        "Payout",
        [
            "payout": .id, "state": .choice(PayoutBatchState.self), "total_minor": .minor, "currency": .currency,
            "lines": .count, "content_hash": .sha256, "prepared_by": .id, "approved_by": .id.orNull,
            "approved_at": .time.orNull, "source": .text.orNull, "format": .text.orNull, "pay_on": .day.orNull,
            "payer": Shape.anyObject.orNull.described("Who pays, as it was when it was prepared; null of a table."),
            "unconfirmed_returns": Shape.count.described(
                "Payments that it pays again though the bank has debited them, and credited nothing yet: a table of "
                    + "returns alone says that they came back."),
            "unconfirmed_returns_minor": .minor,
        ])
    static let preparedRun = Shape.payout.with(
        "PreparedRun",
        [
            "message_id": .text, "excluded_count": .count,
            "excluded": .list(.anyObject).described("The first 200 with reasons."),
        ])
    static let payoutLine = Shape.object(
        "PayoutLine",
        [
            "line": .id, "end_to_end_id": .text, "payee": .words("worker", "agency"), "payee_key": .text,
            "payee_name": .text, "amount_minor": .minor, "currency": .currency, "workers": .count, "earnings": .count,
            "state": .text, "reason": .text.orNull, "account_changed": .flag,
        ])
    static let bankImport = Shape.object(
        "BankImport",
        [
            "bank_import": .id, "kind": .text, "message_id": .text, "entries": .count, "is_new": .flag,
            "faults": .anything, "outcomes": .anyObject,
        ])
    static let alert = Shape.object(
        "Alert",
        [
            "alert": .id, "requester_id": .id, "batch_id": .id, "state": .choice(AlertState.self), "raised_at": .time,
            "due_at": .time, "open_slots": .count, "options": .anything, "closed_at": .time.orNull,
            "closed_by": .id.orNull, "resolution": .text.orNull,
        ])
    static let quarantine = Shape.object(
        "Quarantine",
        [
            "quarantine": .id, "requester": .id, "batch": .id, "reasons": .text, "ordered_by": .id, "ordered_at": .time,
            "lifted_at": .time.orNull, "lift_reasons": .text.orNull,
        ])
    static let withdrawal = Shape.object(
        "Withdrawal",
        [
            "withdrawal": .id, "requester": .id, "project": .id, "batch": .id.orNull, "worker": .id, "decision": .id,
            "withdrawn_at": .time, "ended_at": .time.orNull,
        ])
}

extension Code {
    /// What a posting can be refused for.
    static let ledger: [Code] = [
        "impossible_transfer", "already_posted", "insufficient_funds", "balance_too_large", "already_reversed",
    ]
}

extension Voucher {
    var wire: JSON {
        [
            "voucher": .string("\(id)"), "state": .string(state.rawValue), "order": order.facts,
            "reason": .string(reason), "prepared_by": .string("\(preparedBy)"),
            "prepared_at": .second(preparedAt),
            "decided_by": decidedBy.map { .string("\($0)") } ?? .null,
        ]
    }
}

extension PayoutBatch {
    /// With from where, when and in which form it is paid.
    var wire: JSON {
        let own: JSON = [
            "payout": .string("\(id)"), "state": .string(state.rawValue), "total_minor": .integer(total.minorUnits),
            "currency": .string(total.currency.code), "lines": .integer(Int64(lineCount)),
            "content_hash": .string(contentHash.hexadecimal), "prepared_by": .string("\(preparedBy)"),
            "approved_by": approvedBy.map { .string("\($0)") } ?? .null,
            "approved_at": .second(approvedAt),
        ]
        return own.with(terms)
    }
}

extension PreparePayoutRun.Result {
    /// With the first who are left out.
    var wire: JSON {
        batch.wire.with([
            "message_id": .string(batch.messageID), "excluded_count": .integer(Int64(excluded.count)),
            "excluded": .array(excluded.prefix(200).map(\.json)),
        ])
    }
}

extension NamedLine {
    /// As ``json``, with its amount in minor units.
    var wire: JSON {
        var members = json.objectValue ?? [:]
        members["amount"] = nil
        members["amount_minor"] = .integer(line.amount.minorUnits)
        return .object(members)
    }
}
