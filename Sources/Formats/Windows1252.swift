/// Text in Windows-1252, which old filings were saved in.
///
/// Source: WHATWG Encoding Standard, index windows-1252; the five bytes that Microsoft left undefined are refused.
enum Windows1252 {
    /// - Returns: `nil` when a byte is 81, 8D, 8F, 90 or 9D (hexadecimal).
    static func decode(_ bytes: [UInt8]) -> String? {
        var scalars = String.UnicodeScalarView()
        for byte in bytes {
            if (0x80...0x9f).contains(byte) {
                guard let scalar = upperControls[Int(byte) - 0x80] else { return nil }
                scalars.append(scalar)
            } else {
                scalars.append(Unicode.Scalar(byte))
            }
        }
        return String(scalars)
    }

    /// What stands at 80 to 9F.
    private static let upperControls: [Unicode.Scalar?] = [
        "€", nil, "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", nil, "Ž", nil,
        nil, "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", nil, "ž", "Ÿ",
    ]
}
