import Foundation
import Glibc

/// Where a cluster's files are, and whose they are.
///
/// `home` is the folder that the caller named, unless root's unprivileged account cannot pass through to it (a clone
/// under /root): then it is /var/lib/guildhall/<hash of the folder's path>, and `cluster` in the named folder is a
/// symbolic link into it.
struct ClusterFolder: Sendable {
    /// The folder that the caller named; absolute.
    let named: String
    let home: String
    let account: ServerAccount

    var dataDirectory: String { home + "/cluster" }
    /// `initdb` works here; a rename to `cluster` says that it finished.
    var unfinished: String { home + "/cluster.new" }
    /// Held shared by every program that uses the cluster.
    var usersLock: String { home + "/lock" }
    /// Held exclusively while a program starts or stops the server.
    var startLock: String { home + "/lock.start" }
    /// What the server says before its own log begins.
    var startupLog: String { home + "/startup.log" }
    /// A socket's path has at most 107 bytes; a comma begins another host for libpq, a quote ends the server's list.
    var socketFolder: String {
        let natural = home + "/socket"
        let fits = (natural + "/" + Self.socketName).utf8.count <= 107 && !natural.contains { ",\"".contains($0) }
        return fits ? natural : "/tmp/guildhall-" + Self.hash(dataDirectory)
    }
    var socketPath: String { socketFolder + "/" + Self.socketName }

    static let port = 5_432
    private static let socketName = ".s.PGSQL.\(port)"

    /// Finds or makes the folder, and decides on home and account.
    ///
    /// - Throws: ``ClusterError``.
    static func open(_ directory: String) throws -> ClusterFolder {
        let named = URL(fileURLWithPath: directory).standardized.path
        let isRoot = geteuid() == 0
        if !exists(named) { try makeFolder(named, mode: isRoot ? 0o755 : 0o700) }
        let cluster = named + "/cluster"
        if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: cluster) {
            let home = URL(fileURLWithPath: target).deletingLastPathComponent().path
            return ClusterFolder(named: named, home: home, account: try .choose(dataOwner: owner(of: target)))
        }
        let dataOwner = owner(of: cluster)
        let account = try ServerAccount.choose(dataOwner: dataOwner)
        if let dataOwner, dataOwner != account.user {
            throw ClusterError.folderUnusable(
                path: cluster,
                reason: "it belongs to user \(dataOwner), who made it: start Guildhall as that user or as root")
        }
        let isReachable = try dataOwner != nil || account.canTraverse(named)
        let home = isReachable ? named : "/var/lib/guildhall/" + hash(named)
        return ClusterFolder(named: named, home: home, account: account)
    }

    /// Makes what lies around the data: the home, and the link to it from the named folder.
    func prepareHome(report: (String) -> Void) throws {
        guard home != named else { return }
        try Self.makeFolder(home, mode: 0o755)
        guard !Self.exists(named + "/cluster") else { return }
        report("\(named) is closed to the account that runs PostgreSQL; the data are kept in \(home)")
    }

    /// Links the named folder to data kept elsewhere; data of an earlier clone at this path are set aside.
    func linkToHome(report: (String) -> Void) throws {
        guard home != named, !Self.exists(named + "/cluster") else { return }
        let earlier = home + "/cluster.old"
        if Self.exists(dataDirectory) {
            try Self.remove(earlier)
            try Self.check(rename(dataDirectory, earlier), dataDirectory)
            report("data of an earlier clone at this path are set aside as \(earlier)")
        }
        try Self.check(symlink(dataDirectory, named + "/cluster"), named + "/cluster")
    }

    /// Makes an empty folder that belongs to the server's account and is closed to all others.
    func makePrivate(_ path: String) throws {
        try Self.check(mkdir(path, 0o700), path)
        try Self.check(lchown(path, account.user, account.group), path)
    }

    /// The socket's folder, made, or found to be the account's own: in /tmp anybody could have made it before us.
    func prepareSocketFolder() throws {
        let path = socketFolder
        if mkdir(path, 0o700) != 0, errno != EEXIST {
            throw ClusterError.folderUnusable(path: path, reason: systemMessage(errno))
        }
        var facts = stat()
        try Self.check(lstat(path, &facts), path)
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            throw ClusterError.socketFolderTaken(path: path, reason: "is no folder")
        }
        guard facts.st_uid == account.user || facts.st_uid == geteuid() else {
            throw ClusterError.socketFolderTaken(path: path, reason: "belongs to user \(facts.st_uid)")
        }
        try Self.check(lchown(path, account.user, account.group), path)
        try Self.check(chmod(path, 0o700), path)
    }

    /// Replaces a file of the data directory, never following a link that the server's account may have put there.
    func writeData(_ text: String, to name: String) throws {
        let path = dataDirectory + "/" + name
        let draft = path + ".new"
        unlink(draft)
        let descriptor = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        try Self.check(descriptor, draft)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            throw ClusterError.folderUnusable(path: draft, reason: systemMessage(errno))
        }
        try Self.check(fchown(descriptor, account.user, account.group), draft)
        try Self.check(rename(draft, path), path)
    }

    static func exists(_ path: String) -> Bool {
        var facts = stat()
        return lstat(path, &facts) == 0
    }

    static func remove(_ path: String) throws {
        guard exists(path) else { return }
        do { try FileManager.default.removeItem(atPath: path) } catch {
            throw ClusterError.folderUnusable(path: path, reason: "it cannot be removed (\(error))")
        }
    }

    private static func makeFolder(_ path: String, mode: mode_t) throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: Int(mode)]
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: attributes)
        } catch {
            throw ClusterError.folderUnusable(path: path, reason: "it cannot be made (\(systemMessage(errno)))")
        }
    }

    private static func owner(of path: String) -> uid_t? {
        var facts = stat()
        return lstat(path, &facts) == 0 ? facts.st_uid : nil
    }

    private static func check(_ result: Int32, _ path: String) throws {
        guard result >= 0 else { throw ClusterError.folderUnusable(path: path, reason: systemMessage(errno)) }
    }

    /// FNV-1a, 64 bits, in hexadecimal: short, and the same at every start.
    private static func hash(_ path: String) -> String {
        let value = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(value, radix: 16)
    }
}
