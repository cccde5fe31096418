import Formats
import Testing

@testable import Payments

@Suite("Damaged payment files")
struct DamageTests {
    @Test(
        "of any kind are read or refused, and nothing worse",
        arguments: [
            "status.pain.002.xml", "statement.camt.053.xml", "notification.camt.054.xml", "returned.ach", "returns.csv",
            "payments.pain.001.001.03.xml", "payments.pain.001.001.09.xml", "payments.nacha-ppd.ach",
        ])
    func damaged(name: String) throws {
        let original = Array(try Sample.text(name).utf8)
        for seed in 0..<3_000 {
            var source = Randomness(seed: UInt64(seed))
            let report = try Sample.report(source.mutated(original))
            #expect(report.faults.count <= report.faultCount && report.json["valid"]?.boolValue == report.isValid)
        }
    }

    @Test("a damaged amount, count, sum or id is never taken for a right file")
    func digits() throws {
        // Each digit of what is declared or paid, changed, one at a time.
        for format in [PaymentFileFormat.pain001v03, .pain001v09, .nachaPPD] {
            let original = try Sample.written(format, try Sample.payments(format, count: 3))
            let text = String(decoding: original, as: UTF8.self)
            let places = format == .nachaPPD ? Self.achPlaces : Self.messagePlaces(text)
            #expect(places.count > 20)
            for place in places where IBAN.isDigit(original[place]) {
                var wrong = original
                wrong[place] = wrong[place] == 0x39 ? 0x30 : wrong[place] + 1
                #expect(try !Sample.report(wrong).isValid, "\(format) at \(place)")
            }
        }
    }

    /// The amounts of three entries, and the sums of the batch's control record.
    private static let achPlaces: [Int] = {
        var places: [Int] = []
        for line in [3, 5, 7] { places += (29..<39).map { (line - 1) * 95 + $0 } }
        return places + (4..<44).map { 8 * 95 + $0 }
    }()

    private static func messagePlaces(_ text: String) -> [Int] {
        var places: [Int] = []
        for tag in ["<CtrlSum>", "<NbOfTxs>", "\"EUR\">"] {
            for range in text.ranges(of: tag) {
                let start = text.utf8.distance(from: text.startIndex, to: range.upperBound)
                let digits = text.utf8[range.upperBound...].prefix { $0 != UInt8(ascii: "<") }
                places += start..<(start + digits.count)
            }
        }
        return places
    }
}
