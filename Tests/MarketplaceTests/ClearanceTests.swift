import Formats
import Foundation
import Store
import TestSupport
import Testing

@testable import Marketplace

@Suite("Clearance", .scratchDatabase)
struct ClearanceTests {
    private func grant(_ level: Int, _ worker: Worker.ID, _ small: SmallMarket, until: Date? = nil) async throws {
        _ = try await GrantClearance(market: small.market)(
            level, to: worker, until: until, reasons: "Vetted.", by: small.manager)
    }

    @Test("a sensitive batch asks for it beside its own requirement; a level covers those below")
    func batch() async throws {
        let small = try await SmallMarket()
        let (ann, ben) = (try await small.lawyer("ann"), try await small.lawyer("ben"))
        let batch = try await small.batch(small.draft("s", redundancy: 2, sensitivity: 2), tasks: 1)
        let missing = RequirementFault(rule: .clearance(2), reason: .missing)
        #expect(await refusal(ClaimRefusal.self) { try await small.claim(ann, batch) } == .notEligible(missing))
        #expect(missing.code == "requirement_clearance" && missing.message.contains("level 2"))
        try await grant(1, ann, small)
        #expect(
            await refusal(ClaimRefusal.self) { try await small.claim(ann, batch) }
                == .notEligible(RequirementFault(rule: .clearance(2), reason: .tooLow(1))))
        Scratch.clock.advance(by: 1)
        try await grant(3, ann, small)
        let work = try await small.claim(ann, batch)
        let proof: JSON = try await small.market.database.read {
            try await $0.oneRow("select eligibility from assignment where assignment_id = \(work.id)")["eligibility"]
        }
        #expect(proof["clearance"] == 3)
        try await grant(2, ben, small, until: Scratch.start + 3_600)
        let other = try await ListEligibleBatches(market: small.market)(
            for: ben, limit: 10, by: Principal.ID(ben.uuid))
        #expect(other.map(\.id) == [batch])
        Scratch.clock.advance(by: 3_600)
        #expect(
            try await ListEligibleBatches(market: small.market)(for: ben, limit: 10, by: Principal.ID(ben.uuid)).isEmpty
        )
        await #expect(throws: ClaimRefusal.self) { try await small.claim(ben, batch) }
        #expect(try await small.ills() == [])
    }

    @Test("ended, it takes the lease with it")
    func ended() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("s", sensitivity: 1), tasks: 1)
        try await grant(1, ann, small)
        let work = try await small.claim(ann, batch)
        Scratch.clock.advance(by: 1)
        try await EndClearance(market: small.market)(of: ann, reasons: "Left the project.", by: small.manager)
        #expect(try await RevokeLeases(market: small.market)(by: small.manager) == 1)
        await #expect(throws: LeaseRefusal.self) {
            try await ReadTask(market: small.market)(work.id, by: Principal.ID(ann.uuid))
        }
        let list = try await ListClearances(market: small.market)(of: ann, by: small.manager)
        #expect(list.map(\.level) == [1])
        #expect(list.first?.inForce.upper != nil)
        #expect(try await small.ills() == [])
    }

    @Test("is refused in the order of precedence, and within bounds", arguments: ClearanceRefusal.allCases)
    func refusals(expected: ClearanceRefusal) async throws {
        let small = try await SmallMarket()
        let ann = try await small.worker("ann")
        let grant = GrantClearance(market: small.market)
        let found: ClearanceRefusal?
        switch expected {
        case .ownGranter:
            try await small.grant(.operator, to: ann)
            found = await refusal(ClearanceRefusal.self) {
                try await grant(1, to: ann, reasons: "x", by: Principal.ID(ann.uuid))
            }
        case .granterIsNoPerson:
            let system = try await small.market.systemPrincipal()
            found = await refusal(ClearanceRefusal.self) { try await grant(1, to: ann, reasons: "x", by: system) }
        case .sameLevel:
            _ = try await grant(1, to: ann, reasons: "x", by: small.manager)
            found = await refusal(ClearanceRefusal.self) {
                try await grant(1, to: ann, reasons: "x", by: small.manager)
            }
        case .notCleared:
            found = await refusal(ClearanceRefusal.self) {
                try await EndClearance(market: small.market)(of: ann, reasons: "x", by: small.manager)
            }
        }
        #expect(found == expected)
        #expect(!expected.code.isEmpty && !expected.message.isEmpty)
        await #expect(throws: BadInput.self) { try await grant(4, to: ann, reasons: "x", by: small.manager) }
        await #expect(throws: BadInput.self) { try await grant(2, to: ann, reasons: "", by: small.manager) }
        await #expect(throws: AccessRefusal.self) { try await grant(2, to: ann, reasons: "x", by: small.reviewer) }
    }

    @Test("is a term of the requirement language, and of a draft's file")
    func language() throws {
        let tree = Requirement.all([.clearance(2), .performedIn(["DE"])]).normalised
        #expect(try Requirement(json: tree.json) == tree)
        #expect(try Requirement(json: ["clearance": 3]) == .clearance(3))
        for wrong in [["clearance": 0], ["clearance": 4], ["clearance": "2"], ["clearance": 1, "of": "x"]] as [JSON] {
            #expect(throws: BadInput.self) { try Requirement(json: wrong) }
        }
    }

    @Test("a sensitivity out of bounds is refused")
    func bounds() async throws {
        let small = try await SmallMarket()
        for wrong in [-1, 4] {
            await #expect(throws: BadInput.self) {
                try await CreateBatch(market: small.market)(
                    small.draft("s", sensitivity: wrong), of: small.requester, by: small.manager)
            }
        }
    }
}
