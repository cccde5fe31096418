import Formats
import Foundation
import Marketplace
import Store
import TestSupport
import Testing

@Suite("Commands on what ties workers, over HTTP", .scratchDatabase, .turnLimit(minutes: 20))
struct RemoteTieCommandTests {
    @Test("a person is registered, cleared and excluded by an operator; a worker declares ties as themselves")
    func ties() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let tokens = (try await small.bearer(small.manager), try await small.bearer(ann))
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: tokens.0)
            let worker = RemoteProgram(port: server.port, token: tokens.1)
            let person = [
                "--name", "New", "--email", "new@example.org", "--country", "DE", "--time-zone", "Europe/Berlin",
                "--language", "de:c1",
            ]
            let registered = try await chief.json(["worker", "register", "new"] + person)
            let id = try #require(registered["worker"]?.stringValue)
            #expect(try await chief.json(["worker", "show", id])["external_key"] == "new")
            let unnamed = try await chief.run(["clearance", "grant", "ann", "2", "--reasons", "Vetted."])
            #expect(unnamed.status == 1 && unnamed.fault.contains("by their id"))
            _ = try await chief.json(["clearance", "grant", "\(ann)", "2", "--reasons", "Vetted."])
            let tie = try await worker.json(["interest", "declare", "me", "employer", "Beta, Inc."])
            #expect(tie["party"] == "beta", "\(tie)")
            let interest = try #require(tie["interest"]?.stringValue)
            let foreign = try await worker.run(["interest", "list", id])
            #expect(foreign.status == 1 && foreign.fault.contains("[role_missing]"))
            for command in [["interest", "list", "\(ann)"], ["clearance", "list", "\(ann)"]] {
                let there = try await chief.json(command)
                let here = try await RemoteProgram.besideDatabase.json(command + ["--by", "Operator"])
                #expect(there["items"]?.arrayValue?.count == 1 && there["items"] == here["items"], "\(command)")
            }
            let withdrawn = try await worker.json(["interest", "withdraw", "me", interest])
            #expect(withdrawn["ends_at"]?.stringValue != nil)
            Scratch.clock.advance(by: 1)
            _ = try await chief.json(["clearance", "end", "\(ann)", "--reasons", "Left."])
            _ = try await chief.json(["exclusion", "add", "acme", "\(ann)", "--reason", "Shared a contract."])
            #expect(try await chief.json(["exclusion", "list", "acme"])["items"]?[0]?["worker_key"] == "ann")
            Scratch.clock.advance(by: 1)
            _ = try await chief.json(["exclusion", "lift", "acme", "\(ann)"])
            #expect(try await chief.json(["exclusion", "list", "acme"])["items"] == [])
            #expect(
                try await chief.json(["exclusion", "list", "acme", "--past"])["items"]?.arrayValue?.count == 1)
        }
        #expect(try await small.ills() == [])
    }

    @Test("tasks are reserved and let go, a bonus is paid, and a rate card ends by one person after the other")
    func moneyAndTasks() async throws {
        let small = try await SmallMarket()
        let ann = try await small.lawyer("ann")
        let batch = try await small.batch(small.draft("one"), tasks: 3)
        let work = try await small.claim(ann, batch)
        try await small.submit(work)
        try await small.review(work)
        let next = try await small.batch(small.draft("two"), tasks: 2)
        let tokens = (
            try await small.bearer(small.manager), try await small.bearer(small.maker),
            try await small.bearer(small.checker)
        )
        let at = Scratch.clock.now().addingTimeInterval(3_600).formatted(.iso8601)
        try await LiveServer.run(small.market) { server in
            let chief = RemoteProgram(port: server.port, token: tokens.0)
            let maker = RemoteProgram(port: server.port, token: tokens.1)
            let checker = RemoteProgram(port: server.port, token: tokens.2)
            let whose = ["--requester", "acme", "--by", "Operator"]
            let wish = ["reservation", "add", "\(next)", "--task", "two-1", "--worker", "\(ann)"]
            #expect(try await chief.json(wish + whose)["slots"] == 1)
            let list = ["reservation", "list", "\(next)"] + whose
            let there = try await chief.json(list)
            let here = try await RemoteProgram.besideDatabase.json(list)
            #expect(there["items"]?.arrayValue?.count == 1 && there["items"] == here["items"], "\(there)")
            let id = try #require(there["items"]?[0]?["reservation"]?.stringValue)
            #expect(try await chief.json(["reservation", "end", "\(next)", id] + whose)["slots"] == 1)
            let bonus = [
                "requester", "bonus", "acme", "--assignment", "\(work.id)", "--amount-minor", "500", "--reference",
                "B-7", "--reason", "Found it.",
            ]
            let paid = try await chief.json(bonus)
            #expect(try await chief.json(bonus) == paid && paid["entry"]?.stringValue != nil)
            Scratch.clock.advance(by: 1)
            let prepared = try await maker.json(["rate", "ending", "prepare", "1", "--at", at])
            let ending = try #require(prepared["ending"]?.stringValue)
            let open = try await checker.json(["rate", "ending", "list", "1"])
            #expect(open["items"]?[0]?["ending"] == prepared["ending"] && open["items"]?[0]?["is_open"] == true)
            let alone = try await maker.run(["rate", "ending", "approve", "1", ending])
            #expect(alone.status == 1 && alone.fault.contains("[role_missing]"))
            #expect(try await checker.json(["rate", "ending", "approve", "1", ending])["at"] == .string(at))
            #expect(try await maker.json(["rate", "list"])["items"]?[0]?["until"] == .string(at))
        }
        #expect(try await small.balance(.payable(to: ann, small.usd)) == 2_500)
        #expect(try await small.ills() == [])
    }
}
