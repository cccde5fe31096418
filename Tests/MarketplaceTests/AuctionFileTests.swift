import Formats
import Foundation
import Marketplace
import Matching
import Testing

@Suite("Files of auctions")
struct AuctionFileTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func sample() throws -> JSON {
        try JSON.parse(Array(Data(contentsOf: root.appending(path: "samples/what-if/auction.json"))))
    }

    @Test("the sample clears as the documentation prints it", arguments: AuctionLane.allCases)
    func documented(lane: AuctionLane) throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/FILES.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```json\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        let market = try AuctionMarket(json: Self.sample())
        let printed = try market.clear(lane).json.prettyText + "\n"
        #expect(blocks.contains(printed), "\(printed)")
    }

    @Test("a market comes back from its own JSON, and the order of bids changes no byte")
    func roundTrip() throws {
        let market = try AuctionMarket(json: Self.sample())
        #expect(try AuctionMarket(json: market.json) == market)
        var members = try #require(market.json.objectValue)
        let bids = try #require(members["bids"]?.arrayValue)
        for _ in 0..<10 {
            members["bids"] = .array(bids.shuffled())
            let other = try AuctionMarket(json: .object(members))
            #expect(other.json.canonicalBytes() == market.json.canonicalBytes())
            for lane in AuctionLane.allCases {
                #expect(try other.clear(lane).json.canonicalBytes() == market.clear(lane).json.canonicalBytes())
            }
        }
    }

    @Test("what may be left out has its standard")
    func standards() throws {
        var members = try #require(try Self.sample().objectValue)
        for name in ["redundancy", "reserve_score_minor", "budget_minor", "step_bps"] { members[name] = nil }
        members["bids"] = [["worker": "00000000-0000-4000-8000-00000000000a", "bid_minor": 5_000]]
        let market = try AuctionMarket(json: .object(members))
        #expect(market.redundancy == 1 && market.stepBasisPoints == 200 && market.budgetMinor == nil)
        #expect(market.reserveScoreMinor == -AuctionMarket.Bounds.scoreMax)
        #expect(market.bidders.map(\.quantity) == [1] && market.bidders.map(\.qualityMinor) == [0])
    }

    @Test("every fault is told with its pointer", arguments: faults)
    func fault(path: String, value: JSON?, pointer: String) throws {
        let steps: [String] = path.components(separatedBy: "/")
        let faulty: JSON = Self.edited(try Self.sample(), steps, value) ?? .null
        let refusal = #expect(throws: MalformedAuction.self) { try AuctionMarket(json: faulty) }
        let pointers: [String] = (refusal?.faults ?? []).map { $0.pointer }
        #expect(pointers == [pointer])
        #expect(refusal?.message.contains(pointer) == true)
    }

    private static let faults: [(String, JSON?, String)] = [
        ("auction", "x", "/auction"), ("seed", "00", "/seed"), ("seed", nil, "/seed"), ("tasks", 0, "/tasks"),
        ("tasks", "2", "/tasks"), ("tasks", 1_000_001, "/tasks"), ("tasks", nil, "/tasks"),
        ("redundancy", 101, "/redundancy"), ("redundancy", .null, "/redundancy"), ("floor_minor", -1, "/floor_minor"),
        ("ceiling_minor", 1_000_000_000_001, "/ceiling_minor"), ("ceiling_minor", 1.5, "/ceiling_minor"),
        ("reserve_score_minor", -2_000_000_000_001, "/reserve_score_minor"), ("budget_minor", -1, "/budget_minor"),
        ("step_bps", 0, "/step_bps"), ("bids", 3, "/bids"), ("bids", nil, "/bids"), ("bids/1", [], "/bids/1"),
        ("bids/1/worker", 7, "/bids/1/worker"), ("bids/1/bid_minor", 3_999, "/bids/1/bid_minor"),
        ("bids/1/bid_minor", 12_001, "/bids/1/bid_minor"), ("bids/1/quantity", 0, "/bids/1/quantity"),
        ("bids/1/quality_minor", -1_000_000_000_001, "/bids/1/quality_minor"),
        ("bids/1/worker", "00000000-0000-4000-8000-00000000000a", "/bids/1/worker"),
        ("bids/1/note", "x", "/bids/1/note"), ("note", "x", "/note"), ("a~b", 1, "/a~0b"),
    ]

    @Test("several faults are told at once, and no more than a hundred are kept")
    func manyFaults() throws {
        var members = try #require(try Self.sample().objectValue)
        members["tasks"] = 0
        members["bids"] = .array(Array(repeating: .object([:]), count: 200))
        let refusal = #expect(throws: MalformedAuction.self) { try AuctionMarket(json: .object(members)) }
        #expect(refusal?.count == 401 && refusal?.faults.count == MalformedAuction.faultsMax)
        #expect(throws: MalformedAuction.self) { try AuctionMarket(json: []) }
        let huge: JSON = [
            "auction": "6f1c2a52-7a0e-4c37-9d0b-2f6f0b1e9a01", "seed": .string(String(repeating: "0", count: 64)),
            "tasks": 1_000_000, "redundancy": 2, "floor_minor": 0, "ceiling_minor": 1_000_000_000_000, "bids": [],
        ]
        let money = #expect(throws: MalformedAuction.self) { try AuctionMarket(json: huge) }
        #expect((money?.faults ?? []).map { $0.pointer } == [""])
    }

    @Test("any bytes are taken or refused, never a trap")
    func mutations() throws {
        let bytes = try Array(Data(contentsOf: Self.root.appending(path: "samples/what-if/auction.json")))
        var random = SplitMix64(seed: 77)
        var taken = 0
        for _ in 0..<2_000 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: mutated.indices, using: &random)
                mutated[place] = Array("0123456789-{}[],:\"e.".utf8).randomElement(using: &random) ?? 0x30
            }
            guard let json = try? JSON.parse(mutated, limits: AuctionFile.limits) else { continue }
            guard let market = try? AuctionMarket(json: json) else { continue }
            taken += 1
            for lane in AuctionLane.allCases { _ = try? market.clear(lane).json }
        }
        #expect(taken > 20)
    }

    @Test("the bits of a UUID are read and written in its order")
    func bits() throws {
        let uuid = try #require(UUID(uuidString: "6f1c2a52-7a0e-4c37-9d0b-2f6f0b1e9a01"))
        #expect(uuid.bits == 0x6f1c_2a52_7a0e_4c37_9d0b_2f6f_0b1e_9a01)
        #expect(UUID(bits: uuid.bits) == uuid)
        #expect(AuctionMarket.text(ofID: uuid.bits) == "6f1c2a52-7a0e-4c37-9d0b-2f6f0b1e9a01")
        #expect(AuctionMarket.text(ofID: 1) == "00000000-0000-0000-0000-000000000001")
    }

    /// The value with what stands at the path replaced, or taken out.
    private static func edited(_ json: JSON, _ path: [String], _ value: JSON?) -> JSON? {
        guard let step = path.first else { return value }
        let rest = Array(path.dropFirst())
        if var members = json.objectValue {
            members[step] = edited(members[step] ?? .null, rest, value)
            return .object(members)
        }
        guard var elements = json.arrayValue, let place = Int(step), elements.indices.contains(place) else {
            return json
        }
        if let changed = edited(elements[place], rest, value) { elements[place] = changed }
        return .array(elements)
    }
}
