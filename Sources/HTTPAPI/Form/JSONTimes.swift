internal import Formats
internal import Foundation

extension JSON {
    /// RFC 3339, UTC, whole seconds; null for never.
    static func second(_ instant: Date?) -> JSON { instant.map { .string($0.secondText) } ?? .null }

    /// RFC 3339, UTC, milliseconds; null for never.
    static func millisecond(_ instant: Date?) -> JSON { instant.map { .string($0.internetText) } ?? .null }

    /// The same object with these members, also in place of what it has under their names.
    func with(_ members: [String: JSON]) -> JSON {
        .object((objectValue ?? [:]).merging(members) { $1 })
    }
}

extension Date {
    /// RFC 3339, UTC, whole seconds.
    var secondText: String { formatted(.iso8601) }

    /// RFC 3339, UTC, milliseconds.
    var internetText: String {
        formatted(.iso8601.year().month().day().timeZone(separator: .omitted).time(includingFractionalSeconds: true))
    }
}
