internal import NIOCore

/// Closes a connection when what was written to it is not taken for so long.
final class SlowReaderHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = Any
    private let limit: TimeAmount
    private var waiting = 0
    private var timer: Scheduled<Void>?

    init(limit: TimeAmount) { self.limit = limit }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let promise = promise ?? context.eventLoop.makePromise(of: Void.self)
        waiting += 1
        if timer == nil { start(context) }
        let (handler, held) = (
            NIOLoopBound(self, eventLoop: context.eventLoop), NIOLoopBound(context, eventLoop: context.eventLoop)
        )
        promise.futureResult.whenComplete { _ in handler.value.wrote(held.value) }
        context.write(data, promise: promise)
    }

    private func wrote(_ context: ChannelHandlerContext) {
        waiting -= 1
        timer?.cancel()
        timer = nil
        if waiting > 0 { start(context) }
    }

    private func start(_ context: ChannelHandlerContext) {
        timer = context.channel.closing(in: limit)
    }
}

extension Channel {
    /// Closes the channel after so long, unless that is cancelled.
    func closing(in time: TimeAmount) -> Scheduled<Void> {
        eventLoop.scheduleTask(in: time) { self.close(promise: nil) }
    }
}
