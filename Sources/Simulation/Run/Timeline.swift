internal import Foundation

/// What may happen in a simulation. Numbers are places in the list of workers.
enum SimulationEvent: Hashable, Sendable {
    /// A working day begins.
    case session(Int)
    /// A worker goes on with their lease: extends it, hands in, gives it back or walks off, as planned.
    case work(Int, PlannedStep)
    case routing
    /// Leases and offers that ran out are ended, events are sealed.
    case sweep
    case review
    case payday
}

/// What a worker does about a lease at a planned time.
enum PlannedStep: Hashable, Sendable {
    case heartbeat, submit, giveBack, walkOff
}

/// Events to come, in the order of their time; those of one instant in the order in which they were planned.
struct Timeline: Sendable {
    private struct Entry: Sendable {
        let instant: Date
        let number: Int
        let event: SimulationEvent
    }

    /// Latest first: the next one is at the end.
    private var entries: [Entry] = []
    private var count = 0

    mutating func plan(_ event: SimulationEvent, at instant: Date) {
        count += 1
        let entry = Entry(instant: instant, number: count, event: event)
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            // A new entry comes after all of its instant, so it stands before them.
            if entries[middle].instant > instant { low = middle + 1 } else { high = middle }
        }
        entries.insert(entry, at: low)
    }

    mutating func next() -> (instant: Date, event: SimulationEvent)? {
        entries.popLast().map { ($0.instant, $0.event) }
    }
}
