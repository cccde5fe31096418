package import Formats
package import Store

extension JSON: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { JSONText.typeOID }
    /// `jsonb`: the version of the form, 1, then the text. Its canonical form escapes U+0000.
    package func write(to wire: inout WireBuffer) {
        wire.append(UInt8(1))
        wire.append(contentsOf: canonicalBytes())
    }

    package init(cell: Cell) throws(CellFault) {
        let text = try JSONText(cell: cell).text
        do throws(JSONFault) {
            self = try JSON.parse(Array(text.utf8), limits: .stored)
        } catch {
            throw .badValue("is JSON that cannot be read back: \(error)")
        }
    }
}

extension JSON.Limits {
    /// For what the database gives back: it was bounded when it went in, and PostgreSQL adds spaces.
    static var stored: JSON.Limits { JSON.Limits(maxDepth: 64, maxBytes: 64 << 20) }
}
