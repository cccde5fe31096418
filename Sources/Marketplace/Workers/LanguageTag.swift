/// A language by its BCP 47 tag.
enum LanguageTag {
    /// Two to eight letters, then parts of one to eight letters or digits; at most 35 bytes (RFC 5646, section 4.4.1).
    static func isWellFormed(_ tag: String) -> Bool {
        let parts = tag.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard tag.utf8.count <= 35, let primary = parts.first, (2...8).contains(primary.count),
            primary.allSatisfy(isLetter)
        else { return false }
        return parts.dropFirst().allSatisfy { part in
            (1...8).contains(part.count) && part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
        }
    }

    /// Whether it is that language or a narrower one, whatever the case of its letters.
    static func contains(_ range: String, _ tag: String) -> Bool {
        let (range, tag) = (range.lowercased(), tag.lowercased())
        return tag == range || tag.hasPrefix(range + "-")
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte & 0xdf) }
}
