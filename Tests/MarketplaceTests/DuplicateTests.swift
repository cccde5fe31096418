import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("One person, one account")
struct DuplicateRulesTests {
    @Test(
        "names are the same whatever their compatibility forms, case, spacing and order",
        arguments: [
            ("Grace Hopper", "HOPPER,  grace"), ("Zoe\u{308} Ng", "NG ZO\u{cb}"), ("陈思远", "陈 思远"),
            ("Ｇｒａｃｅ Hopper", "grace hopper"), ("O’Neill Anna", "anna ONeill"), ("Straße Jan", "jan STRASSE"),
            ("김민수", "민수 김"), ("Anna-Maria Rossi", "Rossi Maria Anna"),
        ])
    func same(left: String, right: String) {
        #expect(IdentityMark.folded(name: left) == IdentityMark.folded(name: right))
    }

    @Test(
        "other names stay other names",
        arguments: [("Anna Lee", "Ann Alee"), ("陈思远", "陈思源"), ("Zoe Ng", "Zo\u{eb} Ng"), ("Иван", "Иванов")])
    func different(left: String, right: String) {
        #expect(IdentityMark.folded(name: left) != IdentityMark.folded(name: right))
    }

    @Test("a mailbox is the same with a tag behind it")
    func mailboxes() {
        #expect(IdentityMark.mailbox("a.b+work@Example.org") == IdentityMark.mailbox("a.b@example.org"))
        #expect(IdentityMark.mailbox("ab@example.org") != IdentityMark.mailbox("a.b@example.org"))
    }

    @Test("a case goes from open to one of two findings, and stays there", arguments: DuplicateState.allCases)
    func transitions(state: DuplicateState) {
        let table: [DuplicateState: [DuplicateFinding: DuplicateState]] = [
            .open: [.samePerson: .samePerson, .differentPeople: .differentPeople]
        ]
        for finding in DuplicateFinding.allCases { #expect((try? state.after(finding)) == table[state]?[finding]) }
    }
}

@Suite("Duplicate cases", .scratchDatabase)
struct DuplicateTests {
    private let keys = KeyRing.generate()

    private func open(_ crew: Crew) async throws -> [DuplicateCase] {
        try await ListDuplicates(market: crew.market)(in: .open, by: crew.chief)
    }

    private func register(
        _ crew: Crew, _ key: String, _ name: String, email: String? = nil, born: String? = nil, keyed: Bool = true
    ) async throws -> Worker.ID {
        try await RegisterWorker(market: crew.market, keys: keyed ? keys : nil)(
            Registration(
                externalKey: key, name: name, email: email ?? "\(key)@example.org", country: "DE", timeZone: "UTC",
                weeklyMinutesMax: 60, languages: ["en"], bornOn: born.map(CalendarDate.day)
            ),
            by: crew.chief
        )
    }

    @Test("one name and birth date, or one mailbox, raises one case for two workers")
    func identity() async throws {
        let crew = try await Crew()
        let first = try await register(crew, "a", "Grace Hopper", email: "gh@example.org", born: "1906-12-09")
        _ = try await register(crew, "b", "Grace Hopper", born: "1906-12-10")
        #expect(try await open(crew) == [])
        let third = try await register(crew, "c", "hopper GRACE", email: "gh+c@example.org", born: "1906-12-09")
        let found = try await open(crew)
        #expect(found.map(\.workers) == [[first, third].sorted()] && found.map(\.ground) == [.identity])
        _ = try await register(crew, "c", "hopper GRACE", email: "gh+c@example.org", born: "1906-12-09")
        #expect(try await open(crew) == found)
    }

    @Test("two registered at the same time do not overlook each other")
    func race() async throws {
        let crew = try await Crew()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for key in ["a", "b", "c"] {
                group.addTask { _ = try await register(crew, key, "Ada Lovelace", born: "1915-12-10") }
            }
            try await group.waitForAll()
        }
        #expect(try await open(crew).count == 3)
    }

    @Test("one payout account raises a case, whoever is said to hold it, and no key tells more than equality")
    func payoutAccount() async throws {
        let crew = try await Crew()
        let (first, second) = (try await crew.worker("w1"), try await crew.worker("w2"))
        let set = SetPayoutMethod(market: crew.market, keys: keys)
        try await set(.sample(), of: first, by: crew.chief)
        try await set(.sample("NL91ABNA0417164300"), of: second, by: crew.chief)
        #expect(try await open(crew) == [])
        try await set(.sample("DE89370400440532013000", holder: "Another"), of: second, by: crew.chief)
        #expect(try await open(crew).map(\.ground) == [.payoutAccount])
        let other = IdentityMark.ofAccount(try .sample(), KeyRing.generate())
        #expect(other != IdentityMark.ofAccount(try .sample(), keys), "marks depend on the key")
        let marks: Int = try await crew.market.database.read {
            try await $0.oneRow("select count(*) as n from identity_mark where ground = 'payout_account'")["n"]
        }
        #expect(marks == 2, "the account before is forgotten")
    }

    @Test("a licence that another worker holds is refused and raises a case")
    func licence() async throws {
        let crew = try await Crew()
        _ = try await crew.lawyer("w1")
        let (second, _) = try await crew.lawyer("w2")
        await #expect(throws: ExpertiseRefusal.numberTaken) {
            try await SubmitCredential(market: crew.market)(.admission(number: "W1"), of: second, by: crew.chief)
        }
        #expect(try await open(crew).map(\.ground) == [.licence])
    }

    @Test("workers who were registered without keys are compared later, in batches, once")
    func sweep() async throws {
        let crew = try await Crew()
        for (key, name) in [("a", "Ada King"), ("b", "king ada"), ("c", "Ada Queen")] {
            _ = try await register(crew, key, name, born: "1915-12-10", keyed: false)
        }
        let find = FindDuplicates(market: crew.market, keys: keys)
        #expect(try await find(limit: 2, by: crew.chief) == 2)
        #expect(try await find(limit: 2, by: crew.chief) == 1)
        #expect(try await find(by: crew.chief) == 0)
        #expect(try await open(crew).map { Set($0.externalKeys) } == [["a", "b"]])
    }

    @Test("marks are made anew by another key, cut off and gone on with, and duplicates are found over the change")
    func remaking() async throws {
        let crew = try await Crew()
        var workers: [Worker.ID] = []
        for key in ["a", "b", "c"] {
            let worker = try await register(crew, key, "Name \(key)", born: "1915-12-10")
            try await SetTaxProfile(market: crew.market, keys: keys)(.sample(), of: worker, by: crew.chief)
            workers.append(worker)
        }
        try await SetPayoutMethod(market: crew.market, keys: keys)(.sample(), of: workers[0], by: crew.chief)
        let new = keys.changingMarkKey()
        // By the new key, before the others are marked by it: nobody notices yet.
        let late = try await crew.worker("d")
        try await SetPayoutMethod(market: crew.market, keys: new)(.sample(), of: late, by: crew.chief)
        #expect(try await open(crew) == [])
        let remake = RemakeMarks(market: crew.market, keys: new)
        #expect(try await remake.isUnderWay(by: crew.chief))
        var count = 0
        while case let done = try await remake(limit: 1, by: crew.chief), done > 0 { count += done }
        #expect(count == 3)
        #expect(try await !remake.isUnderWay(by: crew.chief))
        #expect(try await remake(by: crew.chief) == 0)
        #expect(try await open(crew).map { Set($0.workers) } == [[workers[0], late]])
        let readings: [String] = try await crew.market.database.read {
            try await $0.rows(
                "select facts ->> 'purpose' as it from audit_event where action = 'payout_method_read'"
            ).map { try $0["it"] }
        }
        #expect(readings == ["marking"])
        await #expect(throws: ReadSecretRefusal.purposeDoesNotFit) {
            try await ReadPayoutMethod(market: crew.market, keys: new)(of: workers[0], for: .marking, by: crew.chief)
        }
        await #expect(throws: AccessRefusal.self) { try await remake(by: Principal.ID(late.uuid)) }
        #expect(try KeyRing(file: new.file.canonicalBytes()).names == keys.names)
    }

    @Test("who may be somebody else too is not activated before the case is decided, nor twice when they are")
    func activation() async throws {
        let crew = try await Crew()
        let first = try await register(crew, "a", "Ada King", born: "1915-12-10")
        try await ActivateWorker(market: crew.market)(first, by: crew.chief)
        let second = try await register(crew, "b", "Ada King", born: "1915-12-10")
        let activate = ActivateWorker(market: crew.market)
        await #expect(throws: ActivationRefusal.duplicateOpen) { try await activate(second, by: crew.chief) }
        let id = try #require(try await open(crew).first?.id)
        try await DecideDuplicate(market: crew.market)(id, .samePerson, reasons: "One passport.", by: crew.chief)
        await #expect(throws: ActivationRefusal.samePerson) { try await activate(second, by: crew.chief) }
        try await CloseWorker(market: crew.market)(ownAccount: first)
        try await activate(second, by: crew.chief)
        #expect(try await open(crew) == [])
    }

    @Test("a case is decided once, by an operator whom it does not concern, with reasons")
    func deciding() async throws {
        let crew = try await Crew()
        let first = try await register(crew, "a", "Ada King", born: "1915-12-10")
        _ = try await register(crew, "b", "Ada King", born: "1915-12-10")
        let id = try #require(try await open(crew).first?.id)
        let decide = DecideDuplicate(market: crew.market)
        let concerned = Principal.ID(first.uuid)
        #expect(await Crew.refusal { try await decide(id, .samePerson, reasons: "x", by: concerned) } == "role_missing")
        try await GrantRoleForTest.operator(to: concerned, by: crew.chief)
        let unknown = DuplicateCase.ID(first.uuid)
        #expect(
            await Crew.refusal { try await decide(unknown, .samePerson, reasons: "x", by: crew.chief) } == "not_found")
        #expect(
            await Crew.refusal { try await decide(id, .samePerson, reasons: "x", by: concerned) }
                == "decider_is_concerned")
        #expect(await Crew.refusal { try await decide(id, .samePerson, reasons: " ", by: crew.chief) } == "bad_input")
        try await decide(id, .differentPeople, reasons: "Two passports.", by: crew.chief)
        #expect(
            await Crew.refusal { try await decide(id, .samePerson, reasons: "x", by: crew.chief) }
                == "illegal_transition")
        let decided = try await ListDuplicates(market: crew.market)(in: .differentPeople, by: crew.chief)
        #expect(decided.map(\.reasons) == ["Two passports."])
        #expect(try await ListDuplicates(market: crew.market)(in: .differentPeople, after: id, by: crew.chief) == [])
    }
}

/// A role given by hand: no use case lets a worker become an operator.
private enum GrantRoleForTest {
    static func `operator`(to principal: Principal.ID, by actor: Principal.ID) async throws {
        try await Scratch.database.transaction {
            try await $0.insertGrant(
                id: Scratch.here.identifiers.uuid(at: $0.instant), of: .operator, to: principal, for: nil, by: actor)
        }
    }
}
