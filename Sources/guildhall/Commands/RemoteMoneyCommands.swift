internal import Formats
internal import Foundation
internal import Marketplace

// What commands on the books, the rate card and taxes are over HTTP.

extension AccountOptions {
    /// The account's path, and the query that says whose it is.
    fileprivate func place(on server: RemoteServer) async throws -> (path: String, query: RemoteServer.Query) {
        var id = owner
        if let owner {
            switch AccountKind(rawValue: kind) {
            case .requesterWallet: id = try await server.requester(owner)
            case .workerPayable: id = try await server.worker(owner)
            case _: id = owner
            }
        }
        return (RemoteServer.path("ledger", "accounts", kind), ["currency": currency, "owner": id])
    }
}

extension LedgerCommand.Balance: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let (path, query) = try await account.place(on: server)
        return try await server.get(path, query.merging(["at": at]) { $1 })
    }
}

extension LedgerCommand.Statement: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let (path, query) = try await account.place(on: server)
        return try await server.get(
            path + "/transfers", RemoteServer.page(before: before, limit, query.merging(["at": at]) { $1 }))
    }
}

extension LedgerCommand.Trial: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? { try await server.get("/v1/ledger/trial-balance") }
}

extension LedgerCommand.Entry: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(RemoteServer.path("ledger", "entries", id))
    }
}

extension LedgerReportCommand: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/ledger/report", ["from": from, "to": to])
    }
}

extension LedgerPrepareCommand: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        var who: JSON?
        if let requester { who = .string(try await server.requester(requester)) }
        return try await server.post(
            "/v1/vouchers",
            [
                "kind": .string(kind), "requester": who, "amount_minor": amountMinor.map(JSON.integer),
                "currency": .string(currency), "to_currency": toCurrency.map(JSON.string),
                "rate": rate.map(JSON.string), "rate_source": rateSource.map(JSON.string),
                "entry": entry.map(JSON.string), "reference": .string(reference), "reason": .string(reason),
            ])
    }
}

extension LedgerPostCommand: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("vouchers", id, "post"))
    }
}

extension LedgerRefuseCommand: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("vouchers", id, "refuse"))
    }
}

extension LedgerVouchersCommand: RemoteOptionsCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/vouchers", RemoteServer.page(before: before, limit, ["state": state]))
    }
}

// MARK: Rates

extension RateCommand.Draft: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post("/v1/rate-cards", ["card": try readJSONFile(card, "card")])
    }
}

extension RateCommand.Approve: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("rate-cards", "\(version)", "approve"), ["content_hash": .string(contentHash)])
    }
}

extension RateCommand.Publish: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("rate-cards", "\(version)", "publish"), ["from": from.map(JSON.string)])
    }
}

extension RateCommand.Discard: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("rate-cards", "\(version)", "discard"))
    }
}

extension RateCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/rate-cards", RemoteServer.page(before: before.map(String.init), limit))
    }
}

extension RateCommand.Compare: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            "/v1/rate-card-comparison",
            RemoteServer.page(after: after, limit, ["from": "\(old)", "to": "\(new)"]))
    }
}

extension RateEndingCommand.Prepare: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("rate-cards", "\(version)", "endings"), ["at": .string(at)])
    }
}

extension RateEndingCommand.Approve: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("rate-cards", "\(version)", "endings", ending, "approve"))
    }
}

extension RateEndingCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            RemoteServer.path("rate-cards", "\(version)", "endings"), RemoteServer.page(before: before, limit))
    }
}

extension RateFloorCommand.Set: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            "/v1/pay-floors",
            [
                "hourly_minor": .integer(hourlyMinor), "currency": .string(currency),
                "median_of": .integer(Int64(medianOf)), "profession": profession.map(JSON.string),
                "tier": tier.map(JSON.string), "reason": .string(reason), "from": from.map(JSON.string),
            ])
    }
}

extension RateFloorCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/pay-floors", RemoteServer.page(before: before, limit))
    }
}

// MARK: Taxes

extension TaxCommand.Choose: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: worker, "tax-choices"),
            [
                "rules": .string(rules), "residence": .string(residence), "form": form.map(JSON.string),
                "has_taxpayer_number": .bool(number), "form_signed_on": signedOn.map(JSON.string),
                "treaty_bps": treatyBps.map { .integer(Int64($0)) },
            ])
    }
}

extension TaxCommand.Choices: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofWorker: worker, "tax-choices"), RemoteServer.page(before: before, limit))
    }
}

extension TaxCommand.Withheld: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofWorker: worker, "withholdings"), RemoteServer.page(before: before, limit))
    }
}

extension TaxCommand.Report: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try RemoteServer.refuse("numbers", numbers)
        try await server.download(
            RemoteServer.path("tax-reports", form), ["year": "\(year)", "quarter": quarter.map(String.init)],
            to: output, isPrivate: true)
        return nil
    }
}

extension TaxDefaultCommand.Set: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.put(
            RemoteServer.path("tax-defaults", country), ["rules": .string(rules), "source": .string(source)])
    }
}

extension TaxDefaultCommand.End: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.put(
            RemoteServer.path("tax-defaults", country), ["rules": JSON.null, "source": .string(source)])
    }
}

extension TaxDefaultCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/tax-defaults", RemoteServer.page(after: after, limit))
    }
}

extension TaxClaimCommand.Enter: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(ofWorker: worker, "tax-claims"),
            [
                "kind": .string(kind), "month": .string(month), "amount_minor": .integer(amountMinor),
                "currency": .string(currency), "evidence": .string(evidence), "reference": .string(reference),
            ])
    }
}

extension TaxClaimCommand.Verify: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("tax-claims", id, "verify"))
    }
}

extension TaxClaimCommand.Withdraw: RemotePlainCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(RemoteServer.path("tax-claims", id, "withdraw"))
    }
}

extension TaxClaimCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(ofWorker: worker, "tax-claims"), RemoteServer.page(before: page.after, page.limit))
    }
}
