import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

/// Random trees and facts over a small world, so that rules are met about as often as not.
struct RequirementWorld {
    var generator: SplitMix64
    let professions = [Profession.lawyer, .physician]
    let places = ["US", "US-NY", "US-CA", "DE", "GB-EAW"]
    let specialties = ["licensing", "tax", "cardiology"]
    let languages = ["en", "en-gb", "de", "zh-hant"]
    let worker: Worker.ID = SeededIdentifiers(seed: 9).make(at: Scratch.start)
    let other: Worker.ID = SeededIdentifiers(seed: 10).make(at: Scratch.start)

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: elements.indices, using: &generator)]
    }

    mutating func tree(depth: Int = 0, negates: Bool = true) -> Requirement {
        let kinds = depth >= 4 ? 6 : (negates ? 9 : 8)
        switch Int.random(in: 0..<kinds, using: &generator) {
        case 0: return .profession(pick(professions), leastTier: pick(Tier.allCases))
        case 1: return .jurisdiction(pick(places), of: pick(professions))
        case 2: return .specialty(pick(specialties), of: pick(professions))
        case 3: return .language(pick(languages))
        case 4: return .excluded(pick([worker, other, other]))
        case 5: return newerRule()
        case 6: return .all(children(depth, negates))
        case 7: return .any(children(depth, negates))
        default: return .not(tree(depth: depth + 1, negates: negates))
        }
    }

    /// One of the rules that ask for more than papers, tiers and tongues.
    mutating func newerRule() -> Requirement {
        switch Int.random(in: 0..<11, using: &generator) {
        case 0: .language(pick(languages), leastLevel: pick(LanguageLevel.allCases))
        case 1: .agreement(pick(["nda", "conduct"]))
        case 2: .noInterest(in: pick(parties))
        case 3: .notExcluded(by: pick(requesters))
        case 4: .sourcing(pick([[.crowd], [.staff, .agency], [.agency, .agency]]))
        case 5: .exam("contracts", leastScore: pick([0, 5_000, 9_000]))
        case 6: .skill("lawyer/contracts", least: pick([.mean(5_000), .low(5_000)]))
        case 7: .years(pick([0, 5, 6]), of: pick(professions))
        case 8: .performedIn(pick([["DE"], ["US", "FR", "US"], ["US", "DE"]]))
        case 9: .clearance(pick([1, 2, 3]))
        default: .credential(pick(["board_certificate", "bar_admission"]), of: pick(professions))
        }
    }

    var parties: [String] { ["acme corp", "initech"] }
    var requesters: [Requester.ID] {
        [SeededIdentifiers(seed: 11).make(at: Scratch.start), SeededIdentifiers(seed: 12).make(at: Scratch.start)]
    }

    private mutating func children(_ depth: Int, _ negates: Bool) -> [Requirement] {
        (0..<Int.random(in: 0...4, using: &generator)).map { _ in tree(depth: depth + 1, negates: negates) }
    }

    /// The same demand written otherwise.
    mutating func shuffled(_ tree: Requirement) -> Requirement {
        let same: Requirement =
            switch tree {
            case .all(let rules): .all(shuffled(rules))
            case .any(let rules): .any(shuffled(rules))
            case .not(let rule): .not(shuffled(rule))
            case .sourcing(let kinds): .sourcing(kinds.reversed() + kinds)
            case .performedIn(let places): .performedIn(places.reversed() + places)
            case .profession, .jurisdiction, .specialty, .language, .excluded, .agreement, .noInterest, .notExcluded,
                .exam, .skill, .years, .credential, .clearance:
                tree
            }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return .all([same])
        case 1: return .any([same, same])
        case 2: return .not(.not(same))
        default: return same
        }
    }

    private mutating func shuffled(_ rules: [Requirement]) -> [Requirement] {
        var same: [Requirement] = []
        for rule in rules { same.append(shuffled(rule)) }
        if let again = same.first { same.append(again) }
        return same.shuffled(using: &generator)
    }

    mutating func facts() -> WorkerFacts {
        var standings: [Profession: WorkerFacts.Standing] = [:]
        for profession in professions where Bool.random(using: &generator) {
            standings[profession] = .init(
                tier: Bool.random(using: &generator) ? pick(Tier.allCases) : nil, years: 5,
                specialties: specialties.filter { _ in Bool.random(using: &generator) }
            )
        }
        var credentials: [Credential] = []
        for _ in 0..<Int.random(in: 0...3, using: &generator) { credentials.append(credential()) }
        var facts = WorkerFacts(
            worker: worker, state: .active, country: "DE",
            languages: languages.filter { _ in Bool.random(using: &generator) }, professions: standings,
            credentials: credentials
        )
        for tag in languages where Bool.random(using: &generator) {
            facts.languageLevels[tag] = pick(LanguageLevel.allCases)
        }
        facts.sourcing = pick(Sourcing.allCases)
        if Bool.random(using: &generator) {
            facts.agreements["nda"] = .init(current: pick([nil, 1, 2]), isAccepted: Bool.random(using: &generator))
        }
        facts.interests = Set(parties.filter { _ in Bool.random(using: &generator) })
        facts.excludedBy = Set(requesters.filter { _ in Bool.random(using: &generator) })
        facts.exams = [
            .init(
                key: "contracts", score: pick([4_000, 9_500]), isPassed: Bool.random(using: &generator),
                validity: InstantRange(from: .distantPast, until: pick([Scratch.start, Scratch.start + 1]))
            )
        ]
        if Bool.random(using: &generator) { facts.skills["lawyer/contracts"] = .init(mean: 6_000, low: 4_000) }
        facts.clearance = pick([0, 0, 1, 2, 3])
        return facts
    }

    mutating func credential() -> Credential {
        let profession = pick(professions)
        let licence: CredentialKind = profession == .lawyer ? .barAdmission : .medicalLicence
        let end: Date? = pick([nil, Scratch.start, Scratch.start + 1, Scratch.start + 86_400])
        return Credential(
            id: SeededIdentifiers(seed: generator.next()).make(at: Scratch.start), profession: profession,
            kind: pick([licence, licence, .boardCertificate]), jurisdiction: pick(places),
            validity: InstantRange(from: pick([.distantPast, Scratch.start, Scratch.start + 1]), until: end)
        )
    }
}

extension Eligibility {
    var isEligible: Bool {
        switch self {
        case .eligible: true
        case .ineligible: false
        }
    }

    var faultCode: String? {
        switch self {
        case .eligible: nil
        case .ineligible(let fault): fault.code
        }
    }
}

@Suite("Requirements")
struct RequirementTests {
    @Test("the normal form is its own normal form, and means the same, in 2,000 random trees")
    func normalForm() {
        for seed in UInt64(0)..<2_000 {
            var world = RequirementWorld(seed: seed)
            let (tree, facts) = (world.tree(), world.facts())
            let normal = tree.normalised
            #expect(normal.normalised == normal, "seed \(seed)")
            let meant = RequirementTests.plainMeaning(of: tree, facts)
            #expect(tree.evaluate(facts, at: Scratch.start).isEligible == meant, "seed \(seed)")
        }
    }

    /// Evaluation as the words say it, without normal forms.
    private static func plainMeaning(of tree: Requirement, _ facts: WorkerFacts) -> Bool {
        switch tree {
        case .all(let rules): rules.allSatisfy { plainMeaning(of: $0, facts) }
        case .any(let rules): rules.contains { plainMeaning(of: $0, facts) }
        case .not(let rule): !plainMeaning(of: rule, facts)
        case .profession, .jurisdiction, .specialty, .language, .excluded, .agreement, .noInterest, .notExcluded,
            .sourcing, .exam, .skill, .years, .performedIn, .credential, .clearance:
            tree.evaluate(facts, at: Scratch.start).isEligible
        }
    }

    @Test("however a tree is written, its hash, verdict, proof and fault are the same")
    func shuffledTrees() {
        for seed in UInt64(0)..<2_000 {
            var world = RequirementWorld(seed: seed)
            let (tree, facts) = (world.tree(), world.facts())
            let same = world.shuffled(tree)
            #expect(same.digest == tree.digest, "seed \(seed)")
            #expect(same.evaluate(facts, at: Scratch.start) == tree.evaluate(facts, at: Scratch.start), "seed \(seed)")
        }
    }

    @Test("JSON out and in gives the normal form back")
    func roundTrip() throws {
        for seed in UInt64(0)..<2_000 {
            var world = RequirementWorld(seed: seed)
            let normal = world.tree().normalised
            #expect(try Requirement(stored: normal.json) == normal, "seed \(seed)")
            if normal == .any([]) { continue }
            #expect(try Requirement(json: normal.json) == normal, "seed \(seed)")
        }
    }

    @Test("without negations, one more credential never makes an eligible worker ineligible")
    func monotone() {
        var eligible = 0
        for seed in UInt64(0)..<4_000 {
            var world = RequirementWorld(seed: seed)
            let (tree, facts) = (world.tree(negates: false), world.facts())
            guard tree.evaluate(facts, at: Scratch.start).isEligible else { continue }
            eligible += 1
            var richer = WorkerFacts(
                worker: facts.worker, state: facts.state, country: facts.country, languages: facts.languages,
                professions: facts.professions, credentials: facts.credentials + [world.credential()]
            )
            (richer.languageLevels, richer.sourcing) = (facts.languageLevels, facts.sourcing)
            (richer.agreements, richer.interests) = (facts.agreements, facts.interests)
            (richer.excludedBy, richer.exams, richer.skills) = (facts.excludedBy, facts.exams, facts.skills)
            richer.clearance = facts.clearance
            #expect(tree.evaluate(richer, at: Scratch.start).isEligible, "seed \(seed)")
        }
        #expect(eligible > 500)
    }

    @Test(
        "a tree from outside is refused with the path of its first fault",
        arguments: [
            (#"[]"#, "requirement"),
            (#"{}"#, "requirement"),
            (#"{"al": []}"#, "requirement"),
            (#"{"all": {}}"#, "requirement.all"),
            (#"{"any": []}"#, "requirement.any"),
            (#"{"all": [], "any": []}"#, "requirement.any"),
            (#"{"all": [{"language": "en", "level": "C2"}]}"#, "requirement.all[0].level"),
            (#"{"any": [{"language": "en"}, {"not": {"language": "English!"}}]}"#, "requirement.any[1].not.language"),
            (#"{"profession": "lawyer"}"#, "requirement.least_tier"),
            (#"{"profession": "lawyer", "least_tier": "best"}"#, "requirement.least_tier"),
            (#"{"profession": "Lawyer!", "least_tier": "expert"}"#, "requirement.profession"),
            (#"{"jurisdiction": "New York", "of": "lawyer"}"#, "requirement.jurisdiction"),
            (#"{"jurisdiction": "US-NY"}"#, "requirement.of"),
            (#"{"specialty": "a\u202eb", "of": "lawyer"}"#, "requirement.specialty"),
            (#"{"specialty": 7, "of": "lawyer"}"#, "requirement.specialty"),
            (#"{"excluded_worker": "me"}"#, "requirement.excluded_worker"),
            (#"{"language": "en", "least_level": "C1"}"#, "requirement.least_level"),
            (#"{"agreement": "NDA"}"#, "requirement.agreement"),
            (#"{"no_interest_in": ""}"#, "requirement.no_interest_in"),
            (#"{"not_excluded_by": "acme"}"#, "requirement.not_excluded_by"),
            (#"{"sourcing": []}"#, "requirement.sourcing"),
            (#"{"sourcing": ["crowd", "mob"]}"#, "requirement.sourcing[1]"),
            (#"{"exam": "contracts"}"#, "requirement.least_score_bps"),
            (#"{"exam": "contracts", "least_score_bps": 10001}"#, "requirement.least_score_bps"),
            (#"{"skill": "lawyer/contracts"}"#, "requirement"),
            (#"{"skill": "lawyer", "least_mean_bps": 1, "least_low_bps": 1}"#, "requirement"),
            (#"{"least_years": 81, "of": "lawyer"}"#, "requirement.least_years"),
            (#"{"performed_in": ["US-NY"]}"#, "requirement.performed_in[0]"),
            (#"{"credential": "Board!", "of": "physician"}"#, "requirement.credential"),
        ])
    func refused(text: String, path: String) throws {
        let json = try JSON.parse(text)
        let fault = #expect(throws: BadInput.self) { try Requirement(json: json) }
        #expect(fault?.field == path)
    }

    @Test("a tree is at most 8 levels deep and has at most 200 rules")
    func bounds() throws {
        func nested(_ depth: Int) -> JSON { depth == 1 ? ["language": "en"] : ["not": nested(depth - 1)] }
        #expect(throws: Never.self) { try Requirement(json: nested(8)) }
        #expect(throws: BadInput.self) { try Requirement(json: nested(9)) }
        func wide(_ count: Int) -> JSON { ["all": .array(Array(repeating: ["language": "en"], count: count))] }
        #expect(throws: Never.self) { try Requirement(json: wide(199)) }
        #expect(throws: BadInput.self) { try Requirement(json: wide(200)) }
    }

    @Test("a tree that could not be read back is refused before it is kept", .scratchDatabase)
    func unreadable() async throws {
        let deep = (0..<12).reduce(Requirement.language("en")) { tree, level in
            level.isMultiple(of: 2) ? .all([tree, .language("de")]) : .any([tree, .language("fr")])
        }
        await #expect(throws: BadInput.self) {
            try await Scratch.database.transaction {
                try await $0.internRequirement(deep, id: Scratch.here.identifiers.make(at: $0.instant))
            }
        }
    }

    private func lawyer(
        tier: Tier? = .expert, places: [(String, until: Date?)] = [("US-NY", until: nil)], state: Worker.State = .active
    ) -> WorkerFacts {
        let identifiers = SeededIdentifiers(seed: 3)
        return WorkerFacts(
            worker: identifiers.make(at: Scratch.start), state: state, country: "US", languages: ["en-GB"],
            professions: [.lawyer: .init(tier: tier, years: 9, specialties: ["Licensing"])],
            credentials: places.map { place, end in
                Credential(
                    id: identifiers.make(at: Scratch.start), profession: .lawyer, kind: .barAdmission,
                    jurisdiction: place, validity: InstantRange(from: .distantPast, until: end)
                )
            }
        )
    }

    @Test(
        "a profession counts with a licence of it, valid at the instant: its end is exclusive",
        arguments: [
            (Tier.expert, 1.0, true), (Tier.expert, 0.0, false), (Tier.expert, -1.0, false),
            (Tier.principal, 1.0, false),
            (Tier.generalist, 1.0, true),
        ])
    func profession(least: Tier, validFor seconds: Double, isMet: Bool) {
        let facts = lawyer(places: [("US-NY", until: Scratch.start + seconds)])
        let verdict = Requirement.profession(.lawyer, leastTier: least).evaluate(facts, at: Scratch.start)
        #expect(verdict.isEligible == isMet)
    }

    @Test("a board certificate is no licence")
    func certificate() {
        let certificate = Credential(
            id: SeededIdentifiers(seed: 4).make(at: Scratch.start), profession: .physician, kind: .boardCertificate,
            jurisdiction: "US", validity: InstantRange(from: .distantPast, until: nil)
        )
        let facts = WorkerFacts(
            worker: SeededIdentifiers(seed: 3).make(at: Scratch.start), state: .active, country: "US", languages: [],
            professions: [.physician: .init(tier: .expert, years: 9, specialties: [])], credentials: [certificate]
        )
        let rule = Requirement.profession(.physician, leastTier: .generalist)
        #expect(!rule.evaluate(facts, at: Scratch.start).isEligible)
    }

    @Test(
        "a country is met by its parts, a part only by itself; a language by narrower ones",
        arguments: [
            (Requirement.jurisdiction("US", of: .lawyer), true), (.jurisdiction("US-NY", of: .lawyer), true),
            (.jurisdiction("US-NJ", of: .lawyer), false), (.jurisdiction("U", of: .lawyer), false),
            (.jurisdiction("US", of: .physician), false), (.language("en"), true), (.language("en-gb"), true),
            (.language("en-us"), false), (.language("e"), false), (.specialty("licensing", of: .lawyer), true),
            (.specialty("licensing", of: .physician), false),
        ])
    func places(rule: Requirement, isMet: Bool) {
        #expect(rule.evaluate(lawyer(), at: Scratch.start).isEligible == isMet)
    }

    @Test(
        "the first rule that fails is named, with what would satisfy it",
        arguments: [
            (Requirement.all([]), nil), (.any([]), "requirement_any"),
            (.all([.language("en"), .profession(.lawyer, leastTier: .principal)]), "requirement_profession"),
            (.not(.language("en")), "requirement_not"),
            (.any([.language("fr"), .jurisdiction("DE", of: .lawyer)]), "requirement_any"),
        ])
    func faults(tree: Requirement, code: String?) {
        #expect(tree.evaluate(lawyer(), at: Scratch.start).faultCode == code)
    }

    @Test("a fault says in a sentence what is missing")
    func sentence() {
        let tree = Requirement.profession(.lawyer, leastTier: .principal)
        guard case .ineligible(let fault) = tree.evaluate(lawyer(), at: Scratch.start) else {
            Issue.record("should not be eligible")
            return
        }
        #expect(
            fault.message == "This needs a lawyer of tier principal or higher with a verified, valid licence. "
                + "The tier held is expert."
        )
    }

    @Test("only an active worker is eligible, whatever the tree", arguments: Worker.State.allCases)
    func inactive(state: Worker.State) {
        let verdict = Requirement.all([]).evaluate(lawyer(state: state), at: Scratch.start)
        #expect(verdict.faultCode == (state == .active ? nil : "worker_not_active"))
    }

    @Test("the proof names the licences and tiers that were relied on, and no others")
    func proof() {
        let facts = lawyer(places: [("US-NY", until: Scratch.start + 60), ("US-CA", until: nil), ("DE", until: nil)])
        let tree = Requirement.all([.profession(.lawyer, leastTier: .specialist), .jurisdiction("US-NY", of: .lawyer)])
        guard case .eligible(let proof) = tree.evaluate(facts, at: Scratch.start) else {
            Issue.record("should be eligible")
            return
        }
        let longest = min(facts.credentials[1].id, facts.credentials[2].id)
        #expect(proof.credentials == [facts.credentials[0].id, longest])
        #expect(proof.tiers == [.lawyer: .expert])
        #expect(proof.json["tiers"] == ["lawyer": "expert"])
        #expect(proof.json["credentials"]?.arrayValue?.count == 2)
    }

    @Test("tiers are ordered from generalist to principal")
    func tiers() {
        #expect(Tier.allCases == Tier.allCases.sorted() && Set(Tier.allCases).count == 4)
        #expect(Tier.generalist < .specialist && Tier.expert < .principal)
    }
}
