/// What waits to be taken, first in, first out; taking moves nothing.
///
/// It has no limit of its own: whoever adds to it says why little can wait.
struct WaitingLine<Element: Sendable>: Sendable {
  private var elements: [Element] = []
  private var head = 0

  var count: Int { elements.count - head }
  var first: Element? { head < elements.count ? elements[head] : nil }

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func next() -> Element? {
    guard head < elements.count else { return nil }
    defer {
      head += 1
      if head == elements.count {
        elements.removeAll(keepingCapacity: true)
        head = 0
      } else if head >= 1_024, head * 2 >= elements.count {
        elements.removeSubrange(..<head)
        head = 0
      }
    }
    return elements[head]
  }

  /// Takes elements for as long as they are wanted.
  mutating func take(upTo countMax: Int, while isWanted: (Element) -> Bool) -> [Element] {
    var taken: [Element] = []
    while taken.count < countMax, let element = first, isWanted(element) {
      taken.append(element)
      _ = next()
    }
    return taken
  }
}
