internal import ArgumentParser
internal import Foundation
internal import Logging
internal import MarketSchema
internal import Marketplace
internal import Simulation
internal import Store
internal import UnixSignals

/// Which database a command works on; the same flags everywhere.
struct DatabaseOptions: ParsableArguments {
    @Option(
        name: .customLong("database-url"),
        help: ArgumentHelp(
            "A PostgreSQL 15 or newer to use in place of the embedded one.",
            discussion: "A libpq connection string. The environment's DATABASE_URL does the same.",
            valueName: "url"
        )
    )
    var databaseURL: String?

    /// Set for what runs on the embedded server whatever the environment says.
    private var isEmbedded = false

    @OptionGroup var keys: KeyOptions
    @OptionGroup var remote: RemoteOptions

    @Option(help: "Where the embedded PostgreSQL keeps its data.")
    var directory = ".guildhall"

    @Option(name: .customLong("pool-size"), help: "Most connections at once, 2 to 100.")
    var poolSize = 8

    @Flag(help: "The database is behind a pooler in transaction mode: no named statements, timeouts per transaction.")
    var pooler = false

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "notice"

    @Option(name: .customLong("log-format"), help: "text, or json: one object a line.")
    var logFormat = "text"

    mutating func validate() throws {
        guard (2...100).contains(poolSize) else { throw ValidationError("--pool-size must be 2 to 100.") }
        guard Logger.Level(rawValue: logLevel) != nil else { throw ValidationError("--log-level: no such level.") }
        guard ["text", "json"].contains(logFormat) else { throw ValidationError("--log-format must be text or json.") }
    }

    /// The server to use, if not the embedded one.
    var serverURL: String? { isEmbedded ? nil : databaseURL ?? Environment.databaseURL }

    var embedded: DatabaseOptions {
        var options = self
        options.isEmbedded = true
        return options
    }

    var logger: Logger {
        var logger =
            logFormat == "json"
            ? Logger(label: "guildhall", factory: JSONLogHandler.init(label:))
            : Logger(label: "guildhall", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .notice
        return logger
    }
}

/// What the program reads from its environment.
enum Environment {
    private static var variables: [String: String] { ProcessInfo.processInfo.environment }
    static var databaseURL: String? { variables["DATABASE_URL"].flatMap { $0.isEmpty ? nil : $0 } }
    /// The secret of AUTH PLAIN: not a flag, which every process on the machine could read.
    static var smtpSecret: String? { variables["GUILDHALL_SMTP_SECRET"] }
    /// Of a sign-in provider.
    static var clientSecret: String? { variables["GUILDHALL_CLIENT_SECRET"].flatMap { $0.isEmpty ? nil : $0 } }
    static var postgresFolder: String? { variables["GUILDHALL_PG_BIN"] }
    static var searchPath: String { variables["PATH"] ?? PostgresBinaries.defaultSearchPath }
}

/// An opened database, with the embedded server behind it if there is one.
struct Session: Sendable {
    /// The role of the program; see schema.sql, "Privileges".
    static let role = "guildhall_app"

    let connectionString: String
    let database: Database
    let market: Market
    let logger: Logger
    private let cluster: EmbeddedCluster.Running?
    let isEmbedded: Bool
    private let options: DatabaseOptions

    /// What a command does to the schema before it begins.
    enum SchemaDemand {
        /// Refuses any but a current one; an empty embedded database is made.
        case ready
        /// Makes an empty database wherever it is.
        case made
        case untouched
    }

    static func open(_ options: DatabaseOptions, schema: SchemaDemand = .ready) async throws -> Session {
        var cluster: EmbeddedCluster.Running?
        if options.serverURL == nil {
            let binaries = try PostgresBinaries.locate(
                folder: Environment.postgresFolder, searchPath: Environment.searchPath,
                preferring: EmbeddedCluster.majorVersion(in: options.directory)
            )
            cluster = try await EmbeddedCluster(
                directory: options.directory, binaries: binaries, report: { Console.note($0 + ".") }
            ).start()
        }
        let connectionString = options.serverURL ?? cluster?.connectionString ?? ""
        let keys: KeyRing?
        do {
            keys = try options.ring()
        } catch {
            _ = try? await cluster?.stop()
            throw error
        }
        let session = Session(connectionString: connectionString, cluster: cluster, options: options, keys: keys)
        do {
            if schema != .untouched { try await session.prepareSchema(makes: schema == .made || cluster != nil) }
            return session
        } catch {
            await session.close()
            throw error
        }
    }

    private init(
        connectionString: String, cluster: EmbeddedCluster.Running?, options: DatabaseOptions, keys: KeyRing?,
        clock: (any WallClock)? = nil, seed: UInt64? = nil
    ) {
        self.connectionString = connectionString
        self.cluster = cluster
        isEmbedded = options.serverURL == nil
        self.options = options
        logger = options.logger
        let database = Self.database(connectionString, options, role: Self.role, clock: clock)
        self.database = database
        let market = Market(database: database, keys: keys)
        self.market = seed.map { market.seeded($0) } ?? market
    }

    /// A database on the same server, for work that must not touch this one; made anew. Its ids come from the seed, so
    /// that the same work gives the same market.
    func onFreshDatabase(_ name: String, clock: any WallClock, seed: UInt64) async throws -> Session {
        guard let cluster else {
            throw ValidationError("--fresh needs the embedded database; leave --database-url out.")
        }
        let administrator = Self.database(
            cluster.connectionString(database: "postgres"), options, role: nil, clock: nil)
        let administration = DatabaseAdministration(administrator)
        try await administration.drop(name)
        try await administration.create(name, template: "template0")
        await administrator.shutdown()
        return try await on(cluster.connectionString(database: name), clock: clock, seed: seed)
    }

    /// The same database under another clock.
    func under(_ clock: any WallClock) async throws -> Session {
        try await on(connectionString, clock: clock)
    }

    private func on(_ connectionString: String, clock: any WallClock, seed: UInt64? = nil) async throws -> Session {
        let session = Session(
            connectionString: connectionString, cluster: nil, options: options, keys: market.keys, clock: clock,
            seed: seed
        )
        try await session.prepareSchema(makes: true)
        return session
    }

    /// Drains the pool, and stops the embedded server if nobody else uses it.
    func close() async {
        await database.shutdown()
        do {
            _ = try await cluster?.stop()
        } catch {
            logger.error("the embedded PostgreSQL did not stop", metadata: ["error": "\(error)"])
        }
    }

    /// Runs `body`; on SIGINT, SIGTERM or SIGHUP closes the session, which stops the embedded server, and ends the
    /// program. What was under way is rolled back.
    func endedBySignals<Result>(_ body: () async throws -> Result) async throws -> Result {
        let watching = Task.detached {
            for await signal in await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup) {
                Console.note("guildhall: ended by \(signal)")
                await close()
                exit(130)
            }
        }
        defer { watching.cancel() }
        return try await body()
    }

    /// Runs `body` with the schema's installer, connected as the owner.
    func withInstaller<Result>(_ body: (SchemaInstaller) async throws -> Result) async throws -> Result {
        let owner = Self.database(connectionString, options, role: nil, clock: nil)
        do {
            let result = try await body(MarketSchema.installer(for: owner))
            await owner.shutdown()
            return result
        } catch {
            await owner.shutdown()
            throw error
        }
    }

    private func prepareSchema(makes: Bool) async throws {
        try await withInstaller { installer in
            switch try await installer.status() {
            case .current: return
            case .empty where makes: try await installer.apply()
            case let status: throw SchemaRefusal(status: status)
            }
        }
    }

    /// The same market over connections of its own, for what must not wait behind other work.
    func apart(connections: Int) -> Market {
        let database = Self.database(
            connectionString, options, role: Self.role, clock: nil, connections: connections)
        return Market(database: database, identifiers: market.identifiers, keys: market.keys)
    }

    private static func database(
        _ connectionString: String, _ options: DatabaseOptions, role: String?, clock: (any WallClock)?,
        connections: Int? = nil
    ) -> Database {
        var configuration = StoreConfiguration(connectionString: connectionString)
        configuration.poolSize = connections ?? options.poolSize
        configuration.usesNamedStatements = !options.pooler
        configuration.role = role
        if role == nil { configuration.statementTimeout = .seconds(600) }
        return Database(configuration, clock: clock, logger: options.logger)
    }
}

extension ParsableArguments {
    /// Opens the session, runs the command, closes the session; refusals become one sentence and an exit code.
    ///
    /// - Parameters:
    ///   - endsBySignals: off for a body that hears SIGINT and SIGTERM itself.
    ///   - command: what a server does in place of it, where that is not said by whoever calls this.
    func withSession<Result: Sendable>(
        _ options: DatabaseOptions, schema: Session.SchemaDemand = .ready, endsBySignals: Bool = true,
        remotely command: (any RemoteCommand)? = nil,
        _ body: (Session) async throws -> Result
    ) async throws -> Result {
        try await options.remote.askServer(command ?? self as? any RemoteCommand)
        let session: Session
        do {
            session = try await Session.open(options, schema: schema)
        } catch {
            throw Console.failure(error)
        }
        do {
            let result =
                endsBySignals ? try await session.endedBySignals { try await body(session) } : try await body(session)
            await session.close()
            return result
        } catch {
            await session.close()
            throw Console.failure(error)
        }
    }
}
