/// Words and pairs of neighbouring words of texts, as features that a worker's deviations may hang on.
package struct PhraseFeatures: Sendable {
    /// Words of a text that are looked at.
    private static let wordsMax = 1_000
    /// Features of all texts together, counted once for each text that has them.
    private static let usesMax = 200_000
    private static let textsMin = 4

    /// Of each text the codes of its features, from 0.
    package let codes: [[Int32]]
    /// How many words each feature has, by its code.
    package let lengths: [Int]

    /// Of a text its words and pairs of words, hashed, each once; without case and punctuation.
    package static func marks(of text: String) -> [UInt64] {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }.prefix(wordsMax)
        var marks: Set<UInt64> = []
        for (word, next) in zip(words, words.dropFirst()) { marks.insert(hash(word, next) | 1) }
        for word in words { marks.insert(hash(word) & ~1) }
        return marks.sorted()
    }

    /// What stands in fewer than four texts, or in more than half of them, is none. Of too many the rarest are left
    /// out.
    ///
    /// - Parameter marks: of each text.
    package init(_ marks: [[UInt64]]) {
        var uses: [UInt64: Int] = [:]
        for text in marks { for mark in text { uses[mark, default: 0] += 1 } }
        var sums: [Int: Int] = [:]
        for count in uses.values where count >= Self.textsMin && 2 * count <= marks.count {
            sums[count, default: 0] += count
        }
        var (least, sum) = (Int.max, 0)
        for count in sums.keys.sorted(by: >) {
            sum += sums[count] ?? 0
            if sum > Self.usesMax { break }
            least = count
        }
        var (known, lengths): ([UInt64: Int32], [Int]) = ([:], [])
        codes = marks.map { text in
            text.compactMap { mark in
                guard let count = uses[mark], count >= least, 2 * count <= marks.count else { return nil }
                if let code = known[mark] { return code }
                let code = Int32(lengths.count)
                known[mark] = code
                lengths.append(mark & 1 == 1 ? 2 : 1)
                return code
            }
        }
        self.lengths = lengths
    }

    /// FNV-1a: the same in every run.
    private static func hash(_ words: Substring...) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for word in words {
            for byte in word.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0x20) &* 0x100_0000_01b3
        }
        return hash
    }
}
