import Marketplace
import Store
import TestSupport

/// What a currency's books come to.
struct CurrencySums: Sendable {
    let broughtIn: Int64
    let takenOut: Int64
    /// By transfers, and by the slices that are kept.
    let held: Int64
    let heldBySlices: Int64
}

extension SmallMarket {
    /// By currency; read by a statement of the tests' own.
    func currencySums() async throws -> [CurrencySums] {
        try await market.database.read {
            try await $0.rows(
                """
                with moved as (
                    select transfer.currency, debit.kind as debit_kind, credit.kind as credit_kind, amount_minor,
                           debit.kind in ('requester_wallet', 'batch_hold') as debit_is_kept,
                           credit.kind in ('requester_wallet', 'batch_hold') as credit_is_kept
                      from transfer
                      join account as debit on debit.account_id = debit_account_id
                      join account as credit on credit.account_id = credit_account_id
                )
                select moved.currency,
                       coalesce(sum(amount_minor) filter (where debit_kind = 'bank'), 0)::bigint as brought_in,
                       coalesce(sum(amount_minor) filter (where credit_kind = 'bank'), 0)::bigint as taken_out,
                       coalesce(sum(case when credit_kind <> 'bank' then amount_minor else 0 end
                                    - case when debit_kind <> 'bank' then amount_minor else 0 end), 0)::bigint as held,
                       (coalesce((select sum(balance_minor) from account_slice join account using (account_id)
                                   where account.currency = moved.currency), 0)
                        + coalesce(sum(case when not credit_is_kept and credit_kind <> 'bank' then amount_minor
                                            else 0 end
                                       - case when not debit_is_kept and debit_kind <> 'bank' then amount_minor
                                              else 0 end), 0))::bigint as held_by_slices
                  from moved
                 group by moved.currency
                """
            ).map { row in
                CurrencySums(
                    broughtIn: try row["brought_in"], takenOut: try row["taken_out"], held: try row["held"],
                    heldBySlices: try row["held_by_slices"])
            }
        }
    }
}
