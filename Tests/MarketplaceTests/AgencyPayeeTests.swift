import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Agencies are paid by the word of two operators", .scratchDatabase)
struct AgencyPayeeTests {
    private func agency(_ small: SmallMarket, _ key: String = "agency", isPayee: Bool = false) async throws -> Team {
        try await CreateTeam(market: small.market)(
            TeamDraft(externalKey: key, kind: .agency, name: "Agency \(key)", base: "AT", isPayee: isPayee),
            by: small.manager)
    }

    @Test("an agency is its people's payee when two operators say so; whose pay it is is told, of what was earned, too")
    func payee() async throws {
        let small = try await SmallMarket()
        let team = try await agency(small)
        let (change, join) = (ChangePayee(market: small.market), JoinTeam(market: small.market))
        let batch = try await small.batch(small.draft("b"), tasks: 1)
        var people: [Worker.ID] = []
        for name in ["left", "stays", "unpaid"] { people.append(try await small.lawyer(name)) }
        for person in people { try await join(person, team.id, by: small.manager) }
        try await small.earn(people[2], batch)
        Scratch.clock.advance(by: 1)
        for place in [0, 2] { try await LeaveTeam(market: small.market)(people[place], team.id, by: small.manager) }
        func told(_ place: Int) async throws -> [Bool] {
            try await ListNotices(market: small.market)(by: Principal.ID(people[place].uuid)).map(\.notice)
                .filter { $0.kind == "payee_changed" }.compactMap { $0.facts["is_payee"]?.boolValue }
        }
        let list = ListTeams(market: small.market)
        for _ in 0..<2 { #expect(try await !change(team.id, isPayee: true, by: small.manager)) }
        #expect(try await !list.one(team.id, by: small.manager).isPayee)
        #expect(try await told(1) == [])
        Scratch.clock.advance(by: OperatorProposal.lifetime)
        #expect(try await !change(team.id, isPayee: true, by: small.second))
        #expect(try await change(team.id, isPayee: true, by: small.manager))
        #expect(try await list.one(team.id, by: small.manager).isPayee)
        // The other way round one is enough.
        Scratch.clock.advance(by: 1)
        #expect(try await change(team.id, isPayee: false, by: small.manager))
        #expect(try await !list.one(team.id, by: small.manager).isPayee)
        #expect(try await told(0) == [])
        for place in [1, 2] { #expect(try await told(place) == [false, true]) }
        let other = try await agency(small, "other", isPayee: true)
        try await join(people[0], other.id, by: small.manager)
        #expect(try await told(0) == [true])
        #expect(NoticeKind.isMandatory("payee_changed"))
    }

    @Test("an agency's account is named by two operators; who managed it in the last days is told, too")
    func account() async throws {
        let small = try await SmallMarket()
        let team = try await agency(small)
        let managers = [
            try await CreatePrincipal(market: small.market)(.person, named: "Old", roles: [], by: small.manager),
            try await CreatePrincipal(market: small.market)(.person, named: "New", roles: [], by: small.manager),
        ]
        for manager in managers {
            try await AppointManager(market: small.market)(manager, of: team.id, by: small.manager)
        }
        for manager in managers {
            Scratch.clock.advance(by: 2 * 86_400)
            try await DismissManager(market: small.market)(manager, of: team.id, by: small.manager)
        }
        Scratch.clock.advance(by: 29 * 86_400)
        let set = SetTeamPayoutMethod(market: small.market, keys: Scratch.keys)
        let (mine, theirs) = (try PayoutMethod.sample(), try PayoutMethod.sample("AT611904300234573201"))
        func version() async throws -> Int {
            try await ShowPayoutMethod(market: small.market)(of: team.id, by: small.manager).version
        }
        for _ in 0..<2 { #expect(try await !set(mine, of: team.id, by: small.manager)) }
        #expect(try await !set(theirs, of: team.id, by: small.second))
        #expect(try await version() == 0)
        #expect(try await set(theirs, of: team.id, by: small.manager))
        #expect(try await version() == 1)
        let told = ListNotices(market: small.market)
        #expect(try await told(by: managers[0]).isEmpty)
        #expect(try await told(by: managers[1]).map(\.notice.kind) == ["payout_method_changed"])
        // What waits is stored so that nobody can try out which account it is.
        #expect(try await !set(mine, of: team.id, by: small.second))
        let plain = Digest(of: ["team": .string("\(team.id)"), "method": mine.json])
        let waiting = try await small.count(
            "select count(*) as n from operator_proposal where content_hash <> \(plain)")
        #expect(waiting == 1)
    }
}
