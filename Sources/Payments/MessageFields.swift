internal import Formats

/// What all readers of messages ask of their fields.
extension PaymentFileReport {
    /// An amount with its currency; faults are noted.
    ///
    /// - Parameter isPayment: a payment is more than nothing, an entry may be nothing.
    mutating func amount(of element: XMLTree, path: String, isPayment: Bool = false) -> Amount? {
        let line = element.line
        guard let code = element.attributes["Ccy"] else {
            fault("currency", line: line, path: path, "the amount has no currency")
            return nil
        }
        guard let currency = CurrencyCode(code) else {
            fault("currency", line: line, path: path, "\(code.prefix(10)) is no currency of ISO 4217")
            return nil
        }
        guard let number = ExactDecimal(element.text) else {
            fault("amount", line: line, path: path, "'\(element.text.prefix(40))' is no amount")
            return nil
        }
        guard number > .zero || (number == .zero && !isPayment) else {
            fault(
                "amount", line: line, path: path, "the amount \(number) is not \(isPayment ? "positive" : "0 or more")")
            return nil
        }
        guard let minor = number.minorUnits(of: currency) else {
            fault("amount", line: line, path: path, "\(number) has more decimals than \(currency) has, or is too large")
            return nil
        }
        return Amount(minor, currency)
    }

    /// A whole number of up to 15 digits.
    mutating func number(_ element: XMLTree, path: String) -> Int? {
        let text = element.text
        guard (1...15).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            fault("number", line: element.line, path: path, "'\(text.prefix(40))' is no number of 1 to 15 digits")
            return nil
        }
        return Int(text)
    }

    mutating func decimal(_ element: XMLTree, path: String) -> ExactDecimal? {
        guard let number = ExactDecimal(element.text) else {
            fault("number", line: element.line, path: path, "'\(element.text.prefix(40))' is no decimal number")
            return nil
        }
        return number
    }

    /// A text of 1 to 35 characters.
    mutating func reference(_ element: XMLTree, path: String) {
        if element.text.isEmpty {
            fault("empty", line: element.line, path: path, "<\(element.name)> is empty")
        } else if element.text.unicodeScalars.count > 35 {
            fault("too_long", line: element.line, path: path, "<\(element.name)> has more than 35 characters")
        }
    }

    /// `yyyy-MM-dd` with an optional zone, or an instant.
    mutating func date(_ element: XMLTree, path: String, isInstant: Bool) {
        let text = element.text
        let day = CalendarDate(iso: String(text.prefix(10)))
        let rest = text.dropFirst(10)
        let clock = rest.utf8.dropFirst().prefix(8).split(separator: UInt8(ascii: ":"))
        let numbers = clock.compactMap { Int(String($0) ?? "") }
        let isClock =
            rest.hasPrefix("T") && rest.utf8.count >= 9 && numbers.count == 3 && numbers[0] <= 24 && numbers[1] < 60
            && numbers[2] < 61
        let isZone = rest.isEmpty || rest.hasPrefix("Z") || rest.hasPrefix("+") || rest.hasPrefix("-")
        guard day != nil, isInstant ? isClock : isZone else {
            return fault(
                "date", line: element.line, path: path, "'\(text.prefix(40))' is no \(isInstant ? "instant" : "day")")
        }
    }

    /// The IBAN, or the other number, of an account.
    mutating func account(_ element: XMLTree, path: String) -> String {
        guard let id = element["Id"] else { return "" }
        if let iban = id["IBAN"] {
            do {
                return try IBAN(iban.text).text
            } catch {
                fault(error.code, line: iban.line, path: "\(path)/Id/IBAN", error.description)
                return iban.text
            }
        }
        return id.text("Othr", "Id") ?? ""
    }

    /// The BIC of a bank, or its number in a clearing system.
    mutating func bank(_ element: XMLTree, path: String) -> String? {
        guard let institution = element["FinInstnId"] else { return nil }
        if let code = institution["BIC"] ?? institution["BICFI"] {
            do {
                return try BIC(code.text).text
            } catch {
                fault(error.code, line: code.line, path: "\(path)/FinInstnId/\(code.name)", error.description)
                return code.text
            }
        }
        guard let member = institution["ClrSysMmbId"] else { return nil }
        if member.text("ClrSysId", "Cd") == "USABA", let number = member["MmbId"] {
            do {
                _ = try RoutingNumber(number.text)
            } catch {
                fault(error.code, line: number.line, path: "\(path)/FinInstnId/ClrSysMmbId/MmbId", error.description)
            }
        }
        return member.text("MmbId")
    }
}
