/// A statement that goes before the body of every read-only transaction of a task: it says on whose behalf is read,
/// until the transaction's end. What it sets must be local to the transaction.
package enum ReadPreparation {
    @TaskLocal package static var current: SQL?
}
