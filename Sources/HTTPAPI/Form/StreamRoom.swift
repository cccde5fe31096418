internal import Synchronization

/// How many streams one process holds open.
final class StreamRoom: Sendable {
    private let most: Int
    private let open = Atomic<Int>(0)

    init(most: Int) { self.most = most }

    /// A stream's place; it is given back when nobody holds it any more.
    final class Place: Sendable {
        private let room: StreamRoom

        fileprivate init(_ room: StreamRoom) { self.room = room }

        deinit { room.open.subtract(1, ordering: .relaxed) }
    }

    /// - Returns: `nil` when there is no place.
    func enter() -> Place? {
        let (_, count) = open.add(1, ordering: .relaxed)
        guard count <= most else {
            open.subtract(1, ordering: .relaxed)
            return nil
        }
        return Place(self)
    }
}
