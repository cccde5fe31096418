internal import Formats
internal import HTTPTypes
internal import Marketplace

/// What workers are tested with: made of settled tasks, canaries, and how workers did.
struct GoldRoutes {
    private static let exposures = Shape.integer(1...100)
        .described("To how many people one is shown in all; \(GoldItem.usualMost) if left out.").optional
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, "/v1/gold/{requester}", "listGold",
                "A requester's gold: to how many it was shown, and how they did", .quality,
                for: RequesterRoutes.publisher,
                query: [.query("source", .choice(GoldSource.self)), .after, .limit()], gives: .ok(.page(.goldItem)),
                by: list),
            Endpoint(
                .post, BatchRoutes.path + "/gold", "mintGold",
                "Add copies of settled tasks to a draft, as gold; the same again adds what is missing", .quality,
                for: RequesterRoutes.publisher,
                takes: .json([
                    "most": Shape.integer(1...Int64(MintGold.mostAtOnce))
                        .described("How many copies the batch is to have in all."),
                    "exposures": Self.exposures,
                ]),
                keyed: false, gives: .ok(["added": .count, "in_batch": .count]),
                refuses: ["no_gold_rate", "batch_not_draft", "gold_key_taken"] + Code.content, by: mint),
            Endpoint(
                .post, BatchRoutes.path + "/canaries", "setCanary",
                "Make a task of a draft a canary: whoever reads it gives it back, for one of these reasons", .quality,
                for: RequesterRoutes.publisher,
                takes: .json([
                    "external_key": .text(1...200), "reasons": .list(.choice(ReturnReason.self), 1...10),
                    "exposures": Self.exposures,
                ]),
                gives: .created(["gold": .id]), refuses: ["batch_not_draft", "no_gold_rate", "already_gold"],
                by: canary),
        ]
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListGold(market: market)(
            of: try call.id("requester"), in: call.choice("source"), after: try call.identifier("after"),
            limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.id)" }, \.json)
    }

    @Sendable private func mint(_ call: Call) async throws -> Outcome {
        let minted = try await MintGold(market: market)(
            into: try call.id("batch"), of: try call.id("requester"), most: call.int("most") ?? 0,
            exposures: call.int("exposures") ?? GoldItem.usualMost, by: try call.actor)
        return .json(["added": .integer(Int64(minted.added)), "in_batch": .integer(Int64(minted.inBatch))])
    }

    @Sendable private func canary(_ call: Call) async throws -> Outcome {
        let (actor, batch): (Principal.ID, Batch.ID) = (try call.actor, try call.id("batch"))
        let (requester, key): (Requester.ID, String) = (try call.id("requester"), try call.string("external_key"))
        let reasons = Set(call.texts("reasons").compactMap(ReturnReason.init))
        let exposures = call.int("exposures") ?? GoldItem.usualMost
        return try await call.once(201, { ["gold": .string("\($0)")] }) {
            try await SetCanary(market: $0)(
                key, in: batch, of: requester, reasons: reasons, exposures: exposures, by: actor)
        }
    }
}
