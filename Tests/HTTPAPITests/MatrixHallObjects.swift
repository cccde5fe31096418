import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

extension MatrixHall {
    /// What a worker is, has and is told beside their work.
    func papers(_ side: Side) async throws -> [String: String] {
        let worker = side.worker
        let credential = try await SubmitCredential(market: market)(
            CredentialSubmission(
                profession: .lawyer, kind: .barAdmission, issuer: "NJ", jurisdiction: "US-NJ",
                number: "NJ-\(side.name)", issuedOn: try #require(CalendarDate(iso: "2015-01-01")),
                expiresOn: CalendarDate(iso: "2027-01-01")
            ),
            of: worker, by: small.manager)
        try await AddEvidence(market: market)(
            Evidence(
                hash: Digest(of: "scan of \(side.name)"), mediaType: "application/pdf", size: 9,
                name: "scan-\(side.name).pdf"),
            to: credential, by: small.manager)
        let attempt = try await StartExam(market: market)("contracts", by: worker)
        let interest = try await DeclareInterest(market: market)(
            .holding, in: "Beta Ltd", of: worker, by: small.manager)
        let claim = try await EnterTaxClaim(market: market)(
            TaxClaimDraft(
                kind: .special, month: try #require(CalendarDate(iso: "2026-03-01")), amount: Money(100, small.usd),
                evidence: "Slip of \(side.name)"),
            of: worker, reference: "claim of \(side.name)", by: small.maker)
        let spare = try await IssueToken(market: market)(for: side.holder, lifetime: 2_592_000, by: small.manager)
        let day = try #require(CalendarDate(iso: side.name == acme.name ? "2026-07-07" : "2026-08-08"))
        try await ExceptAvailability(market: market)(
            AvailabilityException(day, .away, .wholeDay), of: worker, by: small.manager)
        let novice = try await small.worker("novice-\(side.name)")
        try await DeclareProfession(market: market)(.lawyer, years: 9, specialties: [], of: novice, by: small.manager)
        let outcome = try await ProposeTier(market: market)(in: .lawyer, for: novice, by: small.manager)
        guard case .proposed(let proposal) = outcome else {
            Issue.record("no tier was proposed")
            return [:]
        }
        return [
            "credential": "\(credential)", "attempt": "\(attempt.id)", "interest": "\(interest.id)",
            "claim": "\(claim)", "token": "\(spare.id)", "proposal": "\(proposal.id)",
        ]
    }

    /// Work in hand with a draft, work that waits for a reviewer, a rejection with its appeal, pay that is taken back,
    /// and what was withdrawn.
    func work(_ side: Side) async throws -> [String: String] {
        let (worker, holder) = (side.worker, side.holder)
        let rejected = try #require(try await judged(worker, side, .rejected).decision)
        let appeal = try await FileAppeal(market: market)(rejected, statement: "Right, of \(side.name).", by: holder)
        let waiting = try await claim(worker, side)
        try await small.submit(waiting, "answer of \(side.name)")
        let inHand = try await claim(worker, side)
        _ = try await SaveDraft(market: market)(
            ["label": .string("draft of \(side.name)")], for: inHand.id, token: inHand.leaseToken, by: holder)
        let earning: Transfer.ID = try await market.database.read {
            try await $0.oneRow(
                "select transfer_id from earning where worker_id = \(worker) order by earned_at limit 1"
            )["transfer_id"]
        }
        let clawback = try await ProposeClawback(market: market)(
            [ClawbackPart(earning, amountMinor: 500)], of: worker, by: .paidByMistake, reasons: "Paid twice.",
            reference: "clawback of \(side.name)", by: small.maker)
        let decided = try await DecideClawback(market: market)(clawback.id, takeBack: true, by: small.checker)
        let decision = try #require(decided)
        let withdrawal = try await WithdrawContribution(market: market)(
            of: side.member, from: side.project, of: side.requester, reasons: "Copied.", by: small.manager)
        let suspicion = try QualitySuspicion(
            .speed, scoreMilli: 5_000, workers: [worker], tasks: [waiting.task], facts: ["fast": 9])
        let found = try await market.change { change in
            let put = try await change.transaction.putEvidence(suspicion, in: side.key, id: change.make())
            let id = try #require(put).id
            try await change.record(
                "quality_case_opened", by: small.manager, on: "quality_case", id.uuid, in: .requester(side.requester))
            return id
        }
        let task = try await id(
            """
            select task_id::text as it from task
             where requester_id = \(side.requester) and external_key = 'main-9'
            """)
        let notice = try await id(
            "select notice_id::text as it from notice where recipient_id = \(holder) order by notice_id desc limit 1")
        return [
            "appeal": "\(appeal.id)", "decision": "\(decision)", "assignment": "\(inHand.id)",
            "/v1/reviews/ assignment": "\(waiting.id)", "clawback": "\(clawback.id)", "withdrawal": "\(withdrawal)",
            "case": "\(found)",
            "task": task, "notice": notice,
        ]
    }

    /// Work that is offered and bargained about, and work that is set aside.
    func offers(_ side: Side, beside other: Worker.ID) async throws -> [String: String] {
        func batch(_ name: String, _ door: BatchDoor) async throws -> Batch.Key {
            try await self.batch(small.draft(name, door: door, project: side.project), of: side)
        }
        let now = Scratch.clock.now()
        let offered = try await batch("offered", .offer)
        let offer = try await MakeOffer(market: market)(
            of: offered.id, from: side.requester, to: side.worker, reason: ["why": "x"], answerBy: now + 86_400,
            explanation: OfferExplanation(
                valueMicros: 7, parts: ["quality": 7], hoursPriceMicros: 1,
                runnerUp: .init(worker: other, valueMicros: 6), candidates: 2, certificateMillionths: 1_000_000),
            by: small.manager)
        let terms = try DirectTerms(
            pay: Money(2_000, small.usd), quantity: 1, answerBy: now + 86_400, deadline: now + 172_800,
            conditions: "Bargain of \(side.name).")
        let direct = try await MakeDirectOffer(market: market)(
            of: batch("direct", .claim), to: side.worker, terms, by: small.manager)
        let open = try await id(
            """
            select task.external_key as it from task join slot using (requester_id, task_id)
             where task.requester_id = \(side.requester) and slot.batch_id = \(side.batch) and slot.state = 'open'
             order by task.external_key desc limit 1
            """)
        _ = try await ReserveTasks(market: market)(
            [open], of: side.key, for: .workers([side.worker]), by: small.manager)
        let kept = try #require(try await ListAllotments(market: market)(of: side.key, by: small.manager).first)
        return [
            "offer": "\(offer)", "/v1/direct-offers/ offer": "\(direct)",
            "reservation": "\(kept.id)",
        ]
    }

    /// A published batch of one task.
    private func batch(_ draft: BatchDraft, of side: Side) async throws -> Batch.Key {
        let id = try await CreateBatch(market: market)(draft, of: side.requester, by: small.manager)
        _ = try await AddTasks(market: market)(
            small.drafts(["\(draft.name)-0"]), to: id, of: side.requester, by: small.manager)
        _ = try await PublishBatch(market: market)(id, of: side.requester, by: small.manager)
        return Batch.Key(requester: side.requester, id: id)
    }

    /// What a requester's programs are told, and what its workers are told.
    func programs(_ side: Side) async throws -> [String: String] {
        let made = try await RegisterWebhook(market: market)(
            url: "https://hooks.example.org/\(side.name)", of: side.requester, by: small.manager)
        let event = try await TestWebhook(market: market)(made.endpoint, by: small.manager)
        let guideline = try await AddGuideline(market: market)(
            externalKey: "notes", name: "Notes", text: "Read.", of: side.requester, by: small.manager)
        _ = try await PublishGuideline(market: market)(
            GuidelineDraft(text: "Read more.", changes: "More.", scope: .nothing), of: guideline,
            from: side.requester, by: small.manager)
        return [
            "webhook": "\(made.endpoint)", "event": event.uuidString.lowercased(), "guideline": "\(guideline)",
        ]
    }

    /// What a bank says: a debit that is no payment of ours.
    func statement(_ side: Side) async throws -> [String: String] {
        func money(_ euros: Int, _ sign: String) -> String {
            "<Amt Ccy=\"EUR\">\(euros).00</Amt><CdtDbtInd>\(sign)</CdtDbtInd>"
        }
        let balances = [("OPBD", 3), ("CLBD", 2)].map { code, euros in
            """
            <Bal><Tp><CdOrPrtry><Cd>\(code)</Cd></CdOrPrtry></Tp>\(money(euros, "CRDT"))\
            <Dt><Dt>2026-03-10</Dt></Dt></Bal>
            """
        }
        let file = """
            <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr>\
            <MsgId>\(side.name)</MsgId><CreDtTm>2026-03-10T20:00:00Z</CreDtTm></GrpHdr><Stmt><Id>\(side.name)</Id>\
            <Acct><Id><IBAN>NL41MOCK0000000001</IBAN></Id></Acct>\(balances.joined())<Ntry>\(money(1, "DBIT"))\
            <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-10</Dt></BookgDt><AcctSvcrRef>\(side.name)</AcctSvcrRef>\
            <BkTxCd/><NtryDtls><TxDtls><Refs><EndToEndId>\(side.name)</EndToEndId></Refs>\(money(1, "DBIT"))\
            </TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>
            """
        _ = try await ImportBankFile(market: market)(Array(file.utf8), by: small.maker)
        let name = side.name
        return [
            "bank_entry": try await id("select bank_entry_id::text as it from bank_entry where reference = \(name)"),
            "bank_statement": try await id(
                "select bank_statement_id::text as it from bank_statement where statement_id = \(name)"),
        ]
    }

    /// An auction of each side, cleared: its own worker has won it.
    func auctions(_ sides: [Side], third: Worker.ID) async throws -> [[String: String]] {
        var opened: [Auction.Key] = []
        for side in sides {
            let key = try await batch(
                small.draft("bids", door: .bid, requirement: .all([]), project: side.project), of: side)
            // What is kept of who meets the requirement comes a minute later.
            Scratch.clock.advance(by: 61)
            while try await SweepEligibility(market: market)() > 0 {}
            let id = try await OpenAuction(market: market)(
                of: key, on: AuctionTerms(closesAt: Scratch.clock.now() + 600), by: small.manager)
            opened.append(Auction.Key(requester: side.requester, id: id))
        }
        for (side, auction) in zip(sides, opened) {
            let others = sides.filter { $0.name != side.name }.map(\.worker) + [third]
            for (bidder, amount) in zip([side.worker] + others, [1_500, 1_700, 1_900] as [Int64]) {
                _ = try await PlaceBid(market: market)(
                    BidDraft(amountMinor: amount, quantity: 1), in: auction, by: Principal.ID(bidder.uuid))
            }
        }
        Scratch.clock.advance(by: 661)
        while try await CloseAuctions(market: market)(by: small.manager).hasMore {}
        var won: [[String: String]] = []
        for (side, auction) in zip(sides, opened) {
            let awards = try await MyAwards(market: market)(by: side.holder)
            let award = try #require(awards.first { $0.auction.requester == side.requester })
            let bids = try await MyBids(market: market)(by: side.holder)
            let bid = try #require(bids.first { $0.bid.auction.id == auction.id })
            won.append(["auction": "\(auction.id)", "award": "\(award.id)", "salt": try #require(bid.salt)])
        }
        return won
    }

    /// What operators have to look at: a finding about auctions, a batch whose deadline nears, two accounts of one
    /// mailbox, and a provider.
    mutating func oversight() async throws {
        let requester = acme.requester
        let requirement: Requirement.ID = try await market.database.read {
            try await $0.oneRow(
                "select requirement_id from batch where requester_id = \(requester) order by batch_id limit 1"
            )["requirement_id"]
        }
        let suspicion = try Suspicion(
            .rotation, in: ScreenCell(requirement: requirement, profession: .lawyer, tier: .expert), small.usd,
            scoreMilli: 2_500, workers: [acme.worker], auctions: [Scratch.here.identifiers.uuid(at: Scratch.start)],
            evidence: ["z_milli": 2_500])
        _ = try await ReportSuspicions(market: market)([suspicion], by: small.manager)
        let finding = try #require(try await ListFindings(market: market)(limit: 1, by: small.manager).first)
        shared["finding"] = "\(finding.id)"
        let due = Scratch.clock.now() + 36_000
        _ = try await batch(small.draft("urgent", door: .offer, dueAt: due, project: acme.project), of: acme)
        let endangered = try await market.database.read {
            try await $0.endangeredBatches(until: due, after: nil, limit: 1)
        }
        let option = AlertOption(.extendDeadline, "Two hours more.", slotsLost: 0, costMinor: 0, delaySeconds: 7_200)
        let urgent = try #require(endangered.first)
        _ = try await EscalateBatch(market: market)(
            urgent, .alert([option]), facts: ["why": "no price left"], by: small.manager)
        let alert = try #require(try await ListAlerts(market: market)(limit: 1, by: small.manager).first)
        shared["alert"] = "\(alert.id)"
        for number in 0..<2 {
            _ = try await RegisterWorker(market: market, keys: Scratch.keys)(
                Registration(
                    externalKey: "twin-\(number)", name: "Twin", email: "twin+\(number)@example.org", country: "US",
                    timeZone: "UTC", weeklyMinutesMax: 60, languages: ["en"]),
                by: small.manager)
        }
        let twins = try #require(try await ListDuplicates(market: market)(in: .open, by: small.manager).first)
        shared["duplicate"] = "\(twins.id)"
        _ = try await AddProvider(market: market)(
            key: "known", issuer: "https://id.example.org/known", audience: "guildhall", secret: nil,
            by: small.manager)
        shared["/v1/sign-in-providers/ provider"] = "known"
    }

    /// Somebody of each role of the platform and nothing else, a key of each requester, both workers and both managers.
    mutating func callers() async throws {
        let create = CreatePrincipal(market: market)
        for role in Role.allCases where ![.requester, .worker, .agencyManager].contains(role) {
            let name = "only \(role.rawValue)"
            let id = try await create(.person, named: name, roles: [role], by: small.manager)
            people.append(Person(name: name, token: try await small.bearer(id), roles: [role]))
        }
        for side in [acme, rival] {
            let key = try await create(
                .key, named: "\(side.name): key", roles: [.requester], for: side.requester, by: small.manager)
            let holders: [(String, Principal.ID, Role)] = [
                ("key of \(side.name)", key, .requester), ("worker of \(side.name)", side.holder, .worker),
                ("manager of \(side.name)", side.boss, .agencyManager),
            ]
            for (name, id, role) in holders {
                people.append(
                    Person(name: name, token: try await small.bearer(id), roles: [role], side: side.name))
            }
        }
    }
}
