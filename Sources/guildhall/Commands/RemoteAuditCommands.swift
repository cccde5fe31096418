internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

// What commands on the audit log are over HTTP.

extension AuditCommand.List: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            "/v1/audit-events",
            RemoteServer.page(
                before: before, limit,
                ["object": object, "subject": subject, "action": action, "actor": actor, "from": from, "to": to]))
    }
}

extension AuditCommand.Verify: RemotePlainCommand {
    private static let faultsMost = 100

    func ask(_ server: RemoteServer) async throws -> JSON? {
        let links = try await all(of: "links", server)
        let events = try await all(of: "events", server)
        let faults = links.faults + events.faults
        for fault in faults.prefix(Self.faultsMost) { Console.result(fault.canonicalText) }
        Console.result("\(events.checked) events, \(links.checked) sealed, \(faults.count) faults.")
        guard faults.isEmpty else { throw ExitCode.failure }
        return nil
    }

    /// Part by part, each behind the last link or event of the one before.
    private func all(of what: String, _ server: RemoteServer) async throws -> (checked: Int64, faults: [JSON]) {
        var (checked, faults): (Int64, [JSON]) = (0, [])
        var next: String?
        while true {
            let part = try await server.get(
                RemoteServer.path("audit-verification", what), ["after": next, "limit": "2000"])
            checked &+= part["checked"]?.integerValue ?? 0
            faults += part["faults"]?.arrayValue ?? []
            let following = part["next"]?.stringValue
            guard let following, following != next, faults.count < Self.faultsMost else { return (checked, faults) }
            next = following
        }
    }
}
