internal import ArgumentParser
internal import Foundation
internal import HTTPAPI
internal import Logging
internal import MarketSchema
internal import Marketplace
internal import ServiceLifecycle
internal import Store
internal import UnixSignals

/// Where the API listens.
struct ServerOptions: ParsableArguments {
    @Option(help: "Address to listen on.") var host = "127.0.0.1"
    @Option(help: "Port to listen on; 0 lets the system choose.") var port = 8080
    @Option(
        name: .customLong("public-url"),
        help: ArgumentHelp(
            "Where browsers reach it, such as https://guildhall.example.org.",
            discussion: "Sign-in providers send people back there, and its pages may use the cookie of a sign-in."))
    var publicURL: String?

    @Option(
        name: .customLong("requests-per-minute"),
        help: "Most requests by one principal in a minute, 1 to 1000000; each process counts its own.")
    var requestsPerMinute = 6_000

    @Option(
        name: .customLong("trusted-proxy"),
        help: ArgumentHelp(
            "A proxy's address, or its network (10.0.0.0/8), whose X-Forwarded-For says where a request comes from.",
            discussion: "Give it several times. Without it only the other end of the connection counts."))
    var trustedProxies: [String] = []

    @Option(
        name: .customLong("connections-max"),
        help: ArgumentHelp(
            "Most connections at once, 1 to 100000; as many descriptors as that must be allowed.",
            discussion: "One network has a quarter of them, trusted proxies as many as there are."))
    var connectionsMax = 4_096

    @Option(
        name: .customLong("idle-seconds"), help: "Seconds after which a silent connection is closed, 1 to 3600.")
    var idleSeconds: Int64 = 15

    mutating func validate() throws {
        guard (1...100_000).contains(connectionsMax) else {
            throw ValidationError("--connections-max must be 1 to 100000.")
        }
        guard (1...3_600).contains(idleSeconds) else { throw ValidationError("--idle-seconds must be 1 to 3600.") }
        guard (1...1_000_000).contains(requestsPerMinute) else {
            throw ValidationError("--requests-per-minute must be 1 to 1000000.")
        }
        guard trustedProxies.allSatisfy({ NetworkRange($0) != nil }) else {
            throw ValidationError("--trusted-proxy must be an address or a network, such as 10.0.0.0/8.")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be 0 to 65535.") }
    }

    func settings(_ webhooks: WebhookOptions) -> ServerSettings {
        var settings = ServerSettings()
        settings.identity = webhooks.identity(publicURL)
        settings.host = host
        settings.port = port
        settings.requestsPerMinute = requestsPerMinute
        settings.trustedProxies = trustedProxies.compactMap { NetworkRange($0) }
        settings.connectionsMax = connectionsMax
        settings.idleSeconds = idleSeconds
        return settings
    }
}

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serve the HTTP API. Run as many as you like against one database.",
        discussion: "GET /health and /ready tell whether it lives and whether it can work; /docs has the rest."
    )
    @OptionGroup var options: DatabaseOptions
    @OptionGroup var server: ServerOptions
    @OptionGroup var webhooks: WebhookOptions

    func run() async throws {
        let settings = server.settings(webhooks)
        try await withSession(options, endsBySignals: false) { try await $0.serve([$0.api(settings)]) }
    }
}

extension Session {
    func api(_ settings: ServerSettings) -> any Service {
        DescriptorLimit.raise(toHold: settings.connectionsMax, logger)
        let readiness = Readiness(database: database)
        return buildApplication(
            market: market, settings: settings, logger: logger, isReady: { await readiness() },
            onServerRunning: { Console.note("Listening on http://\(settings.host):\($0)") }
        )
    }

    /// Runs services until SIGTERM or SIGINT; what is under way gets 15 seconds.
    func serve(_ services: [any Service]) async throws {
        var configuration = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        )
        configuration.maximumGracefulShutdownDuration = .seconds(15)
        configuration.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// How many descriptors this process may have.
private enum DescriptorLimit {
    /// Raises the soft limit, which is 1,024 on many systems, as far as the hard one allows.
    static func raise(toHold connections: Int, _ logger: Logger) {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        // Beside connections: the database's, files, listening sockets.
        let wanted = rlim_t(connections + 512)
        guard limit.rlim_cur < wanted else { return }
        limit.rlim_cur = min(wanted, limit.rlim_max)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_cur < wanted else { return }
        logger.warning(
            "fewer descriptors are allowed than connections", metadata: ["descriptors": "\(limit.rlim_cur)"])
    }
}

/// Whether the program can work, asked on the connections that it works with. However many ask, the database is asked
/// once a second at most, and by one at a time.
private actor Readiness {
    private let database: Database
    private var answer: (at: ContinuousClock.Instant, reason: String?)?
    private var asking: Task<String?, Never>?

    init(database: Database) { self.database = database }

    /// - Returns: why not; `nil` when ready.
    func callAsFunction() async -> String? {
        if let answer, answer.at + .seconds(1) > .now { return answer.reason }
        if let asking { return await asking.value }
        let question = Task { [database] in await Self.ask(database) }
        asking = question
        let reason = await question.value
        (answer, asking) = ((.now, reason), nil)
        return reason
    }

    private static func ask(_ database: Database) async -> String? {
        do {
            let status = try await MarketSchema.installer(for: database).status()
            if case .current = status { return nil }
            return status.sentence
        } catch let error as StoreError {
            return error.publicMessage
        } catch {
            return "The database could not be asked."
        }
    }
}
