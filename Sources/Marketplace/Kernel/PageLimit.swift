/// How much of a list one answer may hold.
package enum PageLimit {
    package static let most = 200

    /// - Throws: ``BadInput`` unless 1 to 200.
    package static func checked(_ limit: Int) throws(BadInput) -> Int {
        guard (1...most).contains(limit) else { throw BadInput("limit", "must be 1 to \(most)") }
        return limit
    }
}
