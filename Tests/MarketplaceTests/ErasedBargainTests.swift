import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("An erased worker's bargains", .scratchDatabase)
struct ErasedBargainTests {
    @Test("keep their amounts, as agreements are kept, and lose what the worker asked for and wrote")
    func erased() async throws {
        let desk = try await BargainDesk()
        let market = desk.small.market
        try await SetAsk(market: market)(Money(7_777, desk.small.usd), by: desk.actor)
        try await SetAsk(market: market)(Money(8_888, desk.small.usd), for: .lawyer, by: desk.actor)
        let offer = try await desk.make()
        try await desk.counter(offer, desk.terms(2_600), for: .worker)
        try await desk.decline(offer, for: desk.forRequester)
        let words = "select count(*) as n from direct_offer_turn where conditions <> ''" as SQL
        #expect(try await desk.small.count("select count(*) as n from standing_ask") == 2)
        #expect(try await desk.small.count(words) == 2)
        try await CloseWorker(market: market)(ownAccount: desk.worker)
        #expect(try await EraseWorker(market: market)(desk.worker, by: desk.actor))
        #expect(try await desk.small.count("select count(*) as n from standing_ask") == 0)
        // What the requester wrote is theirs.
        #expect(try await desk.small.count(words) == 1)
        let kept = "select count(*) as n from direct_offer_turn where amount_minor = 2600" as SQL
        #expect(try await desk.small.count(kept) == 1)
        #expect(try await desk.small.ills() == [])
    }
}
