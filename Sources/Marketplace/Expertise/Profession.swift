package import Store

/// A profession by its code in the catalogue, to which operators add rows.
///
/// Shape: 1 to 40 lower-case ASCII letters and underscores, a letter first.
package struct Profession: Hashable, Sendable {
    package let code: String

    package static let lawyer = Profession(known: "lawyer")
    package static let physician = Profession(known: "physician")

    /// - Returns: `nil` for another shape. Whether the catalogue has it, the database says.
    package init?(_ code: String) {
        guard (1...40).contains(code.utf8.count), code.utf8.first != UInt8(ascii: "_"),
            code.utf8.allSatisfy({ (0x61...0x7a).contains($0) || $0 == UInt8(ascii: "_") })
        else { return nil }
        self.code = code
    }

    private init(known code: String) { self.code = code }
}

extension Profession: Comparable, CustomStringConvertible {
    package static func < (left: Profession, right: Profession) -> Bool { left.code < right.code }
    package var description: String { code }
}

extension Profession: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { String.typeOID }
    package func write(to wire: inout WireBuffer) { code.write(to: &wire) }

    package init(cell: Cell) throws(CellFault) {
        let code = try String(cell: cell)
        guard let profession = Profession(code) else { throw .badValue("is no code of a profession: '\(code)'") }
        self = profession
    }
}

extension Profession {
    /// Whether what its people say of themselves has a table of its own; the others' specialties are in `profile`.
    var hasOwnTable: Bool { self == .lawyer || self == .physician }
}
