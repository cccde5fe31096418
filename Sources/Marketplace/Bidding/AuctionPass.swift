internal import Store
internal import Synchronization

/// Goes through auctions in bounded pieces: where the piece before ended, and what could not be gone on with: a key
/// that is not there, a record that is no market. One of them keeps no other from its turn.
///
/// Kept by whoever calls the pieces; with a new one each piece begins with the first auction.
package final class AuctionPass: Sendable {
    private struct State {
        var last: Auction.ID?
        var fault: (any Error)?
        var hasGoneOn = false
    }

    private let state = Mutex(State())

    package init() {}

    /// Where to go on; `nil` at the beginning.
    var last: Auction.ID? { state.withLock { $0.last } }

    /// Does a thing for one auction. What concerns the database, or the end of the program, ends the whole.
    func passBy(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            if error is StoreError || error is CancellationError { throw error }
            state.withLock { $0.fault = $0.fault ?? error }
        }
    }

    /// Ends a piece.
    ///
    /// - Parameters:
    ///   - last: where the next goes on.
    ///   - isOver: whether that was the last auction; then the next piece begins with the first one.
    ///   - hasGoneOn: whether anything was done. What could not be gone on with is told when a whole pass did nothing
    ///     else, so that it slows nothing down.
    /// - Returns: whether to go on at once.
    /// - Throws: the first fault of the pass.
    func end(at last: Auction.ID?, isOver: Bool, hasGoneOn: Bool) throws -> Bool {
        let (goesOn, fault): (Bool, (any Error)?) = state.withLock { state in
            state.hasGoneOn = state.hasGoneOn || hasGoneOn
            guard isOver else {
                state.last = last
                return (true, nil)
            }
            let ended = state
            state = State()
            guard let fault = ended.fault else { return (false, nil) }
            return ended.hasGoneOn ? (true, nil) : (false, fault)
        }
        if let fault { throw fault }
        return goesOn
    }
}
