package import Formats

/// What a study found.
package struct PolicyReport: Sendable {
    /// What was asked.
    package let study: PolicyStudy
    /// By scenario, seed and policy, in the order of the study.
    package let outcomes: [PolicyStudy.Outcome]

    /// The money of each run on a database, in the order of ``outcomes``; none without one.
    package let books: [StudyBooks]

    init(study: PolicyStudy, outcomes: [PolicyStudy.Outcome], books: [StudyBooks] = []) {
        (self.study, self.outcomes, self.books) = (study, outcomes, books)
    }

    /// What must be said with every figure.
    package var caution: String {
        books.isEmpty
            ? "Pure policy functions and solver alone: no database, no money. --database runs the scheduler itself."
            : "The scheduler's own rounds on a database, with money; people as in the pure study."
    }

    /// Whether the books of every run are in order.
    package var isSound: Bool { books.allSatisfy(\.isSound) }

    /// A mean over seeds with half the width of its 95 % confidence interval.
    package struct Estimate: Hashable, Sendable {
        /// The mean.
        package let mean: Double
        /// 0 for one seed.
        package let half: Double
        /// The least and the greatest.
        package let range: ClosedRange<Double>

        init?(_ values: [Double]) {
            guard let least = values.min(), let greatest = values.max() else { return nil }
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            self.mean = mean
            half =
                values.count > 1 ? Self.student(values.count - 1) * (squares / (count - 1) / count).squareRoot() : 0
            range = least...greatest
        }

        /// The 97.5 % quantile of Student's t.
        private static func student(_ freedom: Int) -> Double {
            let table = [
                12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
                2.131,
                2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
            ]
            return freedom <= table.count ? table[freedom - 1] : 1.98
        }
    }

    /// A metric over the seeds of one scenario and policy; `nil` where it was not measured.
    package func estimate(_ metric: WeekMetric, _ scenario: PolicyScenario, _ policy: WeekPolicy) -> Estimate? {
        Estimate(
            outcomes.filter { $0.scenario == scenario && $0.policy == policy }.compactMap { $0.metrics[metric] })
    }

    /// In how many seeds one policy's welfare was below another's; `nil` where not both were played.
    package func seeds(_ scenario: PolicyScenario, where policy: WeekPolicy, isBelow other: WeekPolicy) -> Int? {
        func bySeed(_ policy: WeekPolicy) -> [UInt64: Double] {
            Dictionary(
                outcomes.filter { $0.scenario == scenario && $0.policy == policy }
                    .compactMap { outcome in outcome.metrics[.welfare].map { (outcome.seed, $0) } },
                uniquingKeysWith: { first, _ in first })
        }
        let (one, two) = (bySeed(policy), bySeed(other))
        guard !one.isEmpty, !two.isEmpty else { return nil }
        return one.filter { seed, welfare in welfare < two[seed] ?? 0 }.count
    }

    // MARK: For people

    /// One block for each scenario: metrics down, policies across.
    package var lines: [String] {
        var lines = [
            "\(study.workers) workers, \(study.days) days, "
                + "seeds \(study.seed) to \(study.seed &+ UInt64(study.seeds - 1))",
            caution, "Mean over seeds ± half of the 95 % confidence interval.",
        ]
        for scenario in study.scenarios {
            lines += ["", "\(scenario.rawValue)  \(scenario.title)"]
            var table = TextTable([.left] + study.policies.map { _ in .right })
            table.add([""] + study.policies.map(\.rawValue))
            for metric in WeekMetric.allCases {
                let cells = study.policies.map { policy in
                    estimate(metric, scenario, policy).map { Self.text($0, metric.digits) } ?? ""
                }
                if cells.contains(where: { !$0.isEmpty }) { table.add([metric.rawValue] + cells) }
            }
            lines += table.lines
            if let below = seeds(scenario, where: .ours, isBelow: .fifo) {
                lines.append("  seeds in which ours is below fifo: \(below)")
            }
        }
        if !books.isEmpty { lines += ["", "Money"] + books.map { "  " + $0.line } }
        return lines
    }

    private static func text(_ estimate: Estimate, _ digits: Int) -> String {
        let mean = FixedText.of(estimate.mean, digits: digits)
        return estimate.half > 0 ? mean + " ± " + FixedText.of(estimate.half, digits: digits) : mean
    }

    // MARK: For programs

    /// Every outcome, and the estimates.
    package var json: JSON {
        [
            "caution": .string(caution), "workers": .integer(Int64(study.workers)),
            "days": .integer(Int64(study.days)), "seed": .string(String(study.seed)),
            "seeds": .integer(Int64(study.seeds)),
            "scenarios": .array(
                study.scenarios.map { scenario in
                    [
                        "scenario": .string(scenario.rawValue), "title": .string(scenario.title),
                        "seeds_ours_below_fifo": seeds(scenario, where: .ours, isBelow: .fifo)
                            .map { .integer(Int64($0)) } ?? .null,
                        "policies": .array(study.policies.map { json(scenario, $0) }),
                    ]
                }),
            "books": .array(books.map(\.json)),
            "outcomes": .array(
                outcomes.map { outcome in
                    [
                        "scenario": .string(outcome.scenario.rawValue), "seed": .string(String(outcome.seed)),
                        "policy": .string(outcome.policy.rawValue), "tasks": .integer(Int64(outcome.tasks)),
                        "metrics": .object(
                            Dictionary(
                                uniqueKeysWithValues: outcome.metrics.map { ($0.rawValue, Self.number($1)) })),
                    ]
                }),
        ]
    }

    private func json(_ scenario: PolicyScenario, _ policy: WeekPolicy) -> JSON {
        let estimates = WeekMetric.allCases.compactMap { metric in
            estimate(metric, scenario, policy).map { estimate -> (String, JSON) in
                (
                    metric.rawValue,
                    [
                        "mean": Self.number(estimate.mean), "half_ci95": Self.number(estimate.half),
                        "least": Self.number(estimate.range.lowerBound),
                        "greatest": Self.number(estimate.range.upperBound),
                    ]
                )
            }
        }
        return [
            "policy": .string(policy.rawValue), "metrics": .object(Dictionary(uniqueKeysWithValues: estimates)),
        ]
    }

    private static func number(_ value: Double) -> JSON { .number(FixedText.of(value, digits: 6)) }

    /// One row for each outcome and metric.
    package var csv: [UInt8] {
        var writer = CSVWriter(header: ["scenario", "seed", "policy", "metric", "value"])
        for outcome in outcomes {
            for metric in WeekMetric.allCases {
                guard let value = outcome.metrics[metric],
                    let decimal = CSVDecimal(FixedText.of(value, digits: 6))
                else { continue }
                writer.append([
                    .text(outcome.scenario.rawValue), .text(String(outcome.seed)), .text(outcome.policy.rawValue),
                    .text(metric.rawValue), .decimal(decimal),
                ])
            }
        }
        return writer.take()
    }
}
