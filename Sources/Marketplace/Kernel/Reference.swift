package import Foundation

/// A name that people give, as an id: the same for the same name.
package enum Reference {
    /// Shape: a name-based UUID (RFC 9562, section 5.8, version 8) of its SHA-256.
    ///
    /// - Parameter space: what is named so.
    /// - Throws: ``BadInput`` unless the name is a line of 1 to 200 characters.
    package static func uuid(of name: String, in space: String) throws(BadInput) -> UUID {
        let line = try PlainText.line(name, field: "reference")
        var bytes = Array(Digest(of: "guildhall/\(space)/\(line)").bytes.prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x80
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
