package import Foundation
internal import Synchronization

/// Makes ids before anything is inserted. `UUID()` appears in no other file.
package protocol IdentifierSource: Sendable {
    func uuid(at instant: Date) -> UUID
}

extension IdentifierSource {
    package func make<Entity>(_ type: Entity.Type = Entity.self, at instant: Date) -> Identifier<Entity> {
        Identifier(uuid(at: instant))
    }
}

/// UUIDv7 (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits.
package struct RandomIdentifiers: IdentifierSource {
    package init() {}

    package func uuid(at instant: Date) -> UUID {
        UUID.version7(at: instant, random: (.random(in: .min ... .max), .random(in: .min ... .max)))
    }
}

/// UUIDv7 whose random bits come from a seed: the same sequence in every run, for tests and simulations.
package final class SeededIdentifiers: IdentifierSource {
    private let generator: Mutex<SplitMix64>

    package init(seed: UInt64) {
        generator = Mutex(SplitMix64(seed: seed))
    }

    package func uuid(at instant: Date) -> UUID {
        generator.withLock { UUID.version7(at: instant, random: ($0.next(), $0.next())) }
    }
}

extension Identifier {
    /// No UUIDv7 of the same millisecond or a later one is less.
    package var leastOfItsInstant: UUID {
        let bytes = uuid.uuid
        return UUID(
            uuid: (bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        )
    }

    /// The greatest one.
    package var greatestOfItsInstant: UUID {
        let (bytes, most) = (uuid.uuid, UInt8.max)
        return UUID(
            uuid: (
                bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5, most, most, most, most, most, most, most, most,
                most, most
            )
        )
    }
}

extension UUID {
    /// Before and behind all others.
    static let least = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    static let greatest = UUID(
        uuid: (255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255))

    fileprivate static func version7(at instant: Date, random: (UInt64, UInt64)) -> UUID {
        let milliseconds = UInt64(min(max(instant.timeIntervalSince1970 * 1_000, 0), 281_474_976_710_655))
        let high = (milliseconds << 16) | 0x7000 | (random.0 & 0x0fff)
        let low = 0x8000_0000_0000_0000 | (random.1 >> 2)
        let bytes = withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { $0.loadUnaligned(as: uuid_t.self) }
        return UUID(uuid: bytes)
    }
}

/// A small seeded generator (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
package struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
