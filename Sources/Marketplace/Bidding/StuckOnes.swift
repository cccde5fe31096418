internal import Store

/// Auctions that could not be gone on with: a key that is not there, a record that is no market. One of them keeps no
/// other from its turn.
struct StuckOnes {
    private var first: (any Error)?

    /// Does a thing for one auction. What concerns the database, or the end of the program, ends the whole.
    mutating func passBy(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            if error is StoreError || error is CancellationError { throw error }
            first = first ?? error
        }
    }

    /// - Parameter hasGoneOn: whether anything else was done; then the fault waits until there is nothing else to do,
    ///   so that it slows nothing down.
    /// - Returns: whether it waits.
    /// - Throws: the first fault, so that it is told.
    func report(unless hasGoneOn: Bool) throws -> Bool {
        guard let first else { return false }
        guard hasGoneOn else { throw first }
        return true
    }
}
