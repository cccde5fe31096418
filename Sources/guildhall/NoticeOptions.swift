internal import ArgumentParser
internal import Foundation
internal import Marketplace
internal import Store

/// Where notices to people go; the same flags everywhere.
struct NoticeOptions: ParsableArguments {
    @Option(help: "Append notices to this file, one JSON object a line; notices.jsonl in --directory if left out.")
    var notices: String?

    @Option(
        name: .customLong("smtp-host"),
        help: ArgumentHelp(
            "Send notices by e-mail through this server in place of the file.",
            discussion: "The session is not encrypted: name a relay on this machine or in its network."
        )
    )
    var smtpHost: String?

    @Option(name: .customLong("smtp-port"), help: "The mail server's port.") var smtpPort = 25
    @Option(name: .customLong("mail-from"), help: "The sender's address; needed with --smtp-host.")
    var mailFrom: String?
    @Option(
        name: .customLong("smtp-login"),
        help: "Log in by this name, with the secret of GUILDHALL_SMTP_SECRET; to a server on this machine only.")
    var smtpLogin: String?
    @Option(name: .customLong("smtp-timeout"), help: "Seconds that one step of a mail session may take, 1 to 300.")
    var smtpTimeout = 30

    mutating func validate() throws {
        guard smtpHost == nil || notices == nil else {
            throw ValidationError("Name either --notices or --smtp-host.")
        }
        guard (smtpHost == nil) == (mailFrom == nil) else {
            throw ValidationError("--smtp-host and --mail-from go together.")
        }
    }

    /// - Parameter directory: made for the file if it is not there.
    func sink(beside directory: String) throws -> any NoticeSink {
        if let smtpHost, let mailFrom {
            let login = smtpLogin.map { MailSettings.Login(name: $0, secret: Environment.smtpSecret ?? "") }
            return MailSink(
                try MailSettings(
                    host: smtpHost, port: smtpPort, sender: mailFrom,
                    greeting: ProcessInfo.processInfo.hostName, login: login, timeout: smtpTimeout
                ))
        }
        if let notices { return NoticeFile(path: notices) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return NoticeFile(path: directory + "/notices.jsonl")
    }
}

/// Whose affairs a command is about, and who does it.
struct WorkerOptions: ParsableArguments {
    @Option(help: "The worker, by the operator's key for them (as in the roster) or by id.") var worker: String
    @Option(help: "An operator who does it, by name; the worker themselves if left out.") var by: String?

    func people(in market: Market) async throws -> (worker: Worker.ID, actor: Principal.ID) {
        let id = try await market.worker(worker)
        guard let name = by else { return (id, Principal.ID(id.uuid)) }
        return (id, try await market.person(named: name))
    }
}
