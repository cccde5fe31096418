/// A day as PostgreSQL counts it in a `date` column: 0 is 2000-01-01.
package struct DayNumber: Hashable, Sendable {
    package let daysSince2000: Int32

    package init(daysSince2000: Int32) { self.daysSince2000 = daysSince2000 }
}

extension DayNumber: SQLParameter, SQLDecodable {
    package static var typeOID: UInt32 { TypeOID.date }

    package func write(to wire: inout WireBuffer) { wire.append(daysSince2000) }

    package init(cell: Cell) throws(CellFault) {
        guard cell.typeOID == TypeOID.date else { throw .typeMismatch(typeOID: cell.typeOID, wanted: "date") }
        let days = try cell.integer(Int32.self)
        guard days != .max, days != .min else { throw .badValue("is an infinite date") }
        daysSince2000 = days
    }
}
