/// What workers' answers are held against: the answers that all others together make likely, without those who would
/// make them their own. Who guesses much tells nothing of what is true, and several who copy one are one: with their
/// labels in it, a fit takes their errors for the truth, and accuses those who are right of agreeing with each other.
struct ScreenReference: Sendable {
    /// From the labels of those kept.
    private(set) var fit: Fit
    /// By worker, whose labels count.
    private(set) var kept: [Bool]
    /// Who guesses, held against this; never those who gave more than half of the labels, whose answers depend least on
    /// what others take for true.
    private(set) var guessers: [SpammerScore] = []
    /// Pairs that agree too well, the most striking first. Never of people who gave more than half of the labels,
    /// beside those who guess: whose errors are whose cannot be told from labels then. None where more than half of
    /// the labels come from who guesses: too little is left to say what is true.
    private(set) var pairs: [CopySignal] = []
    private let labels: Labels
    /// How many labels each worker gave; those who guess count for nothing.
    private var weights: [Int]

    /// Rings that are looked for, and workers of one.
    private static let (ringsMax, membersMax) = (8, 8)
    /// Pairs that a ring may begin with, the most striking first.
    private static let beginningsMax = 3

    /// - Throws: ``LabelsFault/sizeOutOfBounds`` as ``DawidSkene``.
    init(_ labels: Labels) throws(LabelsFault) {
        self.labels = labels
        weights = labels.countsByWorker()
        kept = [Bool](repeating: true, count: labels.workerCount)
        fit = try FitMethod.dawidSkene.fit(labels)
        try leaveOutGuessers()
        for _ in 0..<Self.ringsMax {
            guard let ring = try strongestRing(), isCallable(ring) else { break }
            try leaveOut(try extended(ring))
        }
        pairs = callable(CopyScreen(labels, fit, kept: kept).suspicious)
        try leaveOutGuessers()
        // Who seemed to guess while others' errors were taken for the truth is called one no more.
        let found = labels.answered(by: kept).guessers(fit)
        guessers = mostStriking(found)
        if guessers.count < found.count { pairs = [] }
    }

    /// Of those who seem to guess, those who do most, who gave half of the labels together at most; by code.
    private func mostStriking(_ found: [SpammerScore]) -> [SpammerScore] {
        let counts = labels.countsByWorker()
        let all = counts.reduce(0, +)
        var sum = 0
        return found.sorted { ($0.score, $0.worker) < ($1.score, $1.worker) }
            .prefix { score in
                sum += counts[Int(score.worker)]
                return 2 * sum <= all
            }.sorted { $0.worker < $1.worker }
    }

    /// Whether these and those who are left out already gave no more than half of what others than guessers did.
    private func isCallable(_ workers: some Sequence<Int32>) -> Bool {
        let out = Set(kept.indices.filter { !kept[$0] }).union(workers.map(Int.init))
        return 2 * out.reduce(0) { $0 + weights[$1] } <= weights.reduce(0, +)
    }

    private func callable(_ pairs: [CopySignal]) -> [CopySignal] {
        var called: Set<Int32> = []
        // What is weaker than what cannot be called is not called either.
        return Array(
            Self.strongestFirst(pairs).prefix { pair in
                called.formUnion([pair.one, pair.other])
                return isCallable(called)
            })
    }

    private mutating func leaveOutGuessers() throws(LabelsFault) {
        while true {
            let found = labels.answered(by: kept).guessers(fit).map(\.worker).filter { kept[Int($0)] }
            // Somebody must be left.
            guard !found.isEmpty, found.count < kept.count(where: { $0 }) else { return }
            for worker in found { weights[Int(worker)] = 0 }
            try leaveOut(found)
        }
    }

    private mutating func leaveOut(_ workers: [Int32]) throws(LabelsFault) {
        for worker in workers { kept[Int(worker)] = false }
        fit = try Self.fit(labels, kept)
    }

    private static func fit(_ labels: Labels, _ kept: [Bool]) throws(LabelsFault) -> Fit {
        try FitMethod.dawidSkene.fit(labels.filtered { kept[Int($0.worker)] })
    }

    /// Everybody, held against a fit from which these, too, are left out.
    private func screen(without workers: [Int32]) throws(LabelsFault) -> CopyScreen {
        var others = kept
        for worker in workers { others[Int(worker)] = false }
        return CopyScreen(labels, try Self.fit(labels, others), kept: others)
    }

    /// The ring among those kept whose weakest pair is strongest, held against all others. One that is large enough
    /// to be the consensus shows only where it is left out as a whole; so it is looked for among those who agree more
    /// than with the majority, pair by pair the next who agrees with all of them.
    private func strongestRing() throws(LabelsFault) -> [Int32]? {
        let own = labels.filtered { kept[Int($0.worker)] }
        let alike = CopyScreen(own, own.majorityFit()).believed
        let strengths = Self.strengths(alike)
        var best: (ring: [Int32], weakest: Double)?
        for beginning in Self.strongestFirst(alike).prefix(Self.beginningsMax) {
            var ring = [beginning.one, beginning.other]
            while true {
                if let weakest = Self.weakest(of: ring, in: try screen(without: ring)), weakest > best?.weakest ?? 0 {
                    best = (ring, weakest)
                }
                guard ring.count < Self.membersMax, let next = Self.next(to: ring, by: strengths) else { break }
                ring = (ring + [next]).sorted()
            }
        }
        return best?.ring
    }

    /// With whoever agrees with all of them too much, once they are left out.
    private func extended(_ ring: [Int32]) throws(LabelsFault) -> [Int32] {
        var ring = ring
        while ring.count < Self.membersMax {
            let alike = try screen(without: ring).suspicious.filter { kept[Int($0.one)] && kept[Int($0.other)] }
            guard let next = Self.next(to: ring, by: Self.strengths(alike)), isCallable(ring + [next]) else { break }
            ring = (ring + [next]).sorted()
        }
        return ring
    }

    private static func strongestFirst(_ pairs: [CopySignal]) -> [CopySignal] {
        pairs.sorted { ($1.deviation, $0.one, $0.other) < ($0.deviation, $1.one, $1.other) }
    }

    /// Deviations by their two workers, ascending.
    private static func strengths(_ pairs: [CopySignal]) -> [[Int32]: Double] {
        Dictionary(pairs.map { ([$0.one, $0.other], $0.deviation) }, uniquingKeysWith: { $1 })
    }

    /// Of those who are paired with all of the ring, whose weakest pair is strongest; of equals the lowest code.
    private static func next(to ring: [Int32], by strengths: [[Int32]: Double]) -> Int32? {
        let workers = Set(strengths.keys.joined()).subtracting(ring)
        var best: (worker: Int32, weakest: Double)?
        for worker in workers.sorted() {
            let pairs = ring.compactMap { strengths[[min($0, worker), max($0, worker)]] }
            guard pairs.count == ring.count, let weakest = pairs.min(), weakest > best?.weakest ?? 0 else { continue }
            best = (worker, weakest)
        }
        return best?.worker
    }

    /// The smallest deviation of its pairs; nil unless all are suspicious.
    private static func weakest(of ring: [Int32], in screen: CopyScreen) -> Double? {
        let pairs = screen.suspicious.filter { ring.contains($0.one) && ring.contains($0.other) }
        return pairs.count == ring.count * (ring.count - 1) / 2 ? pairs.map(\.deviation).min() : nil
    }
}
