package import Formats
package import Foundation
internal import Store

/// Whose history an event belongs to. Each stream is a hash chain of its own.
package enum AuditStream: Hashable, Sendable, CustomStringConvertible {
    case platform
    case requester(Requester.ID)
    case worker(Worker.ID)

    package var description: String {
        switch self {
        case .platform: "platform"
        case .requester(let id): "requester:\(id)"
        case .worker(let id): "worker:\(id)"
        }
    }
}

/// Something that changed, and who changed it. Never altered after it was written.
package struct AuditEvent: Sendable {
    package typealias ID = Identifier<AuditEvent>
    package let id: ID
    package let stream: AuditStream
    package let occurredAt: Date
    package let actor: Principal.ID
    package let action: String
    package let subject: String
    package let subjectID: UUID
    package let facts: JSON
}
