internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace
internal import Tax

/// What payments are taxed by, what was withheld, claims by evidence, and reports to authorities.
struct TaxRoutes {
    private static let maker = Access.platform([.financeMaker])
    private static let checker = Access.platform([.financeChecker])
    private static let choice = Shape.object(
        "TaxChoice",
        [
            "choice": .id, "rules": .text, "residence": .text, "form": Shape.choice(TaxStanding.Form.self).orNull,
            "has_taxpayer_number": .flag, "form_signed_on": .day.orNull, "treaty_bps": .bps.orNull, "from": .time,
            "until": .time.orNull,
        ])
    private static let claim = Shape.object(
        "TaxClaim",
        [
            "claim": .id, "worker": .id, "kind": .choice(TaxClaimKind.self), "month": .text, "amount_minor": .minor,
            "currency": .currency, "evidence": .text, "verified_by": .id.orNull, "is_withdrawn": .flag,
        ])
    private static let withholding = Shape.object(
        "Withholding",
        [
            "withholding": .id, "rule_set": .text, "in_force_from": .day, "paid_on": .day,
            "place_of_performance": .text.orNull, "amount_minor": .minor, "withheld_minor": .minor,
            "net_minor": .minor, "currency": .currency, "exempt_minor": .minor, "deductions_minor": .minor,
            "relief_minor": .minor, "lines": .anything, "payout_batch": .id, "payout_state": .text,
            "reversed_at": .time.orNull,
        ])
    private static let ofDefault = Shape.object(
        "TaxDefault", ["country": .text, "rules": .text, "source": .text, "from": .time])
    private static let ended: [Code] = [
        "person_needed", "tax_claim_reference_taken", "tax_claim_same_person", "tax_claim_ended",
    ]
    let market: Market

    var endpoints: [Endpoint] { rules + claims + reports }

    private var guardedDefault: Guarded {
        Guarded(
            lock: { call, change in try await change.lockTaxDefault(of: try call.name("country")) },
            read: showDefault)
    }

    private var rules: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/workers/{worker}/tax-choices", "listTaxChoices",
                "What a worker's payments were and are taxed by, newest first", .taxes,
                for: .named(or: [.financeMaker]), query: Parameter.paging, gives: .ok(.page(Self.choice)), by: choices),
            Endpoint(
                .post, "/v1/workers/{worker}/tax-choices", "chooseTaxRules",
                "Say what a worker's payments are taxed by from now on", .taxes, for: Self.maker,
                takes: .json([
                    "rules": .text, "residence": Shape.text.described("ISO 3166-1."),
                    "form": Shape.choice(TaxStanding.Form.self).orNull.optional,
                    "has_taxpayer_number": Shape.flag.optional, "form_signed_on": Shape.day.orNull.optional,
                    "treaty_bps": Shape.integer(0...10_000).orNull.optional,
                ]), gives: .created(.state("chosen")), refuses: ["illegal_transition"], by: choose),
            Endpoint(
                .put, "/v1/workers/{worker}/tax-profile", "setTaxProfile",
                "What a worker's income is reported by, kept sealed; it says what they are taxed by, too", .taxes,
                for: .named(or: [.operator]),
                takes: .json(["residence": .text, "taxpayer_number": .text, "form": .choice(TaxForm.self)]),
                gives: .ok(.state("kept")), refuses: ["illegal_transition"] + Code.content, by: setProfile),
            Endpoint(
                .get, "/v1/tax-defaults", "listTaxDefaults", "By which rules those are taxed who have chosen none",
                .taxes, for: LedgerRoutes.finance,
                query: [.next("after", .text(2...2)), .limit()],
                gives: .ok(.page(Self.ofDefault, next: .text)), by: defaults),
            Endpoint(
                .get, "/v1/tax-defaults/{country}", "showTaxDefault", "The rules in force for a country", .taxes,
                for: LedgerRoutes.finance, query: [.path("country", .text(2...2))], guards: guardedDefault,
                gives: .ok(Self.ofDefault), by: showDefault),
            Endpoint(
                .put, "/v1/tax-defaults/{country}", "setTaxDefault",
                "Put rules in force from now on for a country; null ends what is in force", .taxes, for: Self.checker,
                query: [.path("country", .text(2...2))],
                takes: .json(["rules": .text.orNull, "source": Shape.text.described("The law, or whose advice.")]),
                guards: guardedDefault, gives: .ok(["rules": .text.orNull]), by: setDefault),
        ]
    }

    private var claims: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/workers/{worker}/tax-claims", "listTaxClaims", "A worker's claims, the newest month first",
                .taxes, for: .named(or: [.financeMaker]), query: Parameter.paging, gives: .ok(.page(Self.claim)),
                by: listClaims),
            Endpoint(
                .post, "/v1/workers/{worker}/tax-claims", "enterTaxClaim",
                "Enter exempt income, a deduction or a relief of a month; the same reference is the same claim", .taxes,
                for: Self.maker,
                takes: .json([
                    "kind": .choice(TaxClaimKind.self), "month": Shape.text(7...7).described("yyyy-mm"),
                    "amount_minor": .integer(1...Money.minorUnitsMax), "currency": .currency, "evidence": .text,
                    "reference": .text(1...200),
                ]), gives: .created(["claim": .id]), refuses: Self.ended, by: enter),
            Endpoint(
                .post, "/v1/tax-claims/{claim}/verify", "verifyTaxClaim",
                "Say that its paper was seen; not by whoever entered it", .taxes, for: Self.checker, takes: .empty,
                gives: .ok(.state("verified")), refuses: Self.ended, by: verify),
            Endpoint(
                .post, "/v1/tax-claims/{claim}/withdraw", "withdrawTaxClaim", "Take it back; it counts no more",
                .taxes, for: Self.maker, takes: .empty, gives: .ok(.state("withdrawn")), refuses: Self.ended,
                by: withdraw),
        ]
    }

    private var reports: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/workers/{worker}/withholdings", "listWithholdings",
                "What was withheld of a worker's payments, line by line, newest first", .taxes,
                for: .named(or: [.financeMaker, .financeChecker]), query: Parameter.paging,
                gives: .ok(.page(Self.withholding)), by: withholdings),
            Endpoint(
                .get, "/v1/tax-reports/{form}", "readTaxReport",
                "Rows for an authority, from what was paid; taxpayer numbers are opened on the command line only",
                .taxes, for: LedgerRoutes.finance,
                query: [
                    .path("form", .choice(TaxReportForm.self)), .query("year", .integer(2_000...2_099), required: true),
                    .query("quarter", .integer(1...4)),
                ], gives: .media("text/csv"), by: report),
        ]
    }

    @Sendable private func choices(_ call: Call) async throws -> Outcome {
        let found = try await ListTaxChoices(market: market)(
            of: try call.id("worker"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }) { dated in
            dated.choice.json.with([
                "choice": .string("\(dated.id)"), "from": .second(dated.from), "until": .second(dated.until),
            ])
        }
    }

    @Sendable private func choose(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let choice = try call.taxChoice()
        return try await call.once(201, { (_: Void) in ["state": "chosen"] }) {
            try await ChooseTaxRules(market: $0)(choice, of: worker, by: actor)
        }
    }

    @Sendable private func setProfile(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        guard let keys = market.keys else { throw ContentRefusal.keysMissing }
        let form: TaxForm = try call.chosen("form")
        let profile = try TaxProfile(
            residence: try call.string("residence"), taxpayerNumber: try call.string("taxpayer_number"), form: form)
        return try await call.once(200, { (_: Void) in ["state": "kept"] }) {
            try await SetTaxProfile(market: $0, keys: keys)(profile, of: worker, by: actor)
        }
    }

    @Sendable private func defaults(_ call: Call) async throws -> Outcome {
        let found = try await SetTaxDefault(market: market).all(
            after: call.query["after"], limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { $0.country }, \.json)
    }

    @Sendable private func showDefault(_ call: Call) async throws -> Outcome {
        .json(try await SetTaxDefault(market: market).one(try call.name("country"), by: try call.actor).json)
    }

    @Sendable private func setDefault(_ call: Call) async throws -> Outcome {
        let (country, actor) = (try call.name("country"), try call.actor)
        let (rules, source) = (call.text("rules"), try call.string("source"))
        return try await call.once(200, { (_: Void) in ["rules": rules.map(JSON.string) ?? .null] }) {
            try await SetTaxDefault(market: $0)(country, ruleSet: rules, source: source, by: actor)
        }
    }

    @Sendable private func listClaims(_ call: Call) async throws -> Outcome {
        let found = try await ListTaxClaims(market: market)(
            of: try call.id("worker"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func enter(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let kind: TaxClaimKind = try call.chosen("kind")
        guard let month = CalendarDate(iso: try call.string("month") + "-01") else {
            throw BadInput("month", "must be yyyy-mm")
        }
        let draft = try TaxClaimDraft(
            kind: kind, month: month, amount: try call.money(), evidence: try call.string("evidence"))
        let reference = try call.string("reference")
        return try await call.once(201, { ["claim": .string("\($0)")] }) {
            try await EnterTaxClaim(market: $0)(draft, of: worker, reference: reference, by: actor)
        }
    }

    @Sendable private func verify(_ call: Call) async throws -> Outcome {
        let (claim, actor): (TaxClaim.ID, Principal.ID) = (try call.id("claim"), try call.actor)
        return try await call.once(200, { (_: Void) in ["state": "verified"] }) {
            try await EndTaxClaim(market: $0).verify(claim, by: actor)
        }
    }

    @Sendable private func withdraw(_ call: Call) async throws -> Outcome {
        let (claim, actor): (TaxClaim.ID, Principal.ID) = (try call.id("claim"), try call.actor)
        return try await call.once(200, { (_: Void) in ["state": "withdrawn"] }) {
            try await EndTaxClaim(market: $0).withdraw(claim, by: actor)
        }
    }

    @Sendable private func withholdings(_ call: Call) async throws -> Outcome {
        let found = try await ListWithholdings(market: market)(
            of: try call.id("worker"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.withholding.id)" }, \.json)
    }

    @Sendable private func report(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        guard let form = TaxReportForm(rawValue: try call.name("form")) else { throw NotFound("form") }
        let (year, quarter) = (call.query["year"].flatMap { Int($0) } ?? 0, call.query["quarter"].flatMap { Int($0) })
        return try await Download.make("text/csv; charset=utf-8") { write in
            _ = try await ReportTaxes(market: market)(form, year: year, quarter: quarter, by: actor, to: write)
        }
    }
}

extension Call {
    @inline(never)
    fileprivate func taxChoice() throws -> TaxChoice {
        guard let named = TaxRuleChoice(try string("rules"), in: try TaxCatalogue.builtIn.get()) else {
            throw BadInput("rules", "is no rule set")
        }
        var standing = named.standing
        if let form = text("form").flatMap({ TaxStanding.Form(rawValue: $0) }) { standing.form = form }
        standing.hasTaxpayerNumber = standing.hasTaxpayerNumber || self["has_taxpayer_number"]?.boolValue ?? false
        if let text = text("form_signed_on") {
            guard let day = TaxDay(iso: text) else { throw BadInput("form_signed_on", "must be yyyy-MM-dd") }
            standing.formSignedOn = day
        }
        standing.treatyBps = int("treaty_bps")
        return try TaxChoice(ruleSet: named.name, residence: try string("residence"), standing: standing)
    }
}
