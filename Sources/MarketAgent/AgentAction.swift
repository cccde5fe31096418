internal import Formats
internal import Foundation
internal import Marketplace

/// One line of what an agent is told to do.
struct AgentAction {
    enum Name: String {
        case claim, heartbeat, draft, giveBack, submit, review
        case expire, revoke, suspend, pause, resume, release, close
        case redundancy, deadline, withdraw, withdrawAll, budget, end
    }

    let at: Date
    private let name: Name
    private let line: JSON

    struct Unreadable: Error {
        let member: String
    }

    init(_ line: JSON) throws {
        guard let name = line["action"]?.stringValue.flatMap(Name.init(rawValue:)) else {
            throw Unreadable(member: "action")
        }
        (self.line, self.name) = (line, name)
        at = Date(timeIntervalSince1970: Double(try Self.integer("at", of: line)))
    }

    private static func integer(_ member: String, of line: JSON) throws -> Int64 {
        guard let number = line[member]?.integerValue else { throw Unreadable(member: member) }
        return number
    }

    private func number(_ member: String) throws -> Int { Int(try Self.integer(member, of: line)) }

    private func text(_ member: String) throws -> String {
        guard let text = line[member]?.stringValue else { throw Unreadable(member: member) }
        return text
    }

    private func id<Entity>(_ member: String, of type: Entity.Type = Entity.self) throws -> Identifier<Entity> {
        guard let id = Identifier<Entity>(try text(member)) else { throw Unreadable(member: member) }
        return id
    }

    /// - Returns: what is to be known of it: a lease that was taken, an answer that is in.
    func perform(on market: Market) async throws -> JSON {
        switch name {
        case .claim, .heartbeat, .draft, .giveBack, .submit: try await work(on: market)
        case .review, .expire, .revoke, .suspend, .release, .end: try await supervise(market)
        case .pause, .resume, .close, .redundancy, .deadline, .withdraw, .withdrawAll, .budget:
            try await change(on: market)
        }
    }

    /// What a worker does.
    private func work(on market: Market) async throws -> JSON {
        let actor: Principal.ID = try id("actor")
        if name == .claim {
            let lease = try await ClaimTask(market: market)(from: (id("requester"), id("batch")), by: actor)
            return [
                "assignment": .string("\(lease.id)"), "token": .integer(lease.leaseToken),
                "worker": .string("\(lease.worker)"),
            ]
        }
        let (assignment, token): (Assignment.ID, Int64) = (try id("assignment"), try Self.integer("token", of: line))
        switch name {
        case .heartbeat:
            _ = try await Heartbeat(market: market)(assignment, token: token, seconds: number("number"), by: actor)
        case .draft:
            _ = try await SaveDraft(market: market)(["label": "half"], for: assignment, token: token, by: actor)
        case .giveBack:
            try await ReturnTask(market: market)(assignment, token: token, .noTime, by: actor)
        case .submit:
            let taken = try await SubmitAnswer(market: market)(
                ["label": .string(text("text"))], for: assignment, token: token, by: actor
            )
            return ["assignment": .string("\(taken.assignment)"), "hash": .string(taken.hash.hexadecimal)]
        case .claim, .review, .expire, .revoke, .suspend, .pause, .resume, .release, .close, .redundancy, .deadline,
            .withdraw, .withdrawAll, .budget, .end:
            break
        }
        return .null
    }

    /// What reviewers, operators and the scheduler do.
    private func supervise(_ market: Market) async throws -> JSON {
        let actor: Principal.ID = try id("actor")
        switch name {
        case .review:
            let judgement: Judgement = try text("text") == "rejected" ? .rejected : .accepted
            _ = try await ReviewSubmission(market: market)(
                id("assignment"), of: id("requester"), judgement, reasons: "Not as asked.", by: actor
            )
        case .expire: _ = try await ExpireLeases(market: market)(most: number("number"), by: actor)
        case .revoke: _ = try await RevokeLeases(market: market)(by: actor)
        case .suspend:
            _ = try await SuspendWorker(market: market)(
                id("worker"), rule: "house_rules", facts: [:], reasons: "For the test.", by: actor
            )
        case .release:
            for slot in try await ListQuarantine(market: market)(id("batch"), of: id("requester"), by: actor) {
                try await ReleaseQuarantine(market: market)(
                    slot.task, slot: slot.slot, of: id("requester"), by: actor
                )
            }
        case .end: _ = try await EndBatches(market: market)(by: actor)
        case .claim, .heartbeat, .draft, .giveBack, .submit, .pause, .resume, .close, .redundancy, .deadline,
            .withdraw, .withdrawAll, .budget:
            break
        }
        return .null
    }

    /// What a publisher does to a batch.
    private func change(on market: Market) async throws -> JSON {
        let (batch, requester, actor): (Batch.ID, Requester.ID, Principal.ID) = (
            try id("batch"), try id("requester"), try id("actor")
        )
        switch name {
        case .pause: try await PauseBatch(market: market)(batch, of: requester, by: actor)
        case .resume: try await PauseBatch(market: market).resume(batch, of: requester, by: actor)
        case .close: _ = try await CloseBatch(market: market)(batch, of: requester, by: actor)
        case .redundancy:
            try await ChangeRedundancy(market: market)(to: number("number"), of: batch, from: requester, by: actor)
        case .deadline:
            let seconds = try number("number")
            try await ChangeDeadline(market: market)(
                seconds == 0 ? nil : at + Double(seconds), of: batch, from: requester, by: actor
            )
        case .withdraw:
            _ = try await WithdrawTasks(market: market)([text("text")], of: batch, from: requester, by: actor)
        case .withdrawAll: _ = try await WithdrawTasks(market: market).all(of: batch, from: requester, by: actor)
        case .budget:
            guard let currency = Currency("USD") else { throw Unreadable(member: "currency") }
            _ = try await ChangeBudget(market: market)(
                Money(Int64(number("number")), currency), of: batch, from: requester, by: actor
            )
        case .claim, .heartbeat, .draft, .giveBack, .submit, .review, .expire, .revoke, .suspend, .release, .end:
            break
        }
        return .null
    }
}
