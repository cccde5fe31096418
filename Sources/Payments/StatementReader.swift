internal import Formats

/// Reads the statements of a camt.053, or the notifications of a camt.054, entry by entry and payment by payment.
struct StatementReader: MessageReader {
    private var statement = StatementSums()
    private var entry = EntryFields()
    private var statementIDs: Set<String> = []

    mutating func opened(_ name: String, line: Int) {
        switch name {
        case "Stmt", "Ntfctn": statement = StatementSums(line: line)
        case "Ntry":
            statement.entries += 1
            entry = EntryFields(line: line)
        case "NtryDtls": entry.batchCount = nil
        default: break
        }
    }

    /// - Returns: the whole entry, when there was nothing of its payments; what it is beside them, when
    ///   that of a statement differs.
    mutating func closed(_ name: String, path: String, _ report: inout PaymentFileReport) -> PaymentRecord? {
        switch name {
        case "Stmt", "Ntfctn":
            statement.finish(path: path, &report)
            return statement.balances.map(PaymentRecord.statement)
        case "Ntry": return close(path: path, &report)
        default: break
        }
        return nil
    }

    mutating func element(
        _ element: XMLTree, in container: String, path: String, _ report: inout PaymentFileReport
    ) -> PaymentRecord? {
        switch (container, element.name) {
        case ("BkToCstmrStmt", "GrpHdr"), ("BkToCstmrDbtCdtNtfctn", "GrpHdr"):
            report.messageID = element.text("MsgId") ?? ""
            report.createdAt = element.text("CreDtTm") ?? ""
            if let id = element["MsgId"] { report.reference(id, path: "\(path)/MsgId") }
            if let at = element["CreDtTm"] { report.date(at, path: "\(path)/CreDtTm", isInstant: true) }
        case ("Stmt", _), ("Ntfctn", _):
            statement.take(element, path: path, &report)
            if element.name == "Id" {
                report.reference(element, path: path)
                if !statementIDs.insert(element.text).inserted {
                    report.fault(
                        "duplicate_id", line: element.line, path: path, "the id \(element.text) is there twice")
                }
            }
        case ("Ntry", _): entry.take(element, path: path, &report)
        case ("NtryDtls", "Btch"):
            entry.batchCount = element["NbOfTxs"].flatMap { report.number($0, path: path) }
            entry.batchID = element.text("MsgId") ?? element.text("PmtInfId")
        case ("NtryDtls", "TxDtls"): return detail(element, path: path, &report)
        default: break
        }
        return nil
    }

    // MARK: Entries

    private mutating func close(path: String, _ report: inout PaymentFileReport) -> PaymentRecord? {
        report.count("entries")
        if let amount = entry.amount, let isCredit = entry.isCredit {
            report.add(amount.minorUnits, amount.currency, isCredit: isCredit, line: entry.line)
            statement.add(amount, isCredit: isCredit, isBooked: entry.status == "BOOK")
        }
        if let amount = entry.amount, entry.details > 0, entry.amountsKnown == entry.details,
            entry.sum != ExactDecimal(amount)
        {
            let text = "the entry is \(amount), its payments add up to \(entry.sum) \(amount.currency)"
            let isWhole = entry.batchCount.map { $0 == entry.details } ?? true
            if isWhole, !entry.hasCharges { report.fault("entry_sum", line: entry.line, path: path, text) }
            // A bank that notifies of an entry has it in a statement, too: there it is told once.
            return report.kind == .notification ? nil : difference(text).map(PaymentRecord.entry)
        }
        if let held = entry.held {
            // A single payment without an amount of its own has that of the entry.
            let amount = entry.details == 1 ? entry.amount : nil
            return .entry(record(held.detail, number: held.number, amount: amount, isLast: true))
        }
        return entry.details == 0 ? .entry(record(nil, number: 1, amount: entry.amount, isLast: true)) : nil
    }

    /// What an entry is beyond its payments, or short of them, which then is on the other side: of none of them.
    private func difference(_ information: String) -> BankEntry? {
        guard let rest = entry.rest, let minor = Int64(exactly: rest.minorUnits.magnitude) else { return nil }
        let isCredit = entry.isCredit ?? false
        return BankEntry(
            statementID: statement.id, account: statement.account, reference: reference, endToEndID: nil,
            instructionID: nil, messageID: nil, amount: Amount(minor, rest.currency),
            isCredit: rest.minorUnits > 0 ? isCredit : !isCredit, status: entry.status, bookedOn: entry.bookedOn,
            returnReason: nil, information: information, entryNumber: statement.entries,
            detailNumber: entry.details + 1, remainder: nil)
    }

    private mutating func detail(
        _ element: XMLTree, path: String, _ report: inout PaymentFileReport
    ) -> PaymentRecord? {
        report.count("transactions")
        entry.details += 1
        if !element.all("Chrgs").isEmpty { entry.hasCharges = true }
        for (name, party) in [("DbtrAcct", element["RltdPties"]), ("CdtrAcct", element["RltdPties"])] {
            guard let account = party?[name] else { continue }
            _ = report.account(account, path: "\(path)/RltdPties/\(name)")
        }
        let found = element.at("AmtDtls", "TxAmt", "Amt") ?? element["Amt"]
        let amount = found.flatMap { report.amount(of: $0, path: "\(path)/\($0.name)") }
        let side = entry.isCredit
        let isContrary = side != nil && element.text("CdtDbtInd").map { ($0 == "CRDT") != side } ?? false
        if let amount, amount.currency == entry.amount?.currency {
            entry.amountsKnown += 1
            let number = ExactDecimal(isContrary ? Amount(-amount.minorUnits, amount.currency) : amount)
            entry.sum = entry.sum + number
            return .entry(record(element, number: entry.details, amount: amount))
        }
        if amount == nil { entry.amountsMissing += 1 }
        if amount != nil || isContrary { entry.isUncertain = true }
        if amount == nil, entry.held == nil {
            entry.held = (element, entry.details)
            return nil
        }
        return .entry(record(element, number: entry.details, amount: amount))
    }

    /// The bank's own number of an entry counts within its statement, and says nothing without that.
    private var reference: String {
        guard entry.reference.isEmpty, !entry.number.isEmpty, !statement.id.isEmpty else { return entry.reference }
        return "\(statement.id)/\(entry.number)"
    }

    /// - Parameter isLast: whether all of the entry is known.
    private func record(_ detail: XMLTree?, number: Int, amount: Amount?, isLast: Bool = false) -> BankEntry {
        let information = detail?["RmtInf"]?.all("Ustrd").map(\.text) ?? []
        let returned = detail?["RtrInf"]
        return BankEntry(
            statementID: statement.id, account: statement.account, reference: reference,
            endToEndID: detail?.text("Refs", "EndToEndId"), instructionID: detail?.text("Refs", "InstrId"),
            messageID: detail?.text("Refs", "MsgId") ?? entry.batchID, amount: amount,
            isCredit: detail?.text("CdtDbtInd").map { $0 == "CRDT" } ?? entry.isCredit ?? false,
            status: entry.status, bookedOn: entry.bookedOn,
            returnReason: returned?.text("Rsn", "Cd") ?? returned?.text("Rsn", "Prtry"),
            information: (information + (returned?.all("AddtlInf").map(\.text) ?? [])).joined(separator: " "),
            entryNumber: statement.entries, detailNumber: number,
            remainder: isLast && amount == nil ? entry.remainder : nil)
    }
}

/// What an entry says before its payments.
private struct EntryFields {
    var line = 1
    var amount: Amount?
    var isCredit: Bool?
    var status = ""
    var bookedOn: String?
    var reference = ""
    var number = ""
    var hasCharges = false
    /// Payments of which the batch says that it has so many.
    var batchCount: Int?
    var batchID: String?
    var details = 0
    var amountsKnown = 0
    var amountsMissing = 0
    /// Some are in another currency, or without an amount on the other side.
    var isUncertain = false
    var sum = ExactDecimal.zero
    /// The first payment without an amount; whether it is the only one shows at the end.
    var held: (detail: XMLTree, number: Int)?

    init(line: Int = 1) { self.line = line }

    /// What banks write where they have none.
    private static let noReferences: Set = ["NONREF", "NOTPROVIDED"]

    /// Once all of its payments were seen.
    var remainder: EntryRemainder {
        let left = rest.flatMap { $0.minorUnits > 0 ? $0 : nil }
        return EntryRemainder(payments: amountsMissing, amount: isUncertain ? nil : left)
    }

    /// What it is beyond the payments whose amounts are known; below zero where they are more.
    var rest: Amount? {
        guard let amount, let known = sum.minorUnits(of: amount.currency) else { return nil }
        let (rest, isTooLarge) = amount.minorUnits.subtractingReportingOverflow(known)
        return isTooLarge ? nil : Amount(rest, amount.currency)
    }

    mutating func take(_ element: XMLTree, path: String, _ report: inout PaymentFileReport) {
        switch element.name {
        case "Amt": amount = report.amount(of: element, path: path)
        case "CdtDbtInd": isCredit = report.isCredit(element, path: path)
        case "Sts": status = element.text("Cd") ?? element.text
        case "BookgDt":
            let day = element["Dt"] ?? element["DtTm"]
            bookedOn = day?.text
            if let day { report.date(day, path: path, isInstant: day.name == "DtTm") }
        case "AcctSvcrRef": reference = Self.noReferences.contains(element.text) ? "" : element.text
        case "NtryRef": number = element.text
        case "Chrgs": hasCharges = true
        default: break
        }
    }
}

/// What a statement says of itself, and what its entries come to.
private struct StatementSums {
    private struct Balance {
        let amount: Amount
        let isCredit: Bool
        let day: CalendarDate?
        var signed: Int128 { isCredit ? Int128(amount.minorUnits) : -Int128(amount.minorUnits) }
        var text: String { "\(isCredit ? "" : "-")\(amount)" }
    }

    var line = 1
    var id = ""
    var account = ""
    var entries = 0
    private var opening: Balance?
    private var previous: Balance?
    private var closing: Balance?
    private var credits = (count: 0, sum: ExactDecimal.zero)
    private var debits = (count: 0, sum: ExactDecimal.zero)
    private var booked: Int128 = 0
    private var currencies: Set<CurrencyCode> = []
    private var summary: XMLTree?

    init(line: Int = 1) { self.line = line }

    mutating func take(_ element: XMLTree, path: String, _ report: inout PaymentFileReport) {
        switch element.name {
        case "Id": id = element.text
        case "Acct": account = report.account(element, path: path)
        case "TxsSummry": summary = element
        case "Bal":
            guard let found = element["Amt"], let side = element["CdtDbtInd"],
                let amount = report.amount(of: found, path: "\(path)/Amt"),
                let isCredit = report.isCredit(side, path: "\(path)/CdtDbtInd")
            else { return }
            let day = (element.text("Dt", "Dt") ?? element.text("Dt", "DtTm")).map { String($0.prefix(10)) }
            let balance = Balance(
                amount: amount, isCredit: isCredit, day: day.flatMap { CalendarDate(iso: $0) })
            switch element.text("Tp", "CdOrPrtry", "Cd") {
            case "OPBD": opening = opening ?? balance
            case "PRCD": previous = previous ?? balance
            case "CLBD": closing = balance
            default: break
            }
        default: break
        }
    }

    mutating func add(_ amount: Amount, isCredit: Bool, isBooked: Bool) {
        if isCredit {
            credits = (credits.count + 1, credits.sum + ExactDecimal(amount))
        } else {
            debits = (debits.count + 1, debits.sum + ExactDecimal(amount))
        }
        guard isBooked else { return }
        currencies.insert(amount.currency)
        booked += isCredit ? Int128(amount.minorUnits) : -Int128(amount.minorUnits)
    }

    /// Where both balances are there, in one currency.
    var balances: BankStatement? {
        guard let before = opening ?? previous, let closing, before.amount.currency == closing.amount.currency,
            currencies.isSubset(of: [closing.amount.currency]), let booked = Int64(exactly: booked),
            let openingMinor = Int64(exactly: before.signed), let closingMinor = Int64(exactly: closing.signed)
        else { return nil }
        return BankStatement(
            id: id, account: account, currency: closing.amount.currency, closedOn: closing.day,
            openingMinor: openingMinor, closingMinor: closingMinor, bookedMinor: booked)
    }

    func finish(path: String, _ report: inout PaymentFileReport) {
        report.count(report.kind == .notification ? "notifications" : "statements")
        compareSummary(path: path, &report)
        let before = opening ?? previous
        if let before, let closing { compare(before, closing, path: path, &report) }
        var part = PaymentFilePart(id: id, line: line)
        part.facts["account"] = .string(account)
        part.facts["entries"] = .integer(Int64(entries))
        part.facts["opening"] = before.map { .string($0.text) } ?? .null
        part.facts["closing"] = closing.map { .string($0.text) } ?? .null
        report.add(part)
    }

    private func compare(
        _ opening: Balance, _ closing: Balance, path: String, _ report: inout PaymentFileReport
    ) {
        let currency = opening.amount.currency
        guard closing.amount.currency == currency, currencies.isSubset(of: [currency]) else {
            return report.warn(
                "balance_currencies", line: line, path: path,
                "balances and entries are in several currencies and cannot be compared")
        }
        guard opening.signed + booked != closing.signed else { return }
        let expected = Amount.decimalText(opening.signed + booked, digits: currency.minorDigits)
        report.fault(
            "balance", line: line, path: path,
            "\(opening.text) and the entries come to \(expected) \(currency), the closing balance is \(closing.text)")
    }

    private func compareSummary(path: String, _ report: inout PaymentFileReport) {
        guard let summary else { return }
        let all = (count: credits.count + debits.count, sum: credits.sum + debits.sum)
        for (name, found) in [("TtlNtries", all), ("TtlCdtNtries", credits), ("TtlDbtNtries", debits)] {
            let place = "\(path)/TxsSummry/\(name)"
            if let element = summary.at(name, "NbOfNtries"), let count = report.number(element, path: place),
                count != found.count
            {
                report.fault(
                    "entry_count", line: element.line, path: place,
                    "\(count) entries are declared, there are \(found.count)")
            }
            if let element = summary.at(name, "Sum"), let sum = report.decimal(element, path: place), sum != found.sum {
                report.fault(
                    "summary_sum", line: element.line, path: place,
                    "the sum is \(sum), the entries add up to \(found.sum)")
            }
        }
    }
}

extension PaymentFileReport {
    /// What `CdtDbtInd` says; a fault when it says something else.
    mutating func isCredit(_ element: XMLTree, path: String) -> Bool? {
        switch element.text {
        case "CRDT": return true
        case "DBIT": return false
        default:
            fault("code", line: element.line, path: path, "<CdtDbtInd> must be CRDT or DBIT")
            return nil
        }
    }
}
