internal import ArgumentParser
internal import Formats
internal import Marketplace

struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Show the published bounds, and what an operator watches.",
        discussion: """
            The longest wait of an open task that somebody could do, the longest idle time of somebody who could do \
            open work, leases, slots, and what the database says of itself. `guildhall serve` answers the same at \
            GET /metrics, for Prometheus. docs/OPERATIONS.md says what each promises, and what to do about it.
            """
    )
    @OptionGroup var options: DatabaseOptions
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        try await withSession(options) { session in
            let figures = try await MarketMetrics(market: session.market)()
            if json { return Console.result(.object(figures.json)) }
            for figure in figures { Console.result(figure.line) }
        }
    }
}

extension [MarketFigure] {
    /// Each by its name; those of several tables as an object.
    fileprivate var json: [String: JSON] {
        reduce(into: [:]) { members, figure in
            let value = JSON.number("\(figure.value)")
            guard let label = figure.label else { return members[figure.name] = value }
            var tables = members[figure.name]?.objectValue ?? [:]
            tables[label.value] = value
            members[figure.name] = .object(tables)
        }
    }
}

extension MarketFigure {
    /// `12.5  guildhall_longest_wait_seconds: No open task …`
    fileprivate var line: String {
        let number = value == value.rounded() ? String(Int64(value)) : String((value * 10).rounded() / 10)
        return "\(number)  \(name)\(label.map { " of \($0.value)" } ?? ""): \(help)"
    }
}
