package import ConfabDomain

/// The one durable, ordered log of events, and the views that answer questions about it.
///
/// Calls block, and each names the threads that may make it. One thread appends; any number may read
/// beside it, and see whole groups only.
package protocol Journal: AnyObject, Sendable {
  /// The state after the newest durable entry: a snapshot and the entries after it, or all of them.
  func loadState() throws(JournalError) -> PlaceState

  /// Writes a group of events as one: when this returns they are durable and in the views, and when
  /// it throws none of them is. From the appending thread only.
  ///
  /// - Parameter group: their entries follow the newest one with no gap.
  func append(_ group: [StampedEvent]) throws(JournalError)

  /// Spells a state out for `saveSnapshot`. From any thread but the appending one, which it would keep
  /// waiting.
  ///
  /// - Parameter state: one that is durable.
  func makeSnapshot(of state: PlaceState) throws(JournalError) -> StateSnapshot

  /// Keeps a state so that the next `loadState` has less to do. Losing it loses nothing. From the
  /// appending thread only.
  func saveSnapshot(_ snapshot: StateSnapshot) throws(JournalError)

  /// Drives out of the files what edits and deletions took away and the store has not yet written
  /// over. From the appending thread only.
  ///
  /// - Returns: false when a reader was in the way and it has to be asked again.
  @discardableResult
  func purge() throws(JournalError) -> Bool

  // Views. From any thread.
  func messages(_ query: MessageQuery) throws(JournalError) -> MessagePage
  func events(_ query: EventQuery) throws(JournalError) -> EventPage
  func search(_ query: SearchQuery) throws(JournalError) -> [SearchHit]
  /// Nil when the channel has no such message.
  func facts(of sequence: UInt64, in channel: ChannelID) throws(JournalError) -> MessageFacts?
  /// Nil when no message has the id.
  func storedMessage(_ id: MessageID) throws(JournalError) -> StoredMessage?
  func audit(_ query: AuditQuery) throws(JournalError) -> AuditPage
  /// Computes the whole chain again.
  func verifyAudit() throws(JournalError) -> AuditVerdict

  /// Writes a copy of the journal as of now to a file that does not exist yet.
  func backup(to path: String) throws(JournalError)

  /// Waits for running calls and lets go of the files.
  func close() throws(JournalError)
}

/// A journal that several servers of one place append to.
package protocol SharedJournal: Journal {
  /// Has everything told that others appended, in its order, and before `append` says that it was
  /// overtaken by it.
  ///
  /// - Parameters:
  ///   - entry: the newest one that is known already.
  ///   - arrived: gets the events and the state after them.
  func follow(
    after entry: UInt64, _ arrived: @escaping @Sendable ([StampedEvent], PlaceState) -> Void
  ) throws(JournalError)

  /// Waits for a moment until everything is here that others have stored by now. From any thread.
  func catchUp()

  /// Tells the other servers something that is in no journal; whoever does not hear it now never does.
  ///
  /// - Parameter node: the one server that is to hear it; nil for all.
  func announce(_ bytes: [UInt8], to node: String?)

  /// Has told what servers announce to all, this one among them, and to this one by its name.
  func listen(as node: String, _ heard: @escaping @Sendable ([UInt8]) -> Void)

  /// Compares what this server made of the journal with what the others did, for as long as it is open.
  ///
  /// - Parameters:
  ///   - name: where this server is found.
  ///   - version: of this program; only servers of one version are compared.
  ///   - found: hears of every agreement, and once of each server that differs.
  func compare(
    as name: String, version: String, times: ComparisonTimes,
    _ found: @escaping @Sendable (StateVerdict) -> Void)

  /// The server is about to stop: what is not answered is not waited for any longer.
  func hurry()

  /// How old what is read may be, in seconds; nil while the journal answers.
  var staleSeconds: Int? { get }
}

/// Trouble of the store: never a person's fault, and never counted against one.
package enum JournalError: Error, Equatable {
  /// No space left on the disk.
  case diskFull
  /// The servers that keep the journal have no room for it, or are not allowed more; they say so in words.
  case streamFull(String)
  case readOnly(path: String)
  /// Written by a newer Confab than this.
  case tooNew(found: Int, supported: Int)
  /// The file is damaged; the words say how it showed.
  case corrupt(String)
  /// Another server has it open.
  case inUse(path: String)
  /// Another server of the place stored something first: decide again on what there is now.
  case overtaken
  /// The servers that keep the journal do not answer, or too few of them. What was being appended may
  /// still turn out to be stored.
  case unreachable(String)
  /// A search that the index cannot answer.
  case searchInvalid(String)
  case closed
  case other(String)
}
