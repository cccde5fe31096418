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
    /// BCP 47 tags, each once, at most 20.
    package let languages: [String]

    /// - Throws: ``BadInput``; the first fault in the order of the parameters.
    package init(
        externalKey: String, name: String, email: String, country: String, timeZone: String, weeklyMinutesMax: Int,
        languages: [String]
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
        self.languages = try Self.languages(languages)
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

    private static func languages(_ tags: [String]) throws(BadInput) -> [String] {
        guard tags.count <= 20 else { throw BadInput("languages", "are more than 20") }
        var found: [String] = []
        for tag in tags {
            guard LanguageTag.isWellFormed(tag) else {
                throw BadInput("languages", "must be language tags, such as en or zh-Hant")
            }
            if !found.contains(where: { $0.lowercased() == tag.lowercased() }) { found.append(tag) }
        }
        return found
    }
}
