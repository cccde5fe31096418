internal import Formats
internal import Foundation
internal import Logging
internal import Marketplace
internal import Store

/// For tests only: a process of its own that works on a market through the use cases and can be killed at any point.
///
/// Its argument is a connection string. It reads one action a line from standard input, a JSON object with `action`,
/// the instant `at` in whole seconds, and what the action needs; and answers each with a line: `{"done": …}`,
/// `{"refused": code}`, `{"lost": reason}` where the connection broke, or `{"failed": reason}`.
@main
struct MarketAgent {
    static func main() async {
        guard CommandLine.arguments.count == 2 else { exit(64) }
        let clock = ManualClock(at: Date(timeIntervalSince1970: 0))
        var configuration = StoreConfiguration(connectionString: CommandLine.arguments[1])
        configuration.role = "guildhall_app"
        configuration.poolSize = 1
        configuration.acquireTimeout = .seconds(30)
        let database = Database(
            configuration, clock: clock, logger: Logger(label: "agent", factory: { _ in SwiftLogNoOpLogHandler() })
        )
        let agent = MarketAgent(market: Market(database: database), clock: clock)
        while let line = readLine() {
            let outcome = await agent.outcome(of: line)
            FileHandle.standardOutput.write(Data(outcome.canonicalBytes() + [UInt8(ascii: "\n")]))
        }
    }

    private let market: Market
    private let clock: ManualClock

    private func outcome(of line: String) async -> JSON {
        do {
            let action = try AgentAction(JSON.parse(Array(line.utf8)))
            clock.set(to: action.at)
            return ["done": try await action.perform(on: market)]
        } catch let refusal as any Refusal {
            return ["refused": .string(refusal.code)]
        } catch is IllegalTransition {
            return ["refused": "illegal_transition"]
        } catch let error as StoreError where error.isBrokenConnection {
            return ["lost": .string("\(error)")]
        } catch {
            return ["failed": .string("\(error)")]
        }
    }
}

extension StoreError {
    fileprivate var isBrokenConnection: Bool {
        switch self {
        case .connectionLost, .commitOutcomeUnknown, .unreachable: true
        case .server, .decoding, .invalidParameter, .transactionAborted, .copyAbandoned, .unexpectedRowCount,
            .poolExhausted, .poolClosed, .contended:
            false
        }
    }
}
