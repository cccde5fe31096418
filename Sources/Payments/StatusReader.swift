internal import Formats

/// Reads an ISO 20022 customer payment status report (pain.002).
///
/// What is said of payments comes first, then what is said of the payment information around them, last of the
/// message: the smaller says more. A rejection without a reason has that of what is around it. What was rejected and
/// lies in something, or has something in it, that the bank had before is taken for a repetition, whatever its own
/// reason is: nobody is paid twice for that.
struct StatusReader: MessageReader {
    private var originalMessageID = ""
    private var message: PaymentStatus?
    private var messageRepetition: String?
    private var informationID = ""
    private var informationStatus: String?
    private var informationReason: String?
    private var informationRepetition: String?
    private var informationLine = 1
    private var declared: Int?
    private var perStatus: Int?
    private var transactions = 0
    private var ids = SeenIDs()

    mutating func opened(_ name: String, line: Int) {
        guard name == "OrgnlPmtInfAndSts" else { return }
        (informationID, informationLine) = ("", line)
        (informationStatus, informationReason, informationRepetition) = (nil, nil, nil)
        (declared, perStatus, transactions) = (nil, nil, 0)
    }

    mutating func closed(_ name: String, path: String, _ report: inout PaymentFileReport) -> PaymentRecord? {
        if name == "CstmrPmtStsRpt" { return message.map { .status($0.repeating(messageRepetition)) } }
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
        guard let code = informationStatus else { return nil }
        let judged = PaymentStatus(
            level: .paymentInformation, originalMessageID: originalMessageID, endToEndID: nil, status: code,
            reason: informationReason, information: informationID
        ).or(message?.reason).repeating(repetitionAround ?? informationRepetition)
        note(judged)
        return .status(judged)
    }

    /// The reason for which the payment information, or the message, was refused as one that the bank had before.
    private var repetitionAround: String? {
        if informationStatus == "RJCT", let informationReason, PaymentStatus.repetitions.contains(informationReason) {
            return informationReason
        }
        guard let message, message.isRepetition else { return nil }
        return message.reason
    }

    /// That the bank had it before.
    private mutating func note(_ status: PaymentStatus) {
        guard status.isRepetition else { return }
        informationRepetition = status.reason
        messageRepetition = status.reason
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
            message = status(element, .message, "GrpSts", path: path, &report)
            warn(message, element, path: path, &report)
        case ("OrgnlPmtInfAndSts", "TxInfAndSts"): return transaction(element, path: path, &report)
        case ("OrgnlPmtInfAndSts", "OrgnlPmtInfId"): informationID = element.text
        case ("OrgnlPmtInfAndSts", "PmtInfSts"):
            known(element, path: path, &report)
            informationStatus = element.text
        case ("OrgnlPmtInfAndSts", "StsRsnInf"): informationReason = Self.reason(informationReason, element)
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
        return PaymentStatus(
            level: level, originalMessageID: originalMessageID, endToEndID: element.text("OrgnlEndToEndId"),
            status: element.text(name), reason: reasons.reduce(nil, Self.reason),
            information: reasons.flatMap { $0.all("AddtlInf") }.map(\.text).joined(separator: " "))
    }

    private func warn(
        _ status: PaymentStatus?, _ element: XMLTree, path: String, _ report: inout PaymentFileReport
    ) {
        guard let status, status.isRejection, status.reason == nil else { return }
        report.warn("reason", line: element.line, path: path, "it was rejected without a reason")
    }

    /// The first reason, unless another says that the bank had it before: then nothing became of the repetition.
    private static func reason(_ first: String?, _ element: XMLTree) -> String? {
        let code = element.text("Rsn", "Cd") ?? element.text("Rsn", "Prtry")
        guard let first else { return code }
        guard let code, PaymentStatus.repetitions.contains(code) else { return first }
        return PaymentStatus.repetitions.contains(first) ? first : code
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
        let found = status(element, .payment, "TxSts", path: path, &report)
        guard let judged = found?.or(informationReason).or(message?.reason).repeating(repetitionAround) else {
            return nil
        }
        warn(judged, element, path: path, &report)
        note(judged)
        return .status(judged)
    }
}

extension PaymentStatus {
    fileprivate var isRejection: Bool { status == "RJCT" }

    /// With a reason for a rejection that has none.
    fileprivate func or(_ other: String?) -> PaymentStatus {
        guard isRejection, reason == nil else { return self }
        return PaymentStatus(
            level: level, originalMessageID: originalMessageID, endToEndID: endToEndID, status: status,
            reason: other, information: information, isInherited: true)
    }

    /// With the reason of a repetition in it or around it, if it was rejected or cancelled and there is one.
    fileprivate func repeating(_ other: String?) -> PaymentStatus {
        guard isRejection || status == "CANC", !isRepetition, let other else { return self }
        return PaymentStatus(
            level: level, originalMessageID: originalMessageID, endToEndID: endToEndID, status: status,
            reason: other, information: information)
    }
}
