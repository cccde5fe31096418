internal import Foundation

/// Texts of two workers on the same item that share most of their runs of five words.
///
/// What a third worker wrote too is left out, since it comes from the task. Short texts say nothing: two people answer
/// a short question alike.
struct NearDuplicates {
    private static let runLength = 5
    private static let wordsMin = 30
    /// Of the runs that either has, how many both must have.
    private static let shareMin = 0.7
    /// How many such texts make a case.
    private static let textsMin = 3
    /// Of an item with more texts only the first are compared.
    private static let textsMax = 60

    private struct Pair: Hashable {
        let one: Int32
        let other: Int32
    }
    private var items: [Pair: [Int32]] = [:]
    private var compared: [Pair: Int] = [:]

    init(_ answers: [ScreenedAnswer]) {
        let byItem = Dictionary(grouping: answers.filter { !$0.text.isEmpty }, by: \.item)
        for item in byItem.keys.sorted() {
            let texts = (byItem[item] ?? []).sorted { $0.worker < $1.worker }
                .map { (worker: $0.worker, runs: Self.runs(of: $0.text)) }
                .filter { !$0.runs.isEmpty }.prefix(Self.textsMax)
            var bearers: [Int: Int] = [:]
            for text in texts { for run in text.runs { bearers[run, default: 0] += 1 } }
            let own = texts.map { (worker: $0.worker, runs: $0.runs.filter { bearers[$0] ?? 0 <= 2 }) }
            for (place, one) in own.enumerated() {
                for other in own.dropFirst(place + 1) where other.worker != one.worker {
                    let pair = Pair(one: one.worker, other: other.worker)
                    compared[pair, default: 0] += 1
                    let both = one.runs.intersection(other.runs).count
                    let either = one.runs.count + other.runs.count - both
                    if both > 0, Double(both) >= Self.shareMin * Double(either) {
                        items[pair, default: []].append(item)
                    }
                }
            }
        }
    }

    func findings() -> [AnswerFinding] {
        items.filter { $0.value.count >= Self.textsMin }
            .map { pair, items in
                AnswerFinding(
                    .nearDuplicate, [pair.one, pair.other], items, score: Double(items.count),
                    ["compared": Double(compared[pair] ?? 0), "near_duplicates": Double(items.count)])
            }
    }

    /// Hashes of all runs of words, without case and punctuation; none of a text that is too short. Within one process
    /// only.
    private static func runs(of text: String) -> Set<Int> {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        guard words.count >= wordsMin else { return [] }
        return Set((0...words.count - runLength).map { words[$0..<$0 + runLength].hashValue })
    }
}
