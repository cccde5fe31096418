internal import Formats
package import Foundation
internal import Store

/// What a requester says of a new batch.
package struct BatchDraft: Sendable {
    package let project: Project.ID
    /// 1 to 200 characters, unique in its project.
    package let name: String
    package let door: BatchDoor
    /// Whose rate is paid: profession and tier of the rate card.
    package let profession: Profession
    package let tier: Tier
    package let requirement: Requirement
    /// How many counted assignments each task wants, 1 to 100.
    package let redundancy: Int
    /// How many more, while answers differ; `nil` for no more.
    package let adaptive: AdaptiveRedundancy?
    /// How many items a task has, for rates paid by the item.
    package let itemsPerTask: Int
    /// What the platform adds to the pay, in ten-thousandths, 0 to 10,000.
    package let feeBasisPoints: Int
    /// The most the batch may ever cost.
    package let budget: Money
    package let expectedMinutes: Int
    package let leaseSeconds: Int
    /// How long after its beginning a lease ends at the latest, heartbeats or not.
    package let answerSeconds: Int
    /// After so many leases on it that end without an answer a slot is held back for a person to look at.
    package let lapsesMax: Int
    /// Higher ones are handed out first.
    package let priority: Int
    /// Whose work it takes; not empty.
    package let workforces: Set<Workforce>
    /// What else the price depends on, and how it rises.
    package let pricing: BatchPricing
    package let sharing: TaskSharing
    /// Past it nothing more is handed out, at most ten years from now; `nil` for no deadline.
    package let dueAt: Date?
    /// How many of its tasks with a suggestion stay without it, to compare with, in ten-thousandths, 0 to 10,000.
    package let controlBasisPoints: Int
    /// How sensitive its content is, 0 to 3: what clearance its workers need beside the requirement; 0 for none.
    package let sensitivity: Int
    /// What a right answer is worth to the requester, in minor units, 1 to 10¹²; `nil` where they do not say. Only
    /// routing reads it: it is neither paid nor shown to workers.
    package let answerValue: Int64?

    package init(
        project: Project.ID, name: String, door: BatchDoor = .claim, profession: Profession, tier: Tier,
        requirement: Requirement, redundancy: Int = 1, itemsPerTask: Int = 1, feeBasisPoints: Int, budget: Money,
        expectedMinutes: Int, leaseSeconds: Int = 3_600, answerSeconds: Int = 86_400, lapsesMax: Int = 5,
        priority: Int = 0,
        workforces: Set<Workforce> = Set(Workforce.allCases),
        pricing: BatchPricing = .plain, sharing: TaskSharing = .plain, adaptive: AdaptiveRedundancy? = nil,
        dueAt: Date? = nil, controlBasisPoints: Int = 0, sensitivity: Int = 0, answerValue: Int64? = nil
    ) {
        self.project = project
        self.name = name
        self.door = door
        self.profession = profession
        self.tier = tier
        self.requirement = requirement
        self.redundancy = redundancy
        self.itemsPerTask = itemsPerTask
        self.feeBasisPoints = feeBasisPoints
        self.budget = budget
        self.expectedMinutes = expectedMinutes
        self.leaseSeconds = leaseSeconds
        self.answerSeconds = answerSeconds
        self.lapsesMax = lapsesMax
        self.priority = priority
        self.workforces = workforces
        self.pricing = pricing
        self.sharing = sharing
        self.adaptive = adaptive
        self.dueAt = dueAt
        self.controlBasisPoints = controlBasisPoints
        self.sensitivity = sensitivity
        self.answerValue = answerValue
    }

    /// - Throws: ``BadInput`` for the first field that is out of bounds.
    func validate() throws(BadInput) {
        try name.mustHave(1...200, as: "name")
        try Self.check(redundancy, 1...100, "redundancy")
        if let adaptive {
            guard redundancy < 100 else { throw BadInput("redundancy", "must be below 100 for more to be asked for") }
            try Self.check(adaptive.most, (redundancy + 1)...100, "redundancy_most")
            try Self.check(adaptive.agreementBasisPoints, 1...10_000, "agreement_bps")
            if let cost = adaptive.errorCost, !(1...1_000_000_000_000).contains(cost) {
                throw BadInput("error_cost_minor", "must be 1 to 1,000,000,000,000")
            }
        }
        try Self.check(itemsPerTask, 1...10_000, "items_per_task")
        try Self.check(feeBasisPoints, 0...10_000, "fee_bps")
        try Self.check(expectedMinutes, 1...10_080, "expected_minutes")
        try Self.check(leaseSeconds, 1...2_592_000, "lease_seconds")
        try Self.check(answerSeconds, leaseSeconds...7_776_000, "answer_seconds")
        try Self.check(lapsesMax, 1...1_000, "lapses_max")
        try Self.check(priority, Self.priorities, "priority")
        try Self.check(pricing.topUpBasisPoints, 0...10_000, "top_up_bps")
        guard pricing.ceiling == nil || door == .bid else {
            throw BadInput("ceiling_minor", "goes with the door bid only")
        }
        guard pricing.escalator == nil || door != .bid else {
            throw BadInput("escalation", "does not go with the door bid: its price comes of an auction")
        }
        try sharing.validate()
        try Self.check(controlBasisPoints, 0...10_000, "control_bps")
        try Self.check(sensitivity, 0...Clearance.most, "sensitivity")
        if let answerValue, !(1...1_000_000_000_000).contains(answerValue) {
            throw BadInput("answer_value_minor", "must be 1 to 1,000,000,000,000")
        }
        guard !workforces.isEmpty else { throw BadInput("workforces", "must be crowd, agency or staff") }
        guard budget.minorUnits > 0 else { throw BadInput("budget", "must be above zero") }
    }

    static let priorities = -1_000_000...1_000_000

    /// Its own, and the clearance that its content asks for.
    var wholeRequirement: Requirement {
        sensitivity > 0 ? .all([requirement, .clearance(sensitivity)]) : requirement
    }

    static func check(_ value: Int, _ bounds: ClosedRange<Int>, _ field: String) throws(BadInput) {
        guard bounds.contains(value) else {
            throw BadInput(field, "must be \(bounds.lowerBound) to \(bounds.upperBound)")
        }
    }
}

/// Makes a draft of a release of work, at the price of the rate card.
package struct CreateBatch: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// Idempotent by project and name: asked for again, an existing batch of that name is returned as it is.
    ///
    /// - Throws: ``BadInput``; ``AccessRefusal``; ``NotFound``; ``BatchRefusal/nameTaken(field:)`` where the name is
    ///   another batch's; ``BatchRefusal/noRate``.
    package func callAsFunction(
        _ draft: BatchDraft, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Batch.ID {
        try draft.validate()
        return try await market.change { try await $0.create(draft, of: requester, by: actor) }
    }
}

extension Change {
    /// Makes a draft that was validated, or finds the batch of its name.
    ///
    /// - Throws: as ``CreateBatch``.
    func create(
        _ draft: BatchDraft, of requester: Requester.ID, by actor: Principal.ID
    ) async throws -> Batch.ID {
        try await transaction.authorizePublisher(actor, for: requester)
        guard let project = try await transaction.project(draft.project, of: requester) else {
            throw NotFound("project")
        }
        if let found = try await transaction.batch(like: draft, of: requester) { return found }
        try draft.dueAt?.mustBeADeadline(at: instant)
        let priced = try await price(draft, project.taskKind)
        let requirement = try await transaction.internRequirement(draft.wholeRequirement, id: make())
        let fresh: Batch.ID = make()
        guard try await transaction.insertBatch(fresh, of: requester, draft, priced, requirement: requirement)
        else {
            guard let found = try await transaction.batch(like: draft, of: requester) else { throw NotFound("batch") }
            return found
        }
        if draft.controlBasisPoints > 0 {
            let seed = identifiers.uuid(at: instant)
            try await transaction.keepControls(draft.controlBasisPoints, seed: seed, in: fresh, of: requester)
        }
        try await record(
            "batch_created", by: actor, on: "batch", fresh.uuid, in: .requester(requester),
            facts: ["name": .string(draft.name), "pay": .string("\(priced.pay)"), "fee": .string("\(priced.fee)")]
        )
        return fresh
    }

    private func price(_ draft: BatchDraft, _ kind: TaskKind) async throws -> BatchPrice {
        let task = try draft.rateTask(kind)
        let resolved: ResolvedRate
        switch try await transaction.resolveRate(task, at: transaction.instant) {
        case .resolved(let rate): resolved = rate
        case .noRate(.price, _): throw BadInput("items_per_task", "makes a price that is out of range")
        case .noRate: throw BatchRefusal.noRate
        }
        do {
            let ceiling = draft.door == .bid ? try resolved.ceiling(draft.pricing.ceiling, for: task) : nil
            return try BatchPrice(
                resolved, task, draft.pricing, ceiling: ceiling, feeBasisPoints: draft.feeBasisPoints
            )
        } catch is MoneyError {
            throw BadInput("items_per_task", "makes a price that is out of range")
        }
    }
}

extension Date {
    /// - Throws: ``BadInput`` unless it is within ten years from now.
    func mustBeADeadline(at instant: Date) throws(BadInput) {
        let seconds = timeIntervalSince(instant)
        guard seconds > 0, seconds <= 3_653 * 86_400 else {
            throw BadInput("due_at", "must be in the next ten years")
        }
    }
}
