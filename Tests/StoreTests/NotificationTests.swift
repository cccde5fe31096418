import Store
import TestSupport
import Testing

@Suite("Notifications")
struct NotificationTests {
    @Test("payloads arrive in the order of the commits, and those of a rollback never", .emptyDatabase)
    func payloads() async throws {
        let database = Scratch.database
        var events = database.notifications(on: "gavel").makeAsyncIterator()
        #expect(await events.next() == .listening)
        struct Stop: Error {}
        _ = try? await database.transaction { transaction -> Void in
            try await transaction.notify("gavel", payload: "never")
            throw Stop()
        }
        for number in 1...20 {
            try await database.transaction { try await $0.notify("gavel", payload: "fall \(number) ü") }
        }
        try await database.transaction { try await $0.notify("other", payload: "not for us") }
        for number in 1...20 { #expect(await events.next() == .notification(payload: "fall \(number) ü")) }
    }

    @Test("a listener outlives its server, and says when it listens again", .timeLimit(.minutes(10)))
    func restart() async throws {
        try await withPrivateCluster { running in
            let database = running.connect()
            var events = database.notifications(on: "gavel").makeAsyncIterator()
            for round in 1...3 {
                #expect(await events.next() == .listening)
                try await database.transaction { try await $0.notify("gavel", payload: "\(round)") }
                #expect(await events.next() == .notification(payload: "\(round)"))
                try await running.restart(mode: round == 1 ? .fast : .immediate)
            }
            #expect(await events.next() == .listening)
            await database.shutdown()
        }
    }

    @Test("a consumer that stops ends the listening connection", .emptyDatabase)
    func stopped() async throws {
        let database = Scratch.database
        let consumer = Task {
            for await event in database.notifications(on: "gavel") where event != .listening { break }
        }
        try await wait(for: 1)
        try await database.transaction { try await $0.notify("gavel", payload: "enough") }
        await consumer.value
        try await wait(for: 0)

        let cancelled = Task { for await _ in database.notifications(on: "gavel") {} }
        try await wait(for: 1)
        cancelled.cancel()
        await cancelled.value
        try await wait(for: 0)
    }

    /// Waits until so many sessions of this database listen; the time limit of the suite ends it otherwise.
    private func wait(for count: Int) async throws {
        while true {
            let listening: Int = try await Scratch.database.read {
                try await $0.oneRow(
                    """
                    select count(*) as n from pg_stat_activity
                     where datname = current_database() and query ilike 'listen %'
                    """)["n"]
            }
            if listening == count { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
