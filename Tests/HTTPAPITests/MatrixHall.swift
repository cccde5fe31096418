import Formats
import Foundation
import Payments
import Store
import TestSupport
import Testing

@testable import Marketplace

/// A market with two of everything that a path can name: what is of the requester Acme, of the worker ann and of her
/// agency, and what is of the requester Rival, of the worker ben and of his.
struct MatrixHall: Sendable {
    /// Somebody who calls, and what they hold.
    struct Person: Sendable {
        let name: String
        let token: String
        let roles: Set<Role>
        /// The name of the side that they are of; none for who works for the platform.
        var side: String?
    }

    /// One of the two.
    struct Side: Sendable {
        let name: String
        let requester: Requester.ID
        let project: Project.ID
        let batch: Batch.ID
        let worker: Worker.ID
        /// Whose people are paid through it; one of them; who manages it.
        let team: Team.ID
        let member: Worker.ID
        let boss: Principal.ID
        /// By the name of a parameter; behind the beginning of a path where it is another thing there.
        var ids: [String: String] = [:]

        var key: Batch.Key { Batch.Key(requester: requester, id: batch) }
        var holder: Principal.ID { Principal.ID(worker.uuid) }
    }

    let small: SmallMarket
    var acme: Side
    var rival: Side
    /// What is nobody's in particular, so that both sides name the same.
    var shared: [String: String] = [:]
    var people: [Person] = []

    var market: Market { small.market }

    init() async throws {
        let market = Market(
            database: Scratch.market.database, identifiers: Scratch.here.identifiers, keys: Scratch.keys)
        small = try await SmallMarket(currency: "EUR", market: market)
        try await SetPayoutSource(market: market)(
            "main", format: .pain001v09, currency: small.usd, settings: SmallMarket.payoutSettings, by: small.checker)
        try await Self.publishBand(small)
        let other = try await CreateRequester(market: market)(externalKey: "rival", name: "Rival", by: small.manager)
        let project = try await CreateProject(market: market)(
            ProjectDraft(
                externalKey: "clauses", name: "Clauses", taskKind: .extraction, guideline: "Read and label.",
                answerSchema: SmallMarket.schema
            ),
            of: other, by: small.manager)
        _ = try await FundRequester(market: market)(
            other, with: Money(10_000_000, small.usd), reference: market.identifiers.uuid(at: Scratch.start),
            by: small.maker)
        acme = try await Self.side(
            "acme", small.requester, small.project, ["ann", "ana"],
            ibans: ["DE89370400440532013000", "AT611904300234573201"], in: small)
        rival = try await Self.side(
            "rival", other, project, ["ben", "bob"], ibans: ["GB82WEST12345698765432", "BE68539007547034"], in: small)
        try await fill()
    }

    /// What paths name, in an order in which clocks go forward: payments wait for accounts, leases do not wait.
    private mutating func fill() async throws {
        try await signIn()
        try await pay()
        try await rules()
        let third = try await small.lawyer("cem")
        Scratch.clock.advance(by: 1)
        for (here, there) in [(acme, rival), (rival, acme)] {
            var ids = try await papers(here)
            ids.merge(try await work(here)) { $1 }
            ids.merge(try await offers(here, beside: there.worker)) { $1 }
            ids.merge(try await programs(here)) { $1 }
            ids.merge(try await statement(here)) { $1 }
            if here.name == acme.name { acme.ids.merge(ids) { $1 } } else { rival.ids.merge(ids) { $1 } }
        }
        let won = try await auctions([acme, rival], third: third)
        acme.ids.merge(won[0]) { $1 }
        rival.ids.merge(won[1]) { $1 }
        try await oversight()
        try await callers()
    }

    /// What a path names on a side.
    func value(of name: String, in path: String, on side: Side) -> String? {
        let all = shared.merging(side.ids) { $1 }
        let narrow = all.first { key, _ in
            guard let space = key.firstIndex(of: " ") else { return false }
            return path.hasPrefix(key[..<space]) && key[space...].dropFirst() == name
        }
        return narrow?.value ?? all[name]
    }
}

extension MatrixHall {
    /// A rate with a band, within which may be bid.
    private static func publishBand(_ small: SmallMarket) async throws {
        Scratch.clock.advance(by: 1)
        let line: JSON = [
            "profession": "lawyer", "tier": "expert", "task_kind": "extraction", "unit": "task", "currency": "EUR",
            "amount_minor": 2_000, "least_minor": 500, "most_minor": 5_000,
        ]
        let card = try await DraftRateCard(market: small.market)(["name": "Band", "rates": [line]], by: small.maker)
        try await ApproveRateCard(market: small.market)(card.version, contentHash: card.contentHash, by: small.checker)
        try await PublishRateCard(market: small.market)(card.version, by: small.maker)
        Scratch.clock.advance(by: 1)
    }

    private static func account(_ iban: String, _ holder: String) throws -> PayoutMethod {
        try PayoutMethod(account: iban, holder: holder, country: String(iban.prefix(2)), currency: "EUR")
    }

    /// A batch of twelve tasks, two of which came by a file, a worker, an agency with one of its people and a manager.
    private static func side(
        _ name: String, _ requester: Requester.ID, _ project: Project.ID, _ keys: [String], ibans: [String],
        in small: SmallMarket
    ) async throws -> Side {
        let market = small.market
        let (worker, member) = (try await small.lawyer(keys[0]), try await small.lawyer(keys[1]))
        let team = try await CreateTeam(market: market)(
            TeamDraft(externalKey: "agency-\(name)", kind: .agency, name: "Agency \(name)", base: "AT", isPayee: true),
            by: small.manager
        ).id
        try await JoinTeam(market: market)(member, team, by: small.manager)
        let person = CreatePrincipal(market: market)
        let boss = try await person(.person, named: "Boss of \(name)", roles: [], by: small.manager)
        try await AppointManager(market: market)(boss, of: team, by: small.manager)
        try await small.setAccount(of: team, account(ibans[1], "Agency \(name)"))
        try await SetPayoutMethod(market: market, keys: Scratch.keys)(
            account(ibans[0], "Worker \(keys[0])"), of: worker, by: small.manager)
        let draft = try small.draft("main", minutes: 5, project: project)
        let batch = try await CreateBatch(market: market)(draft, of: requester, by: small.manager)
        let file = (0..<2).map { "{\"external_key\":\"k\($0)\",\"payload\":{\"n\":\($0)}}\n" }.joined()
        let report = try await ImportTasks(market: market)(
            TaskFile(bytes: Array(file.utf8), name: "upload", format: .jsonl), to: batch, of: requester,
            by: small.manager)
        _ = try await AddTasks(market: market)(
            small.drafts((0..<10).map { "main-\($0)" }), to: batch, of: requester, by: small.manager)
        _ = try await PublishBatch(market: market)(batch, of: requester, by: small.manager)
        let spare = try await person(.person, named: "Spare of \(name)", roles: [], by: small.manager)
        _ = try await small.invitation(of: spare, email: "\(name)@spare.example")
        return Side(
            name: name, requester: requester, project: project, batch: batch, worker: worker, team: team,
            member: member, boss: boss,
            ids: [
                "requester": "\(requester)", "project": "\(project)", "batch": "\(batch)", "worker": "\(worker)",
                "team": "\(team)", "import": "\(report.run.id)", "person": "\(spare)",
            ])
    }

    /// The id that a question finds, as `it`.
    func id(_ sql: SQL) async throws -> String {
        try await market.database.read { try await $0.oneRow(sql)["it"] }
    }

    func claim(_ worker: Worker.ID, _ side: Side) async throws -> Assignment {
        // By priority and lot alone.
        try await ClaimTask(market: market, order: OrderOfService(agingEvery: 0))(
            from: (requester: side.requester, id: side.batch), by: Principal.ID(worker.uuid))
    }

    /// Work that was handed in and judged.
    func judged(_ worker: Worker.ID, _ side: Side, _ judgement: Judgement = .accepted) async throws -> Review {
        let work = try await claim(worker, side)
        try await small.submit(work, "answer of \(side.name)")
        return try await ReviewSubmission(market: market)(
            work.id, of: side.requester, judgement,
            reasons: judgement == .accepted ? "" : "Not as \(side.name) asked.", by: small.reviewer)
    }

    /// Sessions of both workers, before anybody has a token.
    private mutating func signIn() async throws {
        let hasher = PasswordHasher(.init(logRounds: 4, blockSize: 1, parallelism: 1))
        acme.ids["session"] = try await session(of: acme, hasher)
        rival.ids["session"] = try await session(of: rival, hasher)
    }

    private func session(of side: Side, _ hasher: PasswordHasher) async throws -> String {
        let (email, password) = ("\(side.name)@sign-in.example", "correct horse battery")
        let code = try await small.invitation(of: side.holder, email: email)
        try await RedeemTicket(market: market, hasher: hasher)(code, password: password)
        return "\(try await SignIn(market: market, hasher: hasher)(email: email, password: password).id)"
    }

    /// A payout that has left, with a line for each agency, and one that fell due.
    private mutating func pay() async throws {
        Scratch.clock.advance(by: 73 * 3_600)
        for side in [acme, rival] {
            for worker in [side.worker, side.member] { _ = try await judged(worker, side) }
        }
        Scratch.clock.advance(by: 1)
        let run = try await PreparePayoutRun(market: market, keys: Scratch.keys)(
            from: "main", on: try #require(CalendarDate(iso: "2026-03-10")), by: small.maker
        ).batch
        try await ApprovePayoutBatch(market: market)(run.id, contentHash: run.contentHash, by: small.checker)
        _ = try await ExportPayoutRun(market: market, keys: Scratch.keys)(run.id, by: small.maker, write: { _ in })
        shared["payout"] = "\(run.id)"
        let (first, second) = (acme.team, rival.team)
        acme.ids["line"] = try await id(
            "select payout_line_id::text as it from payout_line where payee_team_id = \(first)")
        rival.ids["line"] = try await id(
            "select payout_line_id::text as it from payout_line where payee_team_id = \(second)")
        _ = try await SchedulePayouts(market: market)(
            try .weekly(on: .friday, minute: 1_080, in: "UTC"), from: "main", by: small.checker)
        Scratch.clock.advance(by: 8 * 86_400)
        _ = try await OpenDuePayouts(market: market)(by: small.manager)
        let found = try await PrepareDuePayout(market: market, keys: Scratch.keys).list(
            .open, limit: 1, by: small.maker)
        let due = try #require(found.first)
        shared["due"] = "\(due.id)"
    }

    /// What holds for everybody.
    private mutating func rules() async throws {
        let question: JSON = [
            "id": "q", "prompt": "Is it?", "options": ["a": "yes", "b": "no"], "skill": "lawyer/contracts",
        ]
        _ = try await PublishExam(market: market)(
            try ExamDraft(json: [
                "profession": "lawyer", "key": "contracts", "title": "Contracts",
                "sections": [["title": "One", "weight": 1, "questions": [question]]], "answer_key": ["q": "a"],
                "minutes": 60, "attempts_max": 1, "cooldown_hours": 0, "pass_bps": 5_000, "valid_days": 30,
            ]), by: small.manager)
        _ = try await PublishTierRule(market: market)(
            .specialist, in: .lawyer, conditions: try TierConditions(json: ["years": 0]), isAutomatic: false,
            by: small.manager)
        _ = try await PublishAgreement(market: market)(
            kind: "nda", title: "Silence", body: "Say nothing.", by: small.manager)
        try await SetRetentionClass(market: market)(
            try RetentionClass(name: "short", daysAfterClose: 30), by: small.manager)
        let policy = try await SetHoursPolicy(market: market)(
            try HoursPolicy(country: "FR", dailyMinutesMax: 1_000, weeklyMinutesMax: 5_000, reason: "Law"),
            by: small.manager)
        let end = try await EndRateCard(market: market).prepare(
            2, at: Scratch.clock.now() + 300 * 86_400, by: small.maker)
        let voucher = try await PrepareVoucher(market: market)(
            .writeOff(small.requester, try Money(100, small.usd)), reference: "hall", reason: "Goodwill.",
            by: small.maker)
        try await SetTaxDefault(market: market)("DE", ruleSet: "eu", source: "Law.", by: small.checker)
        shared.merge([
            "key": "main-9", "policy": "\(policy)", "ending": "\(end.id)", "voucher": "\(voucher)", "version": "2",
            "exam": "contracts", "name": "short", "profession": "lawyer", "/v1/agreements/ kind": "nda",
            "/v1/ledger/ kind": "platform_fees", "provider": "nobody", "year": "2026",
            "source": "main", "form": "dac7", "day": "2026-04-20", "country": "DE", "check": "balances_are_sums",
        ]) { $1 }
        shared["entry"] = try await id(
            "select entry_id::text as it from journal_entry order by entry_id limit 1")
    }
}
