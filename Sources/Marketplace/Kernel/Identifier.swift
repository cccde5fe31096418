package import Foundation
package import Store

/// A UUID that remembers what it identifies, so that a worker's id cannot be passed where a task's id is wanted.
///
/// Shape: lower-case hyphenated UUID on the wire; `uuid` in PostgreSQL.
package struct Identifier<Entity>: Hashable, Sendable, CustomStringConvertible {
    package let uuid: UUID

    package init(_ uuid: UUID) {
        self.uuid = uuid
    }

    /// - Returns: `nil` unless `text` is a hyphenated UUID.
    package init?(_ text: String) {
        guard let uuid = UUID(uuidString: text) else { return nil }
        self.uuid = uuid
    }

    package var description: String { uuid.uuidString.lowercased() }
}

extension Identifier: Comparable {
    /// The order of `uuid` in PostgreSQL: by its bytes.
    package static func < (left: Identifier, right: Identifier) -> Bool { left.halves < right.halves }

    private var halves: (UInt64, UInt64) {
        withUnsafeBytes(of: uuid.uuid) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }
}

extension Identifier: SQLParameter, SQLArrayElement {
    package static var typeOID: UInt32 { UUID.typeOID }
    package static var arrayOID: UInt32 { UUID.arrayOID }
    package static var elementOID: UInt32 { UUID.elementOID }
    package func write(to wire: inout WireBuffer) { uuid.write(to: &wire) }
}

extension Identifier: SQLDecodable {
    package init(cell: Cell) throws(CellFault) { self.init(try UUID(cell: cell)) }
}
