/// Where a credential holds.
///
/// Shape: ISO 3166-1 alpha-2, optionally `-` and 1 to 3 letters or digits for a part of the country (ISO 3166-2 where
/// there is one).
enum Jurisdiction {
    static func isWellFormed(_ code: String) -> Bool {
        let parts = code.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard let country = parts.first, country.count == 2, country.allSatisfy(isCapital) else { return false }
        guard parts.count == 2 else { return parts.count == 1 }
        return (1...3).contains(parts[1].count)
            && parts[1].allSatisfy { isCapital($0) || (0x30...0x39).contains($0) }
    }

    /// Whether it is that place or a part of it.
    static func contains(_ place: String, _ code: String) -> Bool { code == place || code.hasPrefix(place + "-") }

    private static func isCapital(_ byte: UInt8) -> Bool { (0x41...0x5a).contains(byte) }
}
