internal import Formats
internal import Foundation
internal import Marketplace
internal import Scheduler
internal import Store

extension SimulationRun {
    /// A worker's day begins, and the next one is planned.
    func beginSession(_ index: Int) async throws {
        guard !isWorkDone else { return }
        timeline.plan(.session(index), at: workers[index].nextSession(after: now))
        guard now >= workers[index].restsUntil else { return }
        workers[index].sessionEnd = now + Double(workers[index].weeklyMinutes) / 5 * 60
        workers[index].patience = 2
        if workers[index].held == nil { try await findWork(index) }
    }

    /// Takes an offer, or claims, or waits.
    func findWork(_ index: Int) async throws {
        workers[index].isIdle = false
        let worker = workers[index]
        guard !isWorkDone, now < worker.sessionEnd else { return }
        if let offer = offers.removeValue(forKey: worker.id) {
            try await answer(offer, index)
        } else if !worker.professions.isDisjoint(with: claimed) {
            try await claim(index)
            if workers[index].held == nil { workers[index].sessionEnd = now }
        } else if !worker.professions.isDisjoint(with: offered) {
            wait(index)
        }
    }

    private func wait(_ index: Int) {
        workers[index].isIdle = true
        // The scheduler looks every ten minutes.
        let tick = (now.timeIntervalSince1970 / 600).rounded(.down) * 600 + 600
        planRouting(at: Date(timeIntervalSince1970: tick))
    }

    private func planRouting(at instant: Date) {
        if let routesAt, routesAt <= instant { return }
        routesAt = instant
        timeline.plan(.routing, at: instant)
    }

    private func answer(_ offer: Offer.ID, _ index: Int) async throws {
        if workers[index].random.happens(0.02) {
            do {
                try await DeclineOffer(market: market)(offer, because: .notNow, by: workers[index].actor)
                facts.offersDeclined += 1
            } catch let refusal as OfferRefusal {
                facts.refuse(.offer, refusal.code, rule: nil)
            }
            return wait(index)
        }
        do {
            try await begin(AcceptOffer(market: market)(offer, by: workers[index].actor), index)
        } catch let refusal as OfferRefusal {
            facts.refuse(.offer, refusal.code, rule: nil)
            wait(index)
        } catch let refusal as ClaimRefusal {
            note(refusal, as: .offer, index)
            if workers[index].restsUntil <= now { wait(index) }
        }
    }

    private func claim(_ index: Int) async throws {
        do {
            try await begin(ClaimTask(market: market)(by: workers[index].actor), index)
        } catch let refusal as ClaimRefusal {
            note(refusal, as: .claim, index)
        }
    }

    private func note(_ refusal: ClaimRefusal, as attempt: RunFacts.Attempt, _ index: Int) {
        var rule: String?
        if case .notEligible(let fault) = refusal { rule = fault.code }
        facts.refuse(attempt, refusal.code, rule: rule)
        if refusal == .hoursCap { workers[index].restsUntil = workers[index].nextMonday(after: now) }
    }

    /// A round of the scheduler; those who wait take what they are offered, in the order of their keys.
    func route() async throws {
        guard routesAt == now else { return }
        routesAt = nil
        guard !isWorkDone else { return }
        _ = try await routing.route()
        offers = try await market.database.read { try await $0.openOffers() }
        let week = Int(now.timeIntervalSince1970 / (7 * 86_400))
        for index in workers.indices where workers[index].isIdle {
            if offers[workers[index].id] != nil {
                try await findWork(index)
            } else {
                try await loseHeart(index, week: week)
            }
        }
        if workers.contains(where: \.isIdle) { planRouting(at: now + 3_600) }
    }

    /// Nothing was offered: a worker looks for themselves, once a week, and goes after some rounds.
    private func loseHeart(_ index: Int, week: Int) async throws {
        if workers[index].lookedIn != week {
            workers[index].lookedIn = week
            try await claim(index)
        }
        workers[index].patience -= 1
        let worker = workers[index]
        workers[index].isIdle = worker.held == nil && worker.patience > 0 && now < worker.sessionEnd
    }

    /// Reads the task, and plans what will come of the lease.
    private func begin(_ assignment: Assignment, _ index: Int) async throws {
        guard let batch = batches[assignment.batch] else { return }
        _ = try await ReadTask(market: market)(assignment.id, by: workers[index].actor)
        facts.leases += 1
        workers[index].isIdle = false
        let fate = workers[index].random.unit()
        let spread = exp(0.25 * workers[index].random.normal())
        let minutes = Double(batch.expectedMinutes) * min(max(workers[index].pace * spread, 0.3), 3)
        let whole = (minutes * 60).rounded()
        let step: PlannedStep = fate < 0.02 ? .giveBack : fate < 0.04 ? .walkOff : .submit
        let doneAt = now + (step == .submit ? whole : (whole * 0.4).rounded())
        workers[index].held = HeldWork(
            assignment: assignment, batch: batch, leaseUntil: assignment.leaseUntil, doneAt: doneAt, step: step
        )
        planStep(index)
    }

    /// The next thing to do about the lease: whoever takes long says so in time.
    private func planStep(_ index: Int) {
        guard let held = workers[index].held else { return }
        if held.step != .walkOff, held.doneAt >= held.leaseUntil - 60, held.leaseUntil < held.assignment.answerBy {
            let pause = (held.leaseUntil.timeIntervalSince(now) * 0.6).rounded()
            timeline.plan(.work(index, .heartbeat), at: now + max(1, pause))
        } else {
            timeline.plan(.work(index, held.step), at: held.doneAt)
        }
    }

    func goOn(_ index: Int, _ step: PlannedStep) async throws {
        guard let held = workers[index].held else { return }
        let (assignment, actor) = (held.assignment, workers[index].actor)
        do {
            switch step {
            case .heartbeat:
                let end = try await Heartbeat(market: market)(assignment.id, token: assignment.leaseToken, by: actor)
                facts.heartbeats += 1
                workers[index].held?.leaseUntil = end
                return planStep(index)
            case .giveBack:
                try await ReturnTask(market: market)(assignment.id, token: assignment.leaseToken, .noTime, by: actor)
            case .walkOff:
                workers[index].sessionEnd = now
            case .submit:
                try await submit(held, index)
            }
        } catch let refusal as LeaseRefusal {
            facts.refuse(.lease, refusal.code, rule: nil)
        } catch let refusal as SubmitRefusal {
            facts.refuse(.submission, refusal.code, rule: nil)
        }
        workers[index].held = nil
        try await findWork(index)
    }

    /// Hands an answer in; now and then one that the schema refuses first, and mended then.
    private func submit(_ held: HeldWork, _ index: Int) async throws {
        let (assignment, actor) = (held.assignment, workers[index].actor)
        let known = try await market.knownAnswers(of: [assignment.task], assignment.requester)
        let references = known[assignment.task] ?? [:]
        var maker = AnswerMaker(errorRate: workers[index].errorRate, random: workers[index].random)
        let answer = maker.answer(held.batch.taskKind, references: references, slot: assignment.slot)
        let slips = maker.random.happens(0.03)
        workers[index].random = maker.random
        let submit = SubmitAnswer(market: market)
        if slips {
            do {
                _ = try await submit(
                    maker.malformed(answer), for: assignment.id, token: assignment.leaseToken, by: actor
                )
            } catch let refusal as SubmitRefusal {
                facts.refuse(.submission, refusal.code, rule: nil)
            }
        }
        _ = try await submit(answer, for: assignment.id, token: assignment.leaseToken, by: actor)
    }
}
