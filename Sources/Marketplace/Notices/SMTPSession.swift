internal import Foundation

/// Where mail goes, and as whom.
package struct MailSettings: Hashable, Sendable {
    package let host: String
    package let port: Int
    /// In the envelope and in From.
    package let sender: String
    /// How this machine greets.
    package let greeting: String
    package let login: Login?
    /// Seconds that one step may take: 1 to 300.
    package let timeout: Int

    /// For AUTH PLAIN.
    package struct Login: Hashable, Sendable {
        package let name: String
        package let secret: String

        package init(name: String, secret: String) { (self.name, self.secret) = (name, secret) }
    }

    /// - Throws: ``BadInput``. A login is taken for a server on this machine only: the session is not encrypted, so a
    ///   relay here must be what speaks TLS to the world.
    package init(
        host: String, port: Int = 25, sender: String, greeting: String = "localhost", login: Login? = nil,
        timeout: Int = 30
    ) throws(BadInput) {
        func isName(_ text: String) -> Bool {
            (1...253).contains(text.utf8.count)
                && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "<") }
        }
        guard isName(host) else { throw BadInput("smtp_host", "is no host name") }
        guard (1...65_535).contains(port) else { throw BadInput("smtp_port", "must be 1 to 65535") }
        guard MailMessage.isAddress(sender) else { throw BadInput("mail_from", "is not an e-mail address") }
        guard isName(greeting) else { throw BadInput("smtp_greeting", "is no host name") }
        guard (1...300).contains(timeout) else { throw BadInput("smtp_timeout", "must be 1 to 300 seconds") }
        if let login {
            guard ["localhost", "127.0.0.1", "::1"].contains(host) else {
                throw BadInput("smtp_login", "goes to a server on this machine only: the session is not encrypted")
            }
            guard (1...200).contains(login.name.utf8.count), (1...200).contains(login.secret.utf8.count),
                !login.name.utf8.contains(0), !login.secret.utf8.contains(0)
            else { throw BadInput("smtp_login", "must be 1 to 200 bytes each") }
        }
        (self.host, self.port, self.sender, self.greeting) = (host, port, sender, greeting)
        (self.login, self.timeout) = (login, timeout)
    }
}

/// A conversation with a mail server (RFC 5321). It blocks: use it on a thread of its own, and on one only.
final class SMTPSession {
    private let socket: SMTPSocket
    private let timeout: Int

    /// Connects, greets and logs in.
    init(_ settings: MailSettings) throws(MailFault) {
        socket = try SMTPSocket(host: settings.host, port: settings.port, timeout: settings.timeout)
        timeout = settings.timeout
        let extensions: [String]
        do {
            _ = try expect([220])
            extensions = try command("EHLO \(settings.greeting)", [250])
        } catch {
            // Whatever code: none of the letters is at fault.
            throw .session("the server did not greet: \(error)")
        }
        guard let login = settings.login else { return }
        let offers = extensions.dropFirst().map { $0.uppercased().split(separator: " ") }
        guard offers.contains(where: { $0.first == "AUTH" && $0.contains("PLAIN") }) else {
            throw .session("the server offers no AUTH PLAIN")
        }
        let token = Data("\0\(login.name)\0\(login.secret)".utf8).base64EncodedString()
        do {
            _ = try command("AUTH PLAIN \(token)", [235])
        } catch {
            throw .session("the login was not accepted: \(error)")
        }
    }

    /// Hands one message over.
    ///
    /// - Throws: ``MailFault/answer(code:text:)`` when the server refused this message; the session goes on.
    func send(_ message: MailMessage) throws(MailFault) {
        do {
            _ = try command("MAIL FROM:<\(message.sender)>", [250])
        } catch {
            // The same for every letter.
            throw .session("the sender was not accepted: \(error)")
        }
        do {
            _ = try command("RCPT TO:<\(message.recipient)>", [250, 251])
            _ = try command("DATA", [354])
            try socket.write(Self.stuffed(message.bytes) + Array(".\r\n".utf8), until: deadline)
            _ = try expect([250])
        } catch .answer(let code, let text) {
            guard code != 421 else { throw .session("421 \(text)") }
            _ = try command("RSET", [250])
            throw .answer(code: code, text: text)
        }
    }

    /// Says goodbye; whatever the answer, all is done.
    func quit() { _ = try? command("QUIT", [221]) }

    /// A dot before every line that begins with one (RFC 5321, section 4.5.2).
    static func stuffed(_ bytes: [UInt8]) -> [UInt8] {
        var stuffed: [UInt8] = []
        stuffed.reserveCapacity(bytes.count + 16)
        var isLineStart = true
        for byte in bytes {
            if isLineStart, byte == UInt8(ascii: ".") { stuffed.append(byte) }
            stuffed.append(byte)
            isLineStart = byte == UInt8(ascii: "\n")
        }
        return stuffed
    }

    private var deadline: ContinuousClock.Instant { .now + .seconds(timeout) }

    private func command(_ line: String, _ codes: Set<Int>) throws(MailFault) -> [String] {
        // Everything in a command was checked when it came in; this is the last door.
        guard line.utf8.allSatisfy({ (0x20...0x7e).contains($0) }), line.utf8.count <= 1_000 else {
            throw .answer(code: 553, text: "a command that cannot be sent")
        }
        try socket.write(Array((line + "\r\n").utf8), until: deadline)
        return try expect(codes)
    }

    /// The lines of an answer, without their code.
    private func expect(_ codes: Set<Int>) throws(MailFault) -> [String] {
        let end = deadline
        var texts: [String] = []
        while true {
            let line = try socket.readLine(until: end)
            guard let code = Int(line.prefix(3)), (200...599).contains(code), texts.count < 100 else {
                throw .session("the server does not speak SMTP")
            }
            texts.append(String(line.dropFirst(4)))
            if line.dropFirst(3).first == "-" { continue }
            guard codes.contains(code) else {
                throw .answer(code: code, text: String(texts.joined(separator: " ").prefix(300)))
            }
            return texts
        }
    }
}
