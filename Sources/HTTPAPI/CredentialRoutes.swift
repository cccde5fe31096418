internal import Formats
internal import Foundation
internal import HTTPTypes
internal import Marketplace

/// What bears a paper out, which leases rest on it, and vouching for it again.
struct CredentialRoutes {
    private static let path = "/v1/credentials/{credential}"
    private static let own = Access.named(or: [.operator])
    private static let operators = Access.platform([.operator])
    private static let document = Shape.object(
        "CredentialDocument", ["hash": .sha256, "media_type": .text, "size": .count, "name": .text])
    private static let lease = Shape.object(
        "AffectedLease", ["requester": .id, "assignment": .id, "worker": .id, "lease_until": .time])
    let market: Market

    var endpoints: [Endpoint] {
        [
            Endpoint(
                .get, Self.path + "/documents", "listCredentialDocuments",
                "The documents behind a paper, oldest first, 50 at most: what they are, not what is in them",
                .credentials, for: Self.own, gives: .ok(["items": .list(Self.document)]), by: documents),
            Endpoint(
                .post, Self.path + "/documents", "addCredentialDocument",
                "Add a document as evidence: its hash, size and name; the file stays with you, the same hash is once",
                .credentials, for: Self.own,
                takes: .json([
                    "hash": Shape.sha256.described("SHA-256 of the file."),
                    "media_type": Shape.text(3...200).described("Such as application/pdf."),
                    "size": Shape.integer(1...1_073_741_824).described("In bytes."), "name": .text(1...200),
                ]),
                gives: .created(Self.document), refuses: ["credential_closed", "too_much_evidence"],
                by: addDocument),
            Endpoint(
                .post, Self.path + "/reverify", "reverifyCredential",
                "Vouch for a verified paper again, with the last day on which it holds now", .credentials,
                for: Self.operators,
                takes: .json(["expires_on": Shape.day.orNull.described("The last day; null if it does not expire.")]),
                gives: .ok(.state("verified")),
                refuses: ["own_verifier", "verifier_is_no_person", "illegal_transition"], by: reverify),
            Endpoint(
                .get, Self.path + "/leases", "listCredentialLeases",
                "Live leases that were granted on the strength of a paper, newest first", .credentials,
                for: Self.operators, query: Parameter.pagingOn, gives: .ok(.page(Self.lease)), by: leases),
        ]
    }

    @Sendable private func documents(_ call: Call) async throws -> Outcome {
        let found = try await ListCredentials(market: market).evidence(
            of: try call.id("credential"), by: try call.actor)
        return .json(["items": .array(found.map(\.json))])
    }

    @Sendable private func addDocument(_ call: Call) async throws -> Outcome {
        let (credential, actor): (Credential.ID, Principal.ID) = (try call.id("credential"), try call.actor)
        let evidence = try Evidence(
            hash: try call.digest("hash"), mediaType: try call.string("media_type"), size: try call.integer("size"),
            name: try call.string("name"))
        return try await call.once(201, { (_: Void) in evidence.json }) {
            try await AddEvidence(market: $0)(evidence, to: credential, by: actor)
        }
    }

    @Sendable private func reverify(_ call: Call) async throws -> Outcome {
        let (credential, actor): (Credential.ID, Principal.ID) = (try call.id("credential"), try call.actor)
        let day = try call.day("expires_on")
        return try await call.once(200, { (_: Void) in ["state": "verified"] }) {
            try await ReverifyCredential(market: $0)(credential, expiresOn: day, by: actor)
        }
    }

    @Sendable private func leases(_ call: Call) async throws -> Outcome {
        let found = try await AffectedLeases(market: market)(
            of: try call.id("credential"), after: try call.identifier("after"), limit: call.limit, by: try call.actor)
        return .page(found, limit: call.limit, next: { "\($0.assignment)" }, \.wire)
    }
}

extension AffectedLease {
    /// As ``json``, with its time as RFC 3339.
    fileprivate var wire: JSON { json.with(["lease_until": .second(leaseUntil)]) }
}
