/// What becomes of a project's items when some workers' answers are taken out.
package struct Withdrawal: Sendable {
    /// The labels that stay.
    package let labels: Labels
    /// The fit of them.
    package let fit: Fit
    /// Items whose likeliest answer is another now.
    package let changed: [Int32]
    /// Items that must be asked about again: they lost a label, and are now below the rule's confidence or least
    /// answers.
    package let recollected: [Int32]

    /// - Throws: ``LabelsFault`` as the method.
    package init(
        _ whole: Labels, _ before: Fit, without workers: Set<Int32>, rule: StoppingRule
    ) throws(LabelsFault) {
        labels = whole.filtered { !workers.contains($0.worker) }
        fit = try before.method.fit(labels, prior: before.prior)
        var (changed, recollected): ([Int32], [Int32]) = ([], [])
        for item in 0..<whole.itemCount where labels.count(of: item) < whole.count(of: item) {
            guard let (answer, posterior) = fit.likeliest(item: item) else { continue }
            if answer != before.likeliest(item: item)?.answer { changed.append(Int32(item)) }
            if labels.count(of: item) < rule.answersMin || posterior < rule.target { recollected.append(Int32(item)) }
        }
        (self.changed, self.recollected) = (changed, recollected)
    }
}

/// How many of a project's final answers may come from one worker, or from workers who belong together.
package struct InfluenceLimit: Hashable, Sendable {
    /// The share, 0 to 1.
    package let share: Double

    /// The larger of 2 % and twice an equal share.
    package init(workers: Int) { share = min(max(0.02, 2 / Double(max(workers, 1))), 1) }

    /// Whether one more answer may count towards a final one.
    package func allows(own: Int, all: Int) -> Bool { Double(own + 1) <= max(share * Double(all + 1), 1) }
}
