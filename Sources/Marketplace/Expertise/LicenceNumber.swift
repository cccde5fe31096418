internal import Store

/// What the public format of a number says of it: the values of the PostgreSQL enum `number_verdict`, in its order.
package enum NumberVerdict: String, Sendable, CaseIterable, SQLEnum {
    case wellFormed = "well_formed"
    case malformed
    case unchecked
}

/// The number of a paper, held against the public format of its jurisdiction where there is one.
///
/// Only formats whose rule is public are here: others, such as the numbers of bars in the United States, are kept as
/// given. Nothing is refused: whoever verifies the paper sees the verdict, and decides by the register.
package struct LicenceNumber: Hashable, Sendable {
    /// In the format's normal form when it is well-formed, else as given.
    package let text: String
    package let verdict: NumberVerdict
    /// Which format it was held against and, when it is malformed, what is wrong; `nil` when none is known.
    package let note: String?

    /// - Parameters:
    ///   - given: one line of text.
    ///   - jurisdiction: `US-NY`, `CN-11`, `DE`; a format of the country holds in its parts.
    package init(_ given: String, kind: CredentialKindCode, jurisdiction: String) {
        let format = NumberFormat.known.first { format in
            format.kind == kind && format.places.contains { Jurisdiction.contains($0, jurisdiction) }
        }
        guard let format else {
            (text, verdict, note) = (given, .unchecked, nil)
            return
        }
        let normal = String(given.uppercased().filter { !" -./".contains($0) })
        if let fault = format.fault(Array(normal.utf8)) {
            (text, verdict, note) = (given, .malformed, "\(format.name): \(fault)")
        } else {
            (text, verdict, note) = (normal, .wellFormed, format.name)
        }
    }
}

/// The public format of a kind of number.
private struct NumberFormat: Sendable {
    let name: String
    let kind: CredentialKindCode
    let places: [String]
    /// What is wrong with a number in capitals without separators; `nil` when nothing is.
    let fault: @Sendable ([UInt8]) -> String?

    static let known = [
        // Source: Ministry of Justice of the People's Republic of China, rules for numbering the practice certificates
        // of lawyers: 1 for a lawyer's, two digits of the province, two of the city, four of the year of first
        // practice, category (1 full-time, 2 part-time, …), sex (0 or 1), six of the series.
        NumberFormat(name: "Chinese lawyer's practice number", kind: .barAdmission, places: ["CN"]) { number in
            digitsFault(number, count: 17) ?? chineseLawyerFault(number)
        },
        // Source: NHS Data Model and Dictionary, General Medical Council Reference Number: seven digits.
        NumberFormat(name: "GMC reference number", kind: .medicalLicence, places: ["GB"]) { digitsFault($0, count: 7) },
        // Fifteen digits; accounts of what each of them says contradict one another, so that none is looked at.
        NumberFormat(name: "Chinese physician's practice number", kind: .medicalLicence, places: ["CN"]) {
            digitsFault($0, count: 15)
        },
        // Source: HL7 Australia, AU Base, AUAhpraRegistrationNumber, invariant inv-ahpra-0: three capitals and ten
        // digits; MED is the medical profession's.
        NumberFormat(name: "AHPRA registration number", kind: .medicalLicence, places: ["AU"]) { number in
            number.starts(with: "MED".utf8)
                ? digitsFault(Array(number.dropFirst(3)), count: 10) : "it must begin with MED"
        },
        // Source: 45 CFR 162.406 and CMS, "Requirements for National Provider Identifier and NPI check digit": ten
        // digits, the last the Luhn check digit of the number with 80840 before it; the first is 1 or 2.
        NumberFormat(name: "US National Provider Identifier", kind: .providerNumber, places: ["US"]) { number in
            if let fault = digitsFault(number, count: 10) { return fault }
            guard number.first == 0x31 || number.first == 0x32 else { return "the first digit must be 1 or 2" }
            return isLuhn(Array("80840".utf8) + number) ? nil : "the check digit is wrong"
        },
        // Source: Kassenärztliche Bundesvereinigung, guideline after section 75 (7) SGB V on physicians' numbers: nine
        // digits; the seventh checks the first six, weighted 4 and 9; the last two name the specialty.
        NumberFormat(name: "German lifelong physician number (LANR)", kind: .providerNumber, places: ["DE"]) { number in
            if let fault = digitsFault(number, count: 9) { return fault }
            let sum = zip(number, [4, 9, 4, 9, 4, 9]).reduce(0) { $0 + (Int($1.0) - 48) * $1.1 }
            return (10 - sum % 10) % 10 == Int(number[6]) - 48 ? nil : "the check digit is wrong"
        },
        // Source: Ordre national des chirurgiens-dentistes, RPPS: eleven digits. No public rule of a check digit.
        NumberFormat(name: "French RPPS number", kind: .providerNumber, places: ["FR"]) { digitsFault($0, count: 11) },
    ]

    private static func digitsFault(_ number: [UInt8], count: Int) -> String? {
        guard number.allSatisfy({ (0x30...0x39).contains($0) }) else { return "it must have digits only" }
        return number.count == count ? nil : "it must have \(count) digits, and has \(number.count)"
    }

    private static func chineseLawyerFault(_ number: [UInt8]) -> String? {
        let digits = number.map { Int($0) - 48 }
        guard digits[0] == 1 else { return "the first digit must be 1, for a lawyer's certificate" }
        guard (11...82).contains(digits[1] * 10 + digits[2]) else { return "digits 2 and 3 name no province" }
        let year = digits[5...8].reduce(0) { $0 * 10 + $1 }
        guard (1949...2099).contains(year) else { return "digits 6 to 9 are no year of first practice" }
        guard (1...9).contains(digits[9]) else { return "digit 10 is no category of lawyers" }
        guard (0...1).contains(digits[10]) else { return "digit 11 must be 0 or 1" }
        return nil
    }

    /// Source: ISO/IEC 7812-1, annex B.
    private static func isLuhn(_ number: [UInt8]) -> Bool {
        let sum = number.reversed().enumerated().reduce(0) { sum, place in
            let digit = Int(place.element) - 48
            guard place.offset % 2 == 1 else { return sum + digit }
            return sum + (digit > 4 ? digit * 2 - 9 : digit * 2)
        }
        return sum % 10 == 0
    }
}
