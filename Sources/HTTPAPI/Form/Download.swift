internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// A file that is made before it is sent, on the disk, so that memory stays bounded however slow whoever reads it is,
/// and so that a failure while it is made is still an answer with a code.
enum Download {
    private static let pieceBytes = 64 << 10

    /// - Parameter make: writes the file in pieces.
    static func make(
        _ mediaType: String, _ make: (_ write: @Sendable ([UInt8]) throws -> Void) async throws -> Void
    ) async throws -> Outcome {
        try await Self.make(mediaType, headers: { _ in [:] }, make)
    }

    /// The same with headers that tell what making it gave.
    static func make<Made: Sendable>(
        _ mediaType: String, headers: (Made) -> HTTPFields,
        _ make: (_ write: @Sendable ([UInt8]) throws -> Void) async throws -> Made
    ) async throws -> Outcome {
        let path = FileManager.default.temporaryDirectory.path + "/guildhall-\(UInt64.random(in: .min ... .max))"
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let writing = FileHandle(forWritingAtPath: path), let reading = FileHandle(forReadingAtPath: path)
        else { throw Problem(.serviceUnavailable, "unavailable", "There is no room for the file.") }
        // Nobody else finds it, and it is gone when the last handle is closed.
        try FileManager.default.removeItem(atPath: path)
        let made = try await make { try writing.write(contentsOf: Data($0)) }
        let length = try writing.offset()
        try writing.close()
        let body = ResponseBody(contentLength: Int(clamping: length)) { writer in
            while let piece = try reading.read(upToCount: pieceBytes), !piece.isEmpty {
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try reading.close()
            try await writer.finish(nil)
        }
        var fields: HTTPFields = [.contentType: mediaType, .cacheControl: "no-store"]
        for field in headers(made) { fields.append(field) }
        return .raw(Response(status: .ok, headers: fields, body: body))
    }
}
