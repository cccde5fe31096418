internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// Versions of the texts that workers accept. What a worker has yet to accept is among what they keep of themselves.
struct AgreementRoutes {
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .post, "/v1/agreements", "publishAgreement",
                "Publish the next version of a text; the newest version's text again changes nothing", .people,
                for: .platform([.operator]),
                takes: .json(
                    [
                        "kind": Shape.text(1...100).described("Such as nda, conduct or guideline:ID."),
                        "title": .text(1...200), "body": .text(1...200_000),
                        "valid_from": Shape.time.orNull.described("Now if left out; announced until then.").optional,
                    ], bytesMax: 1 << 20),
                gives: .created(.agreement), refuses: ["agreement_begins_too_early"], by: publish),
            Endpoint(
                .get, "/v1/agreement-versions", "listAgreementVersions",
                "Versions of all texts or of one kind, by kind, newest first", .workers, for: .anybody,
                query: [.query("kind", .text(1...100)), .next("after", .text(3...120)), .limit()],
                gives: .ok(.page(.agreement, next: .text)), by: list),
        ]
    }

    @Sendable private func publish(_ call: Call) async throws -> Outcome {
        let (actor, kind) = (try call.actor, try call.string("kind"))
        let (title, body) = (try call.string("title"), try call.string("body"))
        let start = try call.instantIfGiven("valid_from")
        return try await call.once(201, { .object($0.members) }) {
            try await PublishAgreement(market: $0)(kind: kind, title: title, body: body, validFrom: start, by: actor)
        }
    }

    @Sendable private func list(_ call: Call) async throws -> Outcome {
        let found = try await ListAgreements(market: market)(
            kind: call.query["kind"], after: try await last(call), limit: call.limit)
        return .page(found, limit: call.limit, next: { "\($0.kind)@\($0.version)" }) { .object($0.members) }
    }

    /// The last one of the page before, by `KIND@VERSION`.
    private func last(_ call: Call) async throws -> Agreement? {
        guard let text = call.query["after"] else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let version = Int(parts[1]), (1...100_000).contains(version) else {
            throw BadInput("after", "must be the next of a page")
        }
        do {
            return try await ReadAgreement(market: market)(parts[0], version: version).agreement
        } catch is NotFound {
            throw BadInput("after", "must be the next of a page")
        }
    }
}
