/// What a study measures of a run.
package enum WeekMetric: String, Hashable, Sendable, CaseIterable {
    /// Worth of all answers in time, less pay, ÷ what nobody could exceed who knew everything but the skills.
    case welfare = "welfare_of_hindsight"
    /// The same, if the skills were known too, which nobody can.
    case welfareOfAll = "welfare_of_omniscience"
    /// Answers accepted by somebody ÷ answers wanted.
    case filled
    /// Of the answers given, those in time.
    case onTime = "on_time"
    /// Filled, of the quarter of the tasks with the least value for its pay.
    case fillLowest = "fill_value_q1"
    /// Filled, of the second quarter.
    case fillLower = "fill_value_q2"
    /// Filled, of the third.
    case fillHigher = "fill_value_q3"
    /// Filled, of the quarter with the most value.
    case fillHighest = "fill_value_q4"
    /// Filled, of the tasks with less than 12 hours.
    case fillHours = "fill_under_12h"
    /// 12 to 24 hours.
    case fillDay = "fill_12_24h"
    /// One to three days.
    case fillThreeDays = "fill_1_3d"
    /// More.
    case fillLonger = "fill_over_3d"
    /// Minutes from opening to acceptance, the middle.
    case waitMedian = "fill_minutes_p50"
    /// The 99th percentile.
    case waitTail = "fill_minutes_p99"
    /// One ÷ the other.
    case waitTailIndex = "fill_p99_over_p50"
    /// Hours worked ÷ hours that workers would have given.
    case utilisation
    /// Gini coefficient of earnings per available hour within cells.
    case gini
    /// Pearson's correlation, within cells, of earnings per available hour with how much work came just when the worker
    /// was there (``WeekLuck``).
    case luckCorrelation = "luck_correlation"
    /// Paid for each answer in time, in units of the currency.
    case costPerAnswer = "cost_per_answer"
    /// Of the tasks with answers in time, those whose label (``LabelTally``) is wrong.
    case labelError = "label_error"
    /// How far the probability that labels state is from how often they are right: the expected calibration error, in
    /// ten bins.
    case calibration
    /// What drawing newcomers' skill cost ÷ welfare.
    case exploration
    /// Tasks that expired although an eligible worker, never asked, ended the week with time for it.
    case starved
    /// Offers ÷ acceptances.
    case offersPerFill = "offers_per_fill"
    /// Hours reserved above what a worker declared.
    case capViolations = "cap_violations"
    /// Mean change of the mean price of an hour from week to week.
    case volatility = "price_change_per_week"
    /// Answers by spammers ÷ all.
    case spamShare = "spam_share"
    /// Newcomers with paid work within 72 hours.
    case newcomersPaid = "newcomers_paid_72h"
    /// What a bid ring makes requesters pay more, as a share.
    case ringOvercharge = "ring_overcharge"
    /// Of its members, those whom the screen shows.
    case ringSeen = "ring_members_seen"
    /// Of the bidders of the same auctions without a ring, those whom the screen shows.
    case ringFalseAlarms = "ring_false_alarms"
    /// What an accepted item costs where answers stop as soon as they suffice ÷ with five answers for each, at labels
    /// that are wrong as seldom (``RedundancyTrial``).
    case redundancyCost = "redundancy_cost"
    /// Labels that are wrong with five answers for each.
    case redundancyErrorFixed = "redundancy_error_fixed"
    /// Labels that are wrong where answers stop as soon as they suffice.
    case redundancyErrorAdaptive = "redundancy_error_adaptive"

    /// Digits after the point, in tables.
    var digits: Int {
        switch self {
        case .waitMedian, .waitTail, .starved, .capViolations: 0
        case .waitTailIndex, .costPerAnswer: 1
        case .offersPerFill: 2
        case .welfare, .welfareOfAll, .filled, .onTime, .fillLowest, .fillLower, .fillHigher, .fillHighest, .fillHours,
            .fillDay,
            .fillThreeDays, .fillLonger, .utilisation, .gini, .luckCorrelation, .volatility, .spamShare,
            .newcomersPaid, .ringOvercharge, .ringSeen, .ringFalseAlarms, .redundancyCost:
            3
        case .exploration, .labelError, .calibration, .redundancyErrorFixed, .redundancyErrorAdaptive: 4
        }
    }
}

/// Numbers as text, the same everywhere.
enum FixedText {
    /// With so many digits after the point, rounded half away from zero.
    static func of(_ value: Double, digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        var power = 1.0
        for _ in 0..<digits { power *= 10 }
        let whole = Int((abs(value) * power).rounded())
        let sign = value < 0 && whole > 0 ? "-" : ""
        guard digits > 0 else { return sign + String(whole) }
        let scale = Int(power)
        let rest = String(whole % scale)
        return sign + String(whole / scale) + "." + String(repeating: "0", count: digits - rest.count) + rest
    }
}
