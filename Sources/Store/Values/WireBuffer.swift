/// Values in PostgreSQL's wire form, one behind the other.
package struct WireBuffer: Sendable {
    private(set) var bytes: [UInt8] = []
    /// Why a value that was written cannot be sent; the first reason stands.
    private(set) var refusal: String?
    /// Whether the value written last is NULL, which has no bytes.
    private(set) var endsInNull = false

    mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

    /// The bytes of the integer, highest first.
    package mutating func append(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func append(contentsOf more: some Collection<UInt8>) {
        bytes.append(contentsOf: more)
    }

    /// UTF-8. Text with U+0000 in it cannot be held by PostgreSQL, and libpq would silently cut it off there: this is
    /// the one place where it is refused.
    mutating func append(text: String) {
        let start = bytes.count
        bytes.append(contentsOf: text.utf8)
        if bytes[start...].contains(0) { refuse("text must not contain U+0000") }
    }

    mutating func appendNull() { endsInNull = true }

    mutating func refuse(_ reason: String) { refusal = refusal ?? reason }

    /// Writes a value and says where it lies.
    ///
    /// - Returns: its bytes; `nil` for NULL.
    mutating func place(_ value: some SQLParameter) -> Range<Int>? { place { value.write(to: &$0) } }

    /// The same of whatever is written.
    mutating func place(_ write: (inout WireBuffer) -> Void) -> Range<Int>? {
        let start = bytes.count
        endsInNull = false
        write(&self)
        defer { endsInNull = false }
        return endsInNull ? nil : start..<bytes.count
    }

    /// Writes a value behind its length, -1 for NULL, as arrays, ranges and COPY rows hold their parts.
    ///
    /// - Returns: whether it is NULL.
    @discardableResult
    mutating func placeMeasured(_ value: some SQLParameter) -> Bool {
        let start = bytes.count
        append(Int32(-1))
        guard let place = place(value) else { return true }
        overwrite(Int32(truncatingIfNeeded: place.count), at: start)
        return false
    }

    mutating func overwrite(_ integer: Int32, at offset: Int) {
        withUnsafeBytes(of: integer.bigEndian) { bytes.replaceSubrange(offset..<offset + 4, with: $0) }
    }
}
