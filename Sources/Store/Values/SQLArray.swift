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
extension Optional: SQLArrayElement where Wrapped: SQLArrayElement {
    package static var arrayOID: UInt32 { Wrapped.arrayOID }
    package static var elementOID: UInt32 { Wrapped.elementOID }
}

extension Array: SQLParameter where Element: SQLArrayElement {
    package static var typeOID: UInt32 { Element.arrayOID }

    /// PostgreSQL's binary array: dimensions, null flag, element type, length, lower bound, then each element behind
    /// its length (-1 is NULL).
    package func write(to wire: inout WireBuffer) {
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
}
