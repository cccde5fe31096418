internal import Formats

/// Writes payments as CSV for people and programs: one row for each, documented columns.
///
/// Columns: `end_to_end_id`, `payee_name`, `account_scheme` (iban, other, us, cn), `account`, `account_type` (checking,
/// savings; of `us` only), `bank_code` (BIC, routing number, CNAPS), `bank_name`, `country` (of the payee's address,
/// else of the account), `amount`, `currency`, `execution_date`, `remittance`. What a spreadsheet would run is guarded
/// by ``CSVWriter``; amounts are numbers.
package struct PaymentTable: PaymentFileWriter {
    private var tally: PaymentTally
    private var table: CSVWriter

    package init(_ order: PaymentOrder) throws(PaymentRefusal) {
        tally = try PaymentTally(order)
        table = CSVWriter(header: [
            "end_to_end_id", "payee_name", "account_scheme", "account", "account_type", "bank_code", "bank_name",
            "country", "amount", "currency", "execution_date", "remittance",
        ])
    }

    package mutating func append(_ payment: Payment) throws(PaymentRefusal) {
        try tally.add(payment)
        guard let amount = CSVDecimal(payment.amount.decimalText) else {
            throw PaymentRefusal("amount", payment, "the amount cannot be written")
        }
        var (kind, bank) = ("", "")
        switch payment.account {
        case .american(_, _, let isSavings): kind = isSavings ? "savings" : "checking"
        case .chinese(_, let name, _): bank = name
        case .iban, .other: break
        }
        table.append([
            .text(payment.endToEndID), .text(payment.payee.name), .text(payment.account.scheme),
            .text(payment.account.number), .text(kind), .text(payment.account.bankCode ?? ""), .text(bank),
            .text(payment.payee.address?.country ?? payment.account.country), .decimal(amount),
            .text("\(payment.amount.currency)"), .text("\(tally.order.executionDate)"), .text(payment.remittance),
        ])
    }

    package mutating func finish() throws(PaymentRefusal) { try tally.finish() }

    package mutating func take() -> [UInt8] { table.take() }
}

/// Writes payments as the batch table that Chinese banks take in one form or another: in CNY, to a card or an account.
///
/// Columns: 序号, 收款账号, 收款户名, 开户银行, 联行号, 金额, 币种, 用途, 商户流水号 (the end-to-end id). UTF-8 with a
/// byte order mark, by which spreadsheets know it. There is no standard: each bank has a template of its own, into
/// which these columns are copied.
package struct ChinesePaymentTable: PaymentFileWriter {
    private var tally: PaymentTally
    private var table: CSVWriter
    private var isBegun = false

    package init(_ order: PaymentOrder) throws(PaymentRefusal) {
        tally = try PaymentTally(order)
        guard order.total.currency.description == "CNY" else {
            throw PaymentRefusal("currency", "a Chinese batch is in CNY")
        }
        table = CSVWriter(header: ["序号", "收款账号", "收款户名", "开户银行", "联行号", "金额", "币种", "用途", "商户流水号"])
    }

    package mutating func append(_ payment: Payment) throws(PaymentRefusal) {
        guard case .chinese(let number, let bank, let code) = payment.account else {
            throw PaymentRefusal("account", payment, "a Chinese batch pays to cards and accounts in China")
        }
        guard (8...32).contains(number.utf8.count), number.utf8.allSatisfy(IBAN.isDigit) else {
            throw PaymentRefusal("account", payment, "a card or an account has 8 to 32 digits")
        }
        if let code, code.utf8.count != 12 || !code.utf8.allSatisfy(IBAN.isDigit) {
            throw PaymentRefusal("bank_code", payment, "a CNAPS code has 12 digits")
        }
        guard let amount = CSVDecimal(payment.amount.decimalText) else {
            throw PaymentRefusal("amount", payment, "the amount cannot be written")
        }
        try tally.add(payment)
        table.append([
            .number(Int64(tally.count)), .text(number), .text(payment.payee.name), .text(bank), .text(code ?? ""),
            .decimal(amount), .text("\(payment.amount.currency)"), .text(payment.remittance), .text(payment.endToEndID),
        ])
    }

    package mutating func finish() throws(PaymentRefusal) { try tally.finish() }

    package mutating func take() -> [UInt8] {
        defer { isBegun = true }
        return (isBegun ? [] : [0xef, 0xbb, 0xbf]) + table.take()
    }
}
