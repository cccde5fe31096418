import Consensus
import Testing

/// What is put into a set of labels, as section 4 of the poisoning literature has it (docs/CONSENSUS.md, "A study").
enum Poisoning: String, CaseIterable, Sendable {
    /// 5 % of workers say something else than they would on the items with one phrase.
    case phrase
    /// One more account, or three, that copy a worker nine times of ten.
    case pair, four
    /// Who throws a die from their 201st answer on.
    case turned
    /// 40 % of workers throw a die.
    case guessers
}

/// One set, one poisoning, one seed: who was found, after how many of their bad answers, and who was accused wrongly.
struct PoisoningStudy: Sendable {
    /// Whoever is guilty and has so many bad answers could be found at all.
    static let least = 8
    let guilty: Int
    let found: Int
    /// Bad answers, or shared items, that the guilty had given when they were first found; sorted.
    let delays: [Int]
    let honest: Int
    let accused: Int

    /// - Parameters:
    ///   - labels: in the order in which they came.
    ///   - honest: whoever is held for honest if they poison nothing; `nil` for everybody.
    ///   - looks: how often the screens look, at equal distances.
    init(
        _ labels: [Label], answers: Int, _ poisoning: Poisoning, honest upright: Set<Int32>?, looks: Int, seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        let items = (labels.map(\.item).max() ?? -1) + 1
        let workers = (labels.map(\.worker).max() ?? -1) + 1
        let phrases = (0..<items).map { _ in Set((0..<3).map { _ in Int32(1 + random.below(50)) }).sorted() }
        let triggers = (0..<items).map { _ in random.below(8) == 0 }
        let features = zip(phrases, triggers).map { own, isTrigger in isTrigger ? [0] + own : own }
        let (poisoned, bad) = Self.poison(labels, answers, poisoning, triggers, workers, &random)
        let culprits = Set(bad.keys.filter { (bad[$0] ?? []).count >= Self.least })
        var first: [Int32: Int] = [:]
        var wrongly: Set<Int32> = []
        for look in 1...looks {
            let end = poisoned.count * look / looks
            for called in try Self.called(Array(poisoned[..<end]), features: features) where first[called] == nil {
                first[called] = bad[called]?.count { $0 < end } ?? 0
                if bad[called] == nil { wrongly.insert(called) }
            }
        }
        guilty = culprits.count
        found = culprits.count { first[$0] != nil }
        delays = culprits.compactMap { first[$0] }.sorted()
        let others = (upright ?? Set(labels.map(\.worker))).subtracting(bad.keys)
        honest = others.count
        accused = wrongly.intersection(others).count
    }

    /// Whom any screen calls.
    private static func called(_ labels: [Label], features: [[Int32]]) throws -> Set<Int32> {
        let answers = labels.map { ScreenedAnswer(item: $0.item, worker: $0.worker, answer: $0.answer, seconds: 30) }
        return Set(try AnswerScreen(answers, features: features).findings.flatMap(\.workers))
    }

    /// - Returns: the labels, and of everybody who is guilty the places of what they said badly.
    private static func poison(
        _ labels: [Label], _ answers: Int, _ poisoning: Poisoning, _ triggers: [Bool], _ workers: Int32,
        _ random: inout SeededRandom
    ) -> (labels: [Label], bad: [Int32: [Int]]) {
        let byWorker = Dictionary(grouping: labels.indices, by: { labels[$0].worker })
        let busy = byWorker.keys.sorted { (byWorker[$1]?.count ?? 0, $0) < (byWorker[$0]?.count ?? 0, $1) }
        var (out, bad): ([Label], [Int32: [Int]]) = (labels, [:])
        func set(_ place: Int, _ answer: Int32) {
            out[place] = Label(item: labels[place].item, worker: labels[place].worker, answer: answer)
            bad[labels[place].worker, default: []].append(place)
        }
        switch poisoning {
        case .phrase:
            // Drawn of those who meet enough of such items.
            let targets = byWorker.mapValues { $0.filter { triggers[Int(labels[$0].item)] } }
            let able = targets.keys.filter { (targets[$0] ?? []).count >= least }.sorted()
            for worker in able.shuffled(using: &random).prefix(max((byWorker.count + 10) / 20, 1)) {
                for place in targets[worker] ?? [] { set(place, (labels[place].answer + 1) % Int32(answers)) }
            }
        case .pair, .four:
            guard let leader = busy.first else { return (out, bad) }
            let copies = poisoning == .pair ? 1 : 3
            out = []
            for label in labels {
                out.append(label)
                guard label.worker == leader else { continue }
                bad[leader, default: []].append(out.count - 1)
                for copy in 0..<Int32(copies) {
                    let answer = random.unit() < 0.9 ? label.answer : Int32(random.below(answers))
                    out.append(Label(item: label.item, worker: workers + copy, answer: answer))
                    bad[workers + copy, default: []].append(out.count - 1)
                }
            }
        case .turned:
            guard let worker = busy.first, let own = byWorker[worker] else { return (out, bad) }
            for place in own.dropFirst(min(200, own.count / 2)) { set(place, Int32(random.below(answers))) }
        case .guessers:
            for worker in byWorker.keys.sorted().shuffled(using: &random).prefix(byWorker.count * 2 / 5) {
                for place in byWorker[worker] ?? [] { set(place, Int32(random.below(answers))) }
            }
        }
        return (out, bad)
    }
}

extension PoisoningStudy {
    /// All poisonings of a set with some seeds, as rows of a table.
    static func rows(
        _ name: String, _ labels: [Label], answers: Int, honest: Set<Int32>? = nil, seeds: ClosedRange<UInt64>,
        looks: Int
    ) throws -> [(poisoning: Poisoning, studies: [PoisoningStudy], line: String)] {
        try Poisoning.allCases.map { poisoning in
            let studies = try seeds.map {
                try PoisoningStudy(labels, answers: answers, poisoning, honest: honest, looks: looks, seed: $0)
            }
            func sum(_ number: (PoisoningStudy) -> Int) -> Int { studies.reduce(0) { $0 + number($1) } }
            let delays = studies.flatMap(\.delays).sorted()
            let middle = delays.isEmpty ? "" : "\(delays[delays.count / 2])"
            return (
                poisoning, studies,
                "| \(name) | \(poisoning.rawValue) | \(sum(\.found)) of \(sum(\.guilty)) | \(middle) | "
                    + "\(sum(\.accused)) of \(sum(\.honest)) |"
            )
        }
    }
}

@Suite("A study of poisonings", .timeLimit(.minutes(30))) struct PoisoningStudyTests {
    @Test("in drawn labels: who poisons is found, and at most one honest worker in a hundred is accused")
    func drawn() throws {
        let world = try DrawnWorld(
            items: 1_600, each: 5, answers: 3, skills: (0..<20).map { 0.7 + 0.01 * Double($0) }, seed: 7)
        let rows = try PoisoningStudy.rows("drawn", world.labels.all, answers: 3, seeds: 1...2, looks: 5)
        for row in rows { print(row.line) }
        let (accused, honest) = rows.flatMap(\.studies).reduce((0, 0)) { ($0.0 + $1.accused, $0.1 + $1.honest) }
        #expect(accused * 100 <= honest, "\(accused) of \(honest)")
        for row in rows {
            let (found, guilty) = row.studies.reduce((0, 0)) { ($0.0 + $1.found, $0.1 + $1.guilty) }
            #expect(guilty > 0 && found * 10 >= guilty * 9, "\(row.line)")
        }
    }

    @Test(
        "in real sets at most one in a hundred of those who are right as often as most is accused",
        .enabled(if: CrowdSet.folder != nil),
        arguments: CrowdSet.names)
    func inRealData(name: String) throws {
        let set = try CrowdSet(name)
        var random = SeededRandom(seed: 1)
        // In some order: the files go by task.
        let order = (0..<Int32(set.labels.itemCount)).shuffled(using: &random)
        let labels = order.flatMap { set.labels.labels(of: Int($0)) }
        let isHardest = name == "zencrowd_all"
        let rows = try PoisoningStudy.rows(
            name, labels, answers: set.labels.answerCount, honest: set.upright, seeds: isHardest ? 1...8 : 1...2,
            looks: 4)
        for row in rows { print(row.line) }
        let (accused, honest) = rows.flatMap(\.studies).reduce((0, 0)) { ($0.0 + $1.accused, $0.1 + $1.honest) }
        #expect(accused * 100 <= honest, "\(accused) of \(honest)")
    }
}
