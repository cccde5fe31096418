internal import Formats
internal import Foundation
package import Marketplace

/// Brings a roster of workers in: registered, active, with professions, tiers and credentials as the roster has them.
/// Importing it again adds nothing.
package struct ImportWorkers: Sendable {
    /// Rows that go to the marketplace at once.
    private static let rowsAtOnce = 200

    let market: Market
    let keys: KeyRing?

    /// - Parameter keys: as for `ImportRoster`.
    package init(market: Market, keys: KeyRing? = nil) { (self.market, self.keys) = (market, keys) }

    /// - Parameters:
    ///   - path: a CSV with the columns of `WorkerRoster.columns`, gzipped or not; a worker's rows one after the other.
    ///   - actor: an operator, who vouches for the roster.
    /// - Throws: ``FormatError``; ``AccessRefusal``.
    package func callAsFunction(
        _ path: String, by actor: Principal.ID, progress: @escaping ProgressReport = { _, _, _ in }
    ) async throws -> ImportSummary {
        let reader = try WorkerRoster(path: path)
        let file = path.split(separator: "/").last.map(String.init) ?? path
        var summary = ImportSummary(label: "workers")
        var rows: [RosterEntry] = []
        while let item = try reader.next() {
            summary.read += 1
            switch item {
            case .fault(let fault): summary.note(fault: fault)
            case .entry(let entry):
                if rows.count >= Self.rowsAtOnce, rows.last?.workerKey != entry.workerKey {
                    try await take(rows, of: file, by: actor, &summary)
                    rows = []
                    progress(summary.read, nil, summary.label)
                }
                rows.append(entry)
            }
        }
        try await take(rows, of: file, by: actor, &summary)
        progress(summary.read, summary.read, summary.label)
        return summary
    }

    private func take(
        _ rows: [RosterEntry], of file: String, by actor: Principal.ID, _ summary: inout ImportSummary
    ) async throws {
        let result = try await ImportRoster(market: market, keys: keys)(rows, by: actor)
        summary.added += result.added
        summary.unchanged += result.unchanged
        func fault(_ row: RosterImport.Refused) -> RecordFault {
            let position = "\(file) line \(row.line) (\(row.workerKey.prefix(100)))"
            return RecordFault(position: position, line: row.line, reason: row.reason)
        }
        for refused in result.refused { summary.note(fault: fault(refused)) }
        for held in result.held { summary.note(remark: fault(held)) }
    }
}
