internal import NIOCore
internal import ServiceLifecycle

/// A service whose tasks run where its connections are read and written: what a request needs beside the database,
/// which has threads of its own, costs no change of threads.
struct OnLoop<Wrapped: Service>: Service {
    let service: Wrapped
    let executor: LoopExecutor

    func run() async throws {
        try await withTaskExecutorPreference(executor) { try await service.run() }
    }
}

final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
