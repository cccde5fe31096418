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
    @OptionGroup var notices: NoticeOptions

    func run() async throws {
        try await withSession(options, endsBySignals: false) { session in
            try await session.serve([
                try await session.scheduler(notices: try notices.sink(beside: options.directory))
            ])
        }
    }
}

extension Session {
    func scheduler(notices sink: any NoticeSink) async throws -> SchedulerService {
        let loop = SchedulerLoop(
            market: market, by: try await market.foundedSystemPrincipal(),
            notices: sink, logger: logger
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
