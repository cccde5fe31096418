/// Lets tasks wait until a number of them have come.
package actor Barrier {
    private var missing: Int
    private var waiters: [CheckedContinuation<Void, Never>] = []

    package init(count: Int) {
        missing = count
    }

    package func arrive() async {
        missing -= 1
        if missing > 0 {
            await withCheckedContinuation { waiters.append($0) }
        } else {
            waiters.forEach { $0.resume() }
            waiters = []
        }
    }
}
