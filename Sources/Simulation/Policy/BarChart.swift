/// Bars in groups, as a picture that every browser shows (SVG 1.1), made of rectangles, lines and text alone.
struct BarChart {
    struct Bar {
        let mean: Double
        let half: Double
    }

    let title: String
    /// What each group stands for, and what each bar of a group does.
    let groups: [String]
    let names: [String]
    /// By group, then name; `nil` leaves a gap.
    let bars: [[Bar?]]

    private static let colours = ["#1b6ca8", "#c8553d", "#8a8d91", "#5f9e6e", "#d9a441"]
    private static let (plotHeight, barWidth, left, top) = (220.0, 16.0, 56.0, 40.0)

    private var greatest: Double {
        let most = bars.joined().compactMap { $0 }.map { $0.mean + $0.half }.max() ?? 0
        guard most > 0 else { return 1 }
        var step = 1.0
        while step < most { step *= 10 }
        while step / 10 >= most { step /= 10 }
        return [0.1, 0.2, 0.25, 0.5, 1].map { $0 * step }.first { $0 >= most } ?? step
    }

    private var groupWidth: Double { Double(names.count) * Self.barWidth + 20 }

    /// Height in the picture of a value.
    private func y(_ value: Double) -> Double {
        Self.top + Self.plotHeight * (1 - min(max(value / greatest, 0), 1))
    }

    /// The picture from this height down, to be put into ``page(_:)``.
    func drawing(at offset: Double) -> String {
        var text = "<g transform=\"translate(0 \(Self.number(offset)))\">\n"
        text += Self.label(title, x: Self.left, y: 20, size: 14)
        for part in 0...4 {
            let value = greatest * Double(part) / 4
            text += Self.line(Self.left, y(value), width, y(value), "#dddddd")
            let digits = greatest >= 100 ? 0 : greatest >= 10 ? 1 : 3
            text += Self.label(FixedText.of(value, digits: digits), x: 6, y: y(value) + 4, size: 10)
        }
        for (group, name) in groups.enumerated() {
            let start = Self.left + 10 + Double(group) * groupWidth
            text += Self.label(name, x: start, y: Self.top + Self.plotHeight + 16, size: 10)
            for (place, bar) in bars[group].enumerated() {
                guard let bar else { continue }
                text += drawing(bar, x: start + Double(place) * Self.barWidth, colour: Self.colours[place % 5])
            }
        }
        for (place, name) in names.enumerated() {
            let x = Self.left + Double(place) * 90
            let y = Self.top + Self.plotHeight + 28
            text += Self.box(x, y, 10, 10, Self.colours[place % 5])
            text += Self.label(name, x: x + 14, y: y + 9, size: 10)
        }
        return text + "</g>\n"
    }

    private func drawing(_ bar: Bar, x: Double, colour: String) -> String {
        let (top, bottom) = (y(bar.mean), y(0))
        let middle = x + (Self.barWidth - 3) / 2
        return Self.box(x, top, Self.barWidth - 3, max(bottom - top, 0), colour)
            + (bar.half > 0 ? Self.line(middle, y(bar.mean - bar.half), middle, y(bar.mean + bar.half), "#222222") : "")
    }

    private var width: Double { max(Self.left + 10 + Double(groups.count) * groupWidth, 520) }

    private static let height = 310.0

    /// Several charts under each other.
    static func page(_ charts: [BarChart]) -> String {
        let width = charts.map(\.width).max() ?? 520
        var text = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(number(width + 20))\""
        text += " height=\"\(number(height * Double(charts.count)))\" font-family=\"sans-serif\">\n"
        text += box(0, 0, width + 20, height * Double(charts.count), "#ffffff")
        for (place, chart) in charts.enumerated() { text += chart.drawing(at: height * Double(place)) }
        return text + "</svg>\n"
    }

    private static func number(_ value: Double) -> String { FixedText.of(value, digits: 1) }

    private static func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ colour: String) -> String {
        "<rect x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" height=\"\(number(height))\""
            + " fill=\"\(colour)\"/>\n"
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\""
            + " stroke=\"\(colour)\"/>\n"
    }

    private static func label(_ text: String, x: Double, y: Double, size: Int) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            default: escaped.append(character)
            }
        }
        return "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\">\(escaped)</text>\n"
    }
}

extension PolicyReport {
    /// Welfare, fill by value, time to fill, utilisation and labels that are wrong, as charts with confidence
    /// intervals.
    package var svg: String {
        let shown: [(WeekMetric, String)] = [
            (.welfare, "Welfare ÷ hindsight bound"), (.filled, "Answers filled"),
            (.fillLowest, "Filled, quarter of least value"), (.fillHighest, "Filled, quarter of most value"),
            (.fillHours, "Filled, under 12 hours"), (.waitMedian, "Minutes to fill, median"),
            (.waitTailIndex, "Time to fill, p99 ÷ p50"), (.utilisation, "Hours used"),
            (.gini, "Gini of earnings per available hour, within cells"), (.offersPerFill, "Offers per fill"),
            (.labelError, "Labels that are wrong"),
        ]
        let policies = study.policies.filter { $0 != .hindsight }
        return BarChart.page(
            shown.map { metric, title in
                BarChart(
                    title: title, groups: study.scenarios.map(\.rawValue), names: policies.map(\.rawValue),
                    bars: study.scenarios.map { scenario in
                        policies.map { policy in
                            estimate(metric, scenario, policy).map { .init(mean: $0.mean, half: $0.half) }
                        }
                    })
            })
    }
}
