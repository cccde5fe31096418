internal import Formats
internal import Foundation
internal import Store

extension BatchDraft {
    /// What of a draft that is asked for is not so in what has its name, as a draft's file calls it; `nil` for the same
    /// again. Of a batch that was published only what cannot be changed since is compared.
    ///
    /// - Parameters:
    ///   - standing: what would be said to get the batch that is there again.
    ///   - batch: that batch.
    func difference(to standing: BatchDraft, _ batch: Batch) -> String? {
        let settled: [(String, Bool)] = [
            ("door", door == standing.door), ("profession", profession == standing.profession),
            ("tier", tier == standing.tier), ("sensitivity", sensitivity == standing.sensitivity),
            ("requirement", wholeRequirement.normalised == standing.wholeRequirement.normalised),
            ("items_per_task", itemsPerTask == standing.itemsPerTask),
            ("fee_bps", feeBasisPoints == standing.feeBasisPoints),
            ("currency", budget.currency == standing.budget.currency),
            ("expected_minutes", expectedMinutes == standing.expectedMinutes),
            ("lease_seconds", leaseSeconds == standing.leaseSeconds),
            ("answer_seconds", answerSeconds == standing.answerSeconds),
            ("lapses_max", lapsesMax == standing.lapsesMax), ("workforces", workforces == standing.workforces),
            ("region", pricing.region == standing.pricing.region),
            ("language", pricing.language == standing.pricing.language),
            ("hours_to_due", pricing.hoursToDue == standing.pricing.hoursToDue),
            ("unsocial_hours", pricing.isUnsocial == standing.pricing.isUnsocial),
            ("difficulty", pricing.difficulty == standing.pricing.difficulty),
            ("escalation", pricing.escalator.isSame(as: standing.pricing.escalator, from: batch.pay)),
            ("top_up_bps", pricing.topUpBasisPoints == standing.pricing.topUpBasisPoints),
            ("worker_tasks_max", sharing.workerTasksMax == standing.sharing.workerTasksMax),
            ("gold_bps", sharing.goldBasisPoints == standing.sharing.goldBasisPoints),
            ("packed", sharing.isPacked == standing.sharing.isPacked),
            ("control_bps", controlBasisPoints == standing.controlBasisPoints),
            ("answer_value_minor", answerValue == standing.answerValue),
        ]
        let changeable: [(String, Bool)] = [
            ("redundancy", redundancy == standing.redundancy),
            ("redundancy_most", adaptive?.most == standing.adaptive?.most),
            ("agreement_bps", adaptive?.agreementBasisPoints == standing.adaptive?.agreementBasisPoints),
            ("error_cost_minor", adaptive?.errorCost == standing.adaptive?.errorCost),
            ("budget_minor", budget.minorUnits == standing.budget.minorUnits),
            ("priority", priority == standing.priority), ("due_at", dueAt.isSame(as: batch.dueAt)),
        ]
        return (batch.state == .draft ? settled + changeable : settled).first { !$0.1 }?.0
    }
}

extension Transaction {
    /// The batch that has the name of a draft.
    ///
    /// - Throws: ``BatchRefusal/nameTaken(field:)`` when it is another one than is asked for.
    func batch(like draft: BatchDraft, of requester: Requester.ID) async throws -> Batch.ID? {
        guard let found = try await batch(named: draft.name, in: draft.project, of: requester) else { return nil }
        if let batch = try await batch(found, of: requester),
            let standing = try await self.draft(
                likeBatch: found, of: requester, named: draft.name, dueAt: batch.dueAt),
            let field = draft.difference(to: standing, batch)
        {
            throw BatchRefusal.nameTaken(field: field)
        }
        return found
    }
}

extension Date? {
    /// The database keeps microseconds.
    fileprivate func isSame(as other: Date?) -> Bool {
        guard let self, let other else { return self == nil && other == nil }
        return abs(self.timeIntervalSince(other)) < 0.001
    }
}

extension Escalator? {
    /// A cap below the price is that price.
    fileprivate func isSame(as other: Escalator?, from pay: Money) -> Bool {
        guard let self, let other else { return self == nil && other == nil }
        return self.shape == other.shape && self.afterSeconds == other.afterSeconds
            && self.intervalSeconds == other.intervalSeconds && self.step == other.step
            && max(self.cap.minorUnits, pay.minorUnits) == other.cap.minorUnits
    }
}

/// Why a project is not made.
package enum ProjectRefusal: Refusal {
    /// Another project has the key; which part of it is not as asked.
    case keyTaken(field: String)

    package var code: String {
        switch self {
        case .keyTaken: "key_taken"
        }
    }

    package var message: String {
        switch self {
        case .keyTaken(let field):
            "A project has this key, and its \(field) is not what you ask for. Take another key, or ask for the same."
        }
    }
}

extension Transaction {
    /// A project that is there, for whoever asks for the same again. What can be changed since is not compared: weight,
    /// guideline, retention.
    ///
    /// - Throws: ``ProjectRefusal/keyTaken(field:)`` for the first part that differs.
    func same(_ project: Project, as draft: ProjectDraft, _ asked: ProjectShape) async throws -> Project.ID {
        let shape = project.shape
        let isOfParameters = asked.parameters != nil && shape.parameters != nil
        let parties = try await parties(of: project.id, project.requester)
        let parts: [(String, Bool)] = [
            ("name", project.name == draft.name),
            ("kind", project.taskKind == draft.taskKind),
            ("parameters", asked.parameters == shape.parameters),
            // Those of a kind follow from its parameters, as the kind was then.
            ("input_schema", isOfParameters || asked.inputSchema == shape.inputSchema),
            ("answer_schema", isOfParameters || asked.answerSchema == shape.answerSchema),
            ("function", project.function == draft.function),
            ("deidentification", project.deidentification == draft.deidentification),
            ("parties", parties == Set(draft.parties.map(\.normalised))),
        ]
        if let other = parts.first(where: { !$0.1 }) { throw ProjectRefusal.keyTaken(field: other.0) }
        return project.id
    }
}
