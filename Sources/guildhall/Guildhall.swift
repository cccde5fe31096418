internal import ArgumentParser

/// The program. One command per file in Commands/; nothing else reads flags or the environment.
@main
struct Guildhall: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guildhall",
        abstract: "The backend of a marketplace for expert work.",
        discussion: """
            Without --database-url (or DATABASE_URL) every command works on an embedded PostgreSQL under .guildhall/, \
            started when it is needed and stopped with the last command that uses it. With --server URL a command \
            asks a running server in their place, where it has a route for it.

            Begin with `guildhall demo`: the sample market, worked and paid. `guildhall up` serves it.
            """,
        version: "0.1.0",
        subcommands: [
            UpCommand.self, ServeCommand.self, ScheduleCommand.self, DemoCommand.self, ImportCommand.self,
            ExportCommand.self, SimulateCommand.self, OverviewCommand.self, PayoutCommand.self, DoctorCommand.self,
            MetricsCommand.self, AuditCommand.self, PersonCommand.self, TokenCommand.self, SchemaCommand.self,
            PsqlCommand.self,
            WorkerCommand.self, KeysCommand.self,
            ProfileCommand.self, CredentialCommand.self, ExamCommand.self, TierCommand.self, AgreementCommand.self,
            RequesterCommand.self, LedgerCommand.self, ProjectCommand.self, BatchCommand.self, ReservationCommand.self,
            GuidelineCommand.self, SuggestionCommand.self, TaskCommand.self, ReviewCommand.self, DecisionCommand.self,
            OfferCommand.self,
            InterestCommand.self, ExclusionCommand.self, TeamCommand.self, RequirementCommand.self, RateCommand.self,
            AvailabilityCommand.self, HoursCommand.self, NoticesCommand.self, KindCommand.self,
            ContentCommand.self, ClearanceCommand.self, AuctionCommand.self, BidCommand.self, AwardCommand.self,
            AskCommand.self, DirectOfferCommand.self, ScreenCommand.self, MatchingCommand.self,
            ConsensusCommand.self, QualityCommand.self, TaxCommand.self, WebhookCommand.self,
            SignInProviderCommand.self,
        ]
    )

    static func main() async {
        await main(RemoteOptions.behindCommand(Array(CommandLine.arguments.dropFirst())))
    }
}
