internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Workers whom a requester does not want, by decisions that they are told and can appeal.
struct ExclusionRoutes {
    private static let path = "/v1/exclusions/{requester}"
    private static let exclusion = Shape.object(
        "Exclusion",
        [
            "exclusion": .id, "worker": .id, "worker_key": .text, "reason": .text, "begun_at": .time,
            "lifted_at": .time.orNull,
        ])
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.path, "listExclusions", "Whom a requester excludes, newest first", .projects,
                for: RequesterRoutes.publisher,
                query: [.query("past", Shape.flag.described("With those that were lifted."))] + Parameter.paging,
                gives: .ok(.page(Self.exclusion)), by: list),
            Endpoint(
                .post, Self.path, "excludeWorker",
                "Keep a worker from a requester's new work, by a decision of a person that can be appealed", .projects,
                for: RequesterRoutes.publisher,
                takes: .json(
                    ["worker": .id, "reason": Shape.text.described("For the worker to read.")], bytesMax: 32 << 10),
                gives: .created(["exclusion": .id]),
                refuses: ["already_excluded", "decider_is_worker", "decider_is_no_person"], by: exclude),
            Endpoint(
                .delete, Self.path + "/{worker}", "liftExclusion", "End an exclusion; it stays on record", .projects,
                for: RequesterRoutes.publisher, gives: .ok(.state("lifted")), refuses: ["not_excluded"], by: lift),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListExclusions(market: market)(
            of: try call.id("requester"), past: call.query["past"] == "true", before: try call.identifier("before"),
            limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.wire)
    }

    @Sendable private func exclude(_ call: Call) async throws -> Outcome {
        let (requester, actor): (Requester.ID, Principal.ID) = (try call.id("requester"), try call.actor)
        let worker: Worker.ID = try call.required("worker")
        let reason = try call.string("reason")
        return try await call.once(201, { ["exclusion": .string("\($0)")] }) {
            try await ExcludeWorker(market: $0)(worker, from: requester, reason: reason, by: actor)
        }
    }

    @Sendable private func lift(_ call: Call) async throws -> Outcome {
        try await LiftExclusion(market: market)(
            of: try call.id("worker"), from: try call.id("requester"), by: try call.actor)
        return .json(["state": "lifted"])
    }
}

extension Exclusion {
    fileprivate var wire: JSON {
        [
            "exclusion": .string("\(id)"), "worker": .string("\(worker)"), "worker_key": .string(workerKey),
            "reason": .string(reason), "begun_at": .second(begunAt), "lifted_at": .second(liftedAt),
        ]
    }
}
