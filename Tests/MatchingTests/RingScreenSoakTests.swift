import Foundation
import Matching
import Testing

/// A ring among clean cells: 60 cells of each kind in every run of the tests, 2,000 in a soak.
@Suite("A ring in a soak of cells")
struct RingScreenSoakTests {
    private static let isSoak = ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1"
    private static var cells: Int { isSoak ? 2_000 : 60 }

    @Test("is ranked above clean bidders, clean cells and clean auctions", .timeLimit(.minutes(60)))
    func ranking() throws {
        var random = SplitMix64(state: 99)
        var (ring, clean, others) = ([Double](), [Double](), [Double]())
        var (ringCells, cleanCells) = ([Double](), [Double]())
        var (coordinated, alone) = ([Double](), [Double]())
        var (found, exact, wrong) = (0, 0, 0)
        for _ in 0..<Self.cells {
            let with = try RingMarkets().draw(isRinged: true, &random)
            let report = with.history.screened()
            for row in report.bidders {
                if with.ring.contains(row.bidder) { ring.append(row.score) } else { others.append(row.score) }
            }
            for row in report.auctions {
                if with.coordinated.contains(row.auction) {
                    coordinated.append(row.score)
                } else {
                    alone.append(row.score)
                }
            }
            ringCells.append(report.score)
            let first = report.findings.first { $0.kind == .ring }
            if first != nil { found += 1 }
            if first.map({ Set($0.bidders) }) == with.ring { exact += 1 }
            if let first, !with.ring.isSuperset(of: first.bidders) { wrong += 1 }
            let without = try RingMarkets().draw(isRinged: false, &random).history.screened()
            clean += without.bidders.map(\.score)
            cleanCells.append(without.score)
        }
        let areas = (
            bidders: areaUnderCurve(ring, clean), all: areaUnderCurve(ring, clean + others),
            cells: areaUnderCurve(ringCells, cleanCells), auctions: areaUnderCurve(coordinated, alone)
        )
        let told = "\(areas), found in \(found), whole in \(exact), with others in \(wrong) of \(Self.cells)"
        #expect(areas.bidders >= 0.85, "\(told)")
        #expect(areas.all >= 0.85, "\(told)")
        #expect(areas.cells >= 0.85, "\(told)")
        #expect(areas.auctions >= 0.85, "\(told)")
        #expect(found >= Self.cells / 2, "\(told)")
        #expect(wrong <= found / 5, "\(told)")
        if Self.isSoak { FileHandle.standardError.write(Data("Rings: \(told)\n".utf8)) }
    }

    @Test("at most one clean cell in a hundred has a finding", .timeLimit(.minutes(60)))
    func falseFlags() throws {
        var random = SplitMix64(state: 1_234)
        let cells = Self.isSoak ? 4_000 : 300
        var kinds: [ScreenKind: Int] = [:]
        var flagged = 0
        for _ in 0..<cells {
            let report = try RingMarkets().draw(isRinged: false, &random).history.screened()
            if !report.findings.isEmpty { flagged += 1 }
            for kind in Set(report.findings.map(\.kind)) { kinds[kind, default: 0] += 1 }
        }
        #expect(Double(flagged) <= 0.01 * Double(cells), "\(flagged) of \(cells): \(kinds)")
        if Self.isSoak { FileHandle.standardError.write(Data("Clean: \(flagged) of \(cells), \(kinds)\n".utf8)) }
    }
}
