import ConfabTransfer
import Primitives

// The presenter's shell.
extension FileWorld {
  func tell(_ input: PresenterInput) {
    presenter.handle(input)
    performPresenter()
  }

  func performPresenter() {
    while let effect = presenter.nextEffect() {
      switch effect {
      case .sendContent(let range): link.send(range)
      case .hashLeaves(let leaves): hashing.allowed = leaves
      case .checkSources:
        if isSourceChanged {
          let entry = files.manifest.contentBytes > 0 ? files.manifest.file(at: 0) : 0
          presenter.handle(.sourceChanged(entry: entry))
        } else {
          presenter.handle(.sourcesUnchanged)
        }
      case .recipientPaused, .recipientResumed: break
      case .done: presenterEnd = .identical
      case .failed(let failure, _): presenterEnd = .failed(failure.code)
      }
    }
  }

  /// Of a window of 1,000 bytes, whole messages.
  func pumpControl() {
    while toRecipient.count < 1_000, let bytes = presenter.nextControl() {
      toRecipient += bytes
      performPresenter()
    }
    while toPresenter.count < 1_000, let bytes = recipient.nextControl() { toPresenter += bytes }
  }

  func stepHashing() {
    guard hashing.hasWork, presenterEnd == nil else { return }
    for input in hashing.step(files.content, using: &random) where presenterEnd == nil {
      tell(input)
    }
  }

  func stepControl() throws {
    pumpControl()
    if !toRecipient.isEmpty {
      let bytes = Array(toRecipient.prefix(Int.random(in: 1...500, using: &random)))
      toRecipient.removeFirst(bytes.count)
      try tell(RecipientInput.control(bytes))
    }
    if !toPresenter.isEmpty, presenterEnd == nil {
      let bytes = Array(toPresenter.prefix(Int.random(in: 1...500, using: &random)))
      toPresenter.removeFirst(bytes.count)
      tell(PresenterInput.control(bytes))
    }
  }

  /// Somebody saves another version.
  func editSource() {
    guard !files.content.isEmpty else { return }
    isSourceChanged = true
    files.content[Int.random(in: 0..<files.content.count, using: &random)] ^= 0xFF
  }
}
