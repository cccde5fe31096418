package import Formats
internal import Foundation

/// What a worker is registered with, checked and in normal form.
package struct Registration: Hashable, Sendable {
    /// The operator's own name for the worker, 1 to 100 characters; registering it again finds the worker.
    package let externalKey: String
    package let name: String
    /// Lower case.
    package let email: String
    /// ISO 3166-1 alpha-2.
    package let country: String
    /// IANA name.
    package let timeZone: String
    /// The most minutes a week that the worker gives: 0 to 10,080.
    package let weeklyMinutesMax: Int
    /// Each once, at most 20.
    package let languages: [LanguageSkill]
    /// E.164: `+` and 7 to 15 digits.
    package let phone: String?
    package let bornOn: CalendarDate?
    /// Where the work is done, ISO 3166-2 or a country; `nil` where that is the country they live in.
    package let place: String?

    /// - Parameters:
    ///   - languages: `de:c1` or `de`; see ``LanguageSkill``.
    ///   - phone: with the country's code; spaces, dots, hyphens and brackets in it are left out.
    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        externalKey: String, name: String, email: String, country: String, timeZone: String, weeklyMinutesMax: Int,
        languages: [String], phone: String? = nil, bornOn: CalendarDate? = nil, place: String? = nil
    ) throws(BadInput) {
        self.externalKey = try PlainText.line(externalKey, field: "external_key", lengthMax: 100)
        self.name = try PlainText.line(name, field: "name")
        self.email = try Self.email(email)
        guard Country.isKnown(country) else { throw BadInput("country", "is no country of ISO 3166-1, such as DE") }
        self.country = country
        self.timeZone = try Self.timeZone(timeZone)
        guard (0...10_080).contains(weeklyMinutesMax) else {
            throw BadInput("weekly_minutes_max", "must be 0 to 10,080, the minutes of a week")
        }
        self.weeklyMinutesMax = weeklyMinutesMax
        self.languages = try LanguageSkill.list(languages)
        self.phone = try Self.phone(phone)
        if let bornOn, bornOn.year < 1900 { throw BadInput("born_on", "is before 1900") }
        self.bornOn = bornOn
        if let place, !Self.isPlace(place) { throw BadInput("place", "must be of the form US-NY or DE") }
        self.place = place
    }

    /// Source: ITU-T E.164 (11/2010), section 6.2.1: at most 15 digits, the first of them not 0.
    private static func phone(_ text: String?) throws(BadInput) -> String? {
        guard let text else { return nil }
        let digits = text.utf8.count <= 40 ? text.filter { !" .-()\u{a0}".contains($0) } : ""
        let number = digits.utf8.dropFirst()
        guard digits.hasPrefix("+"), (7...15).contains(number.count), number.first != UInt8(ascii: "0"),
            number.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw BadInput("phone", "must be a number with its country's code, such as +49 30 901820") }
        return digits
    }

    private static func isPlace(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard parts.count <= 2, let country = parts.first, Country.isKnown(String(country) ?? "") else { return false }
        return parts.dropFirst().allSatisfy { part in
            (1...3).contains(part.count)
                && part.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) }
        }
    }

    /// Shape: `local@domain` in printable ASCII; 64 bytes before the `@`, 253 after it, which holds a dot (RFC 5321,
    /// section 4.5.3.1). Whether the mailbox exists, only a message to it tells.
    private static func email(_ text: String) throws(BadInput) -> String {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), maxSplits: 1, omittingEmptySubsequences: false)
        guard text.utf8.count <= 318, parts.count == 2, (1...64).contains(parts[0].count), isDomain(parts[1]),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            !parts[0].contains(where: { #"()<>[]:;,\""#.utf8.contains($0) })
        else { throw BadInput("email", "is not an e-mail address") }
        return text.lowercased()
    }

    private static func isDomain(_ domain: Substring.UTF8View) -> Bool {
        let labels = domain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return domain.count <= 253 && labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { byte in
                        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf) || byte == UInt8(ascii: "-")
                    }
            }
    }

    private static func timeZone(_ name: String) throws(BadInput) -> String {
        // Without a slash, Foundation also takes abbreviations and offsets, which have no rules for summer time.
        guard name.utf8.count <= 64, name.contains("/") || name == "UTC", TimeZone(identifier: name) != nil else {
            throw BadInput("time_zone", "is not a known time zone, such as Europe/Berlin")
        }
        return name
    }
}
