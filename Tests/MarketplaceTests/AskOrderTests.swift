import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

/// That asks filter and do nothing else: markets that differ in asks alone give the work out alike.
@Suite("Standing asks leave the posted lane as it is", .scratchDatabase)
struct AskOrderTests {
    /// What an hour of each batch pays, in cents: 20.00 for 60, 40, 30 and 24 minutes.
    private static let hourly: [Int64] = [2_000, 3_000, 4_000, 5_000]
    private static let workers = 6

    /// Lets everybody take the next task in turn until nobody gets any, and writes down who got what for how much.
    ///
    /// - Parameters:
    ///   - asks: of each worker, in cents an hour.
    ///   - code: the currency of the asks; another one than the work's is as if nothing were asked.
    private func giveOut(_ asks: [Int64], in code: String = "USD") async throws -> [String] {
        try await Scratch.fresh {
            let small = try await SmallMarket()
            let currency = try #require(Currency(code))
            var workers: [Worker.ID] = []
            for number in 0..<Self.workers { workers.append(try await small.lawyer("w\(number)")) }
            for (number, minutes) in [60, 40, 30, 24].enumerated() {
                _ = try await small.batch(
                    small.draft("b\(number)", redundancy: 2, minutes: minutes, priority: number % 2), tasks: 5)
            }
            for (worker, amount) in zip(workers, asks) {
                try await SetAsk(market: small.market)(Money(amount, currency), by: Principal.ID(worker.uuid))
            }
            var lines: [String] = []
            for round in 0..<5 {
                for worker in workers {
                    do {
                        let work = try await ClaimTask(market: small.market)(by: Principal.ID(worker.uuid))
                        lines.append(
                            "\(round) \(worker) \(work.id) \(work.batch) \(work.task) \(work.slot) "
                                + work.terms.canonicalText)
                    } catch let refusal as ClaimRefusal {
                        lines.append("\(round) \(worker) \(refusal.code)")
                    }
                }
            }
            #expect(try await small.ills() == [])
            return lines
        }
    }

    @Test(
        "asks at or below what every batch pays, whosever they are, give byte for byte the same assignments")
    func permuted() async throws {
        let plain = try await giveOut([1, 1, 1, 1, 1, 1], in: "EUR")
        #expect(plain.filter { $0.contains("rate_trace") }.count == 5 * Self.workers)
        let asks: [Int64] = [1, 500, 1_000, 1_500, 1_999, 2_000]
        var generator = SplitMix64(seed: 3)
        let raised: [Int64] = Array(repeating: 2_000, count: Self.workers)
        for given in [asks, asks.reversed(), asks.shuffled(using: &generator), raised] {
            #expect(try await giveOut(given) == plain, "\(given)")
        }
    }

    @Test(
        "asks above what every batch pays may be anybody's of those who ask so much: who gets what stays, to the byte")
    func permutedAbove() async throws {
        let plain = try await giveOut([1, 5_001, 1_500, 7_500, 2_000, 90_000])
        #expect(plain.filter { $0.hasSuffix("below_ask") }.count == 15)
        #expect(plain.filter { $0.contains("rate_trace") }.count == 15)
        for given in [[2_000, 90_000, 1, 5_001, 1_500, 7_500], [1_500, 7_500, 2_000, 90_000, 1, 5_001]] as [[Int64]] {
            #expect(try await giveOut(given) == plain, "\(given)")
        }
    }

    @Test("an ask above what some batches pay keeps those away, and changes what no other work pays")
    func filtered() async throws {
        let lines = try await giveOut([4_000, 4_000, 5_000, 5_001, 2_001, 1])
        let pays = lines.filter { $0.contains("\"pay_minor\":") }
        #expect(pays.allSatisfy { $0.contains("\"pay_minor\":2000") })
        #expect(lines.filter { $0.hasSuffix("below_ask") }.count >= 5)
        #expect(pays.count > 5)
    }
}
