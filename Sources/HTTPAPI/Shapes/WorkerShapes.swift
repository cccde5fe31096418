internal import Formats
internal import Foundation
internal import Marketplace

extension Shape {
    static let credential = Shape.object(
        "Credential",
        [
            "credential": .id, "worker": .id, "profession": .text, "kind": .text, "issuer": .text,
            "jurisdiction": .text, "number": .text, "number_verdict": .text, "number_note": .text.orNull,
            "issued_on": .day, "expires_at": .time.orNull, "state": .choice(CredentialState.self),
            "verified_by": .id.orNull, "confirmed_by": .id.orNull, "reverify_at": .time.orNull,
            "category": .text.orNull, "scope": .text.orNull, "register_status": .text.orNull,
        ])
    static let profile = Shape.object(
        "Profile",
        [
            "worker": .id, "languages": .list(.text), "professions": .list(.anyObject),
            "credentials": .list(.anyObject), "tiers": .list(.anyObject), "skills": .list(.anyObject),
        ])
    static let workerSummary = Shape.object(
        "Worker",
        [
            "worker": .id, "external_key": .text, "state": .choice(Worker.State.self), "country": .text,
            "registered_at": .time,
        ])
    static let workerRecord = workerSummary.with(
        "WorkerWithData",
        [
            "has_payout_method": .flag, "has_tax_profile": .flag, "open_duplicate_cases": .count,
            "erased_at": .time.orNull, "name": .text.orNull, "email": .text.orNull, "time_zone": .text.orNull,
            "weekly_minutes_max": .count.orNull, "languages": Shape.list(.text).orNull, "place": .text.orNull,
        ])
    static let agreement = Shape.object(
        "Agreement",
        ["agreement": .id, "kind": .text, "version": .count, "title": .text, "hash": .sha256, "valid_from": .time])
    static let notice = Shape.object(
        "Notice",
        [
            "notice": .id, "kind": .text, "facts": .anything, "created_at": .time, "read_at": .time.orNull,
            "delivery": .text,
        ])
    /// The holder's address, in parts; what SEPA takes.
    static let payoutMethodState = Shape.object(
        "PayoutMethodState", ["version": .count, "changed_at": .time.orNull])
    static let payeeAddress = Shape.object([
        "street": Shape.text(1...70).orNull.optional, "building_number": Shape.text(1...16).orNull.optional,
        "post_code": Shape.text(1...16).orNull.optional, "town": .text(1...35), "country": .text(2...2),
    ]).orNull.optional
    static let earningSum = Shape.object(
        "EarningSum",
        [
            "currency": .currency, "pending_minor": .minor, "due_minor": .minor, "in_payout_minor": .minor,
            "sent_minor": .minor, "paid_minor": .minor, "withheld_minor": .minor, "clawed_back_minor": .minor,
        ])
    static let earningLine = Shape.object(
        "EarningLine",
        [
            "assignment": .id, "batch": .text, "standing": .choice(EarningLine.Standing.self), "amount_minor": .minor,
            "currency": .currency, "share_bps": .bps.orNull, "kind": .choice(EarningLine.Kind.self), "terms": .anything,
            "payout": .id.orNull, "earned_at": .time, "paid_at": .time.orNull,
        ])
}

extension CredentialSheet {
    /// As ``json``, with times as RFC 3339.
    var wire: JSON { json.with(["expires_at": .second(expiresAt), "reverify_at": .second(reverifyAt)]) }
}

extension WorkerSummary {
    var members: [String: JSON] {
        [
            "worker": .string("\(id)"), "external_key": .string(externalKey), "state": .string(state.rawValue),
            "country": .string(country), "registered_at": .second(registeredAt),
        ]
    }
}

extension WorkerRecord {
    /// Null for what was erased.
    var wire: JSON {
        let own: [String: JSON] = [
            "has_payout_method": .bool(hasPayoutMethod), "has_tax_profile": .bool(hasTaxProfile),
            "open_duplicate_cases": .integer(Int64(openCases)),
            "erased_at": .second(erasedAt),
            "name": registration.map { .string($0.name) } ?? .null,
            "email": registration.map { .string($0.email) } ?? .null,
            "time_zone": registration.map { .string($0.timeZone) } ?? .null,
            "weekly_minutes_max": registration.map { .integer(Int64($0.weeklyMinutesMax)) } ?? .null,
            "languages": registration.map { .array($0.languages.map { .string($0.description) }) } ?? .null,
            "place": registration.map { .string($0.place ?? $0.country) } ?? .null,
        ]
        return .object(summary.members.merging(own) { _, own in own })
    }
}

extension PayoutMethodState {
    var wire: JSON { ["version": .integer(Int64(version)), "changed_at": .second(changedAt)] }
}

extension Agreement {
    var members: [String: JSON] {
        [
            "agreement": .string("\(id)"), "kind": .string(kind), "version": .integer(Int64(version)),
            "title": .string(title), "hash": .string(hash.hexadecimal), "valid_from": .second(validFrom),
        ]
    }
}

extension InboxItem {
    var wire: JSON {
        [
            "notice": .string("\(notice.id)"), "kind": .string(notice.kind), "facts": notice.facts,
            "created_at": .millisecond(notice.createdAt),
            "read_at": .millisecond(readAt), "delivery": .string(delivery.rawValue),
        ]
    }
}

extension EarningLine.Mark {
    init(wire text: String) throws(BadInput) {
        let parts = text.split(separator: "/")
        guard parts.count == 2, let micros = Int64(parts[0]), (0..<4_102_444_800_000_000).contains(micros),
            let line = UUID(uuidString: String(parts[1]))
        else { throw BadInput("before", "must be the next of a page") }
        self.init(at: Date(timeIntervalSince1970: Double(micros) / 1e6), line: line)
    }

    var wire: String {
        "\(Int64((at.timeIntervalSince1970 * 1e6).rounded()))/\(line.uuidString.lowercased())"
    }
}

extension EarningSum {
    var wire: JSON {
        [
            "currency": .string(pending.currency.code), "pending_minor": .integer(pending.minorUnits),
            "due_minor": .integer(due.minorUnits), "in_payout_minor": .integer(inPayout.minorUnits),
            "sent_minor": .integer(sent.minorUnits), "paid_minor": .integer(paid.minorUnits),
            "withheld_minor": .integer(withheld.minorUnits), "clawed_back_minor": .integer(kept.minorUnits),
        ]
    }
}

extension EarningLine {
    var wire: JSON {
        [
            "assignment": .string("\(assignment)"), "batch": .string(batch), "standing": .string(standing.rawValue),
            "amount_minor": .integer(amount.minorUnits), "currency": .string(amount.currency.code),
            "share_bps": basisPoints.map { .integer(Int64($0)) } ?? .null, "kind": .string(kind.rawValue),
            "terms": terms, "payout": payout.map { .string("\($0)") } ?? .null,
            "earned_at": .millisecond(mark.at), "paid_at": .millisecond(paidAt),
        ]
    }
}
