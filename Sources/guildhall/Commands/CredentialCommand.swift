internal import ArgumentParser
internal import Formats
internal import Foundation
internal import Marketplace

struct CredentialCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credential", abstract: "Hand in, verify, confirm, renew and revoke credentials.",
        discussion: """
            submitted → in_check → verified or refused; verified → revoked. A credential counts from its verification \
            to its expiry. The tiers expert and principal need a second person: `credential confirm`. Refusing and \
            revoking are decisions, which the worker can appeal for 14 days.
            """,
        subcommands: [
            Submit.self, List.self, Waiting.self, Check.self, Verify.self, Confirm.self, Reverify.self, Refuse.self,
            Revoke.self, AddDocument.self, Documents.self, Leases.self, Remind.self,
        ]
    )

    struct Submit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hand a credential in; says what the public format of its number makes of it."
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The worker's key or id.") var worker: String
        @Option(help: "The profession.") var profession: String
        @Option(help: "See `profile kinds`.") var kind: String
        @Option(help: "The bar, the chamber, the board.") var issuer: String
        @Option(help: "US-NY, CN-11, DE.") var jurisdiction: String
        @Option(help: "As the issuer writes it.") var number: String
        @Option(help: "The day of issue.") var issuedOn: String
        @Option(help: "The last day on which it holds.") var expiresOn: String?
        @Option(help: "The licence's category.") var category: String?
        @Option(help: "What the licence permits.") var scope: String?
        @Option(help: "As the issuer's register lists it.") var registerStatus: String?

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let submission = try CredentialSubmission(
                    profession: try readProfession(profession), kind: try readKind(kind), issuer: issuer,
                    jurisdiction: jurisdiction, number: number, issuedOn: try readDay(issuedOn, "issued_on"),
                    expiresOn: try expiresOn.map { try readDay($0, "expires_on") },
                    details: CredentialDetails(category: category, scope: scope, registerStatus: registerStatus)
                )
                let id = try await SubmitCredential(market: market)(
                    submission, of: try await market.worker(worker), by: actor
                )
                let verdict = submission.number.verdict.rawValue
                let note = submission.number.note.map { " (\($0))" } ?? ""
                return (
                    [
                        "credential": .string("\(id)"), "number": .string(submission.number.text),
                        "number_verdict": .string(verdict),
                        "number_note": submission.number.note.map(JSON.string) ?? .null,
                    ], "\(id): number \(verdict)\(note)"
                )
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The credentials of a worker.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions
        @Argument(help: "The worker's key or id.") var worker: String

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                try await ListCredentials(market: market)(
                    of: try await market.worker(worker), after: try page.id(), limit: page.limit, by: actor
                ).map { ($0.json, line($0)) }
            }
        }
    }

    struct Waiting: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "The credentials in one state, oldest first.")
        @OptionGroup var options: ExpertiseOptions
        @OptionGroup var page: PageOptions
        @Option(help: "submitted or in_check; also verified, refused, revoked.") var state = "submitted"

        func run() async throws {
            try await options.list(remotely: self) { market, actor in
                guard let state = CredentialState(rawValue: state) else {
                    throw BadInput("state", "must be submitted, in_check, verified, refused or revoked")
                }
                return try await ListCredentials(market: market)(
                    in: state, after: try page.id(), limit: page.limit, by: actor
                ).map { ($0.json, line($0)) }
            }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a credential up.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The credential's id.") var id: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                try await CheckCredential(market: market)(try readID(id), by: actor)
                return (["credential": .string(id), "state": "in_check"], "In check: \(id).")
            }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Vouch for a credential; from now on it counts.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The credential's id.") var id: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                try await VerifyCredential(market: market)(try readID(id), by: actor)
                return (["credential": .string(id), "state": "verified"], "Verified \(id).")
            }
        }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Vouch for a verified credential as a second person.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The credential's id.") var id: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                try await ConfirmCredential(market: market)(try readID(id), by: actor)
                return (["credential": .string(id), "is_confirmed": true], "Confirmed \(id).")
            }
        }
    }

    struct Reverify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Vouch for a verified credential again, with the last day on which it holds now."
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The credential's id.") var id: String
        @Option(help: "The last day on which it holds; never ends if left out.") var expiresOn: String?

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let day = try expiresOn.map { try readDay($0, "expires_on") }
                try await ReverifyCredential(market: market)(try readID(id), expiresOn: day, by: actor)
                return (["credential": .string(id), "state": "verified"], "Verified \(id) again.")
            }
        }
    }

    struct Refuse: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Decide that a credential does not bear out.")
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The credential's id.") var id: String
        @Option(help: "The rule, snake_case.") var rule: String
        @Option(help: "For the worker to read.") var reasons: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let decision = try await RefuseCredential(market: market)(
                    try readID(id), rule: rule, facts: [:], reasons: reasons, by: actor
                )
                return (["credential": .string(id), "decision": .string("\(decision)")], "Refused by \(decision).")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide that a verified credential no longer counts; then see `credential leases`."
        )
        @OptionGroup var options: ExpertiseOptions
        @Argument(help: "The credential's id.") var id: String
        @Option(help: "The rule, snake_case.") var rule = "issuer_withdrew"
        @Option(help: "For the worker to read.") var reasons: String

        func run() async throws {
            try await options.run(remotely: self) { market, actor in
                let decision = try await RevokeCredential(market: market)(
                    try readID(id), reason: reasons, rule: rule, by: actor
                )
                return (["credential": .string(id), "decision": .string("\(decision)")], "Revoked by \(decision).")
            }
        }
    }
}

private func line(_ sheet: CredentialSheet) -> String {
    let confirmed = sheet.confirmedBy == nil ? "" : ", confirmed"
    return "\(sheet.id): \(sheet.kind.rawValue) \(sheet.jurisdiction) \(sheet.number) "
        + "(\(sheet.numberVerdict.rawValue)), \(sheet.state.rawValue)\(confirmed)"
}
