/// Why the embedded PostgreSQL cannot be used, each as a sentence that says what to do.
package enum ClusterError: Error, Hashable, CustomStringConvertible {
    /// No server binaries anywhere; `places` were looked at.
    case postgresMissing(places: [String])
    /// The newest server found is older than ``PostgresBinaries/oldestMajorVersion``.
    case postgresTooOld(version: String, folder: String)
    /// The folder that the caller named holds no usable server.
    case postgresUnusable(folder: String, reason: String)
    /// The data were made by another major version than the binaries.
    case majorVersionDiffers(data: Int, binaries: Int, dataDirectory: String)
    /// A folder or file cannot be made, read or written.
    case folderUnusable(path: String, reason: String)
    /// The folder for the socket belongs to somebody else, who could listen in.
    case socketFolderTaken(path: String, reason: String)
    /// Started by root, and there is no account or no tool to step down to.
    case noServerAccount(reason: String)
    /// Another program has been starting or stopping the cluster all the while.
    case lockTimedOut(path: String, seconds: Int)
    /// A PostgreSQL tool could not be started or ended with an error; `output` is the end of what it said.
    case toolFailed(tool: String, output: String)
    /// The server ended while starting; `log` holds the last lines of its log.
    case startFailed(log: String)
    /// The server runs but did not become ready, for instance in a long recovery.
    case startTimedOut(seconds: Int, log: String)
    /// The server did not end, although it was told to in every way.
    case stopTimedOut(processID: Int32, seconds: Int)
    /// The server is up and refuses our connection.
    case connectionRefused(message: String)

    package var description: String {
        switch self {
        case .postgresMissing(let places):
            "PostgreSQL \(PostgresBinaries.oldestMajorVersion) or newer is not installed (looked in "
                + "\(places.joined(separator: ", "))): install it with `apt-get install postgresql`."
        case .postgresTooOld(let version, let folder):
            "PostgreSQL \(version) in \(folder) is too old, Guildhall needs "
                + "\(PostgresBinaries.oldestMajorVersion) or newer: install it with `apt-get install postgresql`."
        case .postgresUnusable(let folder, let reason):
            "There is no usable PostgreSQL server in \(folder) (\(reason)): name another folder, or leave the setting "
                + "out and install PostgreSQL with `apt-get install postgresql`."
        case .majorVersionDiffers(let data, let binaries, let dataDirectory):
            "The data in \(dataDirectory) were made by PostgreSQL \(data) and the server found is \(binaries): install "
                + "`postgresql-\(data)`, or move the data with pg_upgrade."
        case .folderUnusable(let path, let reason):
            "\(path) cannot be used: \(reason)."
        case .socketFolderTaken(let path, let reason):
            "\(path), the folder for the server's socket, \(reason): remove it and start again."
        case .noServerAccount(let reason):
            "PostgreSQL refuses to run as root, and \(reason)."
        case .lockTimedOut(let path, let seconds):
            "Another program has held \(path) for \(seconds) s while starting or stopping PostgreSQL: try again."
        case .toolFailed(let tool, let output):
            "\(tool) failed: \(output)"
        case .startFailed(let log):
            "PostgreSQL did not start; its log ends:\n\(log)"
        case .startTimedOut(let seconds, let log):
            "PostgreSQL is still not ready after \(seconds) s and goes on starting; run again to wait longer. "
                + "Its log ends:\n\(log)"
        case .stopTimedOut(let processID, let seconds):
            "PostgreSQL (process \(processID)) has not ended within \(seconds) s."
        case .connectionRefused(let message):
            "The embedded PostgreSQL refuses connections: \(message)"
        }
    }
}
