internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What workers keep about themselves: profile, papers, agreements, account, and what they have earned.
struct WorkerRoutes {
    private static let expertise: [Code] = [
        "unknown_profession", "no_profile", "unknown_credential_kind", "credential_number_taken",
    ]
    let market: Market

    var endpoints: [Endpoint] { profile + papers + agreements + money }

    private var guarded: Guarded {
        Guarded(
            ["professions"],
            lock: { call, change in
                _ = try await change.transaction.lockWorkerForChange(Worker.ID(try call.actor.uuid))
            }, read: showProfile)
    }

    private var guardedMethod: Guarded {
        Guarded(
            ["version"],
            lock: { call, change in
                _ = try await change.transaction.lockWorkerForChange(Worker.ID(try call.actor.uuid))
            }, read: showPayoutMethod)
    }

    private var profile: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/profile", "showProfile",
                "Your languages, professions, papers, tiers and skills as the market knows them", .workers,
                for: .worker, guards: guarded, gives: .ok(.profile), refuses: ["not_found"], by: showProfile),
            Endpoint(
                .put, "/v1/profile/professions/{profession}", "changeProfile", "Say what you do in a profession",
                .workers, for: .worker, query: [.path("profession", .text(1...60))],
                takes: .json([
                    "years": .integer(0...80), "specialties": .list(.text, 0...50),
                    "law_languages": Shape.list(.text).optional, "sub_specialties": Shape.list(.text).optional,
                    "title": Shape.choice(PhysicianTitle.self).orNull.optional,
                    "institution": Shape.text.orNull.optional,
                ]),
                guards: guarded, gives: .ok(.state("kept")), refuses: Self.expertise, by: changeProfile),
            Endpoint(
                .get, "/v1/workers/me", "showMe", "Your standing and personal data", .workers, for: .worker,
                gives: .ok(.workerRecord), refuses: ["not_found"], by: me),
            Endpoint(
                .post, "/v1/workers/me/pause", "pauseMe", "Be offered nothing for a while", .workers, for: .worker,
                takes: .empty, gives: .ok(.state("paused")), refuses: ["illegal_transition"], by: pause),
            Endpoint(
                .post, "/v1/workers/me/resume", "resumeMe", "Be there again", .workers, for: .worker, takes: .empty,
                gives: .ok(.state("active")), refuses: ["illegal_transition"], by: resume),
        ]
    }

    private var papers: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/credentials", "listCredentials", "Your papers, in the order in which you handed them in",
                .credentials, for: .worker, query: Parameter.pagingOn, gives: .ok(.page(.credential)), by: credentials),
            Endpoint(
                .post, "/v1/credentials", "submitCredential", "Hand a licence, degree or certificate in", .credentials,
                for: .worker,
                takes: .json([
                    "profession": .text, "kind": .text, "issuer": .text, "jurisdiction": .text, "number": .text,
                    "issued_on": .day, "expires_on": Shape.day.orNull.optional,
                    "category": Shape.text.orNull.optional, "scope": Shape.text.orNull.optional,
                    "register_status": Shape.text.orNull.optional,
                ]),
                gives: .created(["credential": .id]), refuses: Self.expertise, by: submitCredential),
        ]
    }

    private var agreements: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/agreements", "listDueAgreements", "What you have yet to accept", .workers, for: .worker,
                query: [.limit()],
                gives: .ok(["items": .list(.object(["agreement": .agreement, "is_current": .flag]))]), by: due),
            Endpoint(
                .get, "/v1/agreements/{kind}", "readAgreement", "The text that counts now, or a version of it",
                .workers, for: .anybody,
                query: [.path("kind", .text(1...100)), .query("version", .integer(1...100_000))],
                gives: .ok(Shape.agreement.with("AgreementText", ["body": .text])), by: readAgreement),
            Endpoint(
                .post, "/v1/agreements/{kind}/acceptance", "acceptAgreement",
                "Accept a version by the hash of the text that you have read", .workers, for: .worker,
                query: [.path("kind", .text(1...100))],
                takes: .json(["version": .integer(1...100_000), "hash": .sha256]), gives: .ok(["accepted_at": .time]),
                refuses: ["agreement_superseded", "agreement_text_differs"], by: acceptAgreement),
            Endpoint(
                .get, "/v1/notices", "listNotices", "What you were told, newest first", .workers, for: .oneself,
                query: [.query("unread", .flag)] + Parameter.paging, gives: .ok(.page(.notice)), by: notices),
            Endpoint(
                .post, "/v1/notices/{notice}/read", "readNotice", "Say that you have read a notice", .workers,
                for: .oneself, takes: .empty, gives: .ok(.state("read")), by: readNotice),
        ]
    }

    private var money: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/earnings", "listEarnings", "What you have earned, by currency and line, newest first",
                .earnings, for: .oneself,
                query: [.next("before", .text(3...80)), .limit()],
                gives: .ok([
                    "sums": .list(.earningSum), "items": .list(.earningLine), "next": .text.orNull,
                ]), by: earnings),
            Endpoint(
                .get, "/v1/statements/{year}", "readStatement", "What you were paid in a year, as a table", .earnings,
                for: .worker,
                query: [.path("year", .integer(2_000...9_998)), .query("format", .choice(TableForm.self))],
                gives: .media("text/csv", "text/html"), by: statement),
            Endpoint(
                .get, "/v1/workers/{worker}/remittance-advices/{payout}", "readRemittanceAdvice",
                "What a payment to a worker was for, piece by piece, as a table", .earnings,
                for: .named(or: [.financeMaker, .financeChecker]), query: [.query("format", .choice(TableForm.self))],
                gives: .media("text/csv", "text/html"), by: advice),
            Endpoint(
                .get, "/v1/payout-method", "showPayoutMethod",
                "How often, and when last, you said where you are paid; not where", .earnings, for: .worker,
                guards: guardedMethod, gives: .ok(.payoutMethodState), by: showPayoutMethod),
            Endpoint(
                .put, "/v1/payout-method", "setPayoutMethod",
                "Where you are paid; a change waits 72 hours, and you are told at your former address", .earnings,
                for: .worker,
                takes: .json([
                    "account": .text, "bank": Shape.text.orNull.optional, "holder": .text, "country": .text,
                    "currency": .currency, "is_savings": Shape.flag.optional, "address": .payeeAddress,
                ]), guards: guardedMethod,
                gives: .ok(.state("kept")), refuses: ["illegal_transition"] + Code.content, by: setPayoutMethod),
        ]
    }

    @Sendable private func showProfile(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        return .json(try await ShowProfile(market: market)(of: Worker.ID(actor.uuid), by: actor).json)
    }

    @Sendable private func changeProfile(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        guard let profession = Profession(try call.name("profession")) else { throw NotFound("profession") }
        let content = try ProfileContent(
            profession: profession, years: call.int("years") ?? 0, specialties: call.texts("specialties"),
            lawLanguages: call.texts("law_languages"), subSpecialties: call.texts("sub_specialties"),
            title: call.text("title").flatMap(PhysicianTitle.init), institution: call.text("institution"))
        return try await call.once(200, { ["state": "kept"] }) {
            try await ChangeProfile(market: $0)(content, of: Worker.ID(actor.uuid), by: actor)
        }
    }

    @Sendable private func me(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        return .json(try await ShowWorker(market: market)(Worker.ID(actor.uuid), by: actor).wire)
    }

    @Sendable private func pause(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        return try await call.once(200, { ["state": "paused"] }) {
            try await PauseWorker(market: $0)(Worker.ID(actor.uuid), by: actor)
        }
    }

    @Sendable private func resume(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        return try await call.once(200, { ["state": "active"] }) {
            try await ResumeWorker(market: $0)(Worker.ID(actor.uuid), by: actor)
        }
    }

    @Sendable private func credentials(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let found = try await ListCredentials(market: market)(
            of: Worker.ID(actor.uuid), after: try call.identifier("after"), limit: call.limit, by: actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func submitCredential(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        guard let profession = Profession(try call.string("profession")) else {
            throw BadInput("profession", "must be a code of the catalogue")
        }
        guard let kind = CredentialKindCode(rawValue: try call.string("kind")) else {
            throw BadInput("kind", "must be a code of the catalogue")
        }
        guard let issuedOn = try call.day("issued_on") else { throw BadInput("issued_on", "is missing") }
        let submission = try CredentialSubmission(
            profession: profession, kind: kind, issuer: try call.string("issuer"),
            jurisdiction: try call.string("jurisdiction"), number: try call.string("number"), issuedOn: issuedOn,
            expiresOn: try call.day("expires_on"),
            details: try CredentialDetails(
                category: call.text("category"), scope: call.text("scope"),
                registerStatus: call.text("register_status")))
        return try await call.once(201, { ["credential": .string("\($0)")] }) {
            try await SubmitCredential(market: $0)(submission, of: Worker.ID(actor.uuid), by: actor)
        }
    }

    @Sendable private func due(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let due = try await DueAgreements(market: market)(of: Worker.ID(actor.uuid), limit: call.limit, by: actor)
        let items = due.map { due -> JSON in
            ["agreement": .object(due.agreement.members), "is_current": .bool(due.isCurrent)]
        }
        return .json(["items": .array(items)])
    }

    @Sendable private func readAgreement(_ call: Call) async throws -> Outcome {
        let found = try await ReadAgreement(market: market)(
            try call.name("kind"), version: call.query["version"].flatMap { Int($0) })
        var members = found.agreement.members
        members["body"] = .string(found.body)
        return .json(.object(members))
    }

    @Sendable private func acceptAgreement(_ call: Call) async throws -> Outcome {
        let (actor, kind) = (try call.actor, try call.name("kind"))
        guard let hash = Digest(hexadecimal: try call.string("hash")) else {
            throw BadInput("hash", "must be 64 hexadecimal digits")
        }
        let version = call.int("version") ?? 0
        return try await call.once(200, { ["accepted_at": .string($0.internetText)] }) {
            try await AcceptAgreement(market: $0)(kind, version: version, hash: hash, by: actor)
        }
    }

    @Sendable private func notices(_ call: Call) async throws -> Outcome {
        let found = try await ListNotices(market: market)(
            before: try call.identifier("before"), unreadOnly: call.query["unread"] == "true", limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.notice.id)" }, \.wire)
    }

    @Sendable private func readNotice(_ call: Call) async throws -> Outcome {
        let (actor, id): (Principal.ID, Notice.ID) = (try call.actor, try call.id("notice"))
        return try await call.once(200, { ["state": "read"] }) { try await ReadNotice(market: $0)(id, by: actor) }
    }

    @Sendable private func earnings(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        let (sums, lines) = try await ListEarnings(market: market)(
            of: Worker.ID(actor.uuid), before: try call.query["before"].map(EarningLine.Mark.init(wire:)),
            limit: call.limit, by: actor)
        let next = lines.count >= call.limit ? lines.last.map { JSON.string($0.mark.wire) } : nil
        return .json([
            "sums": .array(sums.map(\.wire)), "items": .array(lines.map(\.wire)), "next": next ?? .null,
        ])
    }

    @Sendable private func statement(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        guard let year = Int(try call.name("year")) else { throw NotFound("year") }
        let form: TableForm = call.choice("format") ?? .csv
        return try await Download.make(form == .csv ? "text/csv; charset=utf-8" : "text/html; charset=utf-8") { write in
            _ = try await WriteEarningsStatement(market: market)(
                of: Worker.ID(actor.uuid), year: year, as: form, by: actor, to: write)
        }
    }

    @Sendable private func advice(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let payout: PayoutBatch.ID = try call.id("payout")
        let form: TableForm = call.choice("format") ?? .csv
        return try await Download.make(form == .csv ? "text/csv; charset=utf-8" : "text/html; charset=utf-8") { write in
            _ = try await WriteRemittanceAdvice(market: market)(of: payout, to: worker, as: form, by: actor, to: write)
        }
    }

    @Sendable private func showPayoutMethod(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        return .json(try await ShowPayoutMethod(market: market)(of: Worker.ID(actor.uuid), by: actor).wire)
    }

    @Sendable private func setPayoutMethod(_ call: Call) async throws -> Outcome {
        let actor = try call.actor
        guard let keys = market.keys else { throw ContentRefusal.keysMissing }
        let method = try PayoutMethod(
            account: try call.string("account"), bank: call.text("bank"), holder: try call.string("holder"),
            country: try call.string("country"), currency: try call.string("currency"),
            isSavings: call["is_savings"]?.boolValue ?? false, address: try PayeeAddress.given(call["address"]))
        return try await call.once(200, { ["state": "kept"] }) {
            try await SetPayoutMethod(market: $0, keys: keys)(method, of: Worker.ID(actor.uuid), by: actor)
        }
    }
}
