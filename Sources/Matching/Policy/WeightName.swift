extension ValueWeights {
    /// Weights by their names in configuration, in the order in which they are used.
    package enum Name: String, Hashable, Sendable, CaseIterable {
        case valueOverPay = "value_over_pay"
        case bar, caution, pay, handling, lateness, affinity, urgency
        case urgencyMax = "urgency_max"
        case fairness, exploring, newcomer
        case exploringPrice = "exploring_price"
        case priority, age, tier, eta
        case etaOff = "eta_off"
        case forecastOff = "forecast_off"
        case priceMultiple = "price_multiple"
        case lateShare = "late_share"
    }

    /// One weight; what is set beyond `Int` is clamped. Bounds are looked at where somebody sets them.
    package subscript(name: Name) -> Int64 {
        get { name == .handling ? handlingMicros : Int64(self[keyPath: name.path]) }
        set {
            if name == .handling {
                handlingMicros = newValue
            } else {
                self[keyPath: name.path] = Int(clamping: newValue)
            }
        }
    }
}

extension ValueWeights.Name {
    /// Where it stands; that of handling, which is counted otherwise, stands for nothing.
    fileprivate var path: WritableKeyPath<ValueWeights, Int> {
        switch self {
        case .valueOverPay, .handling: \.valueOverPayMillionths
        case .bar: \.barMillionths
        case .caution: \.cautionMillionths
        case .pay: \.payMillionths
        case .lateness: \.latenessMillionths
        case .affinity: \.affinityMillionths
        case .urgency: \.urgencyMillionths
        case .urgencyMax: \.urgencyMaxMillionths
        case .fairness: \.fairnessMillionths
        case .exploring: \.exploringMillionths
        case .newcomer: \.newcomerObservations
        case .exploringPrice: \.exploringPriceMillionths
        case .priority: \.priorityMillionths
        case .age: \.ageMillionths
        case .tier: \.tierMillionths
        case .eta: \.etaMillionths
        case .etaOff: \.etaOffMillionths
        case .forecastOff: \.forecastOffMillionths
        case .priceMultiple: \.priceMultipleMillionths
        case .lateShare: \.lateShareMillionths
        }
    }

    /// What it may be set to.
    package var bounds: ClosedRange<Int64> {
        switch self {
        case .valueOverPay: 1...100_000_000
        case .bar, .caution: 0...999_999
        case .handling: 0...1_000_000_000
        case .affinity, .fairness, .age, .tier, .lateShare: 0...1_000_000
        case .exploring: 0...Int64(ValueWeights.Bounds.exploringMax)
        case .newcomer: 0...10_000
        case .priceMultiple: 1_000_000...10_000_000
        case .pay, .lateness, .urgency, .urgencyMax, .exploringPrice, .priority, .eta, .etaOff, .forecastOff:
            0...10_000_000
        }
    }

    /// What it is counted in.
    package var unit: String {
        switch self {
        case .valueOverPay, .pay: "millionths of the pay"
        case .bar, .caution, .eta, .etaOff: "millionths"
        case .handling: "micro-units"
        case .lateness: "millionths of the quality's value"
        case .exploring: "millionths of the pairs"
        case .newcomer: "observations"
        case .forecastOff: "millionths of the forecast"
        case .priceMultiple: "millionths of the nightly price"
        case .lateShare: "millionths of a cell's hours"
        case .affinity, .urgency, .urgencyMax, .fairness, .exploringPrice, .priority, .age, .tier:
            "millionths of the task's value"
        }
    }

    /// What it does.
    package var meaning: String {
        switch self {
        case .valueOverPay: "a task's value when none is stated"
        case .bar: "quality that is worth nothing"
        case .caution: "quantile of skill where one answer decides"
        case .pay: "taken off"
        case .handling: "taken off each answer"
        case .lateness: "lost by a late answer"
        case .affinity: "added for work of the same kind and project before"
        case .urgency: "c in c * max(0, age / bound - 0.5)^2"
        case .urgencyMax: "the most that urgency adds"
        case .fairness: "added for a full deficit of offered hours over four weeks"
        case .exploring: "of newcomers and recoverable batches, whose skill is drawn on a day"
        case .newcomer: "fewer make a newcomer"
        case .exploringPrice: "the dearest time that is explored with"
        case .priority: "added for each level of the batch's priority"
        case .age: "added for a week of age"
        case .tier: "taken off for each tier above the demand, until a night has priced hours"
        case .eta: "how hard the price of hours follows their use: e^(eta * (used / planned - elapsed))"
        case .etaOff: "the same, where the week's forecast was off"
        case .forecastOff: "from where on a forecast counts as off"
        case .priceMultiple: "the most that pacing makes of a price of hours"
        case .lateShare: "what work past its bound takes of the hours planned, before all other and at no price"
        }
    }
}
