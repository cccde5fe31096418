internal import Formats
internal import Foundation
internal import Marketplace

// What commands on auctions, bids, awards, direct offers and what screens found are over HTTP.

extension AuctionCommand.Open: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            try await server.path(of: whose.requester, "batches", batch, "auctions"), terms.merging(worth) { $1 })
    }

    private var terms: RemoteServer.Members {
        [
            "closes_at": .string(closes), "lane": .string(lane), "snipe_seconds": .integer(Int64(snipe)),
            "extension_seconds": .integer(Int64(`extension`)),
            "extension_most_seconds": .integer(Int64(extensionMost)),
            "acceptance_seconds": .integer(Int64(acceptance)), "reserved_seconds": .integer(Int64(reserved)),
            "widen_bps": .integer(Int64(widenBps)), "rounds": .integer(Int64(rounds)),
        ]
    }

    private var worth: RemoteServer.Members {
        [
            "ceiling_minor": ceiling.map(JSON.integer), "reserve_score_minor": reserveScore.map(JSON.integer),
            "budget_minor": budget.map(JSON.integer), "step_bps": .integer(Int64(stepBps)),
            "quality_value_minor": .integer(qualityValue), "quality_baseline_bps": .integer(Int64(baselineBps)),
            "quality_default_bps": defaultBps.map { .integer(Int64($0)) }, "skill": skill.map(JSON.string),
        ]
    }
}

extension AuctionCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        if let worker {
            try await server.demandSelf(worker: worker)
            return try await server.get("/v1/auctions", RemoteServer.page(after: after, limit))
        }
        return try await server.get(
            try await server.path(of: whose.requester, "auctions"),
            RemoteServer.page(before: after, limit, ["batch": batch]))
    }
}

extension AuctionCommand.Show: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(of: of.whose.requester, "auctions", of.auction))
    }
}

extension AuctionCommand.Explain: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(
            try await server.path(of: of.whose.requester, "auctions", of.auction, "explanation"),
            RemoteServer.page(limit, ["first": "\(first)"]))
    }
}

extension AuctionCommand.Verify: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let found = try await server.get(
            try await server.path(of: of.whose.requester, "auctions", of.auction, "verification"))
        return try told(found, isWell: found["faults"]?.arrayValue?.isEmpty == true)
    }
}

extension AuctionCommand.OpenEarly: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let path = try await server.path(of: of.whose.requester, "auctions", of.auction, "early-opening")
        if let reasons { return try await server.post(path, ["reasons": .string(reasons)]) }
        return try await server.post(path + "/confirm")
    }
}

extension AuctionCommand.Report: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(try await server.path(of: of.whose.requester, "auctions", of.auction, "report"))
    }
}

extension AuctionCommand.Post: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(try await server.path(of: whose.requester, "batches", batch, "post-rest"))
    }
}

// MARK: Bids and awards

extension BidCommand.Place: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: of.worker)
        let path = try await server.path(of: of.requester, "auctions", of.auction, "bid")
        return try await server.post(
            path,
            [
                "amount_minor": .integer(try amountMinor()), "quantity": .integer(Int64(quantity)),
                "earliest": earliest.map(JSON.string),
            ], keyed: false)
    }
}

extension BidCommand.Withdraw: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: of.worker)
        return try await server.delete(try await server.path(of: of.requester, "auctions", of.auction, "bid"))
    }
}

extension BidCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        guard let auction else { return try await server.get("/v1/bids", RemoteServer.page(before: before, limit)) }
        return try await server.get(try await server.path(of: requester, "auctions", auction, "bid"))
    }
}

extension AwardCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.get("/v1/awards", RemoteServer.page(before: before, limit))
    }
}

extension AwardCommand.Accept: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: of.worker)
        return try await server.post(
            try await server.path(of: of.requester, "awards", of.award, "accept"), keyed: false)
    }
}

extension AwardCommand.Decline: RemoteSubjectCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: of.worker)
        return try await server.post(
            try await server.path(of: of.requester, "awards", of.award, "decline"), keyed: false)
    }
}

// MARK: Direct offers

extension DirectSideOptions {
    /// For whom somebody acts, as the API asks: the requester, or nobody for a worker, who is whoever asks.
    fileprivate func party(on server: RemoteServer) async throws -> RemoteServer.Query {
        if let worker {
            try await server.demandSelf(worker: worker)
            return [:]
        }
        return ["requester": try await server.requester(whose.requester)]
    }
}

extension DirectTermsOptions {
    fileprivate var members: RemoteServer.Members {
        [
            "amount_minor": .integer(amountMinor), "currency": .string(currency),
            "quantity": .integer(Int64(quantity)), "answer_by": .string(answerBy),
            "deadline": .string(deadline ?? answerBy), "conditions": .string(conditions),
        ]
    }
}

extension DirectOfferOptions {
    /// Says something of the offer.
    fileprivate func say(
        _ verb: String, _ body: RemoteServer.Members = [:], on server: RemoteServer
    ) async throws -> JSON {
        let party = try await side.party(on: server)
        return try await server.post(RemoteServer.path("direct-offers", offer, verb), body, party)
    }
}

extension DirectOfferCommand.Make: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let whom: JSON = .string(try await server.worker(worker))
        return try await server.post(
            try await server.path(of: whose.requester, "batches", batch, "direct-offers"),
            terms.members.merging(["worker": whom]) { $1 })
    }
}

extension DirectOfferCommand.Counter: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await which.say("counter", terms.members, on: server)
    }
}

extension DirectOfferCommand.Accept: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? { try await which.say("accept", on: server) }
}

extension DirectOfferCommand.Decline: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? { try await which.say("decline", on: server) }
}

extension DirectOfferCommand.Withdraw: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? { try await which.say("withdraw", on: server) }
}

extension DirectOfferCommand.Take: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.demandSelf(worker: worker)
        return try await server.post(
            RemoteServer.path("direct-offers", offer, "take"), ["count": count.map { .integer(Int64($0)) }])
    }
}

extension DirectOfferCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        let party = try await side.party(on: server)
        return try await server.get(
            "/v1/direct-offers",
            RemoteServer.page(before: before, limit, party.merging(["batch": batch]) { $1 }))
    }
}

extension DirectOfferCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(RemoteServer.path("direct-offers", which.offer), try await which.side.party(on: server))
    }
}

// MARK: What screens found

extension ScreenCommand.List: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get("/v1/findings", RemoteServer.page(after: after, limit, ["state": state]))
    }
}

extension ScreenCommand.Show: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.get(RemoteServer.path("findings", finding))
    }
}

extension ScreenCommand.Decide: RemoteCommand {
    func ask(_ server: RemoteServer) async throws -> JSON? {
        try await server.post(
            RemoteServer.path("findings", finding, "decide"),
            ["verdict": .string(verdict), "reasons": .string(reasons)])
    }
}
