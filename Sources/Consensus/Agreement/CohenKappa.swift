extension Labels {
    /// Cohen's kappa of two workers: how far they agree beyond what the frequencies of their answers would give; 1 is
    /// perfect, 0 is chance. Over the items that both answered once.
    ///
    /// Source: Cohen 1960, A Coefficient of Agreement for Nominal Scales.
    /// - Returns: nil when no item counts, or both always give the same one answer.
    package func cohenKappa(_ one: Int32, _ other: Int32) -> (kappa: Double, items: Int)? {
        var table: [Int32: (one: Double, other: Double)] = [:]
        var (agreeing, items) = (0.0, 0)
        for item in 0..<itemCount {
            let (ones, others) = (
                labels(of: item).filter { $0.worker == one }, labels(of: item).filter { $0.worker == other }
            )
            guard ones.count == 1, others.count == 1 else { continue }
            items += 1
            if ones[0].answer == others[0].answer { agreeing += 1 }
            table[ones[0].answer, default: (0, 0)].one += 1
            table[others[0].answer, default: (0, 0)].other += 1
        }
        guard items > 0 else { return nil }
        let count = Double(items)
        let expected = table.keys.sorted().reduce(0.0) { sum, answer in
            let shares = table[answer] ?? (0, 0)
            return sum + shares.one / count * (shares.other / count)
        }
        guard expected < 1 else { return nil }
        return ((agreeing / count - expected) / (1 - expected), items)
    }
}
