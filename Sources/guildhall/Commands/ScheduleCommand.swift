internal import ArgumentParser
internal import Foundation
internal import Marketplace
internal import Scheduler
internal import ServiceLifecycle

struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule",
        abstract: "Run the scheduler: lease expiry, offers, audit sealing, notices. Run as many as you like."
    )
    @OptionGroup var options: DatabaseOptions
    @Option(help: "Append notices to people to this file, one JSON object a line; without it they wait.")
    var notices: String?

    func run() async throws {
        try await withSession(options, endsBySignals: false) { session in
            try await session.serve([try await session.scheduler(notices: notices)])
        }
    }
}

extension Session {
    func scheduler(notices path: String?) async throws -> SchedulerService {
        var channel: (@Sendable ([Notice]) async throws -> Void)?
        if let file = path.map({ NoticeFile(path: $0) }) { channel = { try file.append($0) } }
        let loop = SchedulerLoop(
            market: market, by: try await market.foundedSystemPrincipal(),
            notices: channel, logger: logger
        )
        return SchedulerService(loop: loop)
    }
}

/// The scheduler as a service: asked to stop, it ends the rounds under way and begins no more.
struct SchedulerService: Service {
    let loop: SchedulerLoop

    func run() async throws {
        await cancelWhenGracefulShutdown { await loop.run() }
    }
}
