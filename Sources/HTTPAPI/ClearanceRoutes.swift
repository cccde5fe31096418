internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace
internal import Store

/// How sensitive the content is that a worker may read.
struct ClearanceRoutes {
    private static let path = "/v1/workers/{worker}/clearances"
    private static let operators = Access.platform([.operator])
    private static let own: [Code] = ["clearance_own_granter", "clearance_granter_is_no_person"]
    private static let clearance = Shape.object(
        "Clearance",
        [
            "clearance": .id, "level": .count, "reasons": .text, "granted_by": .id, "from": .time.orNull,
            "until": .time.orNull,
        ])
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.path, "listClearances", "A worker's clearances, newest first", .people,
                for: Self.operators, query: Parameter.paging, gives: .ok(.page(Self.clearance)), by: list),
            Endpoint(
                .post, Self.path, "grantClearance",
                "Clear a worker for content of a sensitivity and below, in place of what they held", .people,
                for: Self.operators,
                takes: .json(
                    [
                        "level": .integer(1...Int64(Clearance.most)), "reasons": .text,
                        "until": Shape.time.orNull.described("Without end if left out.").optional,
                    ], bytesMax: 32 << 10),
                gives: .created(["clearance": .id]), refuses: Self.own + ["clearance_same_level"], by: grant),
            Endpoint(
                .post, Self.path + "/end", "endClearance",
                "End what a worker is cleared for; leases that rest on it are revoked", .people, for: Self.operators,
                takes: .json(["reasons": .text], bytesMax: 32 << 10), gives: .ok(.state("ended")),
                refuses: Self.own + ["not_cleared"], by: end),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListClearances(market: market)(
            of: try call.id("worker"), before: try call.identifier("before"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func grant(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let (level, reasons) = (call.int("level") ?? 0, try call.string("reasons"))
        let end = try call.instantIfGiven("until")
        return try await call.once(201, { ["clearance": .string("\($0)")] }) {
            try await GrantClearance(market: $0)(level, to: worker, until: end, reasons: reasons, by: actor)
        }
    }

    @Sendable private func end(_ call: Call) async throws -> Outcome {
        let (worker, actor): (Worker.ID, Principal.ID) = (try call.id("worker"), try call.actor)
        let reasons = try call.string("reasons")
        return try await call.once(200, { (_: Void) in ["state": "ended"] }) {
            try await EndClearance(market: $0)(of: worker, reasons: reasons, by: actor)
        }
    }
}

extension Clearance {
    fileprivate var wire: JSON {
        [
            "clearance": .string("\(id)"), "level": .integer(Int64(level)), "reasons": .string(reasons),
            "granted_by": .string("\(grantedBy)"), "from": .second(inForce.lower), "until": .second(inForce.upper),
        ]
    }
}
