internal import Foundation
internal import Marketplace

/// A worker as the simulation plays them. Habits come from the seed and the worker's key, so they do not depend on who
/// else is there.
struct SimulatedWorker: Sendable {
    let id: Worker.ID
    let key: String
    let zone: TimeZone
    let weeklyMinutes: Int
    let professions: Set<Profession>
    var random: Chance
    /// How many of a hundred parts of an answer are wrong, about.
    let errorRate: Double
    /// How long work takes, relative to what is expected.
    let pace: Double
    /// The end of the present working day.
    var sessionEnd = Date.distantPast
    /// Takes nothing before; set when the week's hours are used up.
    var restsUntil = Date.distantPast
    var held: HeldWork?
    /// Waits for an offer.
    var isIdle = false
    /// Rounds without an offer that are still waited for today.
    var patience = 0
    /// The week in which they last looked for work beside the offers.
    var lookedIn = Int.min

    init(_ row: SimulationWorkerRow, seed: UInt64) {
        id = row.id
        key = row.key
        zone = TimeZone(identifier: row.timeZone) ?? .gmt
        weeklyMinutes = row.weeklyMinutes
        professions = row.professions
        var random = Chance(seed: seed, word: row.key)
        let draw = random.unit()
        // Most are careful, some are hasty, a few should do something else.
        let (least, width) = draw < 0.7 ? (0.004, 0.036) : draw < 0.9 ? (0.05, 0.09) : (0.2, 0.2)
        errorRate = least + width * random.unit()
        pace = 0.75 + 0.5 * random.unit()
        self.random = random
    }

    var actor: Principal.ID { Principal.ID(id.uuid) }

    /// The next working day that begins after an instant: Monday to Friday, between nine and eleven by the local clock.
    mutating func nextSession(after instant: Date) -> Date {
        let day = 86_400.0
        let offset = Double(zone.secondsFromGMT(for: instant))
        var localDay = ((instant.timeIntervalSince1970 + offset) / day).rounded(.down)
        while true {
            let local = localDay * day + 9 * 3_600 + (random.unit() * 120).rounded(.down) * 60
            let begin = Date(timeIntervalSince1970: local - offset)
            // 1970-01-01 was a Thursday.
            let weekday = Int(localDay + 3) % 7
            if weekday < 5, begin > instant { return begin }
            localDay += 1
        }
    }

    /// The local Monday after an instant.
    func nextMonday(after instant: Date) -> Date {
        let offset = Double(zone.secondsFromGMT(for: instant))
        let localDay = ((instant.timeIntervalSince1970 + offset) / 86_400).rounded(.down)
        let weekday = Int(localDay + 3) % 7
        return Date(timeIntervalSince1970: (localDay + Double(7 - weekday)) * 86_400 - offset)
    }
}

/// What a worker is at.
struct HeldWork: Sendable {
    let assignment: Assignment
    let batch: SimulationBatch
    var leaseUntil: Date
    let doneAt: Date
    let step: PlannedStep
}

/// Seeded chance.
struct Chance: Sendable {
    private var generator: SplitMix64

    /// Another sequence for every word.
    init(seed: UInt64, word: String) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ seed
        for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        generator = SplitMix64(seed: hash)
        _ = generator.next()
    }

    /// In 0..<1.
    mutating func unit() -> Double { Double(generator.next() >> 11) / 9_007_199_254_740_992 }

    mutating func happens(_ probability: Double) -> Bool { unit() < probability }

    /// In 0..<count; 0 for an empty range.
    mutating func index(below count: Int) -> Int { count > 0 ? min(Int(unit() * Double(count)), count - 1) : 0 }

    /// Normal, by Box and Muller.
    mutating func normal() -> Double {
        let radius = (-2 * log(1 - unit())).squareRoot()
        return radius * cos(2 * .pi * unit())
    }
}
