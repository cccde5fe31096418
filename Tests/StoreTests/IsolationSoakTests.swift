import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Isolation under soak: the checker", .timeLimit(.minutes(10)))
struct HistoryCheckerSoakTests {
    private typealias Entry = HistoryChecker.Entry

    private func anomalies(_ entries: [HistoryChecker.Entry], final: [Int: [Int]]) -> Set<HistoryChecker.Anomaly> {
        Set(HistoryChecker(entries: entries, final: final).anomalies().keys)
    }

    @Test("a serial history has none")
    func clean() {
        let entries = [
            Entry([.append(key: 1, element: 1), .append(key: 2, element: 1)]),
            Entry([.read(key: 1, list: [1]), .append(key: 1, element: 2), .read(key: 1, list: [1, 2])]),
            Entry([.append(key: 1, element: 9)], .aborted),
            Entry([.append(key: 1, element: 8)], .unknown),
            Entry([.read(key: 1, list: [1, 2]), .read(key: 2, list: [1])]),
        ]
        #expect(anomalies(entries, final: [1: [1, 2], 2: [1]]) == [])
    }

    @Test("each anomaly is found in a history that has it")
    func each() {
        let dirtyWrite = [
            Entry([.append(key: 1, element: 1), .append(key: 2, element: 1)]),
            Entry([.append(key: 1, element: 2), .append(key: 2, element: 2)]),
        ]
        #expect(anomalies(dirtyWrite, final: [1: [1, 2], 2: [2, 1]]) == [.dirtyWrite])
        let aborted = [Entry([.append(key: 1, element: 1)], .aborted), Entry([.read(key: 1, list: [1])])]
        #expect(anomalies(aborted, final: [1: []]).contains(.abortedRead))
        let middle = [
            Entry([.append(key: 1, element: 1), .append(key: 1, element: 2)]), Entry([.read(key: 1, list: [1])]),
        ]
        #expect(anomalies(middle, final: [1: [1, 2]]).contains(.intermediateRead))
        let circular = [
            Entry([.append(key: 1, element: 1), .read(key: 2, list: [1])]),
            Entry([.append(key: 2, element: 1), .read(key: 1, list: [1])]),
        ]
        #expect(anomalies(circular, final: [1: [1], 2: [1]]) == [.circularFlow])
        let lostUpdate = [
            Entry([.append(key: 1, element: 1)]),
            Entry([.read(key: 1, list: [1]), .append(key: 1, element: 2)]),
            Entry([.read(key: 1, list: [1]), .append(key: 1, element: 3)]),
        ]
        #expect(anomalies(lostUpdate, final: [1: [1, 2, 3]]) == [.singleAntiDependency])
        let readSkew = [
            Entry([.append(key: 1, element: 1), .append(key: 2, element: 1)]),
            Entry([.read(key: 1, list: []), .read(key: 2, list: [1])]),
        ]
        #expect(anomalies(readSkew, final: [1: [1], 2: [1]]) == [.singleAntiDependency])
        let writeSkew = [
            Entry([.read(key: 1, list: []), .append(key: 2, element: 1)]),
            Entry([.read(key: 2, list: []), .append(key: 1, element: 1)]),
        ]
        #expect(anomalies(writeSkew, final: [1: [1], 2: [1]]) == [.antiDependencyCycle])
        let orders = [
            Entry([.append(key: 1, element: 1)]), Entry([.append(key: 1, element: 2)]),
            Entry([.read(key: 1, list: [2])]),
        ]
        #expect(anomalies(orders, final: [1: [1, 2]]).contains(.incompatibleOrder))
        #expect(anomalies([Entry([.append(key: 1, element: 1)])], final: [1: []]) == [.lostAppend])
        let blind = [Entry([.append(key: 1, element: 1), .read(key: 1, list: [])])]
        #expect(anomalies(blind, final: [1: [1]]).contains(.internalInconsistency))
    }
}

@Suite("Isolation under soak", .emptyDatabase, .serialized, .turnLimit(minutes: 20))
struct IsolationSoakTests {
    private static var isLong: Bool { ProcessInfo.processInfo.environment["GUILDHALL_SOAK"] == "1" }
    private static let keys = 6

    @Test(
        "transactions keep the level that they declare, and no lost race reaches a caller",
        arguments: [TransactionMode.Isolation.readCommitted, .repeatableRead, .serializable])
    func levels(level: TransactionMode.Isolation) async throws {
        try await Scratch.asOwner {
            try await $0.execute("create table list (key bigint primary key, elements bigint[] not null)")
            try await $0.execute("insert into list select n, '{}' from generate_series(1, \(Self.keys)) n")
        }
        let database = Scratch.connect {
            $0.poolSize = 8
            $0.retry.attemptsMax = 1_000
            $0.retry.deadline = .seconds(60)
        }
        let dice = Dice()
        let rounds = Self.isLong ? 30 : 1
        var found: [HistoryChecker.Anomaly: Int] = [:]
        var transactions = 0
        for _ in 0..<rounds {
            try await database.transaction { try await $0.execute("update list set elements = '{}'") }
            let entries = try await Self.run(level, dice, on: database, each: Self.isLong ? 150 : 40)
            let final = try await Self.lists(database)
            transactions += entries.count
            for (anomaly, count) in HistoryChecker(entries: entries, final: final).anomalies() {
                found[anomaly, default: 0] += count
            }
        }
        let retries = database.statistics.retries.load(ordering: .relaxed)
        let summary = found.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
        let figure = "\(transactions) transactions, \(retries) retries, anomalies: \(summary)"
        print("isolation as declared, \(level) | \(figure) | SERIALIZABLE 0, no G0/G1 at any | \(dice.seed)")
        Self.judge(found, level: level, retries: retries, seed: dice.seed)
        await database.shutdown()
    }

    private static func judge(
        _ found: [HistoryChecker.Anomaly: Int], level: TransactionMode.Isolation, retries: Int, seed: UInt64
    ) {
        let allowed: Set<HistoryChecker.Anomaly>
        switch level {
        case .readCommitted:
            allowed = [.singleAntiDependency, .antiDependencyCycle]
            if isLong { #expect(!found.isEmpty, "nothing found where there must be something; seed \(seed)") }
        case .repeatableRead:
            allowed = [.antiDependencyCycle]
            #expect(retries > 0, "no race was ever lost; seed \(seed)")
        case .serializable:
            allowed = []
            #expect(retries > 0, "no race was ever lost; seed \(seed)")
        }
        #expect(Set(found.keys).subtracting(allowed) == [], "seed \(seed)")
    }

    /// Eight tasks, each with its own elements. A body that runs again reports its last run only.
    private static func run(
        _ level: TransactionMode.Isolation, _ dice: Dice, on database: Database, each count: Int
    ) async throws -> [HistoryChecker.Entry] {
        try await withThrowingTaskGroup(of: [HistoryChecker.Entry].self) { group in
            for task in 0..<8 {
                group.addTask {
                    var entries: [HistoryChecker.Entry] = []
                    for number in 0..<count {
                        let first = (task * count + number) * 10
                        let plan = (0..<dice.roll(2...4)).map { step in
                            (key: dice.roll(1...keys), appends: dice.roll(0...1) == 1, element: first + step)
                        }
                        let steps = try await database.transaction(isolation: level) { transaction in
                            var steps: [HistoryChecker.Step] = []
                            for (key, appends, element) in plan.sorted(by: { $0.key < $1.key }) {
                                steps.append(try await Self.take(key, appends ? element : nil, in: transaction))
                            }
                            return steps
                        }
                        entries.append(HistoryChecker.Entry(steps))
                    }
                    return entries
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private static func take(
        _ key: Int, _ element: Int?, in transaction: Transaction
    ) async throws -> HistoryChecker.Step {
        guard let element else {
            let list: [Int] = try await transaction.oneRow("select elements from list where key = \(key)")["elements"]
            return .read(key: key, list: list)
        }
        try await transaction.execute("update list set elements = elements || \(element) where key = \(key)")
        return .append(key: key, element: element)
    }

    private static func lists(_ database: Database) async throws -> [Int: [Int]] {
        let rows = try await database.read { try await $0.rows("select key, elements from list") }
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0["key"], try $0["elements"]) })
    }
}
