package import Formats

/// What kind of payment file something is.
package enum PaymentFileKind: String, CaseIterable, Hashable, Sendable {
    case initiation = "pain.001"
    case statusReport = "pain.002"
    case statement = "camt.053"
    case notification = "camt.054"
    case nacha
    case returns = "returns_csv"
}

/// Something wrong with a payment file, or worth knowing, and where.
package struct PaymentFileFault: Hashable, Sendable {
    /// Stable, snake_case.
    package let code: String
    /// From 1; `nil` where it is about the file as a whole.
    package let line: Int?
    /// Of XML the path of the element, of the other forms the record; empty for the file as a whole.
    package let path: String
    /// A clause in lower case, without a full stop.
    package let reason: String

    package var json: JSON {
        [
            "code": .string(code), "line": line.map { .integer(Int64($0)) } ?? .null, "path": .string(path),
            "reason": .string(reason),
        ]
    }

    /// One line for a person.
    package var text: String {
        let place = [line.map { "line \($0)" }, path.isEmpty ? nil : path].compactMap(\.self).joined(separator: ", ")
        return "\(place.isEmpty ? "the file" : place): \(reason) [\(code)]"
    }
}

/// What comes to how much in one currency.
package struct CurrencyTotal: Hashable, Sendable {
    package fileprivate(set) var count = 0
    /// Minor units: what payees are credited by an initiation, what came in by a statement.
    package fileprivate(set) var creditMinor: Int64 = 0
    package fileprivate(set) var debitMinor: Int64 = 0
    package fileprivate(set) var hasOverflowed = false

    fileprivate mutating func add(_ minorUnits: Int64, isCredit: Bool) {
        count += 1
        let (sum, overflow) = (isCredit ? creditMinor : debitMinor).addingReportingOverflow(minorUnits)
        if overflow { hasOverflowed = true } else if isCredit { creditMinor = sum } else { debitMinor = sum }
    }
}

/// A statement, a payment information or a batch of a payment file.
package struct PaymentFilePart: Hashable, Sendable {
    /// What it is called in the file.
    package let id: String
    package let line: Int
    package var facts: [String: JSON]

    package init(id: String, line: Int, facts: [String: JSON] = [:]) {
        self.id = id
        self.line = line
        self.facts = facts
    }

    package var json: JSON {
        .object(facts.merging(["id": .string(id), "line": .integer(Int64(line))]) { _, own in own })
    }
}

/// What a payment file is, what it comes to and what is wrong with it.
package struct PaymentFileReport: Sendable {
    /// Faults, warnings and parts beyond the first thousand are counted only.
    package static let listMax = 1_000

    package internal(set) var kind: PaymentFileKind?
    /// As the file says it: `pain.001.001.09`; empty where it does not.
    package internal(set) var version = ""
    package internal(set) var messageID = ""
    package internal(set) var createdAt = ""
    /// How many there are of what: `transactions`, `payment_informations`, `statements`, `entries`, `batches`, ….
    package internal(set) var counts: [String: Int] = [:]
    package private(set) var totals: [CurrencyCode: CurrencyTotal] = [:]
    package private(set) var parts: [PaymentFilePart] = []
    package private(set) var partCount = 0
    package private(set) var faults: [PaymentFileFault] = []
    package private(set) var faultCount = 0
    package private(set) var warnings: [PaymentFileFault] = []
    package private(set) var warningCount = 0

    package var isValid: Bool { faultCount == 0 }

    mutating func fault(_ code: String, line: Int?, path: String = "", _ reason: String) {
        faultCount += 1
        guard faults.count < Self.listMax else { return }
        faults.append(PaymentFileFault(code: code, line: line, path: path, reason: reason))
    }

    /// Something that no bank refuses a file for, or that cannot be checked.
    mutating func warn(_ code: String, line: Int?, path: String = "", _ reason: String) {
        warningCount += 1
        guard warnings.count < Self.listMax else { return }
        warnings.append(PaymentFileFault(code: code, line: line, path: path, reason: reason))
    }

    mutating func count(_ what: String, _ number: Int = 1) { counts[what, default: 0] += number }

    mutating func add(_ minorUnits: Int64, _ currency: CurrencyCode, isCredit: Bool, line: Int) {
        totals[currency, default: CurrencyTotal()].add(minorUnits, isCredit: isCredit)
        if totals[currency]?.hasOverflowed == true {
            fault("out_of_range", line: line, "the amounts in \(currency) are too much to add up")
        }
    }

    mutating func add(_ part: PaymentFilePart) {
        partCount += 1
        if parts.count < Self.listMax { parts.append(part) }
    }

    /// The whole report. `amount_minor` is what is paid, of initiations; credits and debits are there for all.
    package var json: JSON {
        let sums = totals.sorted { $0.key < $1.key }.map { currency, total in
            var members: [String: JSON] = [
                "currency": .string(currency.description), "count": .integer(Int64(total.count)),
                "credit_minor": .integer(total.creditMinor), "debit_minor": .integer(total.debitMinor),
                "minor_digits": .integer(Int64(currency.minorDigits)),
            ]
            if isPaying { members["amount_minor"] = .integer(total.creditMinor) }
            return JSON.object(members)
        }
        return [
            "format": .string(kind?.rawValue ?? "unknown"), "version": .string(version), "valid": .bool(isValid),
            "message_id": .string(messageID), "created_at": createdAt.isEmpty ? .null : .string(createdAt),
            "counts": .object(counts.mapValues { .integer(Int64($0)) }), "totals": .array(sums),
            "parts": .array(parts.map(\.json)), "part_count": .integer(Int64(partCount)),
            "faults": .array(faults.map(\.json)), "fault_count": .integer(Int64(faultCount)),
            "warnings": .array(warnings.map(\.json)), "warning_count": .integer(Int64(warningCount)),
        ]
    }

    private var isPaying: Bool {
        switch kind {
        case .initiation, .statusReport, .returns: true
        case .statement, .notification, .nacha, nil: false
        }
    }

    /// For a person, line by line: what it is, what it comes to, what is wrong.
    package var lines: [String] {
        let name = version.isEmpty ? (kind?.rawValue ?? "unknown") : version
        var lines = ["\(name)\(messageID.isEmpty ? "" : " \(messageID)"): \(isValid ? "valid" : "not valid")"]
        let numbers = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key.replacing("_", with: " "))" }
        if !numbers.isEmpty { lines.append("  " + numbers.joined(separator: ", ")) }
        for (currency, total) in totals.sorted(by: { $0.key < $1.key }) {
            let credit = Amount(total.creditMinor, currency)
            if isPaying {
                lines.append("  total \(credit) in \(total.count)")
            } else {
                lines.append("  credits \(credit), debits \(Amount(total.debitMinor, currency)) in \(total.count)")
            }
        }
        for part in parts.prefix(20) {
            let facts = part.facts.sorted { $0.key < $1.key }.map { name, value in
                "\(name.replacing("_", with: " ")) \(value.stringValue ?? value.canonicalText)"
            }
            lines.append("  \(part.id): \(facts.joined(separator: ", "))")
        }
        if partCount > 20 { lines.append("  and \(partCount - 20) more; --json lists up to \(Self.listMax)") }
        lines += warnings.prefix(20).map { "  warning: \($0.text)" }
        if warningCount > 20 { lines.append("  and \(warningCount - 20) more warnings") }
        lines += faults.prefix(100).map { "  fault: \($0.text)" }
        if faultCount > 100 { lines.append("  and \(faultCount - 100) more faults") }
        return lines
    }
}
