internal import Formats
internal import HTTPTypes
internal import Marketplace

/// Whether the invariants of the market hold, for operators to read.
struct DoctorRoutes {
    private static let finding = Shape.object(
        "DoctorFinding",
        [
            "check": .choice(DoctorCheck.self), "invariant": .count, "sentence": .text,
            "outcome": .words("clean", "violated"), "count": .count, "examples": .list(.text),
        ])
    private static let operators = Access.platform([.operator])
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/doctor", "examine",
                "Every check, one after the other; it changes nothing, and takes its time on a large market",
                .operations, for: Self.operators, gives: .ok(["is_clean": .flag, "items": .list(Self.finding)]),
                by: all),
            Endpoint(
                .get, "/v1/doctor/{check}", "examineOne", "One check", .operations, for: Self.operators,
                query: [.path("check", .choice(DoctorCheck.self))], gives: .ok(Self.finding), by: one),
        ]
    }

    @Sendable private func all(_ call: Call) async throws -> Outcome {
        let findings = try await Doctor(market: market).examine(by: try call.actor)
        return .json([
            "is_clean": .bool(findings.allSatisfy(\.isClean)), "items": .array(findings.map(\.wire)),
        ])
    }

    @Sendable private func one(_ call: Call) async throws -> Outcome {
        guard let check = DoctorCheck(rawValue: try call.name("check")) else { throw NotFound("check") }
        let findings = try await Doctor(market: market).examine([check], by: try call.actor)
        guard let finding = findings.first else { throw NotFound("check") }
        return .json(finding.wire)
    }
}

extension DoctorFinding {
    fileprivate var wire: JSON {
        var members: [String: JSON] = [
            "check": .string(check.rawValue), "invariant": .integer(Int64(check.invariant)),
            "sentence": .string(check.sentence), "outcome": "clean", "count": 0, "examples": [],
        ]
        if case .violated(let count, let examples) = outcome {
            members["outcome"] = "violated"
            members["count"] = .integer(Int64(count))
            members["examples"] = .array(examples.map(JSON.string))
        }
        return .object(members)
    }
}
