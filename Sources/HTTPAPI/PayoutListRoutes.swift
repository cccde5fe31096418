internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Payouts to look through, whom a payment is for, when payouts fall due, and pay that is taken back.
struct PayoutListRoutes {
    private static let maker = Access.platform([.financeMaker])
    private static let checker = Access.platform([.financeChecker])
    private static let clawback = Shape.object(
        "Clawback",
        [
            "clawback": .id, "worker": .id, "rule": .choice(ClawbackRule.self), "amount_minor": .minor,
            "currency": .currency, "recovered_minor": .minor, "reasons": .text, "state": .choice(ClawbackState.self),
            "proposed_by": .id, "decision": .id.orNull, "effect_at": .time.orNull, "agreed_at": .time.orNull,
        ])
    private static let share = Shape.object(
        "PayoutShare",
        [
            "worker": .id, "worker_key": .text, "worker_name": .text, "currency": .currency, "gross_minor": .minor,
            "withheld_minor": .minor, "clawed_back_minor": .minor, "net_minor": .minor,
        ])
    private static let schedule = Shape.object(
        "PayoutSchedule",
        [
            "source": .text, "rhythm": .choice(PayoutRhythm.self),
            "days": Shape.list(.count).described("Of a week, where Monday is 1, or of a month."),
            "minute": .count, "time_zone": .text, "minimum_minor": .minor, "currency": .currency,
            "next": Shape.list(.time).described("The next three dates."),
        ])
    private static let due = Shape.object(
        "PayoutDue",
        [
            "due": .id, "source": .text, "due_at": .time, "missed": .count, "pay_on": .day, "minimum_minor": .minor,
            "currency": .currency, "state": .choice(PayoutDueState.self), "payout_batch": .id.orNull,
            "closed_by": .id.orNull, "reason": .text.orNull,
        ])
    private static let takingBack: [Code] = [
        "clawback_reference_taken", "already_taken_back", "earning_under_way", "more_than_was_paid",
        "clawback_same_person", "too_close_to_worker", "clawback_not_proposed", "clawback_not_in_force",
        "decider_is_worker", "decider_is_no_person",
    ]
    let market: Market

    var endpoints: [Endpoint] { payouts + dates + clawbacks }

    private var guardedSchedule: Guarded {
        Guarded(
            ["rhythm", "days", "minute", "time_zone", "minimum_minor"],
            lock: { call, change in try await change.transaction.lockPayoutSchedule(of: try call.name("source")) },
            read: showSchedule)
    }

    private var payouts: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/payouts", "listPayouts", "Payouts, newest first", .payouts, for: LedgerRoutes.finance,
                query: [.query("state", .choice(PayoutBatchState.self))] + Parameter.paging,
                gives: .ok(.page(.payout)), by: list),
            Endpoint(
                .get, "/v1/payouts/{payout}", "showPayout", "One payout", .payouts, for: LedgerRoutes.finance,
                gives: .ok(.payout), by: show),
            Endpoint(
                .get, "/v1/payout-lines/{line}/shares", "listPayoutShares", "Who earned how much of a payment",
                .payouts, for: LedgerRoutes.finance, query: Parameter.pagingOn, gives: .ok(.page(Self.share)),
                by: shares),
            Endpoint(
                .get, "/v1/payout-lines/{line}/statement", "readAgencyStatement",
                "What a payment to an agency is for: what each of its people earned, as a table", .payouts,
                for: .managed(or: [.financeMaker, .financeChecker]), query: [.query("format", .choice(TableForm.self))],
                gives: .media("text/csv", "text/html"), by: statement),
        ]
    }

    private var dates: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/payout-schedules", "listPayoutSchedules", "When payouts of a source fall due, by name",
                .payouts, for: LedgerRoutes.finance,
                query: [.next("after", .text(1...100)), .limit()],
                gives: .ok(.page(Self.schedule, next: .text)), by: schedules),
            Endpoint(
                .get, "/v1/payout-schedules/{source}", "showPayoutSchedule", "When payouts of one source fall due",
                .payouts, for: LedgerRoutes.finance, query: [.path("source", .text(1...100))],
                guards: guardedSchedule, gives: .ok(Self.schedule), by: showSchedule),
            Endpoint(
                .put, "/v1/payout-schedules/{source}", "schedulePayouts",
                "Say when: on days of the week or of the month; without either only on demand", .payouts,
                for: Self.checker, query: [.path("source", .text(1...100))],
                takes: .json([
                    "weekly": Shape.words("mon", "tue", "wed", "thu", "fri", "sat", "sun").orNull.optional,
                    "monthly": Shape.list(.integer(1...31), 1...4).optional,
                    "minute": Shape.integer(0...1_439).described("Of the day, on the zone's clock; 0.").optional,
                    "time_zone": Shape.text.described("An IANA name; UTC.").optional,
                    "minimum_minor": Shape.integer(0...Money.minorUnitsMax).optional,
                ]), guards: guardedSchedule, gives: .ok(["next_at": .time.orNull]), by: schedule),
            Endpoint(
                .get, "/v1/payouts-due", "listPayoutsDue",
                "Payouts that fell due, for a person to prepare, newest first",
                .payouts, for: LedgerRoutes.finance,
                query: [.query("state", .choice(PayoutDueState.self))] + Parameter.paging,
                gives: .ok(.page(Self.due)), refuses: Code.content, by: listDue),
            Endpoint(
                .post, "/v1/payouts-due/{due}/prepare", "prepareDuePayout",
                "Prepare the run of one; another person approves it", .payouts, for: Self.maker, takes: .empty,
                gives: .created(.preparedRun), refuses: PayoutRoutes.own + Code.content + ["payout_due_closed"],
                by: prepareDue),
            Endpoint(
                .post, "/v1/payouts-due/{due}/skip", "skipDuePayout", "Leave one out; what is due waits for the next",
                .payouts, for: Self.maker, takes: .json(["reason": .text]), gives: .ok(.state("skipped")),
                refuses: PayoutRoutes.own + Code.content + ["payout_due_closed"], by: skipDue),
        ]
    }

    private var clawbacks: [Endpoint] {
        let filters: [Parameter] = [.query("state", .choice(ClawbackState.self))]
        return [
            Endpoint(
                .get, "/v1/clawbacks", "listClawbacks", "Pay that is taken back, newest first", .payouts,
                for: LedgerRoutes.finance, query: filters + Parameter.paging, gives: .ok(.page(Self.clawback)),
                by: listClawbacks),
            Endpoint(
                .get, "/v1/workers/{worker}/clawbacks", "listWorkerClawbacks",
                "What of a worker's pay is taken back; they see what was decided", .payouts,
                for: .named(or: [.financeMaker, .financeChecker]), query: filters + Parameter.paging,
                gives: .ok(.page(Self.clawback)), by: listClawbacks),
            Endpoint(
                .post, "/v1/clawbacks", "proposeClawback",
                "Propose to take pay back; nobody is told yet; the same reference is the same clawback", .payouts,
                for: Self.maker,
                takes: .json(
                    [
                        "worker": .id, "rule": .choice(ClawbackRule.self),
                        "items": .list(
                            .object([
                                "earning": .id, "amount_minor": Shape.integer(1...Money.minorUnitsMax).orNull.optional,
                            ]), 1...Clawback.itemsMax), "reasons": .text, "reference": .text(1...200),
                    ], bytesMax: 32 << 10), gives: .created(Self.clawback), refuses: Self.takingBack + ["not_found"],
                by: propose),
            Endpoint(
                .post, "/v1/clawbacks/{clawback}/decide", "decideClawback",
                "Take it back, by a decision that can be appealed, or do not; not by whoever proposed it", .payouts,
                for: Self.checker, takes: .json(["take_back": .flag]), gives: .ok(["decision": .id.orNull]),
                refuses: Self.takingBack, by: decide),
            Endpoint(
                .post, "/v1/clawbacks/{clawback}/agree", "agreeToClawback",
                "Let more than a part of each payout be kept for it", .earnings, for: .worker, takes: .empty,
                gives: .ok(.state("agreed")), refuses: Self.takingBack, by: agree),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListPayouts(market: market)(
            in: call.choice("state"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func show(_ call: Call) async throws -> Outcome {
        .json(try await ListPayouts(market: market).one(try call.id("payout"), by: try call.actor).wire)
    }

    @Sendable private func shares(_ call: Call) async throws -> Outcome {
        let found = try await ListPayoutLines(market: market).shares(
            of: try call.id("line"), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.share.worker)" }) { share in
            .object((share.json.objectValue ?? [:]).filter { $0.key != "amount" })
        }
    }

    @Sendable private func statement(_ call: Call) async throws -> Outcome {
        let (line, actor): (PayoutLine.ID, Principal.ID) = (try call.id("line"), try call.actor)
        let form: TableForm = call.choice("format") ?? .csv
        return try await Download.make(form == .csv ? "text/csv; charset=utf-8" : "text/html; charset=utf-8") { write in
            _ = try await WriteAgencyStatement(market: market)(of: line, as: form, by: actor, to: write)
        }
    }

    @Sendable private func schedules(_ call: Call) async throws -> Outcome {
        let found = try await SchedulePayouts(market: market).all(
            after: call.query["after"], limit: call.limit, by: try call.actor)
        return .page(try found.map { ($0.source, try $0.wire()) }, limit: call.limit, next: { $0.0 }, { $0.1 })
    }

    @Sendable private func showSchedule(_ call: Call) async throws -> Outcome {
        .json(try await SchedulePayouts(market: market).one(try call.name("source"), by: try call.actor).wire())
    }

    @Sendable private func schedule(_ call: Call) async throws -> Outcome {
        let (source, actor, dates) = (try call.name("source"), try call.actor, try call.payoutDates())
        let minimum = call["minimum_minor"]?.integerValue ?? 0
        return try await call.once(
            200,
            { (schedule: PayoutSchedule) in ["next_at": .second(schedule.nextAt)] }
        ) {
            try await SchedulePayouts(market: $0)(dates, minimumMinor: minimum, from: source, by: actor)
        }
    }

    @Sendable private func listDue(_ call: Call) async throws -> Outcome {
        guard let keys = market.keys else { throw ContentRefusal.keysMissing }
        let found = try await PrepareDuePayout(market: market, keys: keys).list(
            call.choice("state"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func prepareDue(_ call: Call) async throws -> Outcome {
        guard let keys = market.keys else { throw ContentRefusal.keysMissing }
        let (due, actor): (PayoutDue.ID, Principal.ID) = (try call.id("due"), try call.actor)
        return try await call.once(201, \.wire) {
            try await PrepareDuePayout(market: $0, keys: keys)(due, by: actor)
        }
    }

    @Sendable private func skipDue(_ call: Call) async throws -> Outcome {
        guard let keys = market.keys else { throw ContentRefusal.keysMissing }
        let (due, actor): (PayoutDue.ID, Principal.ID) = (try call.id("due"), try call.actor)
        let reason = try call.string("reason")
        return try await call.once(200, { (_: Void) in ["state": "skipped"] }) {
            try await PrepareDuePayout(market: $0, keys: keys).skip(due, reason: reason, by: actor)
        }
    }

    @Sendable private func listClawbacks(_ call: Call) async throws -> Outcome {
        let worker: Worker.ID? = call.endpoint.path.contains("{worker}") ? try call.id("worker") : nil
        let found = try await ListClawbacks(market: market)(
            of: worker, in: call.choice("state"), before: try call.identifier("before"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func propose(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.required("worker"), try call.actor)
        let (reasons, reference) = (try call.string("reasons"), try call.string("reference"))
        let rule: ClawbackRule = try call.chosen("rule")
        let parts = try call.clawbackParts()
        return try await call.once(201, \.json) {
            try await ProposeClawback(market: $0)(
                parts, of: worker, by: rule, reasons: reasons, reference: reference, by: actor)
        }
    }

    @Sendable private func decide(_ call: Call) async throws -> Outcome {
        let (id, actor): (Clawback.ID, Principal.ID) = (try call.id("clawback"), try call.actor)
        let takesBack = call["take_back"]?.boolValue ?? false
        return try await call.once(
            200, { (decision: Decision.ID?) in ["decision": decision.map { .string("\($0)") } ?? .null] }
        ) { try await DecideClawback(market: $0)(id, takeBack: takesBack, by: actor) }
    }

    @Sendable private func agree(_ call: Call) async throws -> Outcome {
        let (id, actor): (Clawback.ID, Principal.ID) = (try call.id("clawback"), try call.actor)
        return try await call.once(200, { (_: Void) in ["state": "agreed"] }) {
            try await AgreeToClawback(market: $0)(id, by: actor)
        }
    }
}

extension Call {
    /// Not inlined into an async body, as errors in there end the optimizer of Swift 6.3.1.
    @inline(never)
    fileprivate func payoutDates() throws -> PayoutDates {
        let (minute, zone) = (int("minute") ?? 0, text("time_zone") ?? "UTC")
        let days = self["monthly"]?.arrayValue?.compactMap { $0.integerValue.map { Int(clamping: $0) } }
        switch (text("weekly"), days) {
        case (nil, nil): return .onDemand
        case (let name?, nil):
            guard let day = Weekday.allCases.first(where: { $0.shortName == name }) else {
                throw BadInput("weekly", "must be mon to sun")
            }
            return try .weekly(on: day, minute: minute, in: zone)
        case (nil, let days?): return try .monthly(on: days, minute: minute, in: zone)
        case (.some, .some): throw BadInput("monthly", "does not go with weekly")
        }
    }

    @inline(never)
    fileprivate func clawbackParts() throws -> [ClawbackPart] {
        try (self["items"]?.arrayValue ?? []).map { item in
            guard let id = item["earning"]?.stringValue.flatMap({ Transfer.ID($0) }) else {
                throw BadInput("items", "must have earnings that are UUIDs")
            }
            return ClawbackPart(id, amountMinor: item["amount_minor"]?.integerValue)
        }
    }
}

extension PayoutSchedule {
    @inline(never)
    fileprivate func wire() throws -> JSON {
        var coming = nextAt.map { [$0] } ?? []
        if let first = coming.first { coming += try dates.next(2, after: first) }
        return [
            "source": .string(source), "rhythm": .string(dates.rhythm.rawValue),
            "days": .array(dates.dayNumbers.map { .integer(Int64($0)) }), "minute": .integer(Int64(dates.minute)),
            "time_zone": .string(dates.zone), "minimum_minor": .integer(minimumMinor),
            "currency": .string(currency.code),
            "next": .array(coming.map { .string($0.secondText) }),
        ]
    }
}
