internal import Formats
internal import Foundation
internal import Store
internal import Synchronization

/// Collects the plans by which statements ran, from `auto_explain`: those that were used, prepared statements' generic
/// ones with them, with the rows that each node gave.
final class PlanWatch: Sendable {
    struct Plan: Sendable {
        let query: String
        let root: JSON
    }

    private let seen = Mutex<[Plan]>([])

    /// For a pool's configuration.
    var tap: NoticeTap {
        NoticeTap { [self] message in
            guard let start = message.firstIndex(of: "{"), let end = message.lastIndex(of: "}"), start < end,
                let json = try? JSON.parse(Array(message[start...end].utf8)), let root = json["Plan"]
            else { return }
            seen.withLock { $0.append(Plan(query: json["Query Text"]?.stringValue ?? "", root: root)) }
        }
    }

    /// What was seen since the last time.
    func take() -> [Plan] {
        seen.withLock { plans in
            defer { plans = [] }
            return plans
        }
    }

    /// Makes every new session of the database tell its plans; as a superuser.
    static func enable(on database: Database) async throws {
        try await database.transaction { _ = try await $0.execute(enabling) }
    }

    static func disable(on database: Database) async throws {
        try await database.transaction { _ = try await $0.execute(disabling) }
    }

    private static let enabling: SQL = """
        do $$
        declare setting text;
        begin
            foreach setting in array array[
                'session_preload_libraries = auto_explain', 'auto_explain.log_min_duration = 0',
                'auto_explain.log_level = notice', 'auto_explain.log_format = json', 'auto_explain.log_analyze = on',
                'auto_explain.log_timing = off']
            loop
                execute format('alter database %I set %s', current_database(), setting);
            end loop;
        end $$
        """

    private static let disabling: SQL = """
        do $$ begin execute format('alter database %I reset all', current_database()); end $$
        """
}

extension PlanWatch.Plan {
    /// Tables that grow with the work: never read from one end to the other.
    static let large: Set = ["slot", "task", "task_content", "assignment", "worker_requirement"]
    /// These too, where there are so many workers that reading all costs more than looking up a page of them.
    static let withWorkers = large.union(["worker", "worker_load", "worker_week", "worker_day", "audit_event"])
    /// Rows that a sort may have: a page, by estimate and in fact.
    static let sortMax = 200.0

    /// What must not be, one sentence each.
    ///
    /// - Parameter tables: those that must not be read through.
    func faults(reading tables: Set<String>) -> [String] { Self.faults(of: root, tables) }

    private static func faults(of node: JSON, _ tables: Set<String>) -> [String] {
        var found: [String] = []
        let kind = node["Node Type"]?.stringValue ?? ""
        if kind == "Seq Scan", let table = node["Relation Name"]?.stringValue, tables.contains(table) {
            found.append("reads all of \(table)")
        }
        if kind.hasSuffix("Sort") {
            let rows = [node["Plan Rows"], node["Actual Rows"]].compactMap { $0?.doubleValue }.max() ?? 0
            if rows > sortMax { found.append("sorts \(Int(rows)) rows") }
        }
        return found + (node["Plans"]?.arrayValue ?? []).flatMap { faults(of: $0, tables) }
    }
}

extension JSON {
    fileprivate var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let lexeme): Double(lexeme)
        case .null, .bool, .string, .array, .object: nil
        }
    }
}
