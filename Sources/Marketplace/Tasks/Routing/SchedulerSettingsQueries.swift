internal import Formats
package import Store

extension Transaction {
    /// What routing goes by now: the newest of what operators set. A reader for the scheduler's rounds.
    package func schedulerSettings() async throws -> SchedulerSettings {
        guard let policy = try await schedulerPolicy() else { return SchedulerSettings() }
        // Conversions of money fill in what currencies are worth of which nothing was said, where anything was.
        let names = (policy.weights.objectValue ?? [:]).keys
        let hasRates = names.contains { $0.hasPrefix(SchedulerSettings.ratePrefix) }
        return SchedulerSettings(
            stored: policy.weights, version: policy.version, conversions: hasRates ? try await conversions() : [])
    }

    /// The newest setting; `nil` while nobody has set anything.
    func schedulerPolicy() async throws -> SchedulerPolicy? {
        try await firstRow(
            "select version, weights, set_by, set_at, reason from scheduler_policy order by version desc limit 1"
        ).map {
            SchedulerPolicy(
                version: try $0["version"], weights: try $0["weights"], setBy: try $0["set_by"],
                setAt: try $0["set_at"], reason: try $0["reason"])
        }
    }

    /// Under its advisory lock.
    ///
    /// - Returns: the version.
    func insertSchedulerPolicy(_ weights: JSON, reason: String, by actor: Principal.ID) async throws -> Int {
        try await oneRow(
            """
            insert into scheduler_policy (version, weights, set_by, set_at, reason)
            select coalesce(max(version), 0) + 1, \(weights), \(actor), \(instant), \(reason) from scheduler_policy
            returning version
            """)["version"]
    }

    /// By what money was converted from one currency to another: the newest of each pair, the newest first.
    private func conversions() async throws -> [(from: Currency, to: Currency, e8: Int64)] {
        try await rows(
            """
            select currency, to_currency, rate_e8
              from (select distinct on (currency, to_currency) currency, to_currency, rate_e8, decided_at
                      from voucher
                     where kind = 'conversion' and state = 'posted'
                     order by currency, to_currency, decided_at desc) as newest
             order by decided_at desc, currency, to_currency
            """
        ).map { (from: try $0["currency"], to: try $0["to_currency"], e8: try $0["rate_e8"]) }
    }

    /// What open batches pay in.
    func currenciesOfOpenBatches() async throws -> [Currency] {
        try await rows("select distinct currency from batch where state in ('open', 'paused') order by currency")
            .map { try $0["currency"] }
    }
}
