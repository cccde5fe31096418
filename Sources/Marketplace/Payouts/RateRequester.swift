package import Formats
internal import Foundation
internal import Store

/// What a worker says of a requester after work on a batch of theirs: each from 1, bad, to 5, good.
package struct RequesterRating: Hashable, Sendable {
    /// Of what was asked, how work was judged, and how soon it was paid.
    package let clarity: Int
    package let fairness: Int
    package let paySpeed: Int

    /// - Throws: ``BadInput`` for what is not 1 to 5.
    package init(clarity: Int, fairness: Int, paySpeed: Int) throws(BadInput) {
        for (field, value) in [("clarity", clarity), ("fairness", fairness), ("pay_speed", paySpeed)] {
            guard (1...5).contains(value) else { throw BadInput(field, "must be 1 to 5") }
        }
        (self.clarity, self.fairness, self.paySpeed) = (clarity, fairness, paySpeed)
    }
}

/// Why a requester is not rated. In order of precedence.
package enum RatingRefusal: Refusal, CaseIterable {
    /// Nothing that the worker earned with the batch has been paid yet.
    case notPaid
    /// They rated it before, otherwise.
    case alreadyRated

    package var code: String {
        switch self {
        case .notPaid: "batch_not_paid"
        case .alreadyRated: "already_rated"
        }
    }

    package var message: String {
        switch self {
        case .notPaid: "You can rate the requester once pay for your work on this batch has left."
        case .alreadyRated: "You have rated the requester for this batch; a rating stays as it was."
        }
    }
}

/// A worker rates a requester, once for each batch that they were paid for.
package struct RateRequester: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// The same again is the same rating.
    ///
    /// - Parameter actor: the worker.
    /// - Throws: ``AccessRefusal``; ``NotFound``; ``RatingRefusal``.
    package func callAsFunction(
        _ rating: RequesterRating, of requester: Requester.ID, for batch: Batch.ID, by actor: Principal.ID
    ) async throws {
        try await market.change { change in
            let (transaction, worker) = (change.transaction, Worker.ID(actor.uuid))
            try await transaction.authorize(actor, as: .worker)
            let key = Batch.Key(requester: requester, id: batch)
            guard try await transaction.batch(batch, of: requester) != nil else { throw NotFound("batch") }
            guard try await transaction.isPaid(worker, for: key) else { throw RatingRefusal.notPaid }
            let isNew = try await transaction.insertRating(rating, of: key, by: worker)
            guard try await transaction.rating(of: key, by: worker) == rating else { throw RatingRefusal.alreadyRated }
            // Who rated how is between the worker and the platform: the requester's own stream does not have it.
            try await change.record(
                isNew ? "requester_rated" : "rating_repeated", by: actor, on: "batch", batch.uuid, in: .worker(worker))
        }
    }
}

/// What workers say of a requester, on the whole.
package struct RequesterScore: Hashable, Sendable {
    /// Below so many workers nothing is said: it could be told who said what.
    package static let workersMin = 5

    /// In thousandths, with about 95 % between the ends.
    package struct Mean: Hashable, Sendable {
        package let milli: Int
        package let lowMilli: Int
        package let highMilli: Int

        fileprivate var json: JSON {
            [
                "mean_milli": .integer(Int64(milli)), "low_milli": .integer(Int64(lowMilli)),
                "high_milli": .integer(Int64(highMilli)),
            ]
        }
    }

    /// How many workers; each counts once, with the mean of what they said.
    package let workers: Int
    package let clarity: Mean
    package let fairness: Mean
    package let paySpeed: Mean

    package var json: JSON {
        [
            "workers": .integer(Int64(workers)), "clarity": clarity.json, "fairness": fairness.json,
            "pay_speed": paySpeed.json,
        ]
    }
}

/// Shows how workers rate a requester.
package struct ShowRequesterScore: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameter actor: any worker, somebody of the requester, or an operator.
    /// - Returns: `nil` while fewer than ``RequesterScore/workersMin`` workers have rated it.
    /// - Throws: ``AccessRefusal``; ``NotFound``.
    package func callAsFunction(of requester: Requester.ID, by actor: Principal.ID) async throws -> RequesterScore? {
        try await market.database.read { transaction in
            if try await !transaction.holds(actor, .worker, for: nil) {
                try await transaction.authorizeOperator(toSee: actor, orRequester: requester)
            }
            guard try await transaction.requesterName(requester) != nil else { throw NotFound("requester") }
            return try await transaction.score(of: requester)
        }
    }
}
