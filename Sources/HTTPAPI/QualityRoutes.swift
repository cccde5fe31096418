internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace
internal import Store

/// Cases about answers, for operators; a worker's own record.
struct QualityRoutes {
    private static let bodyBytesMax = 32 << 10
    private static let own: [Code] = ["person_needed", "decider_is_concerned", "case_decided"]
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/quality/cases", "listQualityCases", "What screens of answers found, the oldest first",
                .quality, for: .platform([.operator]),
                query: [.query("state", .choice(QualityCaseState.self)), .after, .limit()],
                gives: .ok(.page(.qualityCase)), by: cases),
            Endpoint(
                .get, "/v1/quality/cases/{case}", "showQualityCase", "One with its newest evidence", .quality,
                for: .platform([.operator]), gives: .ok(.qualityCaseWhole), by: one),
            Endpoint(
                .post, "/v1/quality/cases/{case}/dismiss", "dismissQualityCase", "Say that nothing is wrong", .quality,
                for: .platform([.operator]), takes: .json(["reasons": .text], bytesMax: Self.bodyBytesMax),
                gives: .ok(.state("dismissed")), refuses: Self.own, by: dismiss),
            Endpoint(
                .post, "/v1/quality/cases/{case}/uphold", "upholdQualityCase",
                "Say that something is wrong, and whom to exclude from the requester's work", .quality,
                for: .platform([.operator]),
                takes: .json(
                    ["reasons": .text, "exclude": Shape.list(.id, 0...QualityCase.workersMax).optional],
                    bytesMax: Self.bodyBytesMax),
                gives: .ok(.state("upheld")), refuses: Self.own + ["worker_not_concerned", "already_excluded"],
                by: uphold),
            Endpoint(
                .get, "/v1/record", "showRecord", "What your judged work comes to, by profession and kind", .quality,
                for: .worker, gives: .ok(.record), by: record),
            Endpoint(
                .get, "/v1/record/signed", "signRecord", "The same under the platform's signature, to show elsewhere",
                .quality, for: .worker,
                gives: .ok(.object("SignedRecord", ["record": .record, "public_key": .text, "signature": .text])),
                refuses: ["record_key_missing"], by: signedRecord),
        ]
    }

    @Sendable private func record(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        return .json(try await ShowQualityRecord(market: market)(of: Worker.ID(worker.uuid), by: worker).json)
    }

    @Sendable private func signedRecord(_ call: Call) async throws -> Outcome {
        let worker = try call.actor
        return .json(try await ShowQualityRecord(market: market).signed(of: Worker.ID(worker.uuid), by: worker))
    }

    @Sendable private func cases(_ call: Call) async throws -> Outcome {
        let found = try await ListQualityCases(market: market)(
            in: call.choice("state") ?? QualityCaseState.open, after: try call.identifier("after"), limit: call.limit,
            by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func one(_ call: Call) async throws -> Outcome {
        let found = try await ListQualityCases(market: market).one(try call.id("case"), by: try call.actor)
        return .json(found.case.json(with: found.evidence))
    }

    @Sendable private func dismiss(_ call: Call) async throws -> Outcome {
        let (actor, id): (Principal.ID, QualityCase.ID) = (try call.actor, try call.id("case"))
        let reasons = try call.string("reasons")
        return try await call.once(200, { ["state": "dismissed"] }) {
            try await DecideQualityCase(market: $0).dismiss(id, reasons: reasons, by: actor)
        }
    }

    @Sendable private func uphold(_ call: Call) async throws -> Outcome {
        let (actor, id): (Principal.ID, QualityCase.ID) = (try call.actor, try call.id("case"))
        let reasons = try call.string("reasons")
        let excluding: [Worker.ID] = try call.identifiers("exclude")
        return try await call.once(200, { ["state": "upheld"] }) {
            try await DecideQualityCase(market: $0).uphold(id, reasons: reasons, excluding: Set(excluding), by: actor)
        }
    }
}
