internal import Foundation

/// The thread on which one connection's blocking calls run.
///
/// It is a serial executor (of the ``Connection`` actor) and a task executor at once: a transaction's body prefers the
/// thread of its connection, so going from one statement to the next switches neither threads nor queues, and Swift's
/// cooperative pool never waits for PostgreSQL.
final class ConnectionThread: SerialExecutor, TaskExecutor {
    private let condition = NSCondition()
    private nonisolated(unsafe) var jobs: [UnownedJob] = []
    private nonisolated(unsafe) var isStopped = false
    private let name: String

    /// - Parameter name: as the system shows it; 15 bytes at most.
    init(name: String) {
        self.name = name
        let thread = Thread { [self] in run() }
        thread.stackSize = 1 << 20
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        let stopped = isStopped
        if !stopped { jobs.append(job) }
        condition.unlock()
        if stopped {
            // The tail of a task that outlived the pool: it must not hang, and no longer touches the connection.
            DispatchQueue.global().async { self.runJob(job) }
        } else {
            condition.signal()
        }
    }

    /// Ends the thread when its queue is empty.
    func stop() {
        condition.lock()
        isStopped = true
        condition.unlock()
        condition.signal()
    }

    private func run() {
        // From within: before it runs, the system has nothing to name.
        Thread.current.name = name
        var batch: [UnownedJob] = []
        while true {
            condition.lock()
            while jobs.isEmpty && !isStopped { condition.wait() }
            swap(&batch, &jobs)
            condition.unlock()
            if batch.isEmpty { return }
            for job in batch { runJob(job) }
            batch.removeAll(keepingCapacity: true)
        }
    }

    private func runJob(_ job: UnownedJob) {
        job.runSynchronously(
            isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor()
        )
    }
}
