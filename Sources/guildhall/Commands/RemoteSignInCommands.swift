internal import Formats
internal import Marketplace

// What commands on people's sign-in, and on who may sign in by whom, are over HTTP.

extension PersonArgument {
    /// The id of whoever it names.
    fileprivate func id(on server: RemoteServer) async throws -> String {
        worker ? try await server.worker(name) : try await server.person(name)
    }
}

extension PersonCommand.Add: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            "/v1/people", ["name": .string(name), "roles": .array(role.map(JSON.string))])
    }
}

extension PersonCommand.Sessions: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let page = RemoteServer.page(before: before, limit)
        guard person.name != "me" else { return try await server.get("/v1/sessions", page) }
        return try await server.get(RemoteServer.path("people", try await person.id(on: server), "sessions"), page)
    }
}

extension PersonCommand.SignOut: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.delete(RemoteServer.path("people", try await person.id(on: server), "sessions"))
    }
}

extension PersonCommand.NoSecondFactor: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.delete(RemoteServer.path("people", try await person.id(on: server), "second-factor"))
    }
}

extension PersonCommand.CloseSignIn: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.delete(RemoteServer.path("people", try await person.id(on: server), "sign-in"))
    }
}

extension SignInProviderCommand.Add: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("private_networks", isPrivate)
        var whose: JSON?
        if let requester { whose = .string(try await server.requester(requester)) }
        return try await server.post(
            "/v1/sign-in-providers",
            [
                "key": .string(key), "issuer": .string(issuer), "client_id": .string(clientID),
                "client_secret": Environment.clientSecret.map(JSON.string), "requester": whose,
            ])
    }
}

extension SignInProviderCommand.List: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/sign-in-providers", RemoteServer.page(after: page.after, page.limit))
    }
}

extension SignInProviderCommand.Close: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.delete(RemoteServer.path("sign-in-providers", key))
    }
}
