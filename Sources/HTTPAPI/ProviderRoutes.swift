internal import Formats
internal import HTTPTypes
internal import Hummingbird
internal import Marketplace

/// Sign-in by an OpenID provider, in a browser: it is sent there, and comes back.
struct ProviderRoutes {
    let signIn: ProviderSignIn
    /// Where browsers reach this server: `https://guildhall.example.org`.
    let publicAddress: String?

    var endpoints: [Endpoint] {
        let key = Parameter.path("provider", .text(1...60))
        return [
            Endpoint(
                .get, "/v1/sign-in/{provider}/begin", "beginProviderSignIn", "Be sent to a sign-in provider", .account,
                for: .everybody, query: [key],
                gives: Endpoint.Answer(status: 303, shape: .text, mediaTypes: ["text/plain"]),
                refuses: ["provider_unavailable"], by: begin
            ).guessing(isHashed: false),
            Endpoint(
                .get, "/v1/sign-in/{provider}", "finishProviderSignIn", "Come back from a sign-in provider", .account,
                for: .everybody,
                query: [key]
                    + ["state", "code", "error", "error_description", "error_uri", "iss", "scope", "session_state"]
                    .map { .query($0, .text(0...4_096)) },
                gives: .created(IdentityRoutes.session),
                refuses: ["provider_unavailable", "provider_not_confirmed", "account_not_linked", "keys_missing"]
                    + Code.keys, by: finish
            ).guessing(isHashed: false),
        ]
    }

    private func redirect(_ call: Call) -> String {
        let address = publicAddress ?? "https://\(call.request.head.authority ?? "localhost")"
        return "\(address)/v1/sign-in/\(call.context.parameters.get("provider") ?? "")"
    }

    @Sendable private func begin(_ call: Call) async throws -> Outcome {
        let key = call.context.parameters.get("provider") ?? ""
        let beginning = try await signIn.begin(by: key, redirect: redirect(call))
        return .raw(
            Response(
                status: .seeOther,
                headers: [
                    .location: beginning.address, .setCookie: SessionCookie.atProvider(beginning.cookie),
                    .cacheControl: "no-store", .contentType: "text/plain",
                ]))
    }

    @Sendable private func finish(_ call: Call) async throws -> Outcome {
        guard let state = call.query["state"], let code = call.query["code"],
            let cookie = call.request.cookie(SessionCookie.providerName)
        else { throw ProviderRefusal.notConfirmed }
        let session = try await signIn.finish(
            by: call.context.parameters.get("provider") ?? "", state: state, code: code, cookie: cookie,
            redirect: redirect(call), replacing: call.request.cookie(SessionCookie.name))
        return .begun(session, forgetting: SessionCookie.providerName)
    }
}
