/// The bids every worker keeps: the highest, as many as they can take, the lowest of them on top of a heap.
///
/// Shape: one flat buffer; worker `j` owns `starts[j]..<starts[j + 1]`. Bids tie at the edge, which is in the order of
/// the ids: of two equal bids the one of the later task is lower.
struct BidBook {
    struct Bid {
        let amount: Int64
        let edge: Int32
        let task: Int32

        /// Whether this bid yields to the other.
        @inline(__always)
        func isBelow(_ other: Bid) -> Bool {
            amount != other.amount ? amount < other.amount : edge > other.edge
        }
    }

    private var starts: [Int32]
    private var places: [Int32]
    /// For how many bids each worker's part has memory.
    private var rooms: [Int32]
    private var counts: [Int32]
    private var bids: [Bid]

    init(places: [Int32], rooms: [Int32]) {
        var starts: [Int32] = []
        starts.reserveCapacity(places.count)
        var end = Int32(0)
        for room in rooms {
            starts.append(end)
            end += room
        }
        (self.starts, self.places, self.rooms) = (starts, places, rooms)
        counts = Array(repeating: 0, count: places.count)
        bids = Array(repeating: Bid(amount: 0, edge: 0, task: 0), count: Int(end))
    }

    func isFull(_ worker: Int) -> Bool { counts[worker] >= places[worker] }
    func freePlaces(_ worker: Int) -> Int { Int(places[worker] - counts[worker]) }

    /// The lowest kept amount of a worker who keeps a bid.
    func lowestAmount(of worker: Int) -> Int64 { bids[Int(starts[worker])].amount }

    func kept(by worker: Int) -> ArraySlice<Bid> {
        bids[Int(starts[worker])..<Int(starts[worker] + counts[worker])]
    }

    /// Forgets all bids.
    mutating func clear() {
        for worker in counts.indices { counts[worker] = 0 }
    }

    /// Gives a worker another number of places; the lowest bids that do not fit any more are let go.
    mutating func setPlaces(_ count: Int32, of worker: Int) -> [Bid] {
        var evicted: [Bid] = []
        while counts[worker] > count {
            let lowest = bids[Int(starts[worker])]
            remove(at: 0, of: worker)
            evicted.append(lowest)
        }
        places[worker] = count
        return evicted
    }

    /// Moves a worker's bids to the end of the buffer, with twice the room.
    private mutating func makeRoom(for worker: Int) {
        let kept = Array(kept(by: worker))
        let room = max(2 * kept.count, 4)
        starts[worker] = Int32(bids.count)
        rooms[worker] = Int32(room)
        bids.append(contentsOf: kept)
        bids.append(contentsOf: repeatElement(Bid(amount: 0, edge: 0, task: 0), count: room - kept.count))
    }

    /// Keeps a bid; the one that had to go, when the worker was full. The worker has places.
    @inline(__always)
    mutating func keep(_ bid: Bid, at worker: Int) -> Bid? {
        let start = Int(starts[worker])
        let count = Int(counts[worker])
        guard count >= Int(places[worker]) else {
            if count >= Int(rooms[worker]) { makeRoom(for: worker) }
            let start = Int(starts[worker])
            bids[start + count] = bid
            counts[worker] += 1
            siftUp(from: count, start)
            return nil
        }
        let lowest = bids[start]
        bids[start] = bid
        siftDown(from: 0, start, count)
        return lowest
    }

    /// Takes a bid back; nothing happens when it is not there. Linear in the worker's bids.
    mutating func withdraw(_ edge: Int32, at worker: Int) {
        let start = Int(starts[worker])
        guard let place = (0..<Int(counts[worker])).first(where: { bids[start + $0].edge == edge }) else { return }
        remove(at: place, of: worker)
    }

    private mutating func remove(at place: Int, of worker: Int) {
        let start = Int(starts[worker])
        counts[worker] -= 1
        let count = Int(counts[worker])
        bids[start + place] = bids[start + count]
        guard place < count else { return }
        siftDown(from: place, start, count)
        siftUp(from: place, start)
    }

    private mutating func siftUp(from place: Int, _ start: Int) {
        var child = place
        while child > 0 {
            let parent = (child - 1) / 2
            guard bids[start + child].isBelow(bids[start + parent]) else { return }
            bids.swapAt(start + child, start + parent)
            child = parent
        }
    }

    private mutating func siftDown(from place: Int, _ start: Int, _ count: Int) {
        var parent = place
        while 2 * parent + 1 < count {
            var child = 2 * parent + 1
            if child + 1 < count, bids[start + child + 1].isBelow(bids[start + child]) { child += 1 }
            guard bids[start + child].isBelow(bids[start + parent]) else { return }
            bids.swapAt(start + child, start + parent)
            parent = child
        }
    }
}
