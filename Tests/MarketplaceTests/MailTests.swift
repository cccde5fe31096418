import Formats
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Marketplace

@Suite("Mail", .scratchDatabase)
struct MailTests {
    private func settings(
        _ server: SmallMailServer, login: MailSettings.Login? = nil, timeout: Int = 60
    ) throws -> MailSettings {
        try MailSettings(
            host: "127.0.0.1", port: server.port, sender: "post@guildhall.example", login: login, timeout: timeout
        )
    }

    /// Tells a worker that many things, a second apart.
    private func tell(_ crew: Crew, _ worker: Worker.ID, _ count: Int, kind: String = "greeting") async throws {
        try await crew.market.database.transaction { transaction in
            for number in 0..<count {
                try await transaction.tell(
                    Principal.ID(worker.uuid), kind: kind, facts: ["text": "Grüße.\n.hidden dot \(number)"],
                    id: Scratch.here.identifiers.make(at: transaction.instant + Double(number))
                )
            }
        }
    }

    private func states(_ crew: Crew, _ worker: Worker.ID) async throws -> [NoticeState] {
        try await ListNotices(market: crew.market)(by: Principal.ID(worker.uuid)).map(\.delivery).reversed()
    }

    @Test("a notice arrives whole: its headers, its text, a line that begins with a dot")
    func arrives() async throws {
        let server = try SmallMailServer()
        defer { server.stop() }
        let crew = try await Crew()
        let worker = try await crew.worker()
        try await tell(crew, worker, 1)
        let count = try await DeliverNotices(market: crew.market)(through: MailSink(try settings(server)))
        #expect((count.claimed, count.delivered) == (1, 1))
        let message = try #require(server.received.first)
        #expect(message.contains("From: <post@guildhall.example>\nTo: <w1@example.org>\nSubject: Greeting\n"))
        #expect(message.contains("Date: Mon, 02 Mar 2026 09:00:00 +0000\n"))
        #expect(message.contains("\ntext: Gr=C3=BC=C3=9Fe.\n.hidden dot 0\n"))
        #expect(server.heard.contains("RCPT TO:<w1@example.org>") && server.heard.last == "QUIT")
        #expect(try await states(crew, worker) == [.delivered])
        #expect(try await DeliverNotices(market: crew.market)(through: MailSink(try settings(server))).claimed == 0)
    }

    @Test("when the server hangs up in the middle, what it took stays taken and the rest comes later, nothing is lost")
    func hangsUp() async throws {
        let taken = Mutex(0)
        let server = try SmallMailServer { command in
            // The second message arrives, but its answer does not.
            guard command == "." else { return .normal }
            return taken.withLock {
                $0 += 1
                return $0 == 2 ? .hangUp : .normal
            }
        }
        defer { server.stop() }
        let crew = try await Crew()
        let worker = try await crew.worker()
        try await tell(crew, worker, 4)
        let sink = MailSink(try settings(server))
        let first = try await DeliverNotices(market: crew.market)(through: sink)
        #expect((first.delivered, first.failed) == (1, 3))
        #expect(try await states(crew, worker) == [.delivered, .waiting, .waiting, .waiting])
        #expect(try await DeliverNotices(market: crew.market)(through: sink).claimed == 0)
        Scratch.clock.advance(by: 60)
        #expect(try await DeliverNotices(market: crew.market)(through: sink).delivered == 3)
        let names = server.received.map { $0.split(separator: "\n").first { $0.hasPrefix("Message-ID:") } }
        #expect(names.count == 5 && Set(names).count == 4)
        #expect(try await states(crew, worker) == Array(repeating: .delivered, count: 4))
    }

    @Test(
        "a refusal for now is tried again, one for good is not, and neither keeps the others back",
        arguments: [("451 later", NoticeState.waiting), ("550 no such mailbox", .dead)])
    func refused(answer: String, state: NoticeState) async throws {
        let server = try SmallMailServer { $0 == "RCPT TO:<w1@example.org>" ? .say(answer) : .normal }
        defer { server.stop() }
        let crew = try await Crew()
        let (bad, good) = (try await crew.worker("w1"), try await crew.worker("w2"))
        for worker in [bad, good] { try await tell(crew, worker, 1) }
        _ = try await DeliverNotices(market: crew.market)(through: MailSink(try settings(server)))
        #expect(try await states(crew, bad) == [state])
        #expect(try await states(crew, good) == [.delivered])
        #expect(server.heard.contains("RSET"))
    }

    @Test(
        "a refusal of the text counts as one of its recipient, whichever word of the session it answers",
        arguments: [("DATA", "451 later", NoticeState.waiting), (".", "452 full", .waiting), (".", "554 spam", .dead)])
    func refusedText(command: String, answer: String, state: NoticeState) async throws {
        let server = try SmallMailServer { $0 == command ? .say(answer) : .normal }
        defer { server.stop() }
        let crew = try await Crew()
        let worker = try await crew.worker()
        try await tell(crew, worker, 2)
        _ = try await DeliverNotices(market: crew.market)(through: MailSink(try settings(server)))
        #expect(try await states(crew, worker) == [state, state])
        #expect(server.heard.last == "QUIT")
    }

    @Test("nothing in a text ends its message or speaks to the server, and a foreign subject arrives as it was")
    func hostileText() async throws {
        let server = try SmallMailServer()
        defer { server.stop() }
        let crew = try await Crew()
        let worker = try await crew.worker()
        let name = "Acme\r\n.\r\nRCPT TO:<x@y.zz>\r\n..\n.\r\nQUIT\r\n"
        try await crew.market.database.transaction { transaction in
            try await transaction.tell(
                Principal.ID(worker.uuid), kind: "greeting", facts: ["requester_name": .string(name)],
                id: Scratch.here.identifiers.make(at: transaction.instant)
            )
        }
        let count = try await DeliverNotices(market: crew.market)(through: MailSink(try settings(server)))
        #expect(count.delivered == 1 && server.received.count == 1)
        #expect(server.heard.filter { $0.hasPrefix("RCPT") } == ["RCPT TO:<w1@example.org>"])
        #expect(server.received.first?.contains("Acme\n.\nRCPT TO:<x@y.zz>\n..\n.\nQUIT\n") == true)

        let subject = "Über 律师 =?"
        let message = try MailMessage(
            from: "p@example.org", to: "a@example.org", subject: subject, text: "t", sentAt: Scratch.start, name: "n"
        )
        let session = try SMTPSession(try settings(server))
        try session.send(message)
        session.quit()
        let line = try #require(server.received.last?.split(separator: "\n").first { $0.hasPrefix("Subject: ") })
        let word = try #require(line.dropFirst(9).wholeMatch(of: /=\?utf-8\?B\?([A-Za-z0-9+\/=]+)\?=/))
        #expect(Data(base64Encoded: String(word.1)) == Data(subject.utf8))
    }

    @Test("a server that is silent, does not greet, or is not there costs nobody a notice", arguments: 0..<3)
    func unreachable(fault: Int) async throws {
        let server = try SmallMailServer { command in
            guard command.hasPrefix("EHLO") else { return .normal }
            return fault == 0 ? .stall : .say("554 go away")
        }
        if fault == 2 { server.stop() }
        let crew = try await Crew()
        let worker = try await crew.worker()
        try await tell(crew, worker, 2)
        let count = try await DeliverNotices(market: crew.market)(
            through: MailSink(try settings(server, timeout: 1)))
        #expect((count.failed, count.dead) == (2, 0))
        #expect(try await states(crew, worker) == [.waiting, .waiting])
        if fault < 2 { server.stop() }
    }

    @Test("attempts grow apart, and after the last the notice is dead and still in the inbox")
    func dies() async throws {
        struct Deaf: NoticeSink {
            func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome] {
                Dictionary(letters.map { ($0.notice.id, .failed("deaf")) }, uniquingKeysWith: { first, _ in first })
            }
        }
        let crew = try await Crew()
        let worker = try await crew.worker()
        try await tell(crew, worker, 1)
        let deliver = DeliverNotices(market: crew.market)
        for attempt in 1..<DeliverNotices.attemptsMax {
            #expect(try await deliver(through: Deaf()).failed == 1)
            Scratch.clock.advance(by: DeliverNotices.wait(afterAttempts: attempt) - 1)
            #expect(try await deliver(through: Deaf()).claimed == 0)
            Scratch.clock.advance(by: 1)
        }
        #expect(try await deliver(through: Deaf()).dead == 1)
        #expect(try await states(crew, worker) == [.dead])
        Scratch.clock.advance(by: 86_400)
        #expect(try await deliver(through: Deaf()).claimed == 0)
        #expect((1...4).map(DeliverNotices.wait) == [60, 120, 240, 480])
        #expect(DeliverNotices.wait(afterAttempts: 40) == 21_600)
    }

    @Test("a deliverer that dies between sending and settling leaves its notices to the next, when its claim is over")
    func claimRunsOut() async throws {
        let crew = try await Crew()
        let worker = try await crew.worker()
        try await tell(crew, worker, 1)
        let claimed = try await crew.market.database.transaction {
            try await $0.claimDue(limit: 10, until: $0.instant + DeliverNotices.claimSeconds)
        }
        #expect(claimed.count == 1)
        #expect(try await DeliverNotices(market: crew.market)() { _ in } == 0)
        Scratch.clock.advance(by: DeliverNotices.claimSeconds)
        #expect(try await DeliverNotices(market: crew.market)() { _ in } == 1)
    }

    @Test("a login is sent where the server takes it; a wrong one, or a server without, costs nobody a notice")
    func login() async throws {
        let crew = try await Crew()
        let cases: [([String], String, Int)] = [
            (["AUTH LOGIN PLAIN"], "open", 1), (["AUTH PLAIN"], "x", 0), ([], "open", 0),
        ]
        for (extensions, secret, delivered) in cases {
            let server = try SmallMailServer(extensions: extensions)
            let worker = try await crew.worker("w\(extensions.count)\(secret)")
            try await tell(crew, worker, 1)
            let sink = MailSink(try settings(server, login: MailSettings.Login(name: "bob", secret: secret)))
            let count = try await DeliverNotices(market: crew.market)(through: sink)
            #expect((count.delivered, count.dead) == (delivered, 0), "\(extensions)")
            server.stop()
            Scratch.clock.advance(by: 1)
        }
    }

    @Test("nothing from outside begins a line of the header or of the session")
    func injection() {
        func message(to: String = "a@example.org", subject: String = "s", name: String = "n") throws -> MailMessage {
            try MailMessage(
                from: "p@example.org", to: to, subject: subject, text: "t", sentAt: Scratch.start, name: name
            )
        }
        for address in ["a@example.org\r\nRCPT TO:<x@y.zz>", "a b@c.de", "a@b@c", "a>@b.de", "ä@b.de", "@b.de", ""] {
            #expect(throws: BadInput.self, "\(address)") { try message(to: address) }
        }
        for subject in ["a\r\nBcc: x@y.zz", "a\nb", "a\u{85}b", "a\u{2028}b", ""] {
            #expect(throws: BadInput.self) { try message(subject: subject) }
        }
        #expect(throws: BadInput.self) { try message(name: "a>\r\n") }
        #expect(throws: BadInput.self) {
            try MailSettings(host: "mail.example.org", sender: "p@example.org", login: .init(name: "a", secret: "b"))
        }
        #expect(throws: BadInput.self) {
            try MailSettings(host: "localhost", sender: "p@example.org", greeting: "a\r\nb")
        }
    }

    @Test("long and foreign texts stay within the lines of mail, and dots are doubled at line starts only")
    func shape() throws {
        let message = try MailMessage(
            from: "p@example.org", to: "a@example.org", subject: String(repeating: "律师", count: 30),
            text: String(repeating: "律师 ", count: 200) + "\n.\n..\na.b ", sentAt: Scratch.start, name: "n"
        )
        let lines = String(decoding: message.bytes, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 78 && $0.utf8.allSatisfy { $0 < 0x80 } })
        #expect(lines.contains("a.b=20"))
        let stuffed = String(decoding: SMTPSession.stuffed(message.bytes), as: UTF8.self)
        #expect(stuffed.contains("\r\n..\r\n...\r\na.b=20"))
    }
}
