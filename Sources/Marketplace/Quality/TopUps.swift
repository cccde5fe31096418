internal import Formats
package import Foundation
internal import Store

/// A batch found below the pay floor.
package struct PayFloorFlag: Sendable {
    package typealias ID = Identifier<PayFloorFlag>
    package let id: ID
    package let floor: PayFloor.ID
    package let shortfall: FloorShortfall
    /// What an hour has to come to, in minor units.
    package let floorMinor: Int64
    package let flaggedAt: Date
    /// What was paid under it, and to how many assignments.
    package let toppedUp: Money
    package let topUps: Int
}

/// What keeping the floor of a batch came to.
struct TopUps: Sendable {
    /// Of one piece.
    static let most = 500
    static let none = TopUps(count: 0)
    let count: Int
}

/// An assignment that was paid less than its flag says is owed.
struct UnderpaidWork: Sendable {
    let assignment: Assignment.ID
    let worker: Worker.ID
    /// Above zero.
    let missing: Money
    /// Whether its pay was taken back, whole or in part, by a decision that stands: then it is not topped up.
    let isTakenBack: Bool
}

/// A top-up as it is booked.
struct BookedTopUp: Sendable {
    let work: UnderpaidWork
    let transfer: Transfer
}

extension Change {
    /// Keeps the pay floor of a locked batch: when the median of the newest accepted answers says that an hour comes to
    /// less, the batch is flagged, and whoever was paid gets what is missing: out of the share of the hold kept for it,
    /// and what does not fit from the platform. At most ``TopUps/most`` at once.
    ///
    /// The floor looks once there are as many answers as its median is of, or no more to come.
    /// - Parameter isLast: whether no more answers will come.
    func keepFloor(of batch: Batch, isLast: Bool, by actor: Principal.ID) async throws -> TopUps {
        guard let period = try await transaction.floor(for: batch.rate) else { return .none }
        let answers = try await transaction.newestPaidTimes(of: batch, limit: period.floor.medianOf)
        if answers.count < period.floor.medianOf, !isLast, try await transaction.hasUnsettledSlots(of: batch) {
            return .none
        }
        guard let shortfall = period.floor.shortfall(of: answers) else { return .none }
        let found = try await transaction.underpaid(in: batch, owed: shortfall.owed, limit: TopUps.most)
        guard !found.isEmpty else { return .none }
        // Also where nobody is paid: under it work is topped up once it stands that its pay was not taken back.
        let flag = try await flag(batch, period, shortfall)
        let missing = found.filter { !$0.isTakenBack }
        guard !missing.isEmpty else { return .none }
        let fromShare = try await pay(missing, of: batch, under: flag)
        let total = missing.reduce(Int64(0)) { $0 + $1.missing.minorUnits }
        try await record(
            "pay_topped_up", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
            facts: [
                "flag": .string("\(flag)"), "median_seconds": .integer(Int64(shortfall.medianSeconds)),
                "hourly_minor": .integer(shortfall.hourly), "floor_minor": .integer(period.floor.hourly.minorUnits),
                "owed_minor": .integer(shortfall.owed), "assignments": .integer(Int64(missing.count)),
                "total_minor": .integer(total), "from_share_minor": .integer(fromShare.minorUnits),
                "currency": .string(fromShare.currency.code),
            ]
        )
        try await tell(missing, batch)
        return TopUps(count: missing.count)
    }

    /// An appeal against a clawback was granted: its work gets the top-ups that it has missed in batches that ended
    /// meanwhile, from the platform. In others the next look at the floor pays them.
    ///
    /// - Parameter batches: locked.
    func topUpMissed(of clawback: Clawback.ID, in batches: [Batch.Key], by actor: Principal.ID) async throws {
        for key in batches {
            guard let batch = try await transaction.batch(key.id, of: key.requester),
                batch.state == .closed || batch.state == .archived
            else { continue }
            let missed = try await transaction.missedTopUps(of: clawback, in: batch)
            for (flag, found) in Dictionary(grouping: missed, by: \.flag).sorted(by: { $0.key < $1.key }) {
                let missing = found.map(\.work)
                _ = try await pay(missing, of: batch, under: flag)
                let total = missing.reduce(Int64(0)) { $0 + $1.missing.minorUnits }
                try await record(
                    "pay_topped_up", by: actor, on: "batch", batch.id.uuid, in: .requester(batch.requester),
                    facts: [
                        "flag": .string("\(flag)"), "clawback": .string("\(clawback)"),
                        "assignments": .integer(Int64(missing.count)), "total_minor": .integer(total),
                        "currency": .string(batch.pay.currency.code),
                    ]
                )
                try await tell(missing, batch)
            }
        }
    }

    /// - Returns: what of it was paid out of the share.
    private func pay(
        _ missing: [UnderpaidWork], of batch: Batch, under flag: PayFloorFlag.ID
    ) async throws -> Money {
        let (booked, fromShare) = try await book(missing, of: batch)
        try await transaction.post(
            booked.map { JournalEntry(id: make(), kind: .topUp, source: $0.transfer.source, [$0.transfer]) })
        try await transaction.insertTopUps(booked, of: batch, under: flag)
        try await transaction.spendTopUpShare(fromShare, of: batch)
        return fromShare
    }

    /// The newest flag of the batch where it says the same, or a new one.
    private func flag(
        _ batch: Batch, _ period: PayFloorPeriod, _ shortfall: FloorShortfall
    ) async throws -> PayFloorFlag.ID {
        if let known = try await transaction.flags(of: batch.id, batch.requester, before: nil, limit: 1).first,
            known.floor == period.id, known.shortfall.owed == shortfall.owed
        {
            return known.id
        }
        let id: PayFloorFlag.ID = make()
        try await transaction.insertFlag(id, of: batch, period, shortfall)
        return id
    }

    /// Each top-up comes whole from the share or whole from the platform. Of a batch that ended nothing is held.
    private func book(_ missing: [UnderpaidWork], of batch: Batch) async throws -> ([BookedTopUp], fromShare: Money) {
        let currency = batch.pay.currency
        let hold = AccountKey.hold(ofBatch: batch.id.uuid, currency)
        let platform = AccountKey.topUps(currency)
        let accounts = try await transaction.accounts(
            [hold, platform] + missing.map { .payable(to: $0.worker, currency) }, ids: identifiers
        )
        let isHeld = batch.state == .open || batch.state == .paused
        var left = try await isHeld ? transaction.topUpShareLeft(of: batch) : 0
        var fromShare = try Money(0, currency)
        var booked: [BookedTopUp] = []
        for work in missing {
            let fits = work.missing.minorUnits <= left
            guard let from = accounts[fits ? hold : platform], let to = accounts[.payable(to: work.worker, currency)]
            else { throw StoreError.unexpectedRowCount(0) }
            if fits {
                left -= work.missing.minorUnits
                fromShare = try fromShare.adding(work.missing)
            }
            let id: Transfer.ID = make()
            let transfer = Transfer(
                id: id, kind: .topUp, debit: from, credit: to, amount: work.missing, source: id.uuid
            )
            booked.append(BookedTopUp(work: work, transfer: transfer))
        }
        return (booked, fromShare)
    }

    /// One notice for each worker.
    private func tell(_ missing: [UnderpaidWork], _ batch: Batch) async throws {
        for (worker, parts) in Dictionary(grouping: missing, by: \.worker).sorted(by: { $0.key < $1.key }) {
            let total = parts.reduce(Int64(0)) { $0 + $1.missing.minorUnits }
            try await transaction.tell(
                Principal.ID(worker.uuid), kind: "pay_topped_up",
                facts: [
                    "batch": .string(batch.name), "assignments": .integer(Int64(parts.count)),
                    "amount_minor": .integer(total), "currency": .string(batch.pay.currency.code),
                ],
                id: make()
            )
        }
    }
}
