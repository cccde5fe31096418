/// A statement that goes before the body of every read-only transaction of a task: it says on whose behalf is read,
/// until the transaction's end. What it sets must be local to the transaction.
package enum ReadPreparation {
    @TaskLocal package static var current: SQL?
}

/// A transaction that is under way, in which a task's reads take part in place of transactions of their own: what they
/// see is what it sees, under the locks that it holds.
package enum JoinedReads {
    @TaskLocal package static var current: Transaction?
}
