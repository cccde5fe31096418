import Store
import TestSupport
import Testing

/// Every statement must be refused by the constraint beside it, told by name; each has a transaction of its own, as the
/// schema's owner.
func expectRefused(
    _ violations: [(constraint: String, statement: SQL)], sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let owner = Scratch.connect(asOwner: true)
    for (constraint, statement) in violations {
        do {
            let changed = try await owner.transaction { try await $0.execute(statement) }
            Issue.record("\(constraint) let \(changed) rows pass", sourceLocation: sourceLocation)
        } catch let error as StoreError {
            #expect(error.violatedConstraint == constraint, "\(error)", sourceLocation: sourceLocation)
        }
    }
    await owner.shutdown()
}
