import Foundation
import Synchronization

/// A mail server on loopback that does what a test wants: it takes mail, refuses, hangs up or falls silent.
final class SmallMailServer: Sendable {
    /// What the server does with a command in place of what it should.
    enum Reaction: Sendable {
        case normal, hangUp, stall
        case say(String)
    }

    let port: Int
    private let listener: Int32
    private let extensions: [String]
    private let react: @Sendable (String) -> Reaction
    private let mail = Mutex<[String]>([])
    private let commands = Mutex<[String]>([])

    /// Messages that arrived whole, acknowledged or not; dots unstuffed.
    var received: [String] { mail.withLock { $0 } }
    var heard: [String] { commands.withLock { $0 } }

    /// - Parameter react: asked at each command; `.` is the end of a message, which has arrived by then.
    init(
        extensions: [String] = ["8BITMIME"], react: @escaping @Sendable (String) -> Reaction = { _ in .normal }
    ) throws {
        (self.extensions, self.react) = (extensions, react)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                bind(descriptor, plain, size) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, plain, &size) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard isOpen else { throw POSIXError(.EADDRNOTAVAIL) }
        Thread.detachNewThread { [self] in
            while true {
                let peer = accept(listener, nil, nil)
                guard peer >= 0 else { return }
                Thread.detachNewThread { [self] in
                    converse(peer)
                    close(peer)
                }
            }
        }
    }

    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private func converse(_ peer: Int32) {
        say("220 small ESMTP", to: peer)
        while let line = line(from: peer) {
            commands.withLock { $0.append(line) }
            switch react(line) {
            case .hangUp: return
            case .stall:
                // Until the other side gives up.
                _ = self.line(from: peer)
                return
            case .say(let text): say(text, to: peer)
            case .normal:
                guard answer(line, peer) else { return }
            }
        }
    }

    private func answer(_ line: String, _ peer: Int32) -> Bool {
        switch line.prefix(4) {
        case "EHLO":
            say("250-small greets you", to: peer)
            for text in extensions { say("250-\(text)", to: peer) }
            say("250 HELP", to: peer)
        case "AUTH":
            say(line == "AUTH PLAIN AGJvYgBvcGVu" ? "235 welcome" : "535 no", to: peer)
        case "DATA":
            say("354 go on", to: peer)
            return takeMessage(peer)
        case "QUIT":
            say("221 bye", to: peer)
            return false
        default: say("250 ok", to: peer)
        }
        return true
    }

    private func takeMessage(_ peer: Int32) -> Bool {
        var lines: [String] = []
        while let line = line(from: peer) {
            guard line == "." else {
                lines.append(line.hasPrefix(".") ? String(line.dropFirst()) : line)
                continue
            }
            mail.withLock { $0.append(lines.joined(separator: "\n")) }
            commands.withLock { $0.append(".") }
            switch react(".") {
            case .hangUp: return false
            case .stall:
                _ = self.line(from: peer)
                return false
            case .say(let text): say(text, to: peer)
            case .normal: say("250 taken", to: peer)
            }
            return true
        }
        return false
    }

    private func line(from peer: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while recv(peer, &byte, 1, 0) == 1 {
            if byte == UInt8(ascii: "\n") {
                if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
                return String(decoding: bytes, as: UTF8.self)
            }
            bytes.append(byte)
        }
        return nil
    }

    private func say(_ text: String, to peer: Int32) {
        let bytes = Array((text + "\r\n").utf8)
        _ = send(peer, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
}
