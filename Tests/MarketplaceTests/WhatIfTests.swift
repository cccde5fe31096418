import Formats
import Foundation
import TestSupport
import Testing

@testable import Marketplace

/// Workers and requirements from files.
@Suite("What-if on files")
struct WhatIfTests {
    private func sample(_ name: String) throws -> JSON {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try JSON.parse(Array(try Data(contentsOf: root.appending(path: "samples/what-if/\(name)"))))
    }

    @Test(
        "the sample worker is eligible while every fact holds, and told the first that does not",
        arguments: [
            ("2024-06-01", "requirement_profession", "tier_too_low"),
            ("2025-06-30", "requirement_profession", "tier_too_low"),
            ("2025-07-01", nil, nil),
            ("2026-05-31T23:59:59Z", nil, nil),
            ("2026-06-01", "requirement_agreement", "outdated"),
            ("2027-01-01", "requirement_agreement", "outdated"),
            ("2014-01-01", "requirement_agreement", "missing"),
        ])
    func samples(at: String, code: String?, reason: String?) throws {
        let tree = try Requirement(json: try sample("requirement.json"))
        let history = try WorkerHistory(json: try sample("worker.json"))
        let instant = try #require(Date(whatIf: at))
        switch tree.evaluate(history.facts(at: instant), at: instant) {
        case .eligible(let proof):
            #expect(code == nil)
            #expect(proof.agreements == ["nda": 1] && proof.tiers == [.lawyer: .expert] && proof.credentials.count == 1)
        case .ineligible(let fault):
            #expect(fault.code == code)
            #expect(fault.reason.code == reason)
        }
    }

    @Test(
        "a worker from a file is refused with the path of the first fault",
        arguments: [
            (#"[]"#, "worker"), (#"{}"#, "worker.country"), (#"{"country": "us"}"#, "worker.country"),
            (#"{"country": "US", "age": 40}"#, "worker.age"),
            (#"{"country": "US", "languages": [{"tag": "en", "level": "good"}]}"#, "worker.languages[0].level"),
            (#"{"country": "US", "teams": [{"kind": "mob"}]}"#, "worker.teams[0].kind"),
            (
                #"{"country": "US", "interests": [{"party": "x", "from": "2026-02-30"}]}"#, "worker.interests[0].from"
            ),
            (
                #"{"country": "US", "professions": [{"profession": "lawyer", "years": 81}]}"#,
                "worker.professions[0].years"
            ),
            (
                #"{"country": "US", "exams": [{"exam": "x", "score_bps": 1, "passed": 1}]}"#, "worker.exams[0].passed"
            ),
        ])
    func refused(text: String, path: String) throws {
        let json = try JSON.parse(text)
        let fault = #expect(throws: BadInput.self) { try WorkerHistory(json: json) }
        #expect(fault?.field == path)
    }

    @Test(
        "instants are to the second in UTC, or a day's midnight",
        arguments: [
            ("2026-03-02T09:00:00Z", 1_772_442_000.0), ("2026-03-02", 1_772_409_600), ("2026-03-02T24:00:00Z", nil),
            ("2026-03-02T09:60:00Z", nil), ("2026-03-02 09:00:00Z", nil), ("2026-02-30", nil), ("now", nil),
            ("2026-03-02T09:00:00+01:00", nil), ("2026-03-02T0a:00:00Z", nil),
        ])
    func instants(text: String, seconds: Double?) {
        #expect(Date(whatIf: text)?.timeIntervalSince1970 == seconds)
    }
}
