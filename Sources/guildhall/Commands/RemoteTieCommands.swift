internal import Formats
internal import Foundation
internal import Marketplace

// What commands on conflicts of interest, clearances, exclusions and reservations are over HTTP.

extension InterestCommand.Declare: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: worker, "interests"), ["kind": .string(kind), "party": .string(party)])
    }
}

extension InterestCommand.Withdraw: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(ofWorker: worker, "interests", id, "withdraw"))
    }
}

extension InterestCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofWorker: worker, "interests"), RemoteServer.page(before: before, limit))
    }
}

// MARK: Clearances

extension ClearanceCommand.Grant: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: worker, "clearances"),
            [
                "level": .integer(Int64(level)), "reasons": .string(reasons), "until": until.map(JSON.string),
            ])
    }
}

extension ClearanceCommand.End: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: worker, "clearances", "end"), ["reasons": .string(reasons)])
    }
}

extension ClearanceCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofWorker: worker, "clearances"), RemoteServer.page(before: before, limit))
    }
}

// MARK: Exclusions

extension ExclusionCommand.Add: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let excluded = try await server.worker(worker)
        return try await server.post(
            try await server.path(of: requester, "exclusions"),
            ["worker": .string(excluded), "reason": .string(reason)])
    }
}

extension ExclusionCommand.Lift: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let excluded = try await server.worker(worker)
        return try await server.delete(try await server.path(of: requester, "exclusions", excluded))
    }
}

extension ExclusionCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: requester, "exclusions"),
            RemoteServer.page(before: before, limit, ["past": past ? "true" : nil]))
    }
}

// MARK: Reservations

extension ReservationCommand.Add: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let tasks = try keys()
        var workers: [JSON] = []
        for key in worker { workers.append(.string(try await server.worker(key))) }
        var holder: JSON?
        if let team { holder = .string(try await server.team(team)) }
        return try await server.post(
            try await server.path(of: whose.requester, "batches", batch, "reservations"),
            [
                "tasks": .array(tasks.map(JSON.string)), "workers": workers.isEmpty ? nil : .array(workers),
                "team": holder, "until": until.map(JSON.string),
            ])
    }
}

extension ReservationCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: whose.requester, "batches", batch, "reservations"),
            RemoteServer.page(after: after, limit))
    }
}

extension ReservationCommand.End: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(of: whose.requester, "batches", batch, "reservations", reservation, "end"))
    }
}
