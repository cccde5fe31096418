internal import Foundation
package import Marketplace
internal import Store
internal import Synchronization

extension Scratch {
    /// The folder of the server's socket.
    package static var serverFolder: String {
        guard let host = here.connectionString.firstMatch(of: /host='([^']*)'/) else {
            preconditionFailure("the connection string has no host")
        }
        return String(host.output.1)
    }

    /// The test's database, as it is reached through a proxy.
    package static func connectionString(through proxy: CuttingProxy) -> String {
        here.connectionString.replacingOccurrences(of: "host='\(serverFolder)'", with: "host='\(proxy.folder)'")
    }

    /// Runs something as a process that is killed: behind a proxy that takes no more once it has cut. A pool of one
    /// connection, which does not wait long.
    ///
    /// - Parameter number: the statement, COMMITs among them, before or around which it is cut.
    /// - Returns: whether there were as many statements.
    package static func killed(before number: Int, _ body: (Market) async throws -> Void) async throws -> Bool {
        let seen = Mutex(0)
        let isDead: @Sendable () -> Bool = {
            seen.withLock { count in
                count += 1
                return count >= number
            }
        }
        let proxy = try CuttingProxy(serverFolder: serverFolder, cutsBefore: isDead) {
            isDead() ? CuttingProxy.Cut.allCases[1 + number % 3] : .never
        }
        defer { proxy.stop() }
        let database = connect {
            $0.connectionString = connectionString(through: proxy)
            $0.poolSize = 1
            $0.acquireTimeout = .milliseconds(300)
        }
        do {
            try await body(Market(database: database, identifiers: here.identifiers, keys: keys))
        } catch is StoreError {
            // Cut off; somebody else goes on.
        }
        await database.shutdown()
        return proxy.cuts > 0
    }
}
