internal import Formats
internal import Foundation
internal import Store

/// A worker who is about to take leases: active, counted, and kept as they are until the transaction ends.
struct Claimant: Sendable {
    let worker: WorkerRow
    let day: CalendarDate
    let weekStartsOn: CalendarDate
    let reading: ClaimantReading
    private var verdicts: [Requirement.ID: Eligibility] = [:]

    var bonds: WorkerBonds { reading.bonds }

    /// - Parameters:
    ///   - row: the actor's, locked for a change.
    ///   - change: at the instant after that lock was waited for.
    /// - Throws: ``ClaimRefusal/notAWorker``, ``ClaimRefusal/notActive(_:)``, ``ClaimRefusal/mostAtOnce(_:)``.
    init(_ row: WorkerRow?, in change: Change) async throws {
        guard let row else { throw ClaimRefusal.notAWorker }
        let day = try WorkWeek.day(of: change.instant, timeZone: row.timeZone)
        let monday = try WorkWeek.start(of: change.instant, timeZone: row.timeZone)
        guard let reading = try await change.transaction.claimant(row.id, on: day, weekStartsOn: monday),
            reading.isWorker
        else { throw ClaimRefusal.notAWorker }
        guard row.state == .active else { throw ClaimRefusal.notActive(row.state) }
        guard reading.liveLeases < reading.limits.tasksAtOnceMax else {
            throw ClaimRefusal.mostAtOnce(reading.limits.tasksAtOnceMax)
        }
        (worker, self.day, weekStartsOn, self.reading) = (row, day, monday, reading)
    }

    /// Whether the worker meets a requirement; evaluated once for each.
    mutating func eligibility(for offering: Offering, in transaction: Transaction) async throws -> Eligibility {
        if let known = verdicts[offering.requirement] { return known }
        let requirement = try await transaction.requirement(offering.requirement, hash: offering.requirementHash)
        let verdict = requirement.evaluate(normal: reading.facts, at: transaction.instant)
        verdicts[offering.requirement] = verdict
        return verdict
    }

    /// How many tasks of so many minutes fit into what the worker gives, and may give, at an instant: leases, week,
    /// day, windows of weeks and the time before a rest.
    ///
    /// - Throws: ``ClaimRefusal/hoursCap``, ``ClaimRefusal/dayCap``, ``ClaimRefusal/windowCap(opens:)``,
    ///   ``ClaimRefusal/restDue(ends:)`` when none does.
    func room(minutes: Int, at instant: Date) throws(ClaimRefusal) -> Int {
        let limits = reading.limits
        let week = max(limits.weeklyMinutesMax - reading.minutesOfWeek, 0) / max(minutes, 1)
        guard week > 0 else { throw .hoursCap }
        let day = max(limits.dailyMinutesMax - reading.minutesOfDay, 0) / max(minutes, 1)
        guard day > 0 else { throw .dayCap }
        let room = min(limits.tasksAtOnceMax - reading.liveLeases, week, day)
        guard let bounds = limits.bounds else { return room }
        if let bar = bounds.bar(minutes, at: instant, timeZone: worker.timeZone) { throw ClaimRefusal(bar) }
        return min(room, bounds.minutesLeft(at: instant) / max(minutes, 1))
    }
}

extension Change {
    /// The one way to leases, for claims and for accepted offers: eligibility, hours, then the slots, in this order.
    /// A refusal leaves the transaction as it was.
    ///
    /// - Parameters:
    ///   - most: how many are wanted; fewer come where there is no room or no more work. 1 to 100.
    ///   - one: the one slot that will do, and its token as it stands.
    ///   - waiting: whether slots are waited for that others are taking right now, when there are no more.
    ///   - allotment: the only one whose slots will do, where it is given.
    ///   - asks: what the batch must pay; nothing for one that the worker has named.
    /// - Returns: at least one.
    /// - Throws: ``ClaimRefusal/noWork``, ``ClaimRefusal/otherWorkforce(_:)``, ``ClaimRefusal/excluded``,
    ///   ``ClaimRefusal/conflictOfInterest(_:)``, ``ClaimRefusal/notEligible(_:)``, ``ClaimRefusal/hoursCap``,
    ///   ``ClaimRefusal/dayCap``, ``ClaimRefusal/windowCap(opens:)``, ``ClaimRefusal/restDue(ends:)``,
    ///   ``ClaimRefusal/batchCap(_:)``, ``ClaimRefusal/shareCap(_:)``, ``ClaimRefusal/belowAsk(paysHourly:)``.
    func lease(
        from offering: Offering, to claimant: inout Claimant, event: String, most: Int = 1,
        only one: SlotChoice.One? = nil, of allotment: Allotment.ID? = nil, waiting: Bool = true,
        hints: ServiceHints? = nil, asking asks: Asks = .nothing
    ) async throws -> [Assignment] {
        guard !offering.isOverdue(at: instant) else { throw ClaimRefusal.overdue }
        guard offering.hasOpenSlot else { throw ClaimRefusal.noWork }
        if let bar = offering.bar(to: claimant.bonds) { throw bar }
        let proof: JSON
        switch try await claimant.eligibility(for: offering, in: transaction) {
        case .eligible(let eligible): proof = eligible.json
        case .ineligible(let fault): throw ClaimRefusal.notEligible(fault)
        }
        var room = min(try claimant.room(minutes: offering.expectedMinutes, at: instant), most)
        if let cap = offering.workerTasksMax {
            room = min(
                room, cap - (try await transaction.tasksHeld(of: offering.key, by: claimant.worker.id, most: cap)))
            guard room > 0 else { throw ClaimRefusal.batchCap(cap) }
        }
        if let share = try await transaction.shareLeft(of: offering, for: claimant.worker.id) {
            room = min(room, share.left)
            guard room > 0 else { throw ClaimRefusal.shareCap(share.most) }
        }
        guard asks.admit(offering) else { throw ClaimRefusal.belowAsk(paysHourly: try offering.hourly) }
        let grant = grant(offering, to: claimant, event: event, proof: proof, count: room)
        let taken: [Assignment]
        if one != nil || allotment != nil {
            var choice = SlotChoice()
            (choice.only, choice.allotment, choice.waits) = (one, allotment, true)
            taken = try await transaction.claimSlots(grant, choice)
            try await mustStillBeOpen(offering)
        } else {
            let gold = try await takeGold(grant, of: offering, for: claimant)
            let rest = grant.afterFirst(gold.count)
            let others =
                rest.assignments.isEmpty
                ? [] : try await takeSlots(rest, of: offering, for: claimant, waiting && gold.isEmpty, hints)
            // In the order of any lease, so that gold is not the first of several.
            taken = (gold + others).sorted { ($0.slot, $0.task) < ($1.slot, $1.task) }
        }
        guard !taken.isEmpty else { throw ClaimRefusal.noWork }
        grant.events.prefix(taken.count).forEach(note)
        if offering.isTold { try await transaction.tellPrograms(of: Array(grant.events.prefix(taken.count))) }
        return taken
    }

    /// Takes what the worker has won of a batch and not taken yet, at its price.
    ///
    /// - Returns: none where nothing is left of it.
    /// - Throws: as ``lease(from:to:event:most:only:of:hints:)``, but never ``ClaimRefusal/noWork``.
    func leaseAwarded(
        of offering: Offering, to claimant: inout Claimant, event: String, most: Int
    ) async throws -> [Assignment] {
        for won in try await transaction.awardsReserved(of: offering.key, for: claimant.worker.id) {
            let priced = offering.priced(
                at: won.pay, fee: won.fee, trace: ["award_allotment": .string("\(won.id)")]
            )
            do {
                return try await lease(from: priced, to: &claimant, event: event, most: most, of: won.id)
            } catch ClaimRefusal.noWork {
                continue
            }
        }
        return []
    }

    /// Takes what is set aside for the worker, then what belongs to what they had last, then what anybody may take;
    /// what others are taking right now is passed by. Then once more, waiting for those, as one may come back: so no
    /// slot is left while somebody qualified is sent away.
    private func takeSlots(
        _ grant: LeaseGrant, of offering: Offering, for claimant: Claimant, _ waiting: Bool, _ hints: ServiceHints?
    ) async throws -> [Assignment] {
        var aside: [Allotment.ID] = []
        if offering.hasAllotments {
            aside = try await transaction.allotments(
                of: offering.key, for: claimant.worker.id, in: claimant.bonds.team)
        }
        let taken = try await takeAside(aside, grant, of: offering, waiting: false)
        if !taken.isEmpty { return taken }
        if offering.isPacked, let pack = try await takePack(grant, of: offering, for: claimant) { return pack }
        if offering.hasMatters, let matter = try await transaction.lastMatter(of: offering.key, by: claimant.worker.id)
        {
            var choice = SlotChoice()
            choice.matter = matter
            let taken = try await transaction.claimSlots(grant, choice)
            if !taken.isEmpty { return taken }
        }
        let common = try await takeCommon(grant, of: offering, waiting: false, hints)
        guard common.isEmpty, waiting else { return common }
        var late = try await takeAside(aside, grant, of: offering, waiting: true)
        if late.isEmpty { late = try await takeCommon(grant, of: offering, waiting: true, hints) }
        try await mustStillBeOpen(offering)
        return late
    }

    /// After a wait, which may have been long: what the batch was before it does not count.
    private func mustStillBeOpen(_ offering: Offering) async throws {
        guard let state = try await transaction.batchState(of: offering.key) else { throw NotFound("batch") }
        guard state == .open else { throw ClaimRefusal.batchNotOpen(state) }
    }

    private func takeAside(
        _ allotments: [Allotment.ID], _ grant: LeaseGrant, of offering: Offering, waiting: Bool
    ) async throws -> [Assignment] {
        for allotment in allotments {
            var choice = SlotChoice()
            (choice.allotment, choice.waits) = (allotment, waiting)
            let taken = try await transaction.claimSlots(grant, choice)
            guard taken.isEmpty else {
                try await keepPack(allotment, of: offering)
                return taken
            }
        }
        return []
    }

    /// The first free pack of which the worker can take something becomes theirs; one of which they can take nothing
    /// (a party of its tasks, say) stays as it was.
    private func takePack(
        _ grant: LeaseGrant, of offering: Offering, for claimant: Claimant
    ) async throws -> [Assignment]? {
        var tried: [Allotment.ID] = []
        while tried.count < Self.packsTried,
            let pack = try await transaction.freePack(of: offering.key, for: claimant.worker.id, without: tried)
        {
            var choice = SlotChoice()
            choice.allotment = pack
            let taken = try await transaction.claimSlots(grant, choice)
            guard taken.isEmpty else {
                try await transaction.takePack(pack, of: offering.requester, for: claimant.worker.id)
                try await keepPack(pack, of: offering)
                return taken
            }
            tried.append(pack)
        }
        return nil
    }

    private static var packsTried: Int { 8 }

    private func takeCommon(
        _ grant: LeaseGrant, of offering: Offering, waiting: Bool, _ hints: ServiceHints?
    ) async throws -> [Assignment] {
        var choice = SlotChoice()
        choice.waits = waiting
        choice.after = waiting ? nil : hints?.start(of: offering.batch.uuid, at: .now)
        var begun: ContinuousClock.Instant?
        var taken: [Assignment] = []
        if choice.after != nil { taken = try await transaction.claimSlots(grant, choice) }
        if taken.isEmpty {
            (choice.after, begun) = (nil, .now)
            taken = try await transaction.claimSlots(grant, choice)
        }
        if let last = taken.last {
            hints?.found(
                ServiceHints.Place(slot: last.slot, task: last.task.uuid), of: offering.batch.uuid, lookingSince: begun
            )
        }
        return taken
    }

    /// A pack stays its holder's for as long as an answer may take, from the last lease on it.
    private func keepPack(_ allotment: Allotment.ID, of offering: Offering) async throws {
        guard offering.isPacked else { return }
        try await transaction.holdPack(
            allotment, of: offering.requester, until: instant + TimeInterval(offering.answerSeconds)
        )
    }

    private func grant(
        _ offering: Offering, to claimant: Claimant, event: String, proof: JSON, count: Int
    ) -> LeaseGrant {
        // Whole seconds, so that the terms say exactly what the column says.
        let answerBy = Date(
            timeIntervalSince1970: (instant.timeIntervalSince1970 + Double(offering.answerSeconds)).rounded(.down)
        )
        let terms = Terms(offering: offering, answerBy: answerBy, placeOfPerformance: claimant.worker.place)
        let limits = claimant.reading.limits
        return LeaseGrant(
            assignments: (0..<count).map { _ in make() }, events: (0..<count).map { _ in make() }, action: event,
            requester: offering.requester, batch: offering.batch, worker: claimant.worker.id,
            leaseUntil: min(instant + TimeInterval(offering.leaseSeconds), answerBy), answerBy: answerBy,
            terms: terms.json, pay: offering.pay, fee: offering.fee, eligibility: proof, onDay: claimant.day,
            weekStartsOn: claimant.weekStartsOn, expectedMinutes: offering.expectedMinutes,
            dayMinutesMax: limits.dailyMinutesMax, weekMinutesMax: limits.weeklyMinutesMax, bounds: limits.bounds,
            guideline: offering.guideline, guidelineVersion: offering.guidelineVersion,
            checksParties: offering.hasTaskParties, checksReviews: claimant.reading.reviews,
            checksOrigins: offering.hasRechecks
        )
    }
}

extension Identifier {
    /// The random half of a UUIDv7: uniform but for its first two bits.
    var lot: UInt64 {
        withUnsafeBytes(of: uuid.uuid) { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self).byteSwapped }
            & (.max >> 2)
    }
}
