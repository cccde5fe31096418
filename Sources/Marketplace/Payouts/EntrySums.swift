internal import Payments

/// Bookings of entries that say nothing of their payments' amounts, held against what the entry comes to: as much as
/// the payments together, or nobody knows of which it is what.
struct EntrySums {
    /// Those that are as much as their entry together, or were settled by hand as such an entry, by their places.
    private(set) var whole: Set<Int> = []
    /// What the others come to, at the place of the first of an entry.
    private(set) var listed: [Int: Amount] = [:]

    /// - Parameter found: payments by the ids that bookings have.
    init(_ facts: [BankFact], _ found: [String: LineStanding]) {
        var places: [Int] = []
        for (place, fact) in facts.enumerated() where fact.isBooking && fact.amount == nil {
            places.append(place)
            guard let remainder = fact.remainder else { continue }
            let lines = places.compactMap { place in facts[place].paymentID.flatMap { id in found[id] } }
            let isAll = places.count == remainder.payments && lines.count == places.count
            let isKnown = !fact.isCredit && Self.isSettled(remainder.amount, of: lines)
            if isAll, isKnown || Self.isSum(remainder.amount, of: lines) {
                whole.formUnion(places)
            } else if let first = places.first, let amount = remainder.amount {
                listed[first] = amount
            }
            places = []
        }
    }

    /// Whether all were debited before, and as an entry that came to just as much settled by hand.
    private static func isSettled(_ amount: Amount?, of lines: [LineStanding]) -> Bool {
        guard let amount, lines.allSatisfy({ !$0.debits.isEmpty }) else { return false }
        return lines.contains { $0.isSettled(in: amount) }
    }

    private static func isSum(_ amount: Amount?, of lines: [LineStanding]) -> Bool {
        guard let amount, Set(lines.map(\.id)).count == lines.count,
            lines.allSatisfy({ $0.amount.currency.code == amount.currency.description })
        else { return false }
        return lines.reduce(Int128(0)) { $0 + Int128($1.amount.minorUnits) } == Int128(amount.minorUnits)
    }
}
