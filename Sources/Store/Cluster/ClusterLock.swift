import Glibc
import Synchronization

/// A file lock that the kernel drops when its program ends, however it ends.
final class ClusterLock: Sendable {
    enum Kind { case shared, exclusive }

    let path: String
    private let descriptor: Mutex<Int32?>

    /// - Throws: `ClusterError.folderUnusable` when the file cannot be opened or made.
    init(path: String) throws {
        let opened = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard opened >= 0 else { throw ClusterError.folderUnusable(path: path, reason: systemMessage(errno)) }
        self.path = path
        self.descriptor = Mutex(opened)
    }

    deinit { release() }

    /// Whether ``release()`` has not been called yet.
    var isOpen: Bool { descriptor.withLock { $0 != nil } }

    /// A program started with this descriptor holds the lock too until it ends, even if ours ends first.
    var inheritable: Int32? { descriptor.withLock { $0 } }

    /// Takes the lock, or turns the one that is held into another kind.
    ///
    /// - Returns: `false` when others stand in the way; a shared lock held before is then lost.
    func tryAcquire(_ kind: Kind) -> Bool {
        let operation = kind == .shared ? LOCK_SH : LOCK_EX
        return descriptor.withLock { held in
            guard let held else { return false }
            return flock(held, operation | LOCK_NB) == 0
        }
    }

    /// - Throws: `ClusterError.lockTimedOut` when others hold the lock for longer than `secondsMax`.
    func acquire(_ kind: Kind, secondsMax: Int) throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(secondsMax))
        while !tryAcquire(kind) {
            guard ContinuousClock.now < deadline else {
                throw ClusterError.lockTimedOut(path: path, seconds: secondsMax)
            }
            usleep(10_000)
        }
    }

    /// Gives the lock up for good; further calls do nothing.
    func release() {
        descriptor.withLock { held in
            if let held { close(held) }
            held = nil
        }
    }
}
