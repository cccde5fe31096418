extension EmbeddedCluster {
    /// One program's use of a started cluster. Whoever lets go of it without ``stop(mode:)`` leaves the server running
    /// for the next program, just as a program that is killed does.
    package struct Running: Sendable {
        let server: ClusterServer
        let membership: ClusterLock

        /// What became of the server when this program left.
        package enum Departure: Hashable, Sendable {
            /// Nobody else used it.
            case stopped
            /// Other programs go on using it.
            case stillInUse
        }

        /// How libpq connects, as keywords and values: to the database `guildhall` as its superuser `guildhall`.
        package var connectionString: String { connectionString(database: ClusterServer.database) }

        /// The same for another database of the cluster.
        package func connectionString(database: String) -> String {
            "host=\(quoted(server.folder.socketFolder)) port=\(ClusterFolder.port) user=\(ClusterServer.superuser) "
                + "dbname=\(quoted(database))"
        }

        /// The postmaster's process id; `nil` while it does not run.
        package var processID: Int32? { server.process.postmaster }
        /// The folder of the socket; absolute.
        package var socketFolder: String { server.folder.socketFolder }
        /// PostgreSQL's data directory; absolute.
        package var dataDirectory: String { server.folder.dataDirectory }
        /// The log file that is written to now.
        package var logFile: String { server.logFile }
        /// The programs that belong to the server.
        package var binaries: PostgresBinaries { server.binaries }

        /// Leaves the cluster, and stops its server when no other program uses it. Leaving twice does nothing.
        ///
        /// - Throws: ``ClusterError``.
        @discardableResult
        package func stop(mode: StopMode = .fast) async throws -> Departure {
            try await exclusively { _ in
                let isLast = membership.isOpen ? membership.tryAcquire(.exclusive) : processID == nil
                defer { membership.release() }
                if isLast { try server.stop(mode) }
                return isLast ? .stopped : .stillInUse
            }
        }

        /// Leaves without stopping anything: what the end of a killed program does.
        package func abandon() { membership.release() }

        /// Stops the server under everybody's feet, for tests of what happens then; ``startAgain()`` brings it back.
        package func stopServer(mode: StopMode = .fast) async throws {
            try await exclusively { _ in try server.stop(mode) }
        }

        /// Kills the postmaster with SIGKILL, for tests of crashes; its sessions have ended when this returns.
        package func killImmediately() async throws {
            try await exclusively { _ in try server.killPostmaster() }
        }

        /// Starts the server after it stopped or crashed, and waits until it is ready.
        package func startAgain() async throws {
            try await exclusively { try server.bringUp(holding: $0) }
        }

        /// Stops the server and starts it again; every session is lost.
        package func restart(mode: StopMode = .fast) async throws {
            try await exclusively { starting in
                try server.stop(mode)
                try server.bringUp(holding: starting)
            }
        }

        private func exclusively<Success: Sendable>(
            _ work: @escaping @Sendable (ClusterLock) throws -> Success
        ) async throws -> Success {
            try await offPool {
                let starting = try ClusterLock(path: server.folder.startLock)
                try starting.acquire(.exclusive, secondsMax: 120)
                defer { starting.release() }
                return try work(starting)
            }
        }

        private func quoted(_ value: String) -> String {
            let escaped = value.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }
            return "'\(escaped.joined())'"
        }
    }
}
