/// How the tasks of a batch are shared out among those who may do them.
package struct TaskSharing: Hashable, Sendable {
    /// How many of its tasks one worker may have, 1 to 1,000,000; `nil` for any number.
    package let workerTasksMax: Int?
    /// How much of what is given out is gold, in ten-thousandths, 0 to 5,000; which tasks are gold their drafts say.
    package let goldBasisPoints: Int
    /// Whether all tasks of a matter go to one worker; to as many as the redundancy, each all of them.
    package let isPacked: Bool

    /// Anybody takes any.
    package static let plain = TaskSharing()

    package init(workerTasksMax: Int? = nil, goldBasisPoints: Int = 0, isPacked: Bool = false) {
        (self.workerTasksMax, self.goldBasisPoints, self.isPacked) = (workerTasksMax, goldBasisPoints, isPacked)
    }

    /// - Throws: ``BadInput`` for the first field that is out of bounds.
    func validate() throws(BadInput) {
        guard (1...1_000_000).contains(workerTasksMax ?? 1) else {
            throw BadInput("worker_tasks_max", "must be 1 to 1000000")
        }
        guard (0...5_000).contains(goldBasisPoints) else { throw BadInput("gold_bps", "must be 0 to 5000") }
    }
}
