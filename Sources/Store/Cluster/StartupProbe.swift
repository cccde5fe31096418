import Glibc

/// Asks a server over its Unix socket, in PostgreSQL's own protocol, whether a session may begin.
///
/// It costs one short-lived backend (about 3 ms) and needs no libpq.
/// Source: PostgreSQL documentation, "Frontend/Backend Protocol", start-up.
enum StartupProbe {
    enum Answer: Hashable {
        case ready
        case databaseMissing
        case notYet
        case refused(String)
    }

    static func ask(socket path: String, user: String, database: String) -> Answer {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .refused(systemMessage(errno)) }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard connect(descriptor, to: path) else { return .notYet }
        let packet = startupPacket(user: user, database: database)
        guard send(descriptor, packet, packet.count, Int32(MSG_NOSIGNAL)) == packet.count else { return .notYet }
        let answer = readAnswer(descriptor)
        if answer == .ready {
            let terminate: [UInt8] = [UInt8(ascii: "X"), 0, 0, 0, 4]
            _ = send(descriptor, terminate, terminate.count, Int32(MSG_NOSIGNAL))
        }
        return answer
    }

    private static func connect(_ descriptor: Int32, to path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    private static func startupPacket(user: String, database: String) -> [UInt8] {
        let version: [UInt8] = [0, 3, 0, 0]
        let fields = Array("user\0\(user)\0database\0\(database)\0\0".utf8)
        return bigEndian(UInt32(4 + version.count + fields.count)) + version + fields
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// Walks the server's messages up to ReadyForQuery (`Z`) or ErrorResponse (`E`); 64 KiB at most.
    private static func readAnswer(_ descriptor: Int32) -> Answer {
        var received: [UInt8] = []
        var position = 0
        var chunk = [UInt8](repeating: 0, count: 8_192)
        while received.count < 65_536 {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { return .notYet }
            received += chunk.prefix(count)
            while received.count >= position + 5 {
                let length = received[(position + 1)...(position + 4)].reduce(0) { $0 << 8 | Int($1) }
                guard length >= 4 else { return .refused("what answers there is no PostgreSQL server") }
                guard received.count >= position + 1 + length else { break }
                let body = received[(position + 5)..<(position + 1 + length)]
                switch received[position] {
                case UInt8(ascii: "Z"): return .ready
                case UInt8(ascii: "E"): return meaning(ofError: body)
                default: position += 1 + length
                }
            }
        }
        return .refused("what answers there is no PostgreSQL server")
    }

    private static func meaning(ofError body: ArraySlice<UInt8>) -> Answer {
        var fields: [UInt8: String] = [:]
        for field in body.split(separator: 0) {
            if let kind = field.first { fields[kind] = String(decoding: field.dropFirst(), as: UTF8.self) }
        }
        let message = fields[UInt8(ascii: "M")] ?? "no reason given"
        switch fields[UInt8(ascii: "C")] {
        case "3D000": return .databaseMissing
        case "57P03": return .notYet  // starting up, or shutting down
        case "53300": return .ready  // every connection is in use: it is up
        default: return .refused(message)
        }
    }
}
