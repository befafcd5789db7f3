import ConfabClient
import ConfabDomain
import ConfabTerminal
import ConfabTransfer
import ConfabWire
import Foundation

/// The files of a chat: offers them, serves who takes them, and receives what the person accepts, while
/// the chat goes on. Whatever may take time is done in tasks of its own.
actor ChatFiles {
  /// Agreements that are remembered, so that a transfer goes on by itself when its sender comes back.
  static let agreementsMax = 256

  let account: String
  let parties: TransferParties
  private let emit: ChatSession.Emit
  /// Where accepted files are saved.
  var folder: String

  var book = TransferBook()
  var incoming: [Int: Incoming] = [:]
  var outgoing: [Int: Outgoing] = [:]
  /// What was accepted and did not come to its end, and into which folder.
  var agreements: [Data: (agreement: FileAgreement, folder: String)] = [:]
  /// Sendings whose files are being looked for, and that have no number yet.
  var searches = 0
  /// Nil while there is no connection.
  private(set) var connection: Connection?
  private var engine: TransferEngine?
  private var idleWaiters: [CheckedContinuation<Void, Never>] = []

  /// - Parameter folder: an existing one.
  init(
    account: String, parties: TransferParties, folder: String, emit: @escaping ChatSession.Emit
  ) {
    self.account = account
    self.parties = parties
    self.folder = folder
    self.emit = emit
  }

  // MARK: What the person wants

  /// - Parameter key: the channel on show.
  func perform(_ command: ChatCommand, in key: String) async {
    do {
      switch command {
      case .sendFile(let paths, let to): send(paths, to: to ?? key, isClassic: false)
      case .classic(.upload(let person, let file)):
        send([file], to: "@" + person.withoutMark, isClassic: true)
      case .accept(let number): accept(try book.choose(number, to: .accept).number)
      case .decline(let number): await decline(try book.choose(number, to: .decline))
      case .cancelTransfer(let number):
        let item = try book.choose(number, to: .cancel)
        Task { await cancel(item) }
      case .transfers: await emit(.notice(Notice(.output, lines: book.list), channel: nil))
      case .receiveInto(let folder): await receive(into: folder)
      default: break
      }
    } catch {
      await answer(.error, "\(error)")
    }
  }

  private func receive(into path: String?) async {
    if let path {
      guard let found = Self.folder(at: path) else {
        return await answer(
          .error, "\(path) is not a folder. Make it first, or name another one.")
      }
      folder = found
    }
    await answer(.information, "Accepted files are saved in \(folder)")
  }

  /// The whole path of an existing folder; nil when there is none.
  static func folder(at path: String) -> String? {
    let path = NSString(string: path).expandingTildeInPath
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
    else { return nil }
    return URL(fileURLWithPath: path).standardizedFileURL.path
  }

  private func cancel(_ item: TransferBook.Item) async {
    switch item.direction {
    case .sending:
      await outgoing[item.number]?.sender?.cancel()
      await remove(item.number)
    case .receiving: await cancelReceiving(item.number)
    }
    await answer(.information, "\(item.name) was cancelled.")
  }

  // MARK: The server

  func took(_ happening: Follower.Happening) async {
    switch happening {
    case .connected(let connection, _):
      self.connection = connection
      tellSenders(happening)
    case .lost: connection = nil
    case .file(.offered(let offer)): await heard(of: offer)
    case .file(.withdrawn(let withdrawn)): await ended(withdrawn)
    case .file(.answered), .file(.candidates): tellSenders(happening)
    default: break
    }
  }

  var online: Connection {
    get throws {
      guard let connection else { throw ChatError.offline }
      return connection
    }
  }

  // MARK: The chat ends

  /// Stops everything, so that it can be gone on with.
  func stop() async {
    let receiving = incoming.values.filter { $0.reception != nil }
    for one in receiving { one.reception?.stop() }
    let senders = outgoing.values.compactMap(\.sender)
    await withDiscardingTaskGroup { group in
      for sender in senders { group.addTask { await sender.stop() } }
    }
    for one in receiving { await one.receiving?.value }
  }

  /// Waits until all that is on its way has come to its end.
  func finished() async {
    guard book.isRunning || searches > 0 else { return }
    await withCheckedContinuation { idleWaiters.append($0) }
  }

  // MARK: Telling

  /// What the person just asked for.
  func answer(_ kind: Notice.Kind, _ words: String) async {
    await emit(.notice(Notice(kind, words), channel: nil))
  }

  /// What happens by itself.
  func remark(_ words: String, _ kind: Notice.Kind = .information) async {
    await emit(.remark(Notice(kind, words)))
  }

  func showLines() async {
    await emit(.transfers(book.lines))
    guard !book.isRunning, searches == 0 else { return }
    for waiter in idleWaiters { waiter.resume() }
    idleWaiters = []
  }

  func remove(_ number: Int) async {
    book.remove(number)
    incoming[number] = nil
    outgoing.removeValue(forKey: number)?.happenings.finish()
    await showLines()
  }

  /// Started when the first file goes or comes: most chats have none.
  func startedEngine() throws -> TransferEngine {
    if let engine { return engine }
    let started = try TransferEngine.start()
    engine = started
    return started
  }
}

extension String {
  /// A person's name as the classic commands have it.
  var withoutMark: String { hasPrefix("@") ? String(dropFirst()) : self }
}
