import Glibc

/// The operating system's account that the server runs under. PostgreSQL refuses to run as root.
struct ServerAccount: Sendable {
    let user: uid_t
    let group: gid_t
    /// What a command has to begin with to run under this account; empty when it is our own.
    private let prefix: [String]

    func command(_ arguments: [String]) -> [String] { prefix + arguments }

    /// Our own account, unless that is root's; then the owner of existing data, else `postgres`, else `nobody`.
    ///
    /// - Throws: `ClusterError.noServerAccount` when root has nobody to step down to.
    static func choose(dataOwner: uid_t?) throws -> ServerAccount {
        guard geteuid() == 0 else { return ServerAccount(user: geteuid(), group: getegid(), prefix: []) }
        let setpriv = "/usr/bin/setpriv"
        guard access(setpriv, X_OK) == 0 else {
            throw ClusterError.noServerAccount(
                reason: "`setpriv` is missing: install it with `apt-get install util-linux`")
        }
        let owner = dataOwner.flatMap { $0 == 0 ? nil : lookUp(identifier: $0) }
        guard let (user, group) = owner ?? lookUp(name: "postgres") ?? lookUp(name: "nobody") else {
            throw ClusterError.noServerAccount(
                reason: "there is no account `postgres` or `nobody`: start Guildhall as an ordinary user")
        }
        // Our own working folder may be closed to the account, and `initdb` insists on returning to it.
        let prefix = [
            setpriv, "--reuid=\(user)", "--regid=\(group)", "--init-groups", "/usr/bin/env", "--chdir=/",
        ]
        return ServerAccount(user: user, group: group, prefix: prefix)
    }

    /// Whether the account may pass through every folder down to this one.
    func canTraverse(_ folder: String) throws -> Bool {
        try prefix.isEmpty || ChildProcess.run(command(["/usr/bin/test", "-x", folder])).status == 0
    }

    private static func lookUp(name: String) -> (uid_t, gid_t)? {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 16_384)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return (entry.pw_uid, entry.pw_gid)
    }

    private static func lookUp(identifier: uid_t) -> (uid_t, gid_t)? {
        var entry = passwd()
        var buffer = [CChar](repeating: 0, count: 16_384)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(identifier, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return (entry.pw_uid, entry.pw_gid)
    }
}
