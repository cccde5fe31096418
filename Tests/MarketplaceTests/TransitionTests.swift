import Marketplace
import Testing

/// Every state against every event: what is not in the table cannot happen.
@Suite("Transitions")
struct TransitionTests {
    @Test("a batch goes only where it may")
    func batch() {
        let legal: [BatchState: [BatchEvent: BatchState]] = [
            .draft: [.publish: .open],
            .open: [.pause: .paused, .close: .closed],
            .paused: [.resume: .open, .close: .closed],
            .closed: [.archive: .archived],
        ]
        for state in BatchState.allCases {
            for event in BatchEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }

    @Test("a slot goes only where it may")
    func slot() {
        let legal: [SlotState: [SlotEvent: SlotState]] = [
            .waiting: [.ask: .open, .withdraw: .withdrawn],
            .open: [.lease: .leased, .withdraw: .withdrawn],
            .leased: [
                .submit: .submitted, .lapse: .open, .giveBack: .open, .revoke: .open, .quarantine: .quarantined,
                .withdraw: .withdrawn,
            ],
            .submitted: [.accept: .done, .reject: .open, .withdraw: .withdrawn],
            .quarantined: [.release: .open, .withdraw: .withdrawn],
        ]
        for state in SlotState.allCases {
            for event in SlotEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }

    @Test("an assignment goes only where it may")
    func assignment() {
        let legal: [AssignmentState: [AssignmentEvent: AssignmentState]] = [
            .leased: [.submit: .submitted, .lapse: .expired, .giveBack: .returned, .revoke: .revoked],
            .submitted: [.accept: .accepted, .reject: .rejected],
        ]
        for state in AssignmentState.allCases {
            for event in AssignmentEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }

    @Test("an offer goes only where it may")
    func offer() {
        let legal: [OfferState: [OfferEvent: OfferState]] = [
            .open: [.accept: .accepted, .decline: .declined, .lapse: .lapsed, .fill: .filled]
        ]
        for state in OfferState.allCases {
            for event in OfferEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }

    @Test("a direct offer goes only where it may")
    func directOffer() {
        let legal: [DirectOfferState: [DirectOfferEvent: DirectOfferState]] = [
            .open: [
                .counter: .open, .agree: .agreed, .decline: .declined, .withdraw: .withdrawn, .lapse: .lapsed,
            ],
            .agreed: [.finish: .done, .lapse: .lapsed],
        ]
        for state in DirectOfferState.allCases {
            for event in DirectOfferEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }

    @Test("a case about answers is decided once")
    func qualityCase() {
        let legal: [QualityCaseState: [QualityCaseVerdict: QualityCaseState]] = [
            .open: [.dismiss: .dismissed, .uphold: .upheld]
        ]
        for state in QualityCaseState.allCases {
            for verdict in QualityCaseVerdict.allCases { #expect(state.after(verdict) == legal[state]?[verdict]) }
        }
    }

    @Test("a finding is decided once")
    func finding() {
        let legal: [FindingState: [FindingVerdict: FindingState]] = [
            .open: [.dismiss: .dismissed, .confirm: .confirmed]
        ]
        for state in FindingState.allCases {
            for verdict in FindingVerdict.allCases { #expect(state.after(verdict) == legal[state]?[verdict]) }
        }
    }

    @Test("an auction goes only where it may")
    func auction() {
        let legal: [AuctionState: [AuctionEvent: AuctionState]] = [
            .open: [.close: .closed, .cancel: .cancelled],
            .closed: [.clear: .awarding, .fallBack: .fallenBack, .findNobody: .unfilled],
            .awarding: [.finish: .awarded],
        ]
        for state in AuctionState.allCases {
            for event in AuctionEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }

    @Test("a bid goes only where it may")
    func bid() {
        let legal: [BidState: [BidEvent: BidState]] = [
            .sealed: [.place: .sealed, .withdraw: .withdrawn, .open: .opened],
            .withdrawn: [.place: .sealed],
        ]
        for state in BidState.allCases {
            for event in BidEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }

    @Test("an award goes only where it may")
    func award() {
        let legal: [AwardState: [AwardEvent: AwardState]] = [
            .awarded: [.accept: .accepted, .decline: .declined, .lapse: .lapsed]
        ]
        for state in AwardState.allCases {
            for event in AwardEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }

    @Test("a payout batch goes only where it may")
    func payout() {
        let legal: [PayoutBatchState: [PayoutEvent: PayoutBatchState]] = [
            .prepared: [.approve: .approved, .cancel: .cancelled],
            .approved: [.issue: .issued, .cancel: .cancelled],
        ]
        for state in PayoutBatchState.allCases {
            for event in PayoutEvent.allCases { #expect(state.after(event) == legal[state]?[event]) }
        }
    }
}
