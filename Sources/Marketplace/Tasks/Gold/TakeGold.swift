internal import Foundation
internal import Store

extension Change {
    /// How many items are looked at before the turn is let go by.
    private static var itemsTried: Int { 4 }

    /// One task of the batch's gold that neither the worker has seen nor an account that may be theirs, when its turn
    /// has come: by the lot that the first assignment's id is, so that nobody can tell which of their tasks are gold.
    /// What somebody else is being given right now is passed by.
    ///
    /// - Returns: empty when it is not its turn, or there is none for them.
    func takeGold(_ grant: LeaseGrant, of offering: Offering, for claimant: Claimant) async throws -> [Assignment] {
        guard offering.goldBasisPoints > 0, offering.hasAllotments, let first = grant.assignments.first else {
            return []
        }
        let worker = claimant.worker.id
        let lot = first.lot % 10_000
        // Nobody has to be counted whose turn it is, or is not, whatever they have done.
        guard lot < UInt64(offering.goldBasisPoints) else { return [] }
        if lot >= UInt64(GoldRate.basisPoints(of: offering.goldBasisPoints, after: GoldRate.answersMax)) {
            let answers = try await transaction.answersGiven(by: worker, most: GoldRate.answersMax)
            guard lot < UInt64(GoldRate.basisPoints(of: offering.goldBasisPoints, after: answers)) else { return [] }
        }
        var tried: [GoldItem.ID] = []
        while tried.count < Self.itemsTried,
            let (item, slot) = try await transaction.lockUnseenGold(of: offering.key, for: worker, without: tried)
        {
            tried.append(item)
            // Another account of theirs may have been shown it before it was locked here.
            guard try await transaction.isUnseen(item, of: offering.requester, by: worker) else { continue }
            var choice = SlotChoice()
            choice.only = slot
            let taken = try await transaction.claimSlots(grant.first(1), choice)
            guard let assignment = taken.first else { continue }
            try await transaction.expose(item, of: offering.requester, to: worker, by: assignment.id)
            return taken
        }
        return []
    }
}
