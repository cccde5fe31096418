import Formats
import Marketplace
import Store
import TestSupport

extension SmallMarket {
    /// A batch as it now is.
    func batch(_ id: Batch.ID) async throws -> Batch {
        try await ListBatches(market: market).one(id, of: requester, by: manager)
    }

    /// How many slots of all batches are in a state.
    func slots(_ state: SlotState) async throws -> Int {
        try await count("select count(*) as n from slot where state = \(state)")
    }

    /// What a batch holds.
    func hold(_ batch: Batch.ID) async throws -> Int64 { try await balance(.hold(ofBatch: batch.uuid, usd)) }

    /// The answers to a batch that count, as JSON Lines.
    func exported(_ batch: Batch.ID) async throws -> String {
        var text = ""
        _ = try await ExportResults(market: market)(
            .batch(batch), of: requester, .counted, as: ResultWriter.Settings(.jsonl), by: manager,
            to: { text += String(decoding: $0, as: UTF8.self) }
        )
        return text
    }

    func end() async throws -> EndedBatches { try await EndBatches(market: market)(by: manager) }

    /// Takes a batch to its end, whatever is in hand.
    func takeToEnd(_ id: Batch.ID) async throws {
        _ = try await WithdrawTasks(market: market).all(of: id, from: requester, by: manager)
        Scratch.clock.advance(by: 7_200)
        _ = try await ExpireLeases(market: market)(by: manager)
        _ = try await CloseBatch(market: market)(id, of: requester, by: manager)
    }
}
