internal import Marketplace

extension SimulationReport {
    /// For people: plain text, aligned, at most 120 columns, ends in a line feed.
    package var table: String {
        var sections = [
            section("Tasks", taskLines), section("Assignments", assignmentLines),
            section("Time to fill, from publication to acceptance", fillLines),
        ]
        if run != nil { sections.append(section("Refused", refusalLines)) }
        sections += [
            section("Budget", budgetLines), section("Pay", payLines), section("Records", recordLines),
        ]
        return sections.joined(separator: "\n\n") + "\n"
    }

    private func section(_ title: String, _ lines: [String]) -> String {
        ([title] + (lines.isEmpty ? ["  none"] : lines)).joined(separator: "\n")
    }

    private var taskLines: [String] {
        var table = TextTable([.left, .right, .right, .right])
        table.add("project", "draft", "open", "closed")
        for project in projects {
            table.add(
                project.name, "\(project.tasks[.draft] ?? 0)", "\(project.tasks[.open] ?? 0)",
                "\(project.tasks[.closed] ?? 0)"
            )
        }
        return projects.isEmpty ? [] : table.lines
    }

    private var assignmentLines: [String] {
        var table = TextTable([.left] + Array(repeating: .right, count: 8))
        table.add(
            "project", "accepted", "in part", "rejected", "returned", "lapsed", "leased", "in review", "agreement"
        )
        for project in projects {
            func count(_ state: AssignmentState) -> String { "\(project.assignments[state] ?? 0)" }
            table.add(
                project.name, count(.accepted), "\(project.partly)", count(.rejected), count(.returned),
                count(.expired), count(.leased), count(.submitted),
                project.agreementBasisPoints.map(Self.percent) ?? "-"
            )
        }
        return projects.isEmpty ? [] : table.lines
    }

    private var fillLines: [String] {
        var table = TextTable([.left, .right, .right])
        table.add("project", "median", "p90")
        for project in projects {
            table.add(
                project.name, project.fillMedianSeconds.map(Self.span) ?? "-",
                project.fillNinetiethSeconds.map(Self.span) ?? "-"
            )
        }
        return projects.isEmpty ? [] : table.lines
    }

    private var refusalLines: [String] {
        guard let run, !run.refusals.isEmpty else { return [] }
        var table = TextTable([.left, .left, .left, .right])
        table.add("attempt", "code", "rule", "times")
        for (reason, count) in run.sortedRefusals {
            table.add(reason.attempt.rawValue, reason.code, reason.rule ?? "-", "\(count)")
        }
        return table.lines
    }

    private var budgetLines: [String] {
        var table = TextTable([.left, .left, .right, .right, .right, .right])
        table.add("batch", "state", "budget", "spent", "of it", "held")
        for release in releases {
            let (spent, budget) = (release.spent.minorUnits, release.budget.minorUnits)
            let share = budget > 0 ? Int(Double(spent) / Double(budget) * 10_000) : 0
            table.add(
                release.name, release.state.rawValue, "\(release.budget)", "\(release.spent)", Self.percent(share),
                "\(release.held)"
            )
        }
        let flagged = releases.filter { $0.floorFlags > 0 }
            .map { "  \($0.name) was below the pay floor, flagged \($0.floorFlags) times" }
        return releases.isEmpty ? [] : table.lines + flagged
    }

    private var payLines: [String] {
        var table = TextTable([.left, .right])
        for line in pay {
            table.add("earned", "\(line.earned)")
            table.add("paid by \(line.payoutBatches) payout files", "\(line.paid)")
            table.add("paid by the ledger", "\(line.posted)")
            table.add("still owed", "\(line.owed)")
            let difference = (try? Money(line.difference, line.earned.currency)).map(\.description)
            table.add("difference", difference ?? "out of range")
            table.add("fees of the platform", "\(line.fees)")
        }
        return table.lines
    }

    private var recordLines: [String] {
        var table = TextTable([.left, .right])
        table.add("workers", "\(workers)")
        table.add("decisions with reasons", "\(decisions)")
        table.add("audit events", "\(auditEvents)")
        table.add("of them sealed, in \(auditStreams) chains", "\(auditSealed)")
        if let checks { table.add("checks of the doctor", "\(checks)") }
        if checks != nil { table.add("findings of the doctor", "\(findings.count)") }
        if let run {
            table.add("leases taken", "\(run.leases)")
            table.add("heartbeats", "\(run.heartbeats)")
            table.add("offers declined", "\(run.offersDeclined)")
            table.add("virtual weeks", "\(run.weeks)")
            table.add("seed", "\(run.seed)")
        }
        return table.lines
            + findings.map { finding in
                let examples = finding.examples.joined(separator: ", ")
                return "  \(finding.check), broken \(finding.count) times: \(finding.sentence) Seen at \(examples)."
            }
    }

    /// One decimal, cut.
    private static func percent(_ basisPoints: Int) -> String { "\(basisPoints / 100).\(basisPoints % 100 / 10) %" }

    /// Days and hours, or hours and minutes.
    private static func span(_ seconds: Int) -> String {
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60)
        return days > 0 ? "\(days) d \(hours) h" : "\(hours) h \(minutes) min"
    }
}
