/// Windows of a minute for each sender: how often it came since its window began.
///
/// Two generations, so that room is bounded and nobody's count is lost but that of who stayed away while as many others
/// came as a generation holds.
struct RateWindows: Sendable {
    static let length = Duration.seconds(60)

    private struct Window {
        var began: ContinuousClock.Instant
        var taken: Int
    }

    private let generationMax: Int
    private var young: [Sender: Window] = [:]
    private var old: [Sender: Window] = [:]

    init(generationMax: Int = 25_000) { self.generationMax = generationMax }

    /// Counts one more.
    ///
    /// - Returns: how many there were in its window, this one included, and when that ends.
    mutating func take(
        _ sender: Sender, at now: ContinuousClock.Instant
    ) -> (taken: Int, ends: ContinuousClock.Instant) {
        let known = young[sender]
        var window = known ?? old[sender] ?? Window(began: now, taken: 0)
        if window.began + Self.length <= now { window = Window(began: now, taken: 0) }
        window.taken += 1
        if known == nil, young.count >= generationMax { (old, young) = (young, [:]) }
        young[sender] = window
        return (window.taken, window.began + Self.length)
    }
}
