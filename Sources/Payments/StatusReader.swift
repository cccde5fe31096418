internal import Formats

/// Reads an ISO 20022 customer payment status report (pain.002).
struct StatusReader: MessageReader {
    private var originalMessageID = ""
    private var informationID = ""
    private var informationLine = 1
    private var declared: Int?
    private var perStatus: Int?
    private var transactions = 0
    private var ids = SeenIDs()

    mutating func opened(_ name: String, line: Int) {
        guard name == "OrgnlPmtInfAndSts" else { return }
        informationID = ""
        informationLine = line
        (declared, perStatus, transactions) = (nil, nil, 0)
    }

    mutating func closed(_ name: String, path: String, _ report: inout PaymentFileReport) -> PaymentRecord? {
        guard name == "OrgnlPmtInfAndSts" else { return nil }
        report.count("payment_informations")
        compare(line: informationLine, path: path, &report)
        if let declared, transactions > declared {
            report.fault(
                "transaction_count", line: informationLine, path: path,
                "\(declared) transactions were sent, the report has \(transactions)")
        }
        var part = PaymentFilePart(id: informationID, line: informationLine)
        part.facts["transactions"] = .integer(Int64(transactions))
        report.add(part)
        return nil
    }

    private func compare(line: Int, path: String, _ report: inout PaymentFileReport) {
        guard let declared, let perStatus, declared != perStatus else { return }
        report.fault(
            "transaction_count", line: line, path: "\(path)/NbOfTxsPerSts",
            "\(declared) transactions were sent, the numbers by status add up to \(perStatus)")
    }

    mutating func element(
        _ element: XMLTree, in container: String, path: String, _ report: inout PaymentFileReport
    ) -> PaymentRecord? {
        switch (container, element.name) {
        case ("CstmrPmtStsRpt", "GrpHdr"):
            report.messageID = element.text("MsgId") ?? ""
            report.createdAt = element.text("CreDtTm") ?? ""
            if let id = element["MsgId"] { report.reference(id, path: "\(path)/MsgId") }
            if let at = element["CreDtTm"] { report.date(at, path: "\(path)/CreDtTm", isInstant: true) }
        case ("CstmrPmtStsRpt", "OrgnlGrpInfAndSts"):
            originalMessageID = element.text("OrgnlMsgId") ?? ""
            (declared, perStatus) = (nil, nil)
            for child in element.children { tally(child, path: "\(path)/\(child.name)", &report) }
            compare(line: element.line, path: path, &report)
            guard let status = status(element, .message, "GrpSts", path: path, &report) else { return nil }
            return .status(status)
        case ("OrgnlPmtInfAndSts", "TxInfAndSts"): return transaction(element, path: path, &report)
        case ("OrgnlPmtInfAndSts", "OrgnlPmtInfId"): informationID = element.text
        case ("OrgnlPmtInfAndSts", "PmtInfSts"):
            known(element, path: path, &report)
            return .status(
                PaymentStatus(
                    level: .paymentInformation, originalMessageID: originalMessageID, endToEndID: nil,
                    status: element.text, reason: nil, information: informationID))
        case ("OrgnlPmtInfAndSts", _): tally(element, path: path, &report)
        default: break
        }
        return nil
    }

    private mutating func tally(_ element: XMLTree, path: String, _ report: inout PaymentFileReport) {
        switch element.name {
        case "OrgnlNbOfTxs": declared = report.number(element, path: path)
        case "NbOfTxsPerSts":
            guard let number = element["DtldNbOfTxs"] else { return }
            let count = report.number(number, path: "\(path)/DtldNbOfTxs") ?? 0
            perStatus = (perStatus ?? 0) + count
        default: break
        }
    }

    private func status(
        _ element: XMLTree, _ level: PaymentStatus.Level, _ name: String, path: String,
        _ report: inout PaymentFileReport
    ) -> PaymentStatus? {
        let reasons = element.all("StsRsnInf")
        if let code = element[name] { known(code, path: "\(path)/\(name)", &report) }
        guard element[name] != nil || !reasons.isEmpty else { return nil }
        let reason = reasons.lazy.compactMap { $0.text("Rsn", "Cd") ?? $0.text("Rsn", "Prtry") }.first
        if element.text(name) == "RJCT", reason == nil {
            report.warn("reason", line: element.line, path: path, "it was rejected without a reason")
        }
        return PaymentStatus(
            level: level, originalMessageID: originalMessageID, endToEndID: element.text("OrgnlEndToEndId"),
            status: element.text(name), reason: reason,
            information: reasons.flatMap { $0.all("AddtlInf") }.map(\.text).joined(separator: " "))
    }

    private func known(_ code: XMLTree, path: String, _ report: inout PaymentFileReport) {
        guard !Self.codes.contains(code.text) else { return }
        report.fault("status", line: code.line, path: path, "'\(code.text.prefix(20))' is no status of a payment")
    }

    /// Source: ISO 20022 external code sets, payment group, payment information and transaction status.
    private static let codes = Set(
        """
        ACCC ACCP ACFC ACIS ACPD ACSC ACSP ACTC ACWC ACWP BLCK CANC CPUC PART PATC PDNG PRES RCVD RJCT RVCM RVNC
        """.split(separator: " ").map(String.init))

    private mutating func transaction(
        _ element: XMLTree, path: String, _ report: inout PaymentFileReport
    ) -> PaymentRecord? {
        report.count("transactions")
        transactions += 1
        if let id = element.text("OrgnlEndToEndId"), id != "NOTPROVIDED", !ids.insert(id) {
            report.warn("duplicate_id", line: element.line, path: path, "the id \(id) is there twice")
        }
        if let code = element.text("TxSts"), Self.codes.contains(code) { report.count("status_\(code.lowercased())") }
        if let found = element.at("OrgnlTxRef", "Amt", "InstdAmt"),
            let amount = report.amount(of: found, path: "\(path)/OrgnlTxRef/Amt/InstdAmt", isPayment: true)
        {
            report.add(amount.minorUnits, amount.currency, isCredit: true, line: element.line)
        }
        return status(element, .payment, "TxSts", path: path, &report).map(PaymentRecord.status)
    }
}
