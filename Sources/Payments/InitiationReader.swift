internal import Formats

/// Reads an ISO 20022 customer credit transfer initiation (pain.001), payment by payment.
struct InitiationReader: MessageReader {
    private struct Sums {
        var count = 0
        var sum = ExactDecimal.zero
        var declaredCount: Int?
        var declaredSum: ExactDecimal?
        var line = 1
    }

    private var group = Sums()
    private var information = Sums()
    private var informationID = ""
    private var executionDate = ""
    private var informationIDs: Set<String> = []
    private var endToEndIDs: Set<String> = []
    private var instructionIDs: Set<String> = []

    mutating func opened(_ name: String, line: Int) {
        guard name == "PmtInf" else { return }
        information = Sums(line: line)
        informationID = ""
        executionDate = ""
    }

    mutating func closed(_ name: String, path: String, _ report: inout PaymentFileReport) -> PaymentRecord? {
        switch name {
        case "PmtInf":
            compare(information, line: information.line, path: path, &report)
            report.count("payment_informations")
            var part = PaymentFilePart(id: informationID, line: information.line)
            part.facts["transactions"] = .integer(Int64(information.count))
            part.facts["sum"] = .string("\(information.sum)")
            part.facts["execution_date"] = .string(executionDate)
            report.add(part)
        case "CstmrCdtTrfInitn":
            compare(group, line: group.line, path: "\(path)/GrpHdr", &report)
        default: break
        }
        return nil
    }

    private func compare(_ sums: Sums, line: Int, path: String, _ report: inout PaymentFileReport) {
        if let declared = sums.declaredCount, declared != sums.count {
            report.fault(
                "transaction_count", line: line, path: "\(path)/NbOfTxs",
                "\(declared) transactions are declared, there are \(sums.count)")
        }
        if let declared = sums.declaredSum, declared != sums.sum {
            report.fault(
                "control_sum", line: line, path: "\(path)/CtrlSum",
                "the control sum is \(declared), the amounts add up to \(sums.sum)")
        }
    }

    mutating func element(
        _ element: XMLTree, in container: String, path: String, _ report: inout PaymentFileReport
    ) -> PaymentRecord? {
        switch (container, element.name) {
        case ("CstmrCdtTrfInitn", "GrpHdr"): header(element, path: path, &report)
        case ("PmtInf", "CdtTrfTxInf"): return .instruction(transaction(element, path: path, &report))
        case ("PmtInf", _): informationField(element, path: path, &report)
        default: break
        }
        return nil
    }

    private mutating func header(_ header: XMLTree, path: String, _ report: inout PaymentFileReport) {
        group.line = header.line
        if let id = header["MsgId"] {
            report.messageID = id.text
            report.reference(id, path: "\(path)/MsgId")
        }
        if let instant = header["CreDtTm"] {
            report.createdAt = instant.text
            report.date(instant, path: "\(path)/CreDtTm", isInstant: true)
        }
        if let count = header["NbOfTxs"] { group.declaredCount = report.number(count, path: "\(path)/NbOfTxs") }
        if let sum = header["CtrlSum"] { group.declaredSum = report.decimal(sum, path: "\(path)/CtrlSum") }
        if let party = header["InitgPty"] { address(of: party, path: "\(path)/InitgPty", &report) }
    }

    private mutating func informationField(_ element: XMLTree, path: String, _ report: inout PaymentFileReport) {
        switch element.name {
        case "PmtInfId":
            informationID = element.text
            report.reference(element, path: path)
            if !informationIDs.insert(element.text).inserted {
                report.fault("duplicate_id", line: element.line, path: path, "the id \(element.text) is there twice")
            }
        case "PmtMtd":
            if !["TRF", "CHK", "TRA"].contains(element.text) {
                report.fault("code", line: element.line, path: path, "the method of payment must be TRF, CHK or TRA")
            }
        case "NbOfTxs": information.declaredCount = report.number(element, path: path)
        case "CtrlSum": information.declaredSum = report.decimal(element, path: path)
        case "ReqdExctnDt":
            let day = element["Dt"] ?? element["DtTm"] ?? element
            executionDate = String(day.text.prefix(10))
            report.date(day, path: path, isInstant: day.name == "DtTm")
        case "Dbtr": address(of: element, path: path, &report)
        case "DbtrAcct": _ = report.account(element, path: path)
        case "DbtrAgt": _ = report.bank(element, path: path)
        default: break
        }
    }

    private mutating func transaction(
        _ element: XMLTree, path: String, _ report: inout PaymentFileReport
    ) -> PaymentInstruction {
        report.count("transactions")
        group.count += 1
        information.count += 1
        identify(element, path: path, &report)
        var amount: Amount?
        if let found = element.at("Amt", "InstdAmt") ?? element.at("Amt", "EqvtAmt", "Amt") {
            amount = report.amount(of: found, path: "\(path)/Amt", isPayment: true)
        } else if element["Amt"] != nil {
            report.fault("missing_element", line: element.line, path: "\(path)/Amt", "there is no amount")
        }
        if let amount {
            report.add(amount.minorUnits, amount.currency, isCredit: true, line: element.line)
            group.sum = group.sum + ExactDecimal(amount)
            information.sum = information.sum + ExactDecimal(amount)
        }
        let name = element.text("Cdtr", "Nm")
        if name == nil { report.warn("payee", line: element.line, path: path, "nobody is named as the payee") }
        if let payee = element["Cdtr"] { address(of: payee, path: "\(path)/Cdtr", &report) }
        let account = element["CdtrAcct"].map { report.account($0, path: "\(path)/CdtrAcct") } ?? ""
        if account.isEmpty { report.warn("account", line: element.line, path: path, "the payee has no account") }
        return PaymentInstruction(
            endToEndID: element.text("PmtId", "EndToEndId") ?? "", amount: amount, payeeName: name ?? "",
            account: account, bank: element["CdtrAgt"].flatMap { report.bank($0, path: "\(path)/CdtrAgt") },
            remittance: element["RmtInf"]?.all("Ustrd").map(\.text).joined(separator: " ") ?? ""
        )
    }

    private mutating func identify(_ element: XMLTree, path: String, _ report: inout PaymentFileReport) {
        for (name, isKnown) in [("EndToEndId", false), ("InstrId", true)] {
            guard let id = element.at("PmtId", name) else { continue }
            report.reference(id, path: "\(path)/PmtId/\(name)")
            guard !id.text.isEmpty, id.text != "NOTPROVIDED" else { continue }
            let isNew =
                isKnown ? instructionIDs.insert(id.text).inserted : endToEndIDs.insert(id.text).inserted
            if !isNew {
                report.fault(
                    "duplicate_id", line: id.line, path: "\(path)/PmtId/\(name)", "the id \(id.text) is there twice")
            }
        }
    }

    /// Addresses of free text alone are refused since 2026-11-15; before, they were merely bad.
    private func address(of party: XMLTree, path: String, _ report: inout PaymentFileReport) {
        guard let address = party["PstlAdr"], !address.all("AdrLine").isEmpty else { return }
        let isHybrid = address["TwnNm"] != nil && address["Ctry"] != nil && address.all("AdrLine").count <= 2
        guard !isHybrid else { return }
        let reason = "the address is not structured: <TwnNm> and <Ctry> are needed, with at most two <AdrLine>"
        let place = "\(path)/PstlAdr"
        if executionDate >= "2026-11-15" {
            report.fault("address", line: address.line, path: place, reason)
        } else {
            report.warn("address", line: address.line, path: place, reason)
        }
    }
}
