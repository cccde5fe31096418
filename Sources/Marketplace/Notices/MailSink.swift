internal import Dispatch
internal import Foundation

/// Sends letters by e-mail, one SMTP session for each batch, on a thread of its own.
package struct MailSink: NoticeSink {
    /// After this long no further letter of a batch is begun; the claim on them must not run out.
    private static let batchSeconds = 600
    private let settings: MailSettings

    package init(_ settings: MailSettings) { self.settings = settings }

    package func deliver(_ letters: [Letter]) async -> [Notice.ID: LetterOutcome] {
        await withCheckedContinuation { continuation in
            DispatchQueue(label: "guildhall.mail").async {
                continuation.resume(returning: send(letters))
            }
        }
    }

    /// A letter that the server refuses is its own affair; when the session ends, so does the batch, and the rest fails
    /// as the letter at hand did. One whose answer did not arrive has failed: it may come twice, under one Message-ID.
    private func send(_ letters: [Letter]) -> [Notice.ID: LetterOutcome] {
        var outcomes: [Notice.ID: LetterOutcome] = [:]
        var session: SMTPSession?
        var broken: String?
        let end = ContinuousClock.now + .seconds(Self.batchSeconds)
        for letter in letters {
            let id = letter.notice.id
            guard let address = letter.address else {
                outcomes[id] = .noAddress
                continue
            }
            if ContinuousClock.now >= end { broken = broken ?? "the batch took too long" }
            if let broken {
                outcomes[id] = .failed(broken)
                continue
            }
            do {
                let message = try message(letter.notice, to: address)
                let open = try session ?? SMTPSession(settings)
                session = open
                try open.send(message)
                outcomes[id] = .delivered
            } catch let fault as BadInput {
                outcomes[id] = .refused(fault.message)
            } catch MailFault.answer(let code, let text) where code >= 500 {
                outcomes[id] = .refused("\(code) \(text)")
            } catch MailFault.answer(let code, let text) {
                outcomes[id] = .failed("\(code) \(text)")
            } catch {
                broken = "\(error)"
                session = nil
                outcomes[id] = .failed("\(error)")
            }
        }
        session?.quit()
        return outcomes
    }

    private func message(_ notice: Notice, to address: String) throws(BadInput) -> MailMessage {
        try MailMessage(
            from: settings.sender, to: address, subject: NoticeKind.title(of: notice.kind), text: notice.messageText,
            sentAt: notice.createdAt, name: "\(notice.id)"
        )
    }
}
