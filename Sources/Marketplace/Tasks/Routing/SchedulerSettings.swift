package import Formats
package import Foundation
package import Matching
internal import Store

/// What routing, the ladder and the prices of hours go by: weights and reference rates.
package struct SchedulerSettings: Hashable, Sendable {
    /// How rates are named: `rate_JPY`.
    package static let ratePrefix = "rate_"

    package private(set) var weights = ValueWeights.ofMarket
    /// As they were set, and by conversions in the ledger where they were not.
    package private(set) var rates = ReferenceRates()
    /// Of the setting in force; 0 while nobody has set anything.
    package private(set) var version = 0

    /// The defaults: no rates.
    package init() {}

    /// - Parameter json: whole numbers by name: weights (``ValueWeights/Name``), and rates in micros of the reference
    ///   currency for one unit. What is not named has its default.
    /// - Throws: ``BadInput`` with the name that is wrong.
    package init(json: JSON) throws(BadInput) {
        guard let named = json.objectValue else { throw BadInput("weights", "must be whole numbers by name") }
        var rates: [Currency: Int64] = [:]
        for (name, value) in named.sorted(by: { $0.key < $1.key }) {
            guard let field = Setting(name) else {
                throw BadInput(
                    "weights", "no weight is named '\(name.prefix(40))'; 'guildhall schedule explain' lists them")
            }
            guard let number = value.integerValue, field.bounds.contains(number) else {
                throw BadInput(
                    name, "must be a whole number, \(field.bounds.lowerBound) to \(field.bounds.upperBound)")
            }
            set(field, to: number, &rates)
        }
        self.rates = ReferenceRates(rates)
    }

    /// What is stored; what this program does not know, or would not take, is left at its default.
    init(stored json: JSON, version: Int, conversions: [(from: Currency, to: Currency, e8: Int64)]) {
        self.version = version
        var rates: [Currency: Int64] = [:]
        for (name, value) in json.objectValue ?? [:] {
            guard let field = Setting(name), let number = value.integerValue, field.bounds.contains(number) else {
                continue
            }
            set(field, to: number, &rates)
        }
        self.rates = rates.isEmpty ? ReferenceRates() : ReferenceRates(rates).filled(from: conversions)
    }

    private mutating func set(_ field: Setting, to number: Int64, _ rates: inout [Currency: Int64]) {
        switch field {
        case .weight(let weight): weights[weight] = number
        case .rate(let currency): rates[currency] = number
        }
    }

    private enum Setting {
        case weight(ValueWeights.Name)
        case rate(Currency)

        init?(_ name: String) {
            let prefix = SchedulerSettings.ratePrefix
            if let weight = ValueWeights.Name(rawValue: name) {
                self = .weight(weight)
            } else if name.hasPrefix(prefix), let currency = Currency(String(name.dropFirst(prefix.count))) {
                self = .rate(currency)
            } else {
                return nil
            }
        }

        var bounds: ClosedRange<Int64> {
            switch self {
            case .weight(let weight): weight.bounds
            case .rate: ReferenceRates.bounds
            }
        }
    }
}

/// One setting of the scheduler's weights, as it was made. The newest is in force.
package struct SchedulerPolicy: Hashable, Sendable {
    /// 1 for the first.
    package let version: Int
    /// What was named.
    package let weights: JSON
    package let setBy: Principal.ID
    package let setAt: Date
    package let reason: String

    package var json: JSON {
        [
            "version": .integer(Int64(version)), "weights": weights, "set_by": .string("\(setBy)"),
            "set_at": .string(setAt.ISO8601Format()), "reason": .string(reason),
        ]
    }
}

/// An operator sets what routing goes by, from the next round on. Earlier settings stay on record.
package struct SetSchedulerWeights: Sendable {
    let market: Market

    package init(market: Market) { self.market = market }

    /// - Parameters:
    ///   - json: all that is not to have its default; see ``SchedulerSettings/init(json:)``.
    ///   - reason: a line of 1 to 500 characters.
    /// - Returns: the version.
    /// - Throws: ``BadInput``; ``AccessRefusal``.
    package func callAsFunction(_ json: JSON, reason: String, by actor: Principal.ID) async throws -> Int {
        let reason = try PlainText.line(reason, field: "reason", lengthMax: 500)
        _ = try SchedulerSettings(json: json)
        return try await market.change { change in
            let transaction = change.transaction
            try await transaction.authorize(actor, as: .operator)
            try await change.lockSchedulerPolicy()
            let version = try await transaction.insertSchedulerPolicy(json, reason: reason, by: actor)
            try await change.record(
                "scheduler_weights_set", by: actor, on: "principal", actor.uuid, in: .platform,
                facts: ["version": .integer(Int64(version)), "weights": json, "reason": .string(reason)])
            return version
        }
    }
}

extension Change {
    /// Keeps everybody else from setting what routing goes by until this transaction ends; nothing is locked after it.
    package func lockSchedulerPolicy() async throws {
        try await transaction.advisoryLock(AdvisoryLock("scheduler", "policy"))
    }
}

/// Shows what routing goes by, and how it was set.
package struct ShowSchedulerWeights: Sendable {
    /// What is in force.
    package struct InForce: Sendable {
        package let settings: SchedulerSettings
        /// `nil` while nobody has set anything.
        package let policy: SchedulerPolicy?
        /// Currencies of open batches that are compared at par although nothing says so, by code.
        package let atPar: [String]
    }

    let market: Market

    package init(market: Market) { self.market = market }

    /// - Throws: ``AccessRefusal`` unless the actor is an operator, or an auditor.
    package func callAsFunction(by actor: Principal.ID) async throws -> InForce {
        try await market.database.read { transaction in
            try await transaction.authorize(actor, toSeeAs: .operator)
            let settings = try await transaction.schedulerSettings()
            return InForce(
                settings: settings, policy: try await transaction.schedulerPolicy(),
                atPar: settings.rates.atPar(of: try await transaction.currenciesOfOpenBatches()))
        }
    }
}

extension ShowSchedulerWeights.InForce {
    /// In micros of the reference currency for one unit, as they are named where they are set, by name.
    package var rates: [(name: String, value: Int64)] {
        settings.rates.rates.map { (name: SchedulerSettings.ratePrefix + $0.key.code, value: $0.value) }
            .sorted { $0.name < $1.name }
    }

    /// `{"weights": [{"name", "in_force", "default", "unit", "meaning"}], "rates", "currencies_at_par", "set"}`.
    package var json: JSON {
        let weights = zip(settings.weights.rows, ValueWeights.ofMarket.rows).map { now, usual -> JSON in
            [
                "name": .string(now.name), "in_force": .integer(now.value), "default": .integer(usual.value),
                "unit": .string(now.unit), "meaning": .string(now.meaning),
            ]
        }
        return [
            "weights": .array(weights),
            "rates": .object(
                Dictionary(rates.map { ($0.name, JSON.integer($0.value)) }, uniquingKeysWith: { first, _ in first })),
            "currencies_at_par": .array(atPar.map { .string($0) }), "set": policy?.json ?? .null,
        ]
    }
}
