import Testing

@testable import Payments

@Suite("Accounts and codes of banks")
struct AccountTests {
    @Test(
        "IBANs of many countries are taken, spaces and small letters too",
        arguments: [
            "DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "fr1420041010050500013m02606",
            "NO9386011117947", "MT84MALT011000012345MTLCAST001S", "BR1800360305000010009795493C1",
            "XK051212012345678906", "SN08SN0100152000048500003035", "LC55HEMM000100010012001200023015",
        ])
    func taken(text: String) throws {
        #expect(try IBAN(text).text == text.uppercased().replacing(" ", with: ""))
    }

    @Test(
        "what is no IBAN is refused with the reason",
        arguments: [
            ("DE89370400440532013001", "iban_check_digits"), ("DE8937040044053201300", "iban_length"),
            ("DE893704004405320130000", "iban_length"), ("ZZ89370400440532013000", "iban_country"),
            ("US89370400440532013000", "iban_country"), ("GB82123412345698765432", "iban_form"),
            ("DE8937040044O532013000", "iban_form"), ("", "iban_form"), ("1234", "iban_form"),
            ("DEAA370400440532013000", "iban_form"), ("DE89370400440532013000é", "iban_form"),
        ])
    func refused(text: String, code: String) {
        #expect(throws: AccountFault.self) { try IBAN(text) }
        do { _ = try IBAN(text) } catch { #expect(error.code == code, "\(text): \(error)") }
    }

    @Test("each digit of an IBAN that is changed is noticed")
    func everyDigit() throws {
        let right = Array(try IBAN("GB82WEST12345698765432").text.utf8)
        for place in right.indices where IBAN.isDigit(right[place]) {
            var wrong = right
            wrong[place] = wrong[place] == 0x39 ? 0x30 : wrong[place] + 1
            #expect(throws: AccountFault.self) { try IBAN(String(decoding: wrong, as: UTF8.self)) }
        }
    }

    @Test("BICs have eight or eleven characters with a country in the middle")
    func bic() throws {
        #expect(try BIC("DEUTDEFFXXX").country == "DE")
        #expect(try BIC("DEUTDEFF").text == "DEUTDEFF")
        for wrong in ["DEUTDEF", "DEUTDEFFXX", "DEUT12FF", "deutdeff", "DEUTDEFF XX", ""] {
            #expect(throws: AccountFault.self) { try BIC(wrong) }
        }
    }

    @Test("ABA routing numbers have a check digit and a district")
    func routing() throws {
        for right in ["231380104", "121042882", "031300012", "021000021", "011401533"] {
            #expect(try RoutingNumber(right).identification == String(right.prefix(8)))
        }
        for wrong in ["231380105", "23138010", "2313801040", "000000000", "999999992", "33138010x"] {
            #expect(throws: AccountFault.self) { try RoutingNumber(wrong) }
        }
        // The sum is right, the district is none.
        #expect(throws: AccountFault.self) { try RoutingNumber("130000006") }
    }

    @Test("Chinese bank cards have a Luhn digit")
    func card() throws {
        #expect(try BankCard("6222 0202 0011223000").text == "622202020011223000")
        #expect(try BankCard("6217000010000000003").text.utf8.count == 19)
        for wrong in ["6217000010000000004", "123456789012", "62170000100000000051", "6217abcd10000000005", ""] {
            #expect(throws: AccountFault.self) { try BankCard(wrong) }
        }
    }

    @Test("amounts are exact, with the digits of their currency")
    func amounts() throws {
        let table: [(String, String, Int64?)] = [
            ("1100.00", "EUR", 110_000), ("1100", "EUR", 110_000), ("0.01", "EUR", 1), (".5", "EUR", 50),
            ("1.", "EUR", 100), ("+7.10", "EUR", 710), ("1.500", "EUR", 150), ("1.505", "EUR", nil),
            ("2700", "JPY", 2_700), ("2700.5", "JPY", nil), ("1.234", "KWD", 1_234), ("-3.00", "EUR", -300),
            ("1e3", "EUR", nil), ("", "EUR", nil), (".", "EUR", nil), ("1,00", "EUR", nil), ("1.2.3", "EUR", nil),
            ("92233720368547758.07", "EUR", .max), ("92233720368547758.08", "EUR", nil),
            ("1234567890123456789", "EUR", nil), ("000000000000000000001.10", "EUR", 110),
        ]
        for (text, code, minor) in table {
            let currency = try Sample.currency(code)
            #expect(ExactDecimal(text)?.minorUnits(of: currency) == minor, "\(text) \(code)")
        }
        #expect(try Sample.amount(-5, "EUR").decimalText == "-0.05")
        #expect(try Sample.amount(.min, "JPY").decimalText == "-9223372036854775808")
        #expect(CurrencyCode("EURO") == nil && CurrencyCode("eur") == nil && CurrencyCode("XXX") == nil)
        #expect(ExactDecimal("1100.5")?.description == "1100.50" && ExactDecimal("0.125")?.description == "0.125")
    }

    @Test("texts become plain characters, and those that cannot are refused")
    func plain() {
        let table: [(String, String?)] = [
            ("Zoë Müller-Łukasz", "Zoe Muller-Lukasz"), ("Jean & Fils", "Jean + Fils"), ("Straße", "Strasse"),
            ("Ørsted Æon", "Orsted AEon"), ("Γιώργος", "Giorgos"), ("Щукин", "Shtukin"), ("李雷", nil), ("", nil),
            ("//a//b//", "a/b"), ("  two   words ", "two words"), ("李雷 (Li Lei)", ".. (Li Lei)"), ("a\u{0}b", "a.b"),
            ("ﬁne", "fine"), ("e\u{301}", "e"), ("...", nil), ("a李雷王", nil),
        ]
        for (text, expected) in table {
            #expect(PlainCharacters.text(text, lengthMax: 70) == expected, "\(text)")
        }
        #expect(PlainCharacters.text("abcdef", lengthMax: 3) == "abc")
    }
}
