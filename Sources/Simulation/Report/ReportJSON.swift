package import Formats
internal import Marketplace

extension SimulationReport {
    /// Everything, for programs; amounts in minor units. `run` is null in an overview, `checks` where the doctor was
    /// not asked.
    package var json: JSON {
        [
            "workers": Self.count(workers), "projects": .array(projects.map(\.json)),
            "batches": .array(releases.map(\.json)), "pay": .array(pay.map(\.json)), "decisions": Self.count(decisions),
            "audit": [
                "events": Self.count(auditEvents), "sealed": Self.count(auditSealed),
                "streams": Self.count(auditStreams),
            ],
            "checks": checks.map(Self.count) ?? .null, "findings": .array(findings.map(\.json)),
            "run": run?.json ?? .null, "is_sound": .bool(isSound),
        ]
    }

    fileprivate static func count(_ number: Int) -> JSON { .integer(Int64(number)) }
}

extension SimulationReport.Project {
    fileprivate var json: JSON {
        [
            "key": .string(key), "name": .string(name),
            "tasks": .object(
                Dictionary(
                    uniqueKeysWithValues: SimulationReport.TaskStanding.allCases.map { state in
                        (state.rawValue, SimulationReport.count(tasks[state] ?? 0))
                    })),
            "assignments": .object(
                Dictionary(
                    uniqueKeysWithValues: AssignmentState.allCases.map { state in
                        (state.rawValue, SimulationReport.count(assignments[state] ?? 0))
                    })),
            "accepted_in_part": SimulationReport.count(partly),
            "fill_median_seconds": fillMedianSeconds.map(SimulationReport.count) ?? .null,
            "fill_p90_seconds": fillNinetiethSeconds.map(SimulationReport.count) ?? .null,
            "agreement_bps": agreementBasisPoints.map(SimulationReport.count) ?? .null,
        ]
    }
}

extension SimulationReport.Release {
    fileprivate var json: JSON {
        [
            "name": .string(name), "state": .string(state.rawValue), "currency": .string(budget.currency.code),
            "budget_minor": .integer(budget.minorUnits), "spent_minor": .integer(spent.minorUnits),
            "held_minor": .integer(held.minorUnits), "floor_flags": SimulationReport.count(floorFlags),
        ]
    }
}

extension SimulationReport.Pay {
    fileprivate var json: JSON {
        [
            "currency": .string(earned.currency.code), "earned_minor": .integer(earned.minorUnits),
            "paid_minor": .integer(paid.minorUnits), "posted_minor": .integer(posted.minorUnits),
            "owed_minor": .integer(owed.minorUnits), "difference_minor": .integer(difference),
            "fees_minor": .integer(fees.minorUnits), "payout_batches": SimulationReport.count(payoutBatches),
        ]
    }
}

extension SimulationReport.Finding {
    fileprivate var json: JSON {
        [
            "check": .string(check), "sentence": .string(sentence), "count": SimulationReport.count(count),
            "examples": .array(examples.map { .string($0) }),
        ]
    }
}

extension RunFacts {
    fileprivate var json: JSON {
        [
            // As text: a seed has 64 bits, and many readers of JSON have 53.
            "seed": .string("\(seed)"), "virtual_weeks": SimulationReport.count(weeks),
            "leases": SimulationReport.count(leases), "heartbeats": SimulationReport.count(heartbeats),
            "offers_declined": SimulationReport.count(offersDeclined),
            "refused": .array(
                sortedRefusals.map { reason, count in
                    [
                        "attempt": .string(reason.attempt.rawValue), "code": .string(reason.code),
                        "rule": reason.rule.map { .string($0) } ?? .null, "times": SimulationReport.count(count),
                    ]
                }),
        ]
    }
}
