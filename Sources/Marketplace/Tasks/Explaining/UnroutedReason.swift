package import Formats
internal import Store

/// What keeps a worker from an offer: the values of the PostgreSQL enum `unrouted_reason`, in its order; later ones are
/// nearer to one.
package enum UnroutedReason: String, Sendable, CaseIterable, SQLEnum {
    case nobodyEligible = "nobody_eligible"
    case barred, away
    case noHours = "no_hours"
    case tooMany = "too_many"
    case offered, declined
    case workDone = "work_done"
    case belowAsk = "below_ask"
    case belowPay = "below_pay"
    case belowPrice = "below_price"
    case waitsForBetter = "waits_for_better"
    case outbid
    case nothingThere = "nothing_there"

    /// For people.
    package var sentence: String {
        switch self {
        case .nobodyEligible: "They do not meet what the work demands."
        case .barred: "Their team, an exclusion or an interest keeps them from it."
        case .away: "Their windows leave no time to answer, or to do the work."
        case .noHours: "What is left of their hours is less than it takes."
        case .tooMany: "They have as many leases and open offers as anybody may."
        case .offered: "They have an open offer of it."
        case .declined: "They turned it down lately, or let it lapse."
        case .workDone: "They have done their part of all that is open."
        case .belowAsk: "It pays less than they ask for."
        case .belowPay: "By their answers it is worth less to the requester than it pays."
        case .belowPrice: "Their hours are worth more elsewhere."
        case .waitsForBetter: "Who is likely to come in time would bring more to it."
        case .outbid: "Others brought more value for what there was."
        case .nothingThere: "There was nobody, or nothing, to look at."
        }
    }

    /// For whoever pays, about nobody in particular.
    package var requesterSentence: String {
        switch self {
        case .belowPay:
            "By the answers of those who could do it, it is worth less than it pays; is answer_value_minor too low?"
        case .belowPrice: "The hours of those who could do it bring more in other work of the week."
        case .waitsForBetter: "It is kept for somebody who would bring more to it and is likely to come in time."
        case .nobodyEligible, .barred, .away, .noHours, .tooMany, .offered, .declined, .workDone, .belowAsk, .outbid,
            .nothingThere:
            sentence
        }
    }

    /// For a worker, about themselves.
    package var workerSentence: String {
        switch self {
        case .belowPay: "By your answers so far it is worth less to the requester than it pays."
        case .belowPrice: "Your hours are likely to bring more in other work of the week."
        case .waitsForBetter: "It is kept for somebody else who is likely to come in time."
        case .nobodyEligible: "You do not meet what the work demands."
        case .barred: "Your team, an exclusion or an interest keeps you from it."
        case .away: "Your windows leave no time to answer, or to do the work."
        case .noHours: "What is left of your hours is less than it takes."
        case .tooMany: "You have as many leases and open offers as anybody may."
        case .offered: "You have an open offer of it."
        case .declined: "You turned it down lately, or let it lapse."
        case .workDone: "You have done your part of all that is open."
        case .belowAsk: "It pays less than you ask for."
        case .outbid, .nothingThere: sentence
        }
    }
}

/// How many pairs each reason keeps apart.
package struct UnroutedCounts: Hashable, Sendable {
    /// Fewer workers than this are not counted as asking for more, where a requester reads it: the price at which the
    /// count falls would be somebody's ask.
    package static let asksLeast = 5

    package let counts: [UnroutedReason: Int]

    /// - Parameter counts: those that are not above zero are left out.
    package init(_ counts: [UnroutedReason: Int]) { self.counts = counts.filter { $0.value > 0 } }

    /// For a requester: how workers spend their hours is one number, and asks are only counted in a crowd.
    package var forRequester: UnroutedCounts {
        let hidesAsks = (counts[.belowAsk] ?? 0) < Self.asksLeast
        return UnroutedCounts(
            counts.reduce(into: [:]) { sums, entry in
                sums[entry.key.forRequester(hidesAsks: hidesAsks), default: 0] += entry.value
            })
    }

    /// `{"no_hours": 3}`.
    package var json: JSON {
        .object(
            Dictionary(
                counts.map { ($0.key.rawValue, JSON.integer(Int64($0.value))) }, uniquingKeysWith: { first, _ in first }
            ))
    }

    /// What ``json`` says; names that this program does not know are left out.
    init(json: JSON) {
        var counts: [UnroutedReason: Int] = [:]
        for (name, count) in json.objectValue ?? [:] {
            guard let reason = UnroutedReason(rawValue: name), let count = count.integerValue else { continue }
            counts[reason] = Int(clamping: count)
        }
        self.init(counts)
    }
}

extension UnroutedReason {
    /// What a requester is told in its place.
    func forRequester(hidesAsks: Bool) -> UnroutedReason {
        switch self {
        case .away, .noHours, .tooMany: .noHours
        case .belowAsk: hidesAsks ? .declined : .belowAsk
        case .nobodyEligible, .barred, .offered, .declined, .workDone, .belowPay, .belowPrice, .waitsForBetter, .outbid,
            .nothingThere:
            self
        }
    }
}
