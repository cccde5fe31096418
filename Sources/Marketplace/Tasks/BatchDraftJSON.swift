package import Formats
internal import Foundation

extension BatchDraft {
    /// The members of a draft's file, but `project` and `tasks`, which are read by whoever knows the project.
    private static let known: Set<String> = [
        "remark", "project", "name", "door", "profession", "tier", "requirement", "redundancy", "items_per_task",
        "fee_bps", "currency", "budget_minor", "expected_minutes", "lease_seconds", "answer_seconds", "priority",
        "workforces", "region", "language", "hours_to_due", "unsocial_hours", "difficulty", "escalation",
        "top_up_bps", "worker_tasks_max", "gold_bps", "packed", "due_at", "redundancy_most", "agreement_bps",
        "error_cost_minor", "control_bps", "sensitivity", "ceiling_minor", "answer_value_minor", "tasks",
    ]

    /// A draft as a requester writes it; see samples/batch.json.
    ///
    /// - Parameter project: what the member `project` names.
    /// - Throws: ``BadInput`` with the path of the first fault.
    package init(json: JSON, project: Project.ID) throws(BadInput) {
        let fields = try RateFields(json, "batch", known: Self.known)
        let currency = try fields.currency()
        guard let budget = try? Money(try fields.integer("budget_minor"), currency) else {
            throw BadInput("batch.budget_minor", "is out of range")
        }
        var workforces = Set(Workforce.allCases)
        if !fields.value("workforces").isNull {
            workforces = []
            for name in try fields.list("workforces") {
                guard let kind = name.stringValue.flatMap(Workforce.init(rawValue:)) else {
                    throw BadInput("batch.workforces", "must be of crowd, agency and staff")
                }
                workforces.insert(kind)
            }
        }
        let door = fields.value("door").isNull ? .claim : BatchDoor(rawValue: try fields.text("door"))
        guard let door else { throw BadInput("batch.door", "must be claim, offer or bid") }
        self.init(
            project: project, name: try fields.text("name"), door: door, profession: try fields.profession(),
            tier: try fields.tier(), requirement: try Requirement(json: fields.value("requirement")),
            redundancy: Int(clamping: try fields.integer("redundancy", or: 1)),
            itemsPerTask: Int(clamping: try fields.integer("items_per_task", or: 1)),
            feeBasisPoints: Int(clamping: try fields.integer("fee_bps")), budget: budget,
            expectedMinutes: Int(clamping: try fields.integer("expected_minutes")),
            leaseSeconds: Int(clamping: try fields.integer("lease_seconds", or: 3_600)),
            answerSeconds: Int(clamping: try fields.integer("answer_seconds", or: 86_400)),
            priority: Int(clamping: try fields.integer("priority", or: 0)), workforces: workforces,
            pricing: try BatchPricing(fields, currency), sharing: try TaskSharing(fields),
            adaptive: try AdaptiveRedundancy(fields),
            dueAt: fields.value("due_at").isNull ? nil : try fields.instant("due_at"),
            controlBasisPoints: Int(clamping: try fields.integer("control_bps", or: 0)),
            sensitivity: Int(clamping: try fields.integer("sensitivity", or: 0)),
            answerValue: fields.value("answer_value_minor").isNull ? nil : try fields.integer("answer_value_minor")
        )
    }
}

extension AdaptiveRedundancy {
    /// - Returns: `nil` where neither member is given; one without the other is refused, as is
    ///   the cost of an error alone.
    fileprivate init?(_ fields: RateFields) throws(BadInput) {
        let hasErrorCost = !fields.value("error_cost_minor").isNull
        if fields.value("redundancy_most").isNull, fields.value("agreement_bps").isNull, !hasErrorCost { return nil }
        self.init(
            most: Int(clamping: try fields.integer("redundancy_most")),
            agreementBasisPoints: Int(clamping: try fields.integer("agreement_bps")),
            errorCost: hasErrorCost ? try fields.integer("error_cost_minor") : nil
        )
    }
}

extension BatchPricing {
    fileprivate init(_ fields: RateFields, _ currency: Currency) throws(BadInput) {
        let hours = fields.value("hours_to_due").isNull ? nil : Int(clamping: try fields.integer("hours_to_due"))
        let curve = fields.value("escalation")
        self.init(
            region: try fields.orAny("region"), language: try fields.orAny("language"), hoursToDue: hours,
            isUnsocial: try fields.flag("unsocial_hours"),
            difficulty: Int(clamping: try fields.integer("difficulty", or: 1)),
            escalator: curve.isNull ? nil : try Escalator(json: curve, currency),
            topUpBasisPoints: Int(clamping: try fields.integer("top_up_bps", or: 0)),
            ceiling: try Self.ceiling(fields, currency)
        )
    }

    private static func ceiling(_ fields: RateFields, _ currency: Currency) throws(BadInput) -> Money? {
        if fields.value("ceiling_minor").isNull { return nil }
        guard let ceiling = try? Money(try fields.integer("ceiling_minor"), currency) else {
            throw BadInput("batch.ceiling_minor", "is out of range")
        }
        return ceiling
    }
}

extension TaskSharing {
    fileprivate init(_ fields: RateFields) throws(BadInput) {
        let most = fields.value("worker_tasks_max").isNull ? nil : Int(clamping: try fields.integer("worker_tasks_max"))
        self.init(
            workerTasksMax: most, goldBasisPoints: Int(clamping: try fields.integer("gold_bps", or: 0)),
            isPacked: try fields.flag("packed")
        )
    }
}

extension Escalator {
    /// `{"shape": "steps" or "linear", "after_seconds", "interval_seconds", "step_minor", "cap_minor"}`.
    fileprivate init(json: JSON, _ currency: Currency) throws(BadInput) {
        let path = "batch.escalation"
        let fields = try RateFields(
            json, path, known: ["shape", "after_seconds", "interval_seconds", "step_minor", "cap_minor"]
        )
        guard let shape = EscalationShape(rawValue: try fields.text("shape")) else {
            throw BadInput("\(path).shape", "must be steps or linear")
        }
        guard let step = try? Money(try fields.integer("step_minor"), currency),
            let cap = try? Money(try fields.integer("cap_minor"), currency)
        else { throw BadInput(path, "needs step_minor and cap_minor, whole numbers of minor units") }
        try self.init(
            shape, afterSeconds: Int(clamping: try fields.integer("after_seconds")),
            intervalSeconds: Int(clamping: try fields.integer("interval_seconds")), step: step, cap: cap
        )
    }
}

extension TaskDraft {
    /// The tasks of a draft's file: `[{"external_key", "payload", "parties"?, "matter"?, "suggestion"?}]`; none where
    /// they are left out.
    ///
    /// - Throws: ``BadInput`` with the path of the first fault.
    package static func list(json: JSON) throws(BadInput) -> [TaskDraft] {
        if json.isNull { return [] }
        guard let items = json.arrayValue else { throw BadInput("batch.tasks", "must be an array") }
        var drafts: [TaskDraft] = []
        for (place, item) in items.enumerated() {
            let path = "batch.tasks[\(place)]"
            let fields = try RateFields(
                item, path, known: ["external_key", "payload", "parties", "matter", "suggestion"])
            let parties = try fields.parties()
            let suggestion = fields.value("suggestion")
            drafts.append(
                TaskDraft(
                    externalKey: try fields.text("external_key"), payload: fields.value("payload"), parties: parties,
                    matter: fields.value("matter").isNull ? nil : try fields.text("matter"),
                    suggestion: suggestion.isNull
                        ? nil : try TaskSuggestion(json: suggestion, path: "\(path).suggestion")
                ))
        }
        return drafts
    }
}
