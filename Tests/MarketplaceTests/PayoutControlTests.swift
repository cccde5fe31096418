import Formats
import Foundation
import Marketplace
import Payments
import Store
import TestSupport
import Testing

/// Maker and checker are two people, whatever roles they have, had or get.
@Suite("Maker and checker of payout runs", .scratchDatabase)
struct PayoutControlTests {
    @Test("whoever prepared does not approve: not with both roles, nor after a change of roles")
    func roles() async throws {
        let desk = try await PayoutDesk()
        let person = CreatePrincipal(market: desk.small.market)
        let both = try await person(
            .person, named: "Both", roles: [.financeMaker, .financeChecker], by: desk.small.manager)
        let batch = try await desk.prepare(by: both).batch
        #expect(
            await refusal(PayoutRefusal.self) { try await desk.approve(batch, by: both) } == .secondPersonNeeded)
        // The maker becomes a checker.
        try await setRole("finance_maker", of: both, isHeld: false)
        #expect(
            await refusal(PayoutRefusal.self) { try await desk.approve(batch, by: both) } == .secondPersonNeeded)
        #expect(
            await refusal(AccessRefusal.self) { try await desk.prepare(by: both) } == .roleMissing(.financeMaker))
        // A role that was taken away between the look and the approval.
        try await setRole("finance_checker", of: desk.small.checker, isHeld: false)
        #expect(
            await refusal(AccessRefusal.self) { try await desk.approve(batch) } == .roleMissing(.financeChecker))
        try await setRole("finance_checker", of: desk.small.checker, isHeld: true)
        try await desk.approve(batch)
        #expect(try await desk.small.ills() == [])
    }

    @Test("a program neither prepares nor approves, whatever roles it was given")
    func programs() async throws {
        let desk = try await PayoutDesk()
        let program = try await CreatePrincipal(market: desk.small.market)(
            .key, named: "Robot", roles: [.financeMaker, .financeChecker], by: desk.small.manager)
        #expect(await refusal(PayoutRefusal.self) { try await desk.prepare(by: program) } == .personNeeded)
        let batch = try await desk.prepare().batch
        #expect(await refusal(PayoutRefusal.self) { try await desk.approve(batch, by: program) } == .personNeeded)
    }

    @Test("a program neither prepares nor decides vouchers, claims of tax or clawbacks")
    func programsElsewhere() async throws {
        let small = try await SmallMarket(wallet: 100_000)
        let worker = try await small.lawyer("ann")
        let program = try await CreatePrincipal(market: small.market)(
            .key, named: "Robot", roles: [.financeMaker, .financeChecker], by: small.manager)
        let order = VoucherOrder.withdrawal(small.requester, try Money(1_000, small.usd))
        let prepare = PrepareVoucher(market: small.market)
        #expect(
            await refusal(VoucherRefusal.self) {
                try await prepare(order, reference: "r", reason: "x", by: program)
            } == .personNeeded)
        let voucher = try await prepare(order, reference: "w", reason: "x", by: small.maker)
        for post in [true, false] {
            #expect(
                await refusal(VoucherRefusal.self) {
                    try await DecideVoucher(market: small.market)(voucher, post: post, by: program)
                } == .personNeeded)
        }
        let enter = EnterTaxClaim(market: small.market)
        let draft = try TaxClaimDraft(
            kind: .relief, month: try #require(CalendarDate(iso: "2026-03-01")), amount: Money(100, small.usd),
            evidence: "Paper.")
        #expect(
            await refusal(TaxClaimRefusal.self) {
                try await enter(draft, of: worker, reference: "r", by: program)
            } == .personNeeded)
        let claim = try await enter(draft, of: worker, reference: "c", by: small.maker)
        let end = EndTaxClaim(market: small.market)
        #expect(await refusal(TaxClaimRefusal.self) { try await end.verify(claim, by: program) } == .personNeeded)
        #expect(await refusal(TaxClaimRefusal.self) { try await end.withdraw(claim, by: program) } == .personNeeded)
        try await small.earn(worker, small.batch(small.draft("b"), tasks: 1))
        let earning: Transfer.ID = try await small.market.database.read {
            try await $0.oneRow("select transfer_id from earning")["transfer_id"]
        }
        #expect(
            await refusal(DecisionRefusal.self) {
                try await ProposeClawback(market: small.market)(
                    [ClawbackPart(earning)], of: worker, by: .paidByMistake, reasons: "Paid twice.", reference: "r",
                    by: program)
            } == .deciderIsNoPerson)
    }

    @Test("whoever holds one name is one principal, whatever was asked for")
    func names() async throws {
        let desk = try await PayoutDesk(workers: 1)
        let again = try await CreatePrincipal(market: desk.small.market)(
            .person, named: "Maker", roles: [.financeChecker], by: desk.small.manager)
        #expect(again == desk.small.maker)
        let batch = try await desk.prepare().batch
        #expect(
            await refusal(AccessRefusal.self) { try await desk.approve(batch, by: again) }
                == .roleMissing(.financeChecker))
    }

    @Test("the database itself refuses one person as both, and a changed run is neither approved nor exported")
    func frozen() async throws {
        let desk = try await PayoutDesk()
        let batch = try await desk.prepare().batch
        await #expect(throws: StoreError.self) {
            try await desk.small.market.database.transaction {
                try await $0.execute(
                    """
                    update payout_batch set state = 'approved', approved_by = prepared_by, approved_at = \($0.instant)
                    """)
            }
        }
        try await desk.approve(batch)
        let changes: [(there: SQL, back: SQL)] = [
            (
                "update payout_line set amount_minor = amount_minor + 1",
                "update payout_line set amount_minor = amount_minor - 1"
            ),
            (
                "update payout_line set sealed_account = sealed_account || '\\x00'",
                "update payout_line set sealed_account = substr(sealed_account, 1, octet_length(sealed_account) - 1)"
            ),
            (
                "update payout_share set amount_minor = amount_minor + 1",
                "update payout_share set amount_minor = amount_minor - 1"
            ),
            (
                "update payout_batch set payer = payer || '{\"execution_on\": \"2026-03-11\"}'",
                "update payout_batch set payer = payer || '{\"execution_on\": \"2026-03-10\"}'"
            ),
            (
                "update payout_batch set payer = payer - 'source'",
                "update payout_batch set payer = payer || '{\"source\": \"main\"}'"
            ),
            (
                "update payout_batch set format = 'pain.001.001.03'",
                "update payout_batch set format = 'pain.001.001.09'"
            ),
        ]
        for change in changes {
            try await Scratch.asOwner { try await $0.execute(change.there) }
            #expect(await refusal(PayoutRefusal.self) { try await desk.export(batch) } == .contentDiffers)
            try await Scratch.asOwner { try await $0.execute(change.back) }
        }
        // Who pays is part of what was prepared; a source that is written anew is for the next run.
        var other = SmallMarket.payoutSettings.objectValue ?? [:]
        other["iban"] = .string(PayoutDesk.ibans[4])
        other["bic"] = .null
        try await SetPayoutSource(market: desk.small.market)(
            "main", format: .pain001v09, currency: desk.small.usd, settings: .object(other), by: desk.small.checker)
        let file = try await desk.export(batch).file
        #expect(!String(decoding: file, as: UTF8.self).contains(PayoutDesk.ibans[4]))
    }

    /// There is no command for it; roles are given when a principal is made.
    private func setRole(_ role: String, of principal: Principal.ID, isHeld: Bool) async throws {
        Scratch.clock.advance(by: 1)
        try await Scratch.asOwner { transaction in
            if isHeld {
                try await transaction.execute(
                    """
                    insert into role_grant (role_grant_id, principal_id, role, granted_by, in_force)
                    values (gen_random_uuid(), \(principal), \(role)::text::role, \(principal),
                            tstzrange(\(transaction.instant), null))
                    """)
            } else {
                try await transaction.execute(
                    """
                    update role_grant set in_force = tstzrange(lower(in_force), \(transaction.instant))
                     where principal_id = \(principal) and role = \(role)::text::role
                    """)
            }
        }
    }
}
