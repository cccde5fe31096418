internal import Formats
internal import Foundation
internal import Marketplace
internal import Store

/// Workers with tokens on a market of 500 batches, each with a requirement of its own.
struct EdgeMarket: Sendable {
    /// One claim: whose, of which batch.
    struct Errand: Sendable {
        let worker: Principal.ID
        let token: String
        let batch: Batch.ID
    }

    private static let members = 512
    /// What is handed in each time.
    static let answer: JSON = [
        "clause": "governing law", "text": "This Agreement is governed by the laws of the State of Delaware.",
        "spans": [["start": 120, "end": 184]], "certain": true,
    ]

    let large: LargeMarket
    let connection: String
    let keys: KeyRing
    private let tokens: [String]
    private let turn = Turn(from: 0)

    var requester: Requester.ID { large.requester }

    init(on connection: String, pairs: Int) async throws {
        self.connection = connection
        keys = .generate()
        let owner = Workbench.database(connection, size: 2, timeout: .seconds(7_200))
        let market = Market(database: owner, keys: keys)
        var size = LargeMarket.Size(tasks: max(100_000, 3 * pairs))
        size.workers = 10_000
        let large = try await LargeMarket(size, in: market)
        var tokens: [String] = []
        for number in 1...Self.members {
            let worker = Principal.ID(LargeMarket.worker(number).uuid)
            tokens.append(
                try await IssueToken(market: market)(for: worker, lifetime: 86_400, by: large.operatorID).secret)
        }
        await owner.shutdown()
        (self.large, self.tokens) = (large, tokens)
    }

    /// One worker after the other, each in one after the other of the batches that they meet.
    func nextErrand() -> Errand {
        let number = turn.next()
        let worker = number % Self.members + 1
        return Errand(
            worker: Principal.ID(LargeMarket.worker(worker).uuid), token: tokens[worker - 1],
            batch: large.batch(for: worker, number / Self.members))
    }
}
