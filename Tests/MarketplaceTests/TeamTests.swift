import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Teams", .scratchDatabase)
struct TeamTests {
    private func team(
        _ small: SmallMarket, _ key: String, _ kind: TeamKind = .agency, isPayee: Bool = false
    ) async throws -> Team {
        try await CreateTeam(market: small.market)(
            TeamDraft(externalKey: key, kind: kind, name: "Team \(key)", base: "CN-GD", isPayee: isPayee),
            by: small.manager
        )
    }

    private func manager(_ small: SmallMarket, of team: Team) async throws -> Principal.ID {
        let person = try await CreatePrincipal(market: small.market)(
            .person, named: "manager of \(team.externalKey)", roles: [], by: small.manager
        )
        try await AppointManager(market: small.market)(person, of: team.id, by: small.manager)
        return person
    }

    @Test("are made once, of an agency or of staff; only an agency is paid in its people's place")
    func made() async throws {
        let small = try await SmallMarket()
        let agency = try await team(small, "a")
        #expect(try await team(small, "a") == agency)
        let staff = try await team(small, "s", .staff)
        #expect(
            await refusal(TeamRefusal.self) { try await team(small, "p", .staff, isPayee: true) }
                == .onlyAgencyIsPayee)
        let payee = ChangePayee(market: small.market)
        #expect(
            await refusal(TeamRefusal.self) { try await payee(staff.id, isPayee: true, by: small.manager) }
                == .onlyAgencyIsPayee)
        for actor in [small.manager, small.second] { try await payee(agency.id, isPayee: true, by: actor) }
        let list = ListTeams(market: small.market)
        #expect(try await list(by: small.manager).map(\.isPayee) == [true, false])
        #expect(try await list(after: "a", limit: 1, by: small.manager) == [staff])
        #expect(
            await refusal(TeamRefusal.self) {
                try await AppointManager(market: small.market)(small.maker, of: staff.id, by: small.manager)
            } == .onlyAgencyIsManaged)
        #expect(await refusal(AccessRefusal.self) { try await list(by: small.maker) } == .roleMissing(.operator))
        for base in ["cn", "XX", "CN-", "CN-ABCD", "CN-GD-1", ""] {
            #expect(throws: BadInput.self, "\(base)") {
                try TeamDraft(externalKey: "k", kind: .staff, name: "n", base: base)
            }
        }
    }

    @Test("have members from one instant to another, and nobody is in two at once")
    func members() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let (one, two) = (try await team(small, "one"), try await team(small, "two"))
        let (join, leave) = (JoinTeam(market: small.market), LeaveTeam(market: small.market))
        #expect(await refusal(TeamRefusal.self) { try await leave(worker, one.id, by: small.manager) } == .notMember)
        try await join(worker, one.id, by: small.manager)
        try await join(worker, one.id, by: small.manager)
        #expect(
            await refusal(TeamRefusal.self) { try await join(worker, two.id, by: small.manager) }
                == .inOtherTeam("one"))
        Scratch.clock.advance(by: 60)
        try await leave(worker, one.id, by: small.manager)
        try await join(worker, two.id, by: small.manager)
        let members = ListMembers(market: small.market)
        let past = try await members(of: one.id, by: small.manager)
        #expect(past.map(\.joinedAt) == [Scratch.start] && past.map(\.leftAt) == [Scratch.start + 60])
        #expect(try await members(of: two.id, by: small.manager).map(\.workerKey) == ["w"])
        #expect(
            try await small.count("select count(*) as n from notice where kind in ('team_joined', 'team_left')") == 3)
        #expect(
            await refusal(AccessRefusal.self) { try await join(worker, two.id, by: small.maker) }
                == .roleMissing(.operator))
    }

    @Test("that many join a worker to at once get them once")
    func race() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        var teams: [Team] = []
        for index in 0..<8 { teams.append(try await team(small, "t\(index)")) }
        for round in 1...5 {
            let barrier = Barrier(count: teams.count)
            let outcomes = await withTaskGroup { group in
                for team in teams {
                    group.addTask {
                        await barrier.arrive()
                        return await Result<Team.ID, any Error>.of {
                            try await JoinTeam(market: small.market)(worker, team.id, by: small.manager)
                            return team.id
                        }
                    }
                }
                return await group.reduce(into: [Result<Team.ID, any Error>]()) { $0.append($1) }
            }
            let joined = outcomes.compactMap { try? $0.get() }
            #expect(joined.count == 1, "round \(round)")
            #expect(outcomes.compactMap { $0.failure as? TeamRefusal }.count == 7)
            Scratch.clock.advance(by: 1)
            for team in joined { try await LeaveTeam(market: small.market)(worker, team, by: small.manager) }
        }
        #expect(try await small.count("select count(*) as n from team_member") == 5)
    }

    @Test("say where a worker comes from, and a batch takes only from where it says", arguments: Workforce.allCases)
    func workforce(taken: Workforce) async throws {
        let small = try await SmallMarket()
        var workers: [Workforce: Worker.ID] = [:]
        for workforce in Workforce.allCases { workers[workforce] = try await small.worker(workforce.rawValue) }
        let join = JoinTeam(market: small.market)
        try await join(try #require(workers[.agency]), try await team(small, "a").id, by: small.manager)
        try await join(try #require(workers[.staff]), try await team(small, "s", .staff).id, by: small.manager)
        let plain = try small.draft("b", requirement: .all([]), redundancy: 3)
        let draft = BatchDraft(
            project: plain.project, name: plain.name, profession: .lawyer, tier: .expert, requirement: .all([]),
            redundancy: 3, feeBasisPoints: 1_000, budget: plain.budget, expectedMinutes: 30, workforces: [taken]
        )
        let batch = try await small.batch(draft, tasks: 2)
        for (workforce, worker) in workers {
            if workforce == taken {
                #expect(try await small.claim(worker, batch).batch == batch)
                #expect(try await small.claim(worker).batch == batch)
            } else {
                #expect(
                    await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) }
                        == .otherWorkforce(workforce))
                #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker) } == .noOpenBatch)
            }
        }
        #expect(
            await refusal(BadInput.self) {
                try await CreateBatch(market: small.market)(
                    BatchDraft(
                        project: plain.project, name: "none", profession: .lawyer, tier: .expert, requirement: .all([]),
                        feeBasisPoints: 0, budget: plain.budget, expectedMinutes: 30, workforces: []
                    ), of: small.requester, by: small.manager)
            }?.field == "workforces")
    }

    @Test("let an agency see its own people's work while they are its people, and nothing else")
    func agencyWork() async throws {
        let small = try await SmallMarket()
        let (ours, mine, theirs) = (
            try await small.lawyer("ours"), try await small.lawyer("free"),
            try await small.lawyer("theirs")
        )
        let (agency, other) = (try await team(small, "agency"), try await team(small, "other"))
        let (boss, rival) = (try await manager(small, of: agency), try await manager(small, of: other))
        let batch = try await small.batch(small.draft("b"), tasks: 9)
        let join = JoinTeam(market: small.market)
        _ = try await small.claim(ours, batch)
        Scratch.clock.advance(by: 60)
        try await join(ours, agency.id, by: small.manager)
        try await join(theirs, other.id, by: small.manager)
        var expected: [Assignment.ID] = []
        for worker in [ours, mine, theirs, ours] {
            Scratch.clock.advance(by: 1)
            let work = try await small.claim(worker, batch)
            if worker == ours { expected.insert(work.id, at: 0) }
        }
        Scratch.clock.advance(by: 60)
        try await LeaveTeam(market: small.market)(ours, agency.id, by: small.manager)
        _ = try await small.claim(ours, batch)
        let work = AgencyWork(market: small.market)
        let seen = try await work(of: agency.id, by: boss)
        #expect(seen.map(\.assignment) == expected)
        #expect(seen.allSatisfy { $0.workerKey == "ours" && $0.pay.minorUnits == SmallMarket.pay })
        let page = try await work(of: agency.id, limit: 1, by: boss)
        #expect(page.map(\.assignment) == [expected[0]])
        #expect(
            try await work(of: agency.id, before: page.last?.assignment, by: boss).map(\.assignment) == [expected[1]])
        #expect(try await work(of: other.id, by: rival).map(\.workerKey) == ["theirs"])
        for actor in [rival, small.maker, Principal.ID(ours.uuid)] {
            #expect(
                await refusal(AccessRefusal.self) { try await work(of: agency.id, by: actor) }
                    == .roleMissing(.agencyManager))
        }
        #expect(
            await refusal(AccessRefusal.self) {
                try await ListMembers(market: small.market)(of: other.id, by: boss)
            } == .roleMissing(.agencyManager))
        Scratch.clock.advance(by: 1)
        try await DismissManager(market: small.market)(boss, of: agency.id, by: small.manager)
        #expect(
            await refusal(AccessRefusal.self) { try await work(of: agency.id, by: boss) }
                == .roleMissing(.agencyManager))
    }

    @Test("that are payees get what their people earned as members, and the ledger's sums stay right")
    func payee() async throws {
        let small = try await SmallMarket()
        let (member, free) = (try await small.lawyer("member"), try await small.lawyer("free"))
        let agency = try await team(small, "agency", isPayee: true)
        let batch = try await small.batch(small.draft("b"), tasks: 6)
        try await small.earn(member, batch)
        Scratch.clock.advance(by: 60)
        try await JoinTeam(market: small.market)(member, agency.id, by: small.manager)
        try await small.earn(member, batch, tasks: 2)
        try await small.earn(free, batch)
        let payout = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        #expect(payout.total.minorUnits == 8_000 && payout.lineCount == 3)
        try await ApprovePayoutBatch(market: small.market)(
            payout.id, contentHash: payout.contentHash, by: small.checker
        )
        try await IssuePayoutBatch(market: small.market)(payout.id, by: small.maker)
        let file = try await PayoutFile(market: small.market)(payout.id, by: small.maker)
        let rows = String(decoding: file, as: UTF8.self).split(separator: "\r\n").dropFirst()
            .map { $0.split(separator: ",") }
        #expect(
            Set(rows.map { "\($0[2]) \($0[3]) \($0[5])" })
                == ["worker member 20.00", "agency agency 40.00", "worker free 20.00"])
        #expect(rows.filter { $0[2] == "agency" }.map { $0[4] } == ["Team agency"])
        #expect(try await small.balance(.payable(to: member, small.usd)) == 0)
        #expect(try await small.balance(.clearing(small.usd)) == 0)
        #expect(try await small.ills() == [])
    }

    @Test("that are payees get one payment for all their people, with each one's share beneath, to the cent")
    func oneLine() async throws {
        let small = try await SmallMarket()
        let people = [try await small.lawyer("a"), try await small.lawyer("b"), try await small.lawyer("c")]
        let agency = try await team(small, "agency", isPayee: true)
        let batch = try await small.batch(small.draft("b"), tasks: 9)
        for person in people.prefix(2) {
            try await JoinTeam(market: small.market)(person, agency.id, by: small.manager)
        }
        for (number, person) in people.enumerated() { try await small.earn(person, batch, tasks: number + 1) }
        let partly = try await small.claim(people[0], batch)
        try await small.submit(partly)
        try await small.review(partly, .acceptedInPart(basisPoints: 3_333))
        let payout = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        #expect(payout.lineCount == 2)
        let list = ListPayoutLines(market: small.market)
        let lines = try await list(of: payout.id, by: small.maker)
        let line = try #require(lines.first { $0.payeeKey == "agency" })
        #expect(line.line.amount.minorUnits == 6_667 && line.line.earningCount == 4)
        let shares = try await list.shares(of: line.line.id, by: small.checker)
        #expect(
            Dictionary(uniqueKeysWithValues: shares.map { ($0.workerKey, $0.share.amount.minorUnits) })
                == ["a": 2_667, "b": 4_000])
        #expect(try await list.shares(of: line.line.id, limit: 1, by: small.maker) == [shares[0]])
        #expect(
            try await list.shares(of: line.line.id, after: shares[0].share.worker, by: small.maker) == [shares[1]])
        #expect(
            await refusal(AccessRefusal.self) { try await list(of: payout.id, by: small.manager) }
                == .roleMissing(.financeChecker))
        try await ApprovePayoutBatch(market: small.market)(
            payout.id, contentHash: payout.contentHash, by: small.checker)
        try await IssuePayoutBatch(market: small.market)(payout.id, by: small.maker)
        let file = try await PayoutFile(market: small.market)(payout.id, by: small.maker)
        let rows = String(decoding: file, as: UTF8.self).split(separator: "\r\n").dropFirst()
            .map { $0.split(separator: ",") }
        #expect(
            Set(rows.map { "\($0[3]) \($0[5]) \($0[7]) \($0[8])" }) == ["agency 66.67 2 4", "c 60.00 1 3"])
        for person in people { #expect(try await small.balance(.payable(to: person, small.usd)) == 0) }
        #expect(try await small.balance(.clearing(small.usd)) == 0)
        #expect(
            try await small.count("select count(*) as n from transfer where kind = 'settlement'") == 2)
        #expect(try await small.ills() == [])
    }

    @Test("whose people's shares were changed behind the program's back are not paid")
    func sharesChanged() async throws {
        let small = try await SmallMarket()
        let member = try await small.lawyer("member")
        try await JoinTeam(market: small.market)(
            member, try await team(small, "agency", isPayee: true).id, by: small.manager)
        try await small.earn(member, try await small.batch(small.draft("b"), tasks: 1))
        let payout = try await PreparePayoutBatch(market: small.market)(small.usd, by: small.maker)
        try await Scratch.asOwner { try await $0.execute("update payout_share set amount_minor = amount_minor - 1") }
        #expect(
            await refusal(PayoutRefusal.self) {
                try await ApprovePayoutBatch(market: small.market)(
                    payout.id, contentHash: payout.contentHash, by: small.checker)
            } == .contentDiffers)
        #expect(try await small.ills() == [.payoutTotals, .payoutContent])
    }

    @Test("that are payees no longer leave the payment to their people; the approval is for the payees, too")
    func payeeChanged() async throws {
        let small = try await SmallMarket()
        let member = try await small.lawyer("member")
        let agency = try await team(small, "agency", isPayee: true)
        try await JoinTeam(market: small.market)(member, agency.id, by: small.manager)
        try await small.earn(member, try await small.batch(small.draft("b"), tasks: 1))
        let prepare = PreparePayoutBatch(market: small.market)
        let first = try await prepare(small.usd, by: small.maker)
        try await Scratch.asOwner {
            try await $0.execute("update payout_line set payee_team_id = null, worker_id = \(member)")
        }
        #expect(
            await refusal(PayoutRefusal.self) {
                try await ApprovePayoutBatch(market: small.market)(
                    first.id, contentHash: first.contentHash, by: small.checker)
            } == .contentDiffers)
        try await CancelPayoutBatch(market: small.market)(first.id, by: small.maker)
        try await ChangePayee(market: small.market)(agency.id, isPayee: false, by: small.manager)
        let second = try await prepare(small.usd, by: small.maker)
        #expect(second.total == first.total)
        #expect(
            try await small.count(
                "select count(*) as n from payout_line where payout_batch_id = \(second.id) and payee_team_id is null"
            ) == 1)
        #expect(try await small.ills() == [])
    }

    @Test("offer capacity as a whole from now on, by their own managers")
    func capacity() async throws {
        let small = try await SmallMarket()
        let (agency, other) = (try await team(small, "agency"), try await team(small, "other"))
        let boss = try await manager(small, of: agency)
        let (offer, list) = (OfferCapacity(market: small.market), ListCapacity(market: small.market))
        try await offer(of: agency.id, in: .lawyer, weeklyMinutes: 6_000, by: boss)
        try await offer(of: agency.id, in: .lawyer, weeklyMinutes: 9_000, by: boss)
        #expect(try await list(of: agency.id, by: boss).map(\.weeklyMinutes) == [9_000])
        Scratch.clock.advance(by: 60)
        try await offer(of: agency.id, in: .lawyer, weeklyMinutes: 0, by: boss)
        try await offer(of: agency.id, in: .physician, weeklyMinutes: 60, by: small.manager)
        #expect(try await list(of: agency.id, by: boss).map(\.weeklyMinutes) == [0, 60])
        #expect(try await small.count("select count(*) as n from team_capacity") == 3)
        #expect(
            await refusal(AccessRefusal.self) {
                try await offer(of: other.id, in: .lawyer, weeklyMinutes: 1, by: boss)
            } == .roleMissing(.agencyManager))
        #expect(
            await refusal(AccessRefusal.self) { try await list(of: other.id, by: boss) }
                == .roleMissing(.agencyManager))
        #expect(
            await refusal(ExpertiseRefusal.self) {
                try await offer(of: agency.id, in: try #require(Profession("astrologer")), weeklyMinutes: 1, by: boss)
            } == .unknownProfession)
        for minutes in [-1, 100_000_001] {
            #expect(
                await refusal(BadInput.self) {
                    try await offer(of: agency.id, in: .lawyer, weeklyMinutes: minutes, by: boss)
                }?.field == "weekly_minutes")
        }
    }

    @Test("come first, then exclusions, then interests, then the requirement, in what a claim is refused for")
    func precedence() async throws {
        let small = try await SmallMarket()
        let worker = try await small.worker("w")
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        try await Scratch.asOwner {
            try await $0.execute("update batch set workforces = '{staff}'")
            try await $0.execute(
                "insert into project_party select requester_id, project_id, 'Acme', 'acme' from project")
        }
        _ = try await DeclareInterest(market: small.market)(.holding, in: "Acme", of: worker, by: small.manager)
        _ = try await ExcludeWorker(market: small.market)(worker, from: small.requester, reason: "r", by: small.manager)
        #expect(
            await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .otherWorkforce(.crowd))
        try await JoinTeam(market: small.market)(worker, try await team(small, "s", .staff).id, by: small.manager)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .excluded)
        Scratch.clock.advance(by: 1)
        try await LiftExclusion(market: small.market)(of: worker, from: small.requester, by: small.manager)
        #expect(
            await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) } == .conflictOfInterest("acme"))
        try await Scratch.asOwner { try await $0.execute("delete from interest") }
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(worker, batch) }?.code == "not_eligible")
    }
}
