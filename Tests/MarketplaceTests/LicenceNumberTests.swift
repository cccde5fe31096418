import Formats
import Foundation
import TestSupport
import Testing

@testable import Marketplace

@Suite("Licence numbers")
struct LicenceNumberTests {
    private static let numbers: [(kind: String, place: String, given: String, text: String, verdict: NumberVerdict)] = [
        ("bar_admission", "CN-11", "11101200010123456", "11101200010123456", .wellFormed),
        ("bar_admission", "CN", " 1 1101 2000 1 0 123456", "11101200010123456", .wellFormed),
        ("bar_admission", "CN", "1110120001012345", "1110120001012345", .malformed),
        ("bar_admission", "CN", "21101200010123456", "21101200010123456", .malformed),
        ("bar_admission", "CN", "10001200010123456", "10001200010123456", .malformed),
        ("bar_admission", "CN", "11101180010123456", "11101180010123456", .malformed),
        ("bar_admission", "CN", "11101200000123456", "11101200000123456", .malformed),
        ("bar_admission", "CN", "11101200012123456", "11101200012123456", .malformed),
        ("bar_admission", "US-NY", "NY 410", "NY 410", .unchecked),
        ("bar_admission", "US-OH", "0012", "0012", .unchecked),
        ("medical_licence", "GB", "1234567", "1234567", .wellFormed),
        ("medical_licence", "CN-31", "110310000012345", "110310000012345", .wellFormed),
        ("medical_licence", "CN-31", "11031000001234", "11031000001234", .malformed),
        // The example of the AU Base guide.
        ("medical_licence", "AU", "MED0000932846", "MED0000932846", .wellFormed),
        ("medical_licence", "AU", "NMW0000932846", "NMW0000932846", .malformed),
        ("medical_licence", "AU", "med 0001234567", "MED0001234567", .wellFormed),
        ("medical_licence", "AU", "0001234567", "0001234567", .malformed),
        // The example of the CMS specification.
        ("provider_number", "US", "1234567893", "1234567893", .wellFormed),
        ("provider_number", "US-NY", "1234567894", "1234567894", .malformed),
        ("provider_number", "US", "3234567893", "3234567893", .malformed),
        ("provider_number", "DE", "123456601", "123456601", .wellFormed),
        ("provider_number", "DE-BY", "123456701", "123456701", .malformed),
        // The physician of KBV's examples.
        ("provider_number", "DE", "838382202", "838382202", .wellFormed),
        ("provider_number", "FR", "1000 345 6782", "10003456782", .wellFormed),
        ("provider_number", "FR", "1000345678", "1000345678", .malformed),
        ("provider_number", "CA", "x-1", "x-1", .unchecked),
        ("board_certificate", "US", "1234567894", "1234567894", .unchecked),
    ]

    @Test("a number is held against the format of its jurisdiction, else kept as given", arguments: numbers.indices)
    func verdicts(index: Int) throws {
        let (kind, place, given, text, verdict) = Self.numbers[index]
        let number = LicenceNumber(given, kind: try #require(CredentialKindCode(rawValue: kind)), jurisdiction: place)
        #expect(number.verdict == verdict, "\(given): \(number.note ?? "")")
        #expect(number.text == text)
        #expect((number.note == nil) == (verdict == .unchecked))
    }

    @Test("one wrong digit of an NPI is always noticed")
    func singleDigits() {
        let digits = Array("1234567893")
        for place in digits.indices {
            for digit in "0123456789" where digit != digits[place] {
                var other = digits
                other[place] = digit
                let number = LicenceNumber(String(other), kind: .providerNumber, jurisdiction: "US")
                #expect(number.verdict == .malformed, "\(String(other))")
            }
        }
    }

    @Test("arbitrary text is kept as it is, whatever the kind and place")
    func arbitrary() {
        var generator = SplitMix64(seed: 5)
        let kinds: [CredentialKindCode] = [.barAdmission, .medicalLicence, .providerNumber, .boardCertificate]
        let places = ["CN", "US", "US-NY", "US-CA", "US-TX", "DE", "FR", "GB", "AU", "BR"]
        for _ in 0..<1_000 {
            let scalars = (0..<Int.random(in: 1...20, using: &generator)).map { _ in
                "09aZé- ./中".randomElement(using: &generator) ?? "0"
            }
            let text = String(scalars)
            guard let kind = kinds.randomElement(using: &generator), let place = places.randomElement(using: &generator)
            else { continue }
            let number = LicenceNumber(text, kind: kind, jurisdiction: place)
            if number.verdict != .wellFormed { #expect(number.text == text) }
            // What is in the normal form stays in it.
            #expect(LicenceNumber(number.text, kind: kind, jurisdiction: place).text == number.text)
        }
    }
}
