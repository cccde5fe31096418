internal import Foundation

/// Which of the tasks that come in with suggestions stay without, to compare with.
///
/// Of each chunk exactly the declared share, rounded up or down to a whole task so that the shares of many chunks come
/// to the declared one. Those with the least hashes of seed and task id, so that the choice can be repeated by whoever
/// knows the seed, and by nobody else.
enum ControlShare {
    /// - Parameter basisPoints: the share, 0 to 10,000.
    static func controls(among tasks: [WorkTask.ID], basisPoints: Int, seed: UUID) -> Set<WorkTask.ID> {
        guard basisPoints > 0, !tasks.isEmpty else { return [] }
        let ranked = tasks.map { (id: $0, hash: hash(seed, "\($0)")) }
            .sorted { $0.hash != $1.hash ? $0.hash.lexicographicallyPrecedes($1.hash) : $0.id < $1.id }
        let (whole, rest) = (tasks.count * basisPoints / 10_000, tasks.count * basisPoints % 10_000)
        let draw = hash(seed, "rounding \(ranked[0].id)").prefix(4).reduce(0) { $0 << 8 | Int($1) } % 10_000
        return Set(ranked.prefix(draw < rest ? whole + 1 : whole).map(\.id))
    }

    private static func hash(_ seed: UUID, _ text: String) -> [UInt8] {
        Digest(of: "\(seed.uuidString.lowercased()) \(text)").bytes
    }
}
