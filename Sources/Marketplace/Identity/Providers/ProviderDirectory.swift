internal import Formats
internal import Foundation

/// What a provider says of itself.
struct ProviderMetadata: Sendable {
    let authorization: String
    let token: OutboundTarget
    let keySet: OutboundTarget
    /// By the standard's default, or because it says so.
    let takesBasic: Bool
}

/// Asks providers for their addresses and keys, and keeps the answers: an hour, and keys no shorter than a minute
/// whatever a token is signed by.
package actor ProviderDirectory {
    private struct Entry {
        let metadata: ProviderMetadata
        let metadataAt: ContinuousClock.Instant
        var keys: [ProviderKey]
        var keysAt: ContinuousClock.Instant
    }

    private static let kept: Duration = .seconds(3_600)
    /// Providers kept at most.
    private static let most = 1_000
    nonisolated let http: any OutboundHTTP
    nonisolated let networks: OutboundTarget.Networks
    private let pause: Duration
    private var entries: [String: Entry] = [:]

    /// - Parameters:
    ///   - networks: which networks providers may be in.
    ///   - pause: how long keys are kept whatever comes.
    package init(
        http: any OutboundHTTP, networks: OutboundTarget.Networks = .open, pause: Duration = .seconds(60)
    ) {
        (self.http, self.networks, self.pause) = (http, networks, pause)
    }

    /// - Throws: ``ProviderRefusal/unavailable``.
    func metadata(of issuer: String) async throws(ProviderRefusal) -> ProviderMetadata {
        try await entry(of: issuer).metadata
    }

    /// - Parameter isMissing: whether the key that was looked for is not among them; then the provider is asked again,
    ///   once a minute.
    /// - Throws: ``ProviderRefusal/unavailable``.
    func keys(
        of issuer: String, again isMissing: @Sendable ([ProviderKey]) -> Bool
    ) async throws(ProviderRefusal) -> [ProviderKey] {
        let entry = try await entry(of: issuer)
        guard isMissing(entry.keys), entry.keysAt + pause < .now else { return entry.keys }
        let keys = ProviderKey.keys(of: try await document(entry.metadata.keySet))
        entries[issuer]?.keys = keys
        entries[issuer]?.keysAt = .now
        return keys
    }

    private func entry(of issuer: String) async throws(ProviderRefusal) -> Entry {
        if let entry = entries[issuer], entry.metadataAt + Self.kept > .now { return entry }
        let address = (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
        let document = try await document(try target(address))
        // The document must be of whom it was asked for (OpenID Connect Discovery 1.0, section 4.3).
        guard document["issuer"]?.stringValue == issuer,
            let authorization = document["authorization_endpoint"]?.stringValue,
            (try? OutboundTarget(authorization, networks: networks)) != nil
        else { throw .unavailable }
        let methods = document["token_endpoint_auth_methods_supported"]?.arrayValue?.compactMap(\.stringValue)
        let metadata = ProviderMetadata(
            authorization: authorization, token: try target(document["token_endpoint"]?.stringValue),
            keySet: try target(document["jwks_uri"]?.stringValue),
            takesBasic: methods?.contains("client_secret_basic") ?? true)
        let entry = Entry(
            metadata: metadata, metadataAt: .now, keys: ProviderKey.keys(of: try await self.document(metadata.keySet)),
            keysAt: .now)
        if entries.count >= Self.most { entries = [:] }
        entries[issuer] = entry
        return entry
    }

    private func target(_ text: String?) throws(ProviderRefusal) -> OutboundTarget {
        guard let target = try? OutboundTarget(text ?? "", networks: networks) else { throw .unavailable }
        return target
    }

    private func document(_ target: OutboundTarget) async throws(ProviderRefusal) -> JSON {
        let answer = await http.send(OutboundRequest("GET", target, headers: ["accept": "application/json"]))
        guard case .answered(200, let body) = answer, let json = try? JSON.parse(body) else { throw .unavailable }
        return json
    }
}
