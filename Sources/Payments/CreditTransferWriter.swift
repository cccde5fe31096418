/// Writes an ISO 20022 customer credit transfer initiation: pain.001.001.03 or .09.
///
/// One group, one payment information. In EUR from and to IBANs it is a SEPA credit transfer: service level SEPA,
/// plain characters (``PlainCharacters``), charges shared as SEPA shares them; everything else keeps its characters.
/// Addresses are structured. Source: ISO 20022 message definitions; EPC132-08, "SCT Customer-to-PSP Implementation
/// Guidelines".
package struct CreditTransferWriter: PaymentFileWriter {
    package enum Version: String, Sendable {
        case v03 = "pain.001.001.03"
        case v09 = "pain.001.001.09"
    }

    private let version: Version
    private let isSEPA: Bool
    private var tally: PaymentTally
    private var markup = MarkupText()

    package init(_ order: PaymentOrder, version: Version) throws(PaymentRefusal) {
        self.version = version
        tally = try PaymentTally(order)
        switch order.account {
        case .iban: isSEPA = order.total.currency.description == "EUR"
        case .other: isSEPA = false
        case .american, .chinese:
            throw PaymentRefusal("account", "the payer's account must be an IBAN, or one at a bank with a BIC")
        }
        try begin(order)
    }

    private mutating func begin(_ order: PaymentOrder) throws(PaymentRefusal) {
        guard let payer = text(order.payer.name, lengthMax: isSEPA ? 70 : 140) else {
            throw PaymentRefusal("payer", "the payer's name cannot be written in plain characters")
        }
        let sum = order.total.decimalText
        markup.raw(#"<?xml version="1.0" encoding="UTF-8"?>"# + "\n")
        markup.raw("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:\(version.rawValue)\">\n")
        markup.raw("<CstmrCdtTrfInitn>\n<GrpHdr>")
        markup.leaf("MsgId", order.messageID)
        markup.leaf("CreDtTm", String(order.createdAt))
        markup.leaf("NbOfTxs", String(order.count))
        markup.leaf("CtrlSum", sum)
        markup.raw("<InitgPty>")
        markup.leaf("Nm", payer)
        markup.raw("</InitgPty></GrpHdr>\n<PmtInf>")
        markup.leaf("PmtInfId", order.messageID)
        markup.leaf("PmtMtd", "TRF")
        markup.leaf("NbOfTxs", String(order.count))
        markup.leaf("CtrlSum", sum)
        if isSEPA { markup.raw("<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>") }
        switch version {
        case .v03: markup.leaf("ReqdExctnDt", "\(order.executionDate)")
        case .v09: markup.raw("<ReqdExctnDt><Dt>\(order.executionDate)</Dt></ReqdExctnDt>")
        }
        markup.raw("<Dbtr>")
        markup.leaf("Nm", payer)
        write(order.payer.address)
        markup.raw("</Dbtr>")
        write(account: order.account, "DbtrAcct", currency: order.total.currency)
        markup.raw("<DbtrAgt>")
        if let bic = order.account.bankCode {
            write(agent: bic)
        } else {
            markup.raw("<FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId>")
        }
        markup.raw("</DbtrAgt>")
        markup.leaf("ChrgBr", isSEPA ? "SLEV" : "SHAR")
        markup.raw("\n")
    }

    package mutating func append(_ payment: Payment) throws(PaymentRefusal) {
        switch payment.account {
        case .iban: break
        case .other:
            guard !isSEPA else { throw PaymentRefusal("account", payment, "a SEPA payment goes to an IBAN") }
        case .american, .chinese:
            throw PaymentRefusal("account", payment, "pain.001 pays to an IBAN, or to an account at a bank with a BIC")
        }
        guard let name = text(payment.payee.name, lengthMax: isSEPA ? 70 : 140) else {
            throw PaymentRefusal(
                "payee_name", payment, "the payee's name cannot be written in the characters of SEPA: give it in Latin")
        }
        try tally.add(payment)
        markup.raw("<CdtTrfTxInf><PmtId>")
        markup.leaf("EndToEndId", payment.endToEndID)
        markup.raw("</PmtId><Amt><InstdAmt Ccy=\"\(payment.amount.currency)\">")
        markup.raw(payment.amount.decimalText)
        markup.raw("</InstdAmt></Amt>")
        if let bic = payment.account.bankCode {
            markup.raw("<CdtrAgt>")
            write(agent: bic)
            markup.raw("</CdtrAgt>")
        }
        markup.raw("<Cdtr>")
        markup.leaf("Nm", name)
        write(payment.payee.address)
        markup.raw("</Cdtr>")
        write(account: payment.account, "CdtrAcct", currency: nil)
        if let remittance = text(payment.remittance, lengthMax: 140) {
            markup.raw("<RmtInf>")
            markup.leaf("Ustrd", remittance)
            markup.raw("</RmtInf>")
        }
        markup.raw("</CdtTrfTxInf>\n")
    }

    package mutating func finish() throws(PaymentRefusal) {
        try tally.finish()
        markup.raw("</PmtInf>\n</CstmrCdtTrfInitn>\n</Document>\n")
    }

    package mutating func take() -> [UInt8] { markup.take() }

    private func text(_ text: String, lengthMax: Int) -> String? {
        if isSEPA { return PlainCharacters.text(text, lengthMax: lengthMax) }
        // XML has no place for most control characters.
        let line = String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : Character($0) })
        let words = line.split(separator: " ").joined(separator: " ")
        return words.isEmpty ? nil : String(words.unicodeScalars.prefix(lengthMax).map(Character.init))
    }

    private mutating func write(_ address: PostalAddress?) {
        guard let address, let town = text(address.town, lengthMax: 35) else { return }
        markup.raw("<PstlAdr>")
        if let street = address.street.flatMap({ text($0, lengthMax: 70) }) { markup.leaf("StrtNm", street) }
        if let number = address.buildingNumber.flatMap({ text($0, lengthMax: 16) }) { markup.leaf("BldgNb", number) }
        if let code = address.postCode.flatMap({ text($0, lengthMax: 16) }) { markup.leaf("PstCd", code) }
        markup.leaf("TwnNm", town)
        markup.leaf("Ctry", address.country)
        markup.raw("</PstlAdr>")
    }

    private mutating func write(account: PaymentAccount, _ name: String, currency: CurrencyCode?) {
        markup.raw("<\(name)><Id>")
        switch account {
        case .iban(let iban, _): markup.leaf("IBAN", iban.text)
        case .other, .american, .chinese:
            markup.raw("<Othr>")
            markup.leaf("Id", account.number)
            markup.raw("</Othr>")
        }
        markup.raw("</Id>")
        if let currency { markup.leaf("Ccy", "\(currency)") }
        markup.raw("</\(name)>")
    }

    private mutating func write(agent bic: String) {
        markup.raw("<FinInstnId>")
        markup.leaf(version == .v03 ? "BIC" : "BICFI", bic)
        markup.raw("</FinInstnId>")
    }
}

/// XML that is being written.
struct MarkupText: Sendable {
    private var bytes: [UInt8] = []

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func leaf(_ name: String, _ text: String) {
        raw("<\(name)>")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): raw("&amp;")
            case UInt8(ascii: "<"): raw("&lt;")
            case UInt8(ascii: ">"): raw("&gt;")
            default: bytes.append(byte)
            }
        }
        raw("</\(name)>")
    }

    mutating func take() -> [UInt8] {
        defer { bytes = [] }
        return bytes
    }
}
