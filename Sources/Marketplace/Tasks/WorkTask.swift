package import Formats
internal import Foundation
internal import Store

/// One unit of work.
package enum WorkTask {
    package typealias ID = Identifier<WorkTask>
}

/// The values of the PostgreSQL enum `task_state`, in its order. A task of a draft batch is open and a draft.
package enum TaskState: String, Sendable, CaseIterable, SQLEnum {
    case open, closed
}

/// The values of the PostgreSQL enum `slot_state`, in its order.
package enum SlotState: String, Sendable, CaseIterable, SQLEnum {
    case waiting, open, leased, submitted, done, withdrawn, quarantined
}

/// What can happen to a slot.
package enum SlotEvent: String, Sendable, CaseIterable {
    case ask, lease, submit, accept, reject, lapse, giveBack, revoke, quarantine, release, withdraw
}

extension SlotState {
    /// Where the event leads, or `nil` where it cannot happen.
    package func after(_ event: SlotEvent) -> SlotState? {
        switch (self, event) {
        case (.waiting, .ask), (.quarantined, .release): .open
        case (.open, .lease): .leased
        case (.leased, .submit): .submitted
        case (.leased, .lapse), (.leased, .giveBack), (.leased, .revoke), (.submitted, .reject): .open
        case (.leased, .quarantine): .quarantined
        case (.submitted, .accept): .done
        // In hand: when the lease ends without an answer, or the answer is rejected, of a task that was closed.
        case (.waiting, .withdraw), (.open, .withdraw), (.quarantined, .withdraw), (.leased, .withdraw),
            (.submitted, .withdraw):
            .withdrawn
        case (.waiting, _), (.open, _), (.leased, _), (.submitted, _), (.quarantined, _), (.done, _), (.withdrawn, _):
            nil
        }
    }
}

/// What a requester says of a new task.
package struct TaskDraft: Sendable {
    /// The requester's own name for it, 1 to 200 characters: adding it twice adds nothing.
    package let externalKey: String
    /// What the worker reads, as the project's input schema and its kind have it; up to 4 MiB as canonical JSON.
    package let payload: JSON
    /// Answers known beforehand, by the name of their source; each must be an answer that could be submitted.
    package let referenceAnswers: [String: JSON]
    /// Who has a part in its matter; a worker with an interest in one does not get it. At most 50.
    package let parties: [PartyName]
    /// What it belongs to, 1 to 200 characters: tasks of one matter go to one worker where they can.
    package let matter: String?
    /// Whether it is gold: given out at the batch's rate, to see how workers do; it has a reference answer.
    package let isGold: Bool

    /// What a model says the answer is.
    package let suggestion: TaskSuggestion?
    /// What was taken out of it: `{"by": ["external", "patterns"], "counts": {"email": 2}}`; `nil` for nothing.
    var deidentified: JSON?

    package init(
        externalKey: String, payload: JSON, referenceAnswers: [String: JSON] = [:], parties: [PartyName] = [],
        matter: String? = nil, isGold: Bool = false, suggestion: TaskSuggestion? = nil
    ) {
        self.externalKey = externalKey
        self.payload = payload
        self.referenceAnswers = referenceAnswers
        self.parties = parties
        self.matter = matter
        self.isGold = isGold
        self.suggestion = suggestion
        deidentified = nil
    }

    static let payloadBytesMax = 4 << 20
    static let answerBytesMax = 1 << 20

    /// Why the draft cannot be taken in, or `nil`.
    func fault(under shape: ProjectShape) -> BadInput? {
        do throws(BadInput) {
            try externalKey.mustHave(1...200, as: "external_key")
            try payload.mustFit(Self.payloadBytesMax, as: "payload")
            if let fault = shape.faults(inInput: payload, limit: 1).first { throw BadInput("payload", "\(fault)") }
            guard parties.count <= PartyName.most else {
                throw BadInput("parties", "are more than \(PartyName.most)")
            }
            try matter?.mustHave(1...200, as: "matter")
            if isGold, referenceAnswers.isEmpty { throw BadInput("gold", "needs a reference answer") }
            guard referenceAnswers.count <= 16 else { throw BadInput("reference_answers", "are more than 16") }
            for (source, answer) in referenceAnswers.sorted(by: { $0.key < $1.key }) {
                try source.mustHave(1...100, as: "reference_answers")
                try answer.mustFit(Self.answerBytesMax, as: "reference_answers.\(source)")
                if let fault = shape.faults(inAnswer: answer, to: payload, limit: 1).first {
                    throw BadInput("reference_answers.\(source)", "\(fault)")
                }
            }
            try suggestion?.validate(under: shape, for: payload)
            return nil
        } catch {
            return error
        }
    }
}

extension JSON {
    /// - Throws: ``BadInput`` for a value that the database cannot hold: too large, too deep, or with U+0000 in it.
    func mustFit(_ bytesMax: Int, as field: String) throws(BadInput) {
        guard isStorable(depth: Limits.depthCeiling / 2) else {
            throw BadInput(field, "nests too deeply or contains U+0000")
        }
        guard canonicalBytes().count <= bytesMax else { throw BadInput(field, "is larger than \(bytesMax) bytes") }
    }

    private func isStorable(depth: Int) -> Bool {
        switch self {
        case .null, .bool, .integer, .number: true
        case .string(let text): !text.utf8.contains(0)
        case .array(let elements): depth > 0 && elements.allSatisfy { $0.isStorable(depth: depth - 1) }
        case .object(let members):
            depth > 0 && members.allSatisfy { !$0.key.utf8.contains(0) && $0.value.isStorable(depth: depth - 1) }
        }
    }
}
