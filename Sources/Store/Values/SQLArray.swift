package import Foundation

/// A value that may stand in a bound array.
package protocol SQLArrayElement: SQLParameter {
    static var arrayOID: UInt32 { get }
    static var elementOID: UInt32 { get }
}

extension Int64: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.int8Array }
    package static var elementOID: UInt32 { TypeOID.int8 }
}
extension Int: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.int8Array }
    package static var elementOID: UInt32 { TypeOID.int8 }
}
extension Bool: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.boolArray }
    package static var elementOID: UInt32 { TypeOID.bool }
}
extension String: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.textArray }
    package static var elementOID: UInt32 { TypeOID.text }
}
extension UUID: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.uuidArray }
    package static var elementOID: UInt32 { TypeOID.uuid }
}
extension Date: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.timestamptzArray }
    package static var elementOID: UInt32 { TypeOID.timestamptz }
}
extension Bytes: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.byteaArray }
    package static var elementOID: UInt32 { TypeOID.bytea }
}
extension JSONText: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.jsonbArray }
    package static var elementOID: UInt32 { TypeOID.jsonb }
}
extension Numeric: SQLArrayElement {
    package static var arrayOID: UInt32 { TypeOID.numericArray }
    package static var elementOID: UInt32 { TypeOID.numeric }
}
extension Optional: SQLArrayElement where Wrapped: SQLArrayElement {
    package static var arrayOID: UInt32 { Wrapped.arrayOID }
    package static var elementOID: UInt32 { Wrapped.elementOID }
}

extension Array: SQLParameter where Element: SQLArrayElement {
    package static var typeOID: UInt32 { Element.arrayOID }

    /// PostgreSQL's binary array: dimensions, null flag, element type, length, lower bound, then each element behind
    /// its length (-1 is NULL).
    package func write(to wire: inout WireBuffer) {
        if Element.isSentAsText, Element.elementOID == TypeOID.numeric { return writeAsText(to: &wire) }
        guard let count = Int32(exactly: count) else { return wire.refuse("the array is too long") }
        wire.append(Int32(count == 0 ? 0 : 1))
        let nullFlag = wire.bytes.count
        wire.append(Int32(0))
        wire.append(Element.elementOID)
        guard count > 0 else { return }
        wire.append(count)
        wire.append(Int32(1))
        var hasNull = false
        for element in self where wire.placeMeasured(element) { hasNull = true }
        if hasNull { wire.overwrite(1, at: nullFlag) }
    }

    /// `{"1.50",null}`: numbers have no binary form here, so neither have their arrays.
    private func writeAsText(to wire: inout WireBuffer) {
        wire.append(UInt8(ascii: "{"))
        for (index, element) in enumerated() {
            if index > 0 { wire.append(UInt8(ascii: ",")) }
            var text = WireBuffer()
            guard let place = text.place(element) else {
                wire.append(text: "null")
                continue
            }
            if let refusal = text.refusal { return wire.refuse(refusal) }
            let plain = text.bytes[place].allSatisfy { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            guard plain else { return wire.refuse("a number has no quotes") }
            wire.append(UInt8(ascii: "\""))
            wire.append(contentsOf: text.bytes[place])
            wire.append(UInt8(ascii: "\""))
        }
        wire.append(UInt8(ascii: "}"))
    }
}
