internal import Formats
internal import Foundation
internal import Logging

/// Logs on standard error, one JSON object a line, written at once so that lines of several processes do not mix.
struct JSONLogHandler: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    let label: String

    init(label: String) { self.label = label }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var members = metadata.merging(event.metadata ?? [:]) { _, own in own }.mapValues(Self.json)
        members["time"] = .string(Date().ISO8601Format(.init(includingFractionalSeconds: true)))
        members["level"] = .string(event.level.rawValue)
        members["message"] = .string("\(event.message)")
        members["logger"] = .string(label)
        FileHandle.standardError.write(Data((JSON.object(members).canonicalText + "\n").utf8))
    }

    private static func json(_ value: Logger.MetadataValue) -> JSON {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value): .string(value.description)
        case .dictionary(let members): .object(members.mapValues(json))
        case .array(let elements): .array(elements.map(json))
        }
    }
}
