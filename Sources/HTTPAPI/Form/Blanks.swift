extension StringProtocol where UTF8View: BidirectionalCollection {
    /// Without the spaces and tabs around it, which mean nothing around the parts of a header (RFC 9110, 5.6.3).
    var withoutBlanks: String {
        func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = utf8.firstIndex(where: { !isBlank($0) }), let last = utf8.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
