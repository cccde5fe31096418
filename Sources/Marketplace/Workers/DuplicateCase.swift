internal import Formats
package import Foundation
internal import Store

/// What two accounts of one person have in common: the values of the PostgreSQL enum `duplicate_ground`, in its order.
package enum DuplicateGround: String, Sendable, CaseIterable, SQLEnum {
    case licence
    case payoutAccount = "payout_account"
    case identity
}

/// What was found of two accounts: the values of the PostgreSQL enum `duplicate_state`, in its order.
package enum DuplicateState: String, Sendable, CaseIterable, SQLEnum {
    case open
    case samePerson = "same_person"
    case differentPeople = "different_people"
}

/// What an operator can find of two accounts.
package enum DuplicateFinding: String, Sendable, CaseIterable {
    case samePerson = "same_person"
    case differentPeople = "different_people"
}

extension DuplicateState {
    /// The state after an operator's finding; what was found stays.
    ///
    /// - Throws: ``IllegalTransition``.
    package func after(_ finding: DuplicateFinding) throws(IllegalTransition) -> DuplicateState {
        switch (self, finding) {
        case (.open, .samePerson): .samePerson
        case (.open, .differentPeople): .differentPeople
        case (.samePerson, _), (.differentPeople, _):
            throw IllegalTransition("duplicate case", in: rawValue, event: "decide")
        }
    }
}

/// Two workers who may be one person.
package struct DuplicateCase: Hashable, Sendable {
    package typealias ID = Identifier<DuplicateCase>
    package let id: ID
    /// The one with the smaller id first.
    package let workers: [Worker.ID]
    /// The operator's own names for them, in the same order.
    package let externalKeys: [String]
    package let ground: DuplicateGround
    package let state: DuplicateState
    package let openedAt: Date
    /// Of the finding; `nil` while the case is open.
    package let reasons: String?
}

extension Change {
    /// Marks a worker anew with what identifies them, and opens a case for each other worker who bears the same mark.
    ///
    /// - Parameter keys: that the marks were made with.
    func mark(
        _ worker: Worker.ID, _ ground: DuplicateGround, _ marks: [Bytes], _ keys: KeyRing, by actor: Principal.ID
    ) async throws {
        try await transaction.deleteMarks(of: worker, ground, but: marks)
        for mark in marks.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            // Two workers who get the same mark at once must not overlook each other.
            try await transaction.lockMark(mark)
            try await transaction.insertMark(mark, of: worker, ground, key: keys.markKeyName)
            for other in try await transaction.workers(bearing: mark, but: worker) {
                try await raiseDuplicate(worker, other, ground, by: actor)
            }
        }
    }

    /// Opens a case for two workers, unless there is one on the same ground, open or decided.
    func raiseDuplicate(
        _ worker: Worker.ID, _ other: Worker.ID, _ ground: DuplicateGround, by actor: Principal.ID
    ) async throws {
        let id: DuplicateCase.ID = make()
        let pair = [worker, other].sorted()
        guard try await transaction.insertDuplicateCase(id, pair[0], pair[1], ground) else { return }
        try await record(
            "duplicate_raised", by: actor, on: "duplicate_case", id.uuid, in: .platform,
            facts: [
                "ground": .string(ground.rawValue), "workers": .array(pair.map { .string("\($0)") }),
            ]
        )
    }
}
