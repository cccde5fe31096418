import Formats
import Foundation
import HTTPAPI
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Large bodies", .scratchDatabase)
struct LargeBodyTests {
    private struct Turn {
        /// How long a large body takes to be refused.
        var whole = Duration.zero
        /// How long somebody else waited for an answer meanwhile, at most.
        var longest = Duration.zero
    }

    private func beside(_ body: [UInt8], _ token: String, _ server: LiveServer) async throws -> Turn {
        try await withThrowingTaskGroup(of: (isLarge: Bool, took: Duration).self) { group in
            group.addTask {
                let begun = ContinuousClock.now
                let answer = try await server.send("POST", "/v1/rate-resolutions", token: token, raw: body)
                #expect(answer.status == 422 && answer.code == "bad_input", "\(answer.body)")
                return (true, ContinuousClock.now - begun)
            }
            group.addTask {
                var longest = Duration.zero
                while !Task.isCancelled {
                    let begun = ContinuousClock.now
                    let answer = try? await server.send("GET", "/health")
                    longest = max(longest, ContinuousClock.now - begun)
                    // The last one may have been cut off.
                    #expect(answer?.status == 200 || Task.isCancelled)
                    guard answer != nil else { break }
                }
                return (false, longest)
            }
            var turn = Turn()
            for try await part in group {
                if part.isLarge {
                    turn.whole = part.took
                    group.cancelAll()
                } else {
                    turn.longest = part.took
                }
            }
            return turn
        }
    }

    @Test("one is read and judged beside the loop of all connections: others are answered meanwhile")
    func besideOthers() async throws {
        let small = try await SmallMarket()
        let token = try await IssueToken(market: small.market)(for: small.maker, lifetime: 600, by: small.manager)
            .secret
        // Nearly 4 MiB, all of which is read before anything is found wrong with it.
        let zeros = String(repeating: "0,", count: 1_900_000)
        let body = Array(#"{"card": {"a": [\#(zeros)0]}, "task": {}, "at": 1}"#.utf8)
        try await LiveServer.run(small.market) { server in
            var (isFree, seen) = (false, "")
            // Of a machine that is busy with other things one good turn says enough: on the loop there would be none.
            for _ in 0..<40 where !isFree {
                let turn = try await beside(body, token, server)
                isFree = turn.longest < turn.whole / 3
                seen += " \(turn.longest) of \(turn.whole);"
            }
            #expect(isFree, "\(seen)")
        }
    }
}
