internal import Formats
package import Foundation

/// A notice as an e-mail.
///
/// Source: RFC 5322 (headers), RFC 2045 section 6.7 (quoted-printable), RFC 2047 (words in headers).
package struct MailMessage: Hashable, Sendable {
    package let sender: String
    package let recipient: String
    package let subject: String
    /// Lines of any length and any characters.
    package let text: String
    package let sentAt: Date
    /// Left of the `@` of the Message-ID: repetitions of a message have the same.
    package let name: String

    /// - Throws: ``BadInput`` for an address that is none, or a subject or name with a control character: nothing from
    ///   outside can begin a line of the header or of the session.
    package init(
        from sender: String, to recipient: String, subject: String, text: String, sentAt: Date, name: String
    ) throws(BadInput) {
        guard Self.isAddress(sender) else { throw BadInput("sender", "is not an e-mail address") }
        guard Self.isAddress(recipient) else { throw BadInput("recipient", "is not an e-mail address") }
        guard (1...200).contains(subject.utf8.count), subject.unicodeScalars.allSatisfy(Self.isPlain) else {
            throw BadInput("subject", "must be one line of 1 to 200 bytes")
        }
        guard text.utf8.count <= 1 << 18 else { throw BadInput("text", "is over 256 KiB") }
        guard (1...100).contains(name.utf8.count), name.utf8.allSatisfy(Self.isNameByte) else {
            throw BadInput("name", "must be letters, digits and hyphens")
        }
        (self.sender, self.recipient, self.subject) = (sender, recipient, subject)
        (self.text, self.sentAt, self.name) = (text, sentAt, name)
    }

    /// Printable ASCII with one `@`, and nothing that means something in an envelope.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        return (3...320).contains(text.utf8.count) && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && text.utf8.allSatisfy { (0x21...0x7e).contains($0) && !#"<>()[],;:\""#.utf8.contains($0) }
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: false
        default: true
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte & 0xdf) || byte == UInt8(ascii: "-")
    }

    /// Headers, an empty line and the body.
    ///
    /// Shape: ASCII; lines of at most 78 characters, ended by CRLF.
    package var bytes: [UInt8] {
        let host = sender.split(separator: "@").last ?? "localhost"
        let lines = [
            "From: <\(sender)>", "To: <\(recipient)>", "Subject: \(Self.headerText(subject))",
            "Date: \(Self.date(sentAt))", "Message-ID: <\(name)@\(host)>", "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: quoted-printable", "",
        ]
        return Array((lines + Self.quotedPrintable(text)).map { $0 + "\r\n" }.joined().utf8)
    }

    /// As it is when it is short and ASCII, else in encoded words of at most 75 characters.
    private static func headerText(_ text: String) -> String {
        let isPlain = text.utf8.count <= 60 && text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        if isPlain, !text.contains("=?") { return text }
        var words: [[UInt8]] = [[]]
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if words[words.count - 1].count + bytes.count > 42 { words.append([]) }
            words[words.count - 1] += bytes
        }
        return words.map { "=?utf-8?B?\(Data($0).base64EncodedString())?=" }.joined(separator: "\r\n ")
    }

    /// `Mon, 02 Mar 2026 09:00:00 +0000`.
    static func date(_ instant: Date) -> String {
        let seconds = Int(exactly: min(max(instant.timeIntervalSince1970, 0), 7_258_118_399).rounded(.down)) ?? 0
        let (days, rest) = (seconds / 86_400, seconds % 86_400)
        guard let day = CalendarDate(daysSince2000: days - 10_957) else { return "" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][days % 7]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(weekday), \(two(day.day)) \(months[day.month - 1]) \(day.year) "
            + "\(two(rest / 3_600)):\(two(rest / 60 % 60)):\(two(rest % 60)) +0000"
    }

    private static func quotedPrintable(_ text: String) -> [String] {
        var lines: [String] = []
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            var current = ""
            let bytes = Array(line.utf8)
            for (index, byte) in bytes.enumerated() {
                let isLast = index == bytes.count - 1
                let isLiteral = (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "=") || byte == 0x20 && !isLast
                let piece = isLiteral ? String(UnicodeScalar(byte)) : "=" + hexadecimal(byte)
                if current.utf8.count + piece.utf8.count > 75 {
                    lines.append(current + "=")
                    current = ""
                }
                current += piece
            }
            lines.append(current)
        }
        return lines
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.utf8.count == 1 ? "0" + digits : digits
    }
}

extension Notice {
    /// What a person reads of it: the title, then one fact a line.
    package var messageText: String {
        var lines = [NoticeKind.title(of: kind) + ".", ""]
        if case .object(let facts) = facts {
            for (name, value) in facts.sorted(by: { $0.key < $1.key }) {
                lines.append("\(name.replacing("_", with: " ")): \(value.stringValue ?? value.canonicalText)")
            }
        }
        return (lines + ["", "Notice \(id)"]).joined(separator: "\n")
    }
}
