import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("The second wall: rows by whose behalf is read on", .scratchDatabase)
struct RowSecurityTests {
    /// Tables that show members what is their own only.
    private static let walled = [
        "access_token", "answer_draft", "appeal", "availability_exception", "availability_window", "award", "bid",
        "bid_version", "credential", "credential_evidence", "decision", "direct_offer", "direct_offer_turn", "earning",
        "former_contact", "idempotency_key", "notice", "notice_preference", "payout_method", "person_login",
        "person_session", "review", "standing_ask", "submission", "suggestion_use", "tax_claim", "tax_profile",
        "webhook_attempt", "webhook_delivery", "webhook_endpoint", "webhook_event", "worker_person",
    ]

    private func counts(_ transaction: Transaction) async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for table in Self.walled {
            counts[table] = try await transaction.oneRow(
                """
                select (xpath('/row/n/text()',
                              query_to_xml('select count(*) as n from ' || \(table), false, true, '')))[1]::text::bigint
                       as n
                """)["n"]
        }
        return counts
    }

    /// Two workers and two requesters, each with rows of their own in most of these tables.
    private func filled() async throws -> (small: SmallMarket, workers: [Worker.ID], other: Requester.ID) {
        let small = try await SmallMarket()
        let market = small.market
        let other = try await CreateRequester(market: market)(externalKey: "other", name: "Other", by: small.manager)
        let hasher = PasswordHasher(.init(logRounds: 4, blockSize: 1, parallelism: 1))
        let batch = try await small.batch(small.draft("b"), tasks: 2)
        let unfinished = try await small.batch(small.draft("d"), tasks: 2)
        var workers: [Worker.ID] = []
        for key in ["ann", "ben"] {
            let worker = try await small.lawyer(key)
            let holder = Principal.ID(worker.uuid)
            workers.append(worker)
            let work = try await small.claim(worker, batch)
            _ = try await SubmitAnswer(market: market)(
                ["label": "a"], for: work.id, token: work.leaseToken, by: holder)
            let held = try await small.claim(worker, unfinished)
            _ = try await SaveDraft(market: market)(
                ["label": "b"], for: held.id, token: held.leaseToken, by: holder)
            try await SetPayoutMethod(market: market, keys: Scratch.keys)(.sample(), of: worker, by: small.manager)
            try await SetTaxProfile(market: market, keys: Scratch.keys)(.sample(), of: worker, by: small.manager)
            let code = try await small.invitation(of: holder, email: "\(key)@example.org")
            try await RedeemTicket(market: market, hasher: hasher)(code, password: "correct horse battery")
            _ = try await SignIn(market: market, hasher: hasher)(
                email: "\(key)@example.org", password: "correct horse battery")
            _ = try await IssueToken(market: market)(for: holder, lifetime: 60, by: small.manager)
            try await SetAsk(market: market)(Money(100, small.usd), for: nil, by: holder)
            try await PreferNotice(market: market)(
                .init(kind: "offer_made", channel: .email, isWanted: false), by: holder)
        }
        for requester in [small.requester, other] {
            let made = try await RegisterWebhook(market: market)(
                url: "https://hooks.example.org/", of: requester, by: small.manager)
            _ = try await TestWebhook(market: market)(made.endpoint, by: small.manager)
        }
        while try await DeliverWebhooks(market: market)(through: KeptCalls(), by: market.systemPrincipal()) > 0 {}
        return (small, workers, other)
    }

    private func read<Result: Sendable>(
        as principal: Principal.ID, _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await ReadPreparation.$current.withValue(Viewer.preparation(for: principal)) {
            try await Scratch.database.read { try await body($0) }
        }
    }

    @Test("without being told on whose behalf, a member sees nothing of what is there")
    func nothing() async throws {
        _ = try await filled()
        let all = try await Scratch.asOwner { try await counts($0) }
        let program = try await Scratch.database.read { try await counts($0) }
        #expect(program == all)
        for table in ["notice", "submission", "worker_person", "payout_method", "webhook_attempt", "person_session"] {
            #expect(all[table] ?? 0 >= 2, "\(table)")
        }
        let member = Scratch.connect { $0.role = "guildhall_member" }
        let seen = try await member.read { try await counts($0) }
        await member.shutdown()
        #expect(seen.filter { $0.value > 0 } == [:])
    }

    @Test("a worker sees their own rows, and nobody else's whatever is asked")
    func worker() async throws {
        let (_, workers, _) = try await filled()
        for worker in workers {
            let holder = Principal.ID(worker.uuid)
            let seen = try await read(as: holder) { try await counts($0) }
            for table in [
                "answer_draft", "credential", "submission", "worker_person", "payout_method", "tax_profile",
                "person_login", "person_session",
            ] {
                #expect(seen[table] == 1, "\(table)")
            }
            for table in ["webhook_endpoint", "webhook_event", "webhook_delivery", "webhook_attempt"] {
                #expect(seen[table] == 0, "\(table)")
            }
            let owners: [Worker.ID] = try await read(as: holder) {
                try await $0.rows("select worker_id from worker_person").map { try $0["worker_id"] }
            }
            #expect(owners == [worker])
        }
    }

    @Test("a requester's key sees the requester's rows and no other's")
    func requester() async throws {
        let (small, _, other) = try await filled()
        for requester in [small.requester, other] {
            let key = try await CreatePrincipal(market: small.market)(
                .key, named: "key of \(requester)", roles: [.requester], for: requester, by: small.manager)
            let seen = try await read(as: key) { try await counts($0) }
            #expect(seen["webhook_endpoint"] == 1)
            #expect(seen["submission"] == (requester == small.requester ? 2 : 0))
            #expect(seen["answer_draft"] == 0)
            #expect(seen["worker_person"] == 0 && seen["person_login"] == 0 && seen["payout_method"] == 0)
            let owners: [Requester.ID] = try await read(as: key) {
                try await $0.rows("select distinct requester_id from webhook_event").map { try $0["requester_id"] }
            }
            #expect(owners == [requester])
        }
    }

    @Test("who works for the platform reads as the program; what was told ends with the transaction")
    func platform() async throws {
        let (small, workers, _) = try await filled()
        @Sendable func role(_ transaction: Transaction) async throws -> String {
            try await transaction.oneRow("select current_user::text as it")["it"]
        }
        for person in [small.manager, small.reviewer, small.maker] {
            #expect(try await read(as: person) { try await role($0) } == "guildhall_app")
        }
        let database = Scratch.connect { $0.poolSize = 1 }
        let holder = Principal.ID(workers[0].uuid)
        try await ReadPreparation.$current.withValue(Viewer.preparation(for: holder)) {
            #expect(try await database.read { try await role($0) } == "guildhall_member")
            // Only what is read: a change is the program's.
            #expect(try await database.transaction { try await role($0) } == "guildhall_app")
            let rows = try await database.statement("select current_user::text as it", isReadOnly: true)
            #expect(try rows.first?["it"] == "guildhall_member")
        }
        #expect(try await database.read { try await role($0) } == "guildhall_app")
        let left: String? = try await database.read {
            try await $0.oneRow("select nullif(current_setting('guildhall.me', true), '') as it")["it"]
        }
        #expect(left == nil)
        await database.shutdown()
    }

    /// Three workers who bid in one auction of two tasks that is over, and are offered and judged something each.
    private func bargained() async throws -> (house: AuctionHouse, workers: [Worker.ID], auction: Auction.Key) {
        let house = try await AuctionHouse()
        let small = house.small
        var workers: [Worker.ID] = []
        for key in ["ann", "ben", "cem"] { workers.append(try await small.lawyer(key)) }
        let batch = try await small.batch(small.draft("c"), tasks: 8)
        let end = Scratch.clock.now() + 86_400
        let terms = try DirectTerms(pay: Money(2_000, small.usd), quantity: 1, answerBy: end, deadline: end)
        for worker in workers {
            let work = try await small.claim(worker, batch)
            try await small.submit(work)
            try await small.review(work)
            _ = try await MakeDirectOffer(market: small.market)(
                of: Batch.Key(requester: small.requester, id: batch), to: worker, terms, by: small.manager)
        }
        let auction = try await house.open(house.batch("b", tasks: 2))
        for (worker, amount) in zip(workers, [1_100, 1_200, 1_300] as [Int64]) {
            try await house.bid(worker, amount, in: auction)
        }
        try await house.close(auction)
        return (house, workers, auction)
    }

    @Test("a worker sees their own papers, bids, awards, offers and verdicts; what other bids would win is as ever")
    func bargains() async throws {
        let (house, workers, auction) = try await bargained()
        let tables = ["bid", "bid_version", "award", "direct_offer", "direct_offer_turn", "review"]
        let winners = try await house.won(auction)
        #expect(winners.count == 2)
        let mine = MyBids(market: house.market)
        for worker in workers {
            let holder = Principal.ID(worker.uuid)
            let seen = try await read(as: holder) { try await counts($0) }
            for table in tables where table != "award" { #expect(seen[table] == 1, "\(table)") }
            #expect(seen["award"] == (winners[worker] == nil ? 0 : 1))
            #expect(seen["credential"] == 1)
            // Asked for the first time as a member: what comes of it is kept for everybody.
            let own = try await ReadPreparation.$current.withValue(Viewer.preparation(for: holder)) {
                try await mine.one(in: auction, by: holder)
            }
            #expect(own.bid.amountMinor != nil && own.bid.outcome?.unitsWon == (winners[worker] == nil ? 0 : 1))
            #expect(own.alternatives.count >= 20)
            let asProgram = MyBids(market: Market(database: Scratch.database, keys: Scratch.keys))
            #expect(try await asProgram.one(in: auction, by: holder).alternatives == own.alternatives)
        }
    }

    @Test("a requester sees bids, awards, offers and verdicts of its own, no sealed version of a bid, and no paper")
    func bargainsOfRequester() async throws {
        let (house, workers, auction) = try await bargained()
        let small = house.small
        let other = try await CreateRequester(market: small.market)(
            externalKey: "other", name: "Other", by: small.manager)
        for requester in [small.requester, other] {
            let key = try await CreatePrincipal(market: small.market)(
                .key, named: "key of \(requester)", roles: [.requester], for: requester, by: small.manager)
            let isOwn = requester == small.requester
            let seen = try await read(as: key) { try await counts($0) }
            for table in ["bid", "direct_offer", "direct_offer_turn", "review"] {
                #expect(seen[table] == (isOwn ? workers.count : 0), "\(table)")
            }
            #expect(seen["award"] == (isOwn ? 2 : 0))
            #expect(seen["bid_version"] == 0 && seen["credential"] == 0)
            if isOwn {
                let report = try await ReadPreparation.$current.withValue(Viewer.preparation(for: key)) {
                    try await ReportAuction(market: small.market)(auction, by: key)
                }
                #expect(report.unitsFilled == 2)
            }
            for table in ["task_content", "safety_content"] {
                let refused = await #expect(throws: StoreError.self) {
                    try await read(as: key) {
                        try await $0.rows(
                            """
                            select query_to_xml('select sealed from ' || \(table), false, true, '')::text as it
                            """
                        ).count
                    }
                }
                #expect(refused?.sqlState == "42501", "\(table)")
            }
        }
    }

    @Test("the role changes nothing, reads no key or code, and gets past no policy")
    func role() async throws {
        let slipped: [String] = try await Scratch.asOwner {
            try await $0.rows(
                """
                select oid::regclass || ': ' || privilege as it
                  from pg_class, unnest('{insert,update,delete,truncate,references,trigger}'::text[]) as privilege
                 where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                   and has_table_privilege('guildhall_member', oid, privilege)
                union all
                select relation || ': select'
                  from unnest('{kept_secret,recovery_code,sign_in_ticket,sign_in_failure,provider_attempt,worker_key,
                                team_key,identity_mark,operator_proposal,payout_payee,task_content,
                                safety_content}'::text[]) as relation
                 where has_table_privilege('guildhall_member', relation, 'select')
                union all
                select rolname from pg_roles
                 where rolname = 'guildhall_member' and (rolsuper or rolbypassrls or rolcreaterole or rolcanlogin)
                    or rolname = 'guildhall_member' and pg_has_role(rolname, 'guildhall_app', 'member')
                union all
                select oid::regclass::text from pg_class
                 where relrowsecurity and pg_get_userbyid(relowner) in ('guildhall_app', 'guildhall_member')
                """
            ).map { try $0["it"] }
        }
        #expect(slipped == [])
        let walls: [String] = try await Scratch.asOwner {
            try await $0.rows(
                """
                select relname::text as it from pg_class
                 where relnamespace = 'public'::regnamespace and relrowsecurity
                   and (select count(*) from pg_policy where polrelid = pg_class.oid) = 2
                 order by 1
                """
            ).map { try $0["it"] }
        }
        #expect(walls == Self.walled)
    }
}
