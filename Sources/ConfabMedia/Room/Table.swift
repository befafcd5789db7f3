/// Elements under numbers that stay theirs until they are removed; a number is then given again.
///
/// Its elements need not be copyable, and are reached in place: no reference counting on the way of a
/// packet. A place stays where it is until the next `insert`.
struct Table<Element: ~Copyable>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>
  private var capacity: Int
  private var isUsed: [Bool]
  /// One more than the highest number ever given.
  private(set) var end = 0

  init(capacity: Int = 8) {
    self.capacity = capacity
    elements = .allocate(capacity: capacity)
    isUsed = Array(repeating: false, count: capacity)
  }

  deinit {
    for index in 0..<end where isUsed[index] { (elements + index).deinitialize(count: 1) }
    elements.deallocate()
  }

  func contains(_ index: Int) -> Bool { index >= 0 && index < end && isUsed[index] }

  mutating func insert(_ element: consuming Element) -> Int {
    let index = (0..<end).first { !isUsed[$0] } ?? end
    if index == capacity { grow() }
    (elements + index).initialize(to: element)
    isUsed[index] = true
    end = max(end, index + 1)
    return index
  }

  mutating func remove(_ index: Int) -> Element {
    precondition(contains(index))
    isUsed[index] = false
    return (elements + index).move()
  }

  /// - Parameter index: of an element that is there.
  subscript(index: Int) -> Element {
    @inline(__always)
    unsafeAddress { UnsafePointer(elements + index) }
    @inline(__always)
    nonmutating unsafeMutableAddress { elements + index }
  }

  /// The element's place, for many accesses in a row.
  @inline(__always)
  func place(_ index: Int) -> UnsafeMutablePointer<Element> { elements + index }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
    // Some are not there: each is moved by itself.
    for index in 0..<end where isUsed[index] {
      (larger + index).moveInitialize(from: elements + index, count: 1)
    }
    elements.deallocate()
    elements = larger
    isUsed += Array(repeating: false, count: capacity)
    capacity *= 2
  }
}
