/// The bids every worker keeps: the highest, as many as they can take, the lowest of them on top of a heap.
///
/// Shape: one flat buffer; worker `j` owns `starts[j]..<starts[j + 1]`. Bids tie at the edge, which is in the order of
/// the ids: of two equal bids the one of the later task is lower.
struct BidBook {
    struct Bid {
        let amount: Int64
        let edge: Int32

        /// Whether this bid yields to the other.
        func isBelow(_ other: Bid) -> Bool {
            amount != other.amount ? amount < other.amount : edge > other.edge
        }
    }

    private let starts: [Int]
    private var counts: [Int]
    private var bids: [Bid]

    init(capacity: [Int]) {
        var starts = [0]
        for places in capacity { starts.append((starts.last ?? 0) + places) }
        self.starts = starts
        counts = Array(repeating: 0, count: capacity.count)
        bids = Array(repeating: Bid(amount: 0, edge: 0), count: starts.last ?? 0)
    }

    func isFull(_ worker: Int) -> Bool { starts[worker] + counts[worker] == starts[worker + 1] }

    /// The lowest kept bid; nil without any.
    func lowest(of worker: Int) -> Bid? { counts[worker] == 0 ? nil : bids[starts[worker]] }

    /// Keeps a bid; the one that had to go, when the worker was full. A worker who can take nothing keeps nothing.
    mutating func keep(_ bid: Bid, at worker: Int) -> Bid? {
        let start = starts[worker]
        guard isFull(worker) else {
            bids[start + counts[worker]] = bid
            counts[worker] += 1
            siftUp(from: counts[worker] - 1, start)
            return nil
        }
        guard let lowest = lowest(of: worker) else { return bid }
        bids[start] = bid
        siftDown(from: 0, start, counts[worker])
        return lowest
    }

    /// Takes a bid back; nothing happens when it is not there. Linear in the worker's bids.
    mutating func withdraw(_ edge: Int32, at worker: Int) {
        let start = starts[worker]
        guard let place = (0..<counts[worker]).first(where: { bids[start + $0].edge == edge }) else { return }
        counts[worker] -= 1
        bids[start + place] = bids[start + counts[worker]]
        guard place < counts[worker] else { return }
        siftDown(from: place, start, counts[worker])
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
