import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Decisions", .scratchDatabase)
struct DecisionsTests {
    private func decide(
        _ crew: Crew, about worker: Worker.ID, rule: String = "plagiarism", reasons: String = "Copied from a source.",
        by decider: Principal.ID
    ) async throws -> Decision.ID {
        try await crew.market.change { change in
            try await change.decide(
                .rejection, about: worker, subject: worker.uuid, rule: rule, facts: ["similarity_bps": 9_900],
                reasons: reasons, by: decider
            )
        }
    }

    @Test("a decision keeps rule, facts, reasons and decider, and can be appealed for 14 days")
    func whole() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let id = try await decide(crew, about: worker, by: crew.chief)
        let row = try await crew.market.database.read {
            try await $0.oneRow("select * from decision where decision_id = \(id)")
        }
        #expect(try row["rule"] == "plagiarism")
        #expect(try row["facts"] == JSON.object(["similarity_bps": 9_900]))
        #expect(try row["reasons"] == "Copied from a source.")
        #expect(try row["decided_by"] == crew.chief)
        #expect(try row["appeal_until"] == Scratch.start.addingTimeInterval(14 * 86_400))
    }

    @Test("the worker is told in the same transaction: what, why, and until when to appeal")
    func told() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let id = try await decide(crew, about: worker, by: crew.chief)
        _ = try await DeliverNotices(market: crew.market)() { notices in
            #expect(notices.map(\.recipient) == [Principal.ID(worker.uuid)])
            #expect(
                notices.first?.facts == [
                    "decision": .string("\(id)"), "kind": "rejection", "subject": .string("\(worker)"),
                    "rule": "plagiarism", "reasons": "Copied from a source.", "appeal_until": 1_773_651_600,
                ])
        }
    }

    @Test(
        "refusals come in their order",
        arguments: [
            ("self", "", "bad_input"), ("self", "Because.", "decider_is_worker"),
            ("key", "Because.", "decider_is_no_person"),
            ("nobody", "Because.", "decider_is_no_person"), ("person", "Because.", "none"),
        ])
    func refusals(decider: String, reasons: String, code: String) async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        let principal: Principal.ID =
            switch decider {
            case "self": Principal.ID(worker.uuid)
            case "key": try await CreatePrincipal(market: crew.market)(.key, named: "robot", roles: [], by: crew.chief)
            case "nobody": Scratch.here.identifiers.make(at: Scratch.start)
            default: crew.chief
            }
        #expect(await Crew.refusal { try await decide(crew, about: worker, reasons: reasons, by: principal) } == code)
    }

    @Test("a decision is never changed or deleted by the program")
    func appendOnly() async throws {
        let crew = try await Crew()
        await #expect(throws: StoreError.self) {
            try await crew.market.database.transaction { try await $0.execute("delete from decision") }
        }
    }
}
