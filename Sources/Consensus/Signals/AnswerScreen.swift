internal import Foundation

/// What screens of answers look for.
package enum AnswerSignal: String, Hashable, Sendable, CaseIterable {
    /// Faster than the text can be read.
    case speed
    /// Texts of two workers that are nearly the same.
    case nearDuplicate = "near_duplicate"
    /// Workers who agree more often than what each takes for what explains.
    case agreement
    /// What a model suggested, where nearly nobody else says so.
    case suggestionCopy = "suggestion_copy"
    /// Work that has become worse.
    case skillShift = "skill_shift"
    /// Contradiction on items with one feature, and not elsewhere.
    case targetedBias = "targeted_bias"
    /// Too many known answers that were not met.
    case gold
    /// Answers that do not depend on what is true.
    case guessing
}

/// An answer as the screens see it.
package struct ScreenedAnswer: Hashable, Sendable {
    package let item: Int32
    package let worker: Int32
    /// The answer's code, from 0; equal answers have equal codes. Below 0 where the item was given back.
    package let answer: Int32
    /// How long it took.
    package let seconds: Double
    /// How much there was to read; 0 where that is not known.
    package let characters: Int
    /// Whether it is what a model suggested; nil where nothing was suggested.
    package let isAsSuggested: Bool?
    /// Whether the worker saw the suggestion.
    package let sawSuggestion: Bool
    /// What was written in words of one's own; empty for none.
    package let text: String
    /// Whether it is the answer that was known beforehand; nil where the item is no gold.
    package let isRight: Bool?

    package init(
        item: Int32, worker: Int32, answer: Int32, seconds: Double, characters: Int = 0, isAsSuggested: Bool? = nil,
        sawSuggestion: Bool = false, text: String = "", isRight: Bool? = nil
    ) {
        (self.item, self.worker, self.answer, self.seconds) = (item, worker, answer, seconds)
        (self.characters, self.isAsSuggested, self.sawSuggestion) = (characters, isAsSuggested, sawSuggestion)
        (self.text, self.isRight) = (text, isRight)
    }
}

/// What a screen found in answers, for a person to look at.
package struct AnswerFinding: Hashable, Sendable {
    package let signal: AnswerSignal
    /// By code, each once.
    package let workers: [Int32]
    /// On which items it shows; by code, each once, at most ``AnswerScreen/itemsMax``.
    package let items: [Int32]
    /// The power of ten that the chance of it is one in, when nothing is the matter; of near duplicates how many there
    /// are.
    package let score: Double
    /// What it rests on, by name.
    package let figures: [String: Double]

    init(
        _ signal: AnswerSignal, _ workers: [Int32], _ items: some Sequence<Int32>, score: Double,
        _ figures: [String: Double]
    ) {
        (self.signal, self.score, self.figures) = (signal, score.isFinite ? min(score, 300) : 300, figures)
        self.workers = Set(workers).sorted()
        self.items = Array(Set(items).sorted().prefix(AnswerScreen.itemsMax))
    }
}

/// All screens over the answers to some tasks of one batch. Deterministic.
package struct AnswerScreen: Sendable {
    package static let itemsMax = 1_000
    /// More different answers are no choice among few, and tell nothing about confusions.
    private static let answersMax = 50
    /// By signal, in the order of their cases, then by workers.
    package let findings: [AnswerFinding]

    /// - Parameters:
    ///   - all: the answers in the order in which they were handed in.
    ///   - features: the codes of the features that each item has, item by item.
    /// - Throws: ``LabelsFault`` for codes out of bounds.
    package init(_ all: [ScreenedAnswer], features: [[Int32]] = []) throws(LabelsFault) {
        let answers = all.filter { $0.answer >= 0 }
        var found =
            Self.speed(answers) + NearDuplicates(answers).findings() + Self.suggestions(answers) + Self.gold(all)
        let items = (answers.map(\.item).max() ?? -1) + 1
        let workers = (answers.map(\.worker).max() ?? -1) + 1
        let choices = (answers.map(\.answer).max() ?? -1) + 1
        if (2...Self.answersMax).contains(Int(choices)), answers.count >= 5 * Int(choices) {
            let labels = try Labels(
                itemCount: Int(items), workerCount: Int(workers), answerCount: Int(choices),
                labels: Self.first(answers).map { Label(item: $0.item, worker: $0.worker, answer: $0.answer) })
            if labels.hasTables {
                let reference = try ScreenReference(labels)
                found += Self.agreements(labels, reference)
                let contradicts = labels.contradictions(reference.fit, kept: reference.kept)
                found += Self.biases(labels, contradicts, features)
                found += Self.shifts(labels, contradicts, answers)
                found += Self.guesses(labels, reference)
            }
        }
        let order = Dictionary(uniqueKeysWithValues: zip(AnswerSignal.allCases, 0...))
        findings = found.sorted { one, other in
            (order[one.signal] ?? 0, one.workers.first ?? 0, one.items.first ?? 0)
                < (order[other.signal] ?? 0, other.workers.first ?? 0, other.items.first ?? 0)
        }
    }

    private struct Place: Hashable { let item, worker: Int32 }

    /// Of each worker to each item the first: what they say again is no more evidence.
    private static func first(_ answers: [ScreenedAnswer]) -> [ScreenedAnswer] {
        var seen: Set<Place> = []
        return answers.filter { seen.insert(Place(item: $0.item, worker: $0.worker)).inserted }
    }

    private static func speed(_ answers: [ScreenedAnswer]) -> [AnswerFinding] {
        let screen = SpeedScreen(answers.map { ($0.worker, $0.seconds, $0.characters) })
        return screen.suspicious.map { signal in
            let fast = answers.filter { answer in
                let pace =
                    answer.characters > 0 ? answer.seconds * 1_000 / Double(answer.characters) : answer.seconds
                return answer.worker == signal.worker && pace < screen.bound
            }
            return AnswerFinding(
                .speed, [signal.worker], fast.map(\.item), score: power(signal.chance),
                ["answers": Double(signal.answers), "fast": Double(signal.fast), "bound_seconds": screen.bound])
        }
    }

    private static func agreements(_ labels: Labels, _ reference: ScreenReference) -> [AnswerFinding] {
        joinedRings(reference.pairs).map { ring in
            let pairs = reference.pairs.filter { ring.contains($0.one) }
            let members = Set(ring)
            // Where two of them said the same.
            let items = (0..<labels.itemCount).filter { item in
                let own = labels.labels(of: item).filter { members.contains($0.worker) }.map(\.answer)
                return Set(own).count < own.count
            }
            let strongest = pairs.max { $0.deviation < $1.deviation }
            return AnswerFinding(
                .agreement, ring, items.map(Int32.init),
                score: pairs.map { power(Tail.normal($0.deviation)) }.max() ?? 0,
                [
                    "pairs": Double(pairs.count), "common_items": Double(strongest?.items ?? 0),
                    "agreements": Double(strongest?.agreements ?? 0), "expected": strongest?.expected ?? 0,
                    "deviation": strongest?.deviation ?? 0,
                ])
        }
    }

    private static func biases(_ labels: Labels, _ contradicts: [Bool?], _ features: [[Int32]]) -> [AnswerFinding] {
        // Phrases overlap: of each worker the feature that shows it best.
        let best = Dictionary(grouping: labels.targetedBiases(contradicts, features: features), by: \.worker)
            .compactMap { $1.min { ($0.chance, $0.feature) < ($1.chance, $1.feature) } }
        return best.map { bias in
            let items = zip(labels.all, contradicts).filter { label, isOther in
                label.worker == bias.worker && isOther == true && Int(label.item) < features.count
                    && features[Int(label.item)].contains(bias.feature)
            }
            return AnswerFinding(
                .targetedBias, [bias.worker], items.map(\.0.item), score: power(bias.chance),
                [
                    "feature": Double(bias.feature), "items": Double(bias.items),
                    "contradictions": Double(bias.contradictions), "expected_share": bias.expectedShare,
                ])
        }
    }

    private static func guesses(_ labels: Labels, _ reference: ScreenReference) -> [AnswerFinding] {
        reference.guessers.map { score in
            AnswerFinding(
                .guessing, [score.worker], labels.all.filter { $0.worker == score.worker }.map(\.item),
                // One look in a hundred calls anybody who does not guess.
                score: power(0.01),
                ["answers": Double(score.labels), "score": score.score, "score_most": score.upperBound])
        }
    }

    /// How the worker did at first, up to 50 answers, is what they are usually worth.
    private static func shifts(
        _ labels: Labels, _ contradicts: [Bool?], _ answers: [ScreenedAnswer]
    ) -> [AnswerFinding] {
        var isWrong: [Place: Bool] = [:]
        for (label, isOther) in zip(labels.all, contradicts) {
            if let isOther { isWrong[Place(item: label.item, worker: label.worker)] = isOther }
        }
        let right = isWrong.values.reduce(0.0) { $0 + ($1 ? 0 : 1) } / Double(max(isWrong.count, 1))
        let byWorker = Dictionary(grouping: answers, by: \.worker)
        return byWorker.keys.sorted().compactMap { worker in
            let own = (byWorker[worker] ?? []).compactMap { answer in
                isWrong[Place(item: answer.item, worker: worker)].map { (answer.item, $0) }
            }
            guard own.count >= 40 else { return nil }
            let first = own.prefix(min(50, own.count / 2))
            let weight = Double(first.count) + 10
            let usual = (Double(first.count { !$0.1 }) + 10 * right) / weight
            // Somebody who began with luck has not become worse.
            var shift = SkillShift(usual: usual - (usual * (1 - usual) / weight).squareRoot(), horizon: own.count)
            let rest = own.dropFirst(first.count)
            for answer in rest { shift.see(right: answer.1 ? 0 : 1) }
            guard let raised = shift.raisedAt else { return nil }
            return AnswerFinding(
                .skillShift, [worker], rest.dropFirst(shift.beganAt - 1).filter(\.1).map(\.0),
                // The sum is a logarithm of odds.
                score: shift.sum / 2.302_585_092_994_046,
                [
                    "usual": usual, "answers": Double(own.count), "began_at": Double(first.count + shift.beganAt),
                    "raised_at": Double(first.count + raised),
                ])
        }
    }

    /// Answer by answer, so that it is decided as early as its errors allow; whoever passes begins anew.
    private static func gold(_ answers: [ScreenedAnswer]) -> [AnswerFinding] {
        let test = GoldTest()
        let byWorker = Dictionary(grouping: answers.filter { $0.isRight != nil }, by: \.worker)
        return byWorker.keys.sorted().compactMap { worker in
            var (right, wrong): (Int, [Int32]) = (0, [])
            for answer in byWorker[worker] ?? [] {
                if answer.isRight == true { right += 1 } else { wrong.append(answer.item) }
                switch test.outcome(right: right, wrong: wrong.count) {
                case .undecided: continue
                case .passes: (right, wrong) = (0, [])
                case .fails:
                    let odds =
                        Double(right) * log(test.bad / test.good)
                        + Double(wrong.count) * log((1 - test.bad) / (1 - test.good))
                    return AnswerFinding(
                        .gold, [worker], wrong, score: odds / 2.302_585_092_994_046,
                        ["right": Double(right), "wrong": Double(wrong.count)])
                }
            }
            return nil
        }
    }

    /// Whoever saw a suggestion that most of the others on the item contradict, and hands it in, more often than
    /// everybody else does.
    private static func suggestions(_ answers: [ScreenedAnswer]) -> [AnswerFinding] {
        let byItem = Dictionary(grouping: answers.filter { $0.isAsSuggested != nil }, by: \.item)
        var doubtful: [Int32: [ScreenedAnswer]] = [:]
        for own in byItem.values {
            let asSuggested = own.count { $0.isAsSuggested == true }
            for answer in own where answer.sawSuggestion {
                let others = own.count - 1
                let like = asSuggested - (answer.isAsSuggested == true ? 1 : 0)
                if others > 0, 2 * like < others { doubtful[answer.worker, default: []].append(answer) }
            }
        }
        let all = doubtful.values.reduce(0) { $0 + $1.count }
        let copies = doubtful.values.reduce(0) { $0 + $1.count { $0.isAsSuggested == true } }
        let workers = doubtful.keys.sorted().filter { (doubtful[$0] ?? []).count >= 5 }
        let tests = workers.map { worker in
            let own = doubtful[worker] ?? []
            let hits = own.count { $0.isAsSuggested == true }
            // Of the others, with two imagined answers of which one is a copy: half of few is no surprise.
            let usual = (Double(copies - hits) + 1) / (Double(all - own.count) + 2)
            return (
                hits: hits, count: own.count, usual: usual,
                chance: Tail.binomial(hits: hits, of: own.count, rate: usual)
            )
        }
        return FalseDiscovery.believed(tests.map(\.chance), share: 0.01).map { place in
            let test = tests[place]
            let items = (doubtful[workers[place]] ?? []).filter { $0.isAsSuggested == true }.map(\.item)
            return AnswerFinding(
                .suggestionCopy, [workers[place]], items, score: power(test.chance),
                ["doubtful": Double(test.count), "copies": Double(test.hits), "expected_share": test.usual])
        }
    }
}
