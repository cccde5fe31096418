internal import Formats
internal import Marketplace

// What commands on what routing goes by, on the steps of the ladder and on prices of hours are over HTTP.

extension ScheduleCommand.Weights.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? { try await server.get("/v1/routing-weights") }
}

extension ScheduleCommand.Weights.Set: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let weights = try readJSONFile(file, "file")
        return try await server.change("/v1/routing-weights") { _ in
            ["weights": weights, "reason": .string(reason)]
        }
    }
}

extension ScheduleCommand.Steps: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: of, "steps"), RemoteServer.page(before: before, limit))
    }
}

extension ScheduleCommand.Raise: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let limits = try await server.get(try await server.path(of: of, "raise-limits"))
        guard let to else { return limits }
        return try await server.post(
            try await server.path(of: of, "raises"), ["amount_minor": .integer(to), "currency": limits["currency"]])
    }
}

extension ScheduleCommand.Backtest: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/forecast-backtests", RemoteServer.page(before: before, limit))
    }
}

extension ScheduleCommand.Prices: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/hour-prices", RemoteServer.page(after: after, limit))
    }
}
