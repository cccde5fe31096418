internal import Marketplace
internal import Synchronization

/// Random choices from a seed, for several tasks at once. Name the seed where a test fails.
package final class Dice: Sendable {
    package let seed: UInt64
    private let generator: Mutex<SplitMix64>

    /// - Parameter seed: `nil` draws one.
    package init(seed: UInt64? = nil) {
        let seed = seed ?? .random(in: 0...999_999)
        self.seed = seed
        generator = Mutex(SplitMix64(seed: seed))
    }

    /// A number of the range, each as likely.
    package func roll(_ range: ClosedRange<Int>) -> Int {
        generator.withLock { Int.random(in: range, using: &$0) }
    }

    /// One of the elements, each as likely; there must be one.
    package func pick<Element: Sendable>(_ elements: [Element]) -> Element {
        elements[roll(0...elements.count - 1)]
    }
}
