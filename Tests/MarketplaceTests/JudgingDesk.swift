import Foundation
import Marketplace
import Store
import TestSupport

/// A small market with several reviewers, and what is done with them.
struct JudgingDesk: Sendable {
    let small: SmallMarket
    let reviewers: [Principal.ID]

    init(policy: ReviewPolicy? = nil, reviewers count: Int = 4) async throws {
        small = try await SmallMarket()
        var people = [small.reviewer]
        for number in 1..<count {
            people.append(
                try await CreatePrincipal(market: small.market)(
                    .person, named: "Reviewer \(number)", roles: [.reviewer], by: small.manager))
        }
        reviewers = people
        if let policy { try await set(policy) }
    }

    func set(_ policy: ReviewPolicy) async throws {
        try await SetReviewPolicy(market: small.market)(
            policy, of: small.project, from: small.requester, by: small.manager)
    }

    /// A batch with that many answers by one worker.
    func submitted(_ name: String = "b", by worker: Worker.ID, _ count: Int = 1) async throws -> [Assignment] {
        let batch = try await small.batch(small.draft(name), tasks: count)
        var works: [Assignment] = []
        for _ in 0..<count {
            let work = try await small.claim(worker, batch)
            try await small.submit(work)
            works.append(work)
        }
        return works
    }

    @discardableResult
    func judge(
        _ work: Assignment, _ judgement: Judgement?, sheet: ReviewSheet = .empty, by reviewer: Int
    ) async throws -> Review {
        try await ReviewSubmission(market: small.market)(
            work.id, of: small.requester, judgement, sheet: sheet,
            reasons: judgement == .accepted ? "" : "Not as asked.", by: reviewers[reviewer])
    }

    func pay(of worker: Worker.ID) async throws -> Int64 { try await small.balance(.payable(to: worker, small.usd)) }

    /// Any second opinion, and no limit of what is rejected alone.
    static var always: ReviewPolicy {
        var policy = ReviewPolicy()
        policy.secondBasisPoints = 10_000
        policy.aloneBasisPoints = 10_000
        return policy
    }
}
