import ArgumentParser

/// A verb whose last arguments are words of a text.
protocol TakesText: ParsableCommand {
  /// Arguments before the text.
  static var argumentsBeforeText: Int { get }
}

/// Puts options where the parser looks for them.
///
/// People write `confab --profile work who` as well as `confab who --profile work`, and end a message
/// with `--json`. The parser knows neither: it would take the first for a room to chat in, and send
/// the second as part of the text.
package struct ArgumentOrder {
  private let root: any ParsableCommand.Type
  /// Options that say who one is and where, which stand before a verb too.
  private static let leading: Set = ["--profile", "--server"]
  /// Options that are not text when they are the last words. With `true` the next word is their value.
  private static let trailing = [
    "--profile": true, "--server": true, "--reply-to": true, "--json": false,
  ]

  /// Of this program's own commands.
  package static var ofConfab: ArgumentOrder { ArgumentOrder(root: Confab.self) }

  package func arranged(_ arguments: [String]) -> [String] {
    let (options, rest) = Self.splitLeading(arguments)
    guard let (verb, words) = verb(in: rest) else { return arguments }
    let after = Array(rest.dropFirst(words))
    let arranged =
      if let verb = verb as? any TakesText.Type {
        Self.arranged(after, argumentsBeforeText: verb.argumentsBeforeText)
      } else {
        after
      }
    return rest.prefix(words) + options + arranged
  }

  private static func splitLeading(_ arguments: [String]) -> (options: [String], rest: [String]) {
    var count = 0
    while count < arguments.count {
      if leading.contains(arguments[count]), count + 1 < arguments.count {
        count += 2
      } else if let name = arguments[count].split(separator: "=", maxSplits: 1).first,
        name.count < arguments[count].count, leading.contains(String(name))
      {
        count += 1
      } else {
        break
      }
    }
    return (Array(arguments.prefix(count)), Array(arguments.dropFirst(count)))
  }

  /// The command that the words begin with, however deep it lies, and of how many words its name is.
  private func verb(in words: [String]) -> (any ParsableCommand.Type, Int)? {
    var command = root
    var count = 0
    while count < words.count,
      let next = command.configuration.subcommands.first(where: { $0.answers(to: words[count]) })
    {
      command = next
      count += 1
    }
    return count == 0 ? nil : (command, count)
  }

  private static func arranged(_ words: [String], argumentsBeforeText: Int) -> [String] {
    var options: [String] = []
    var others: [String] = []
    var index = 0
    // Until the text begins whatever looks like an option is meant as one.
    while index < words.count, others.count <= argumentsBeforeText, words[index] != "--" {
      let word = words[index]
      index += 1
      if Self.looksLikeOption(word) {
        options.append(word)
        if trailing[word] == true, index < words.count {
          options.append(words[index])
          index += 1
        }
      } else {
        others.append(word)
      }
    }
    var text = Array(words[index...])
    if let mark = text.firstIndex(of: "--") {
      // What stands behind the mark is text, whatever it looks like.
      let before = takeTrailing(Array(text[..<mark]))
      return options + before.options + ["--"] + others + before.text + text[(mark + 1)...]
    }
    let split = takeTrailing(text)
    text = split.text
    return options + split.options + ["--"] + others + text
  }

  /// `-5` is the beginning of "-5 degrees": no option of ours is a number.
  private static func looksLikeOption(_ word: String) -> Bool {
    word.hasPrefix("-") && word != "-" && word.dropFirst().first?.isNumber == false
  }

  private static func takeTrailing(_ words: [String]) -> (options: [String], text: [String]) {
    var text = words
    var options: [String] = []
    while let last = text.last {
      if trailing[last] == false || isJoined(last) {
        options.insert(text.removeLast(), at: 0)
      } else if text.count >= 2, trailing[text[text.count - 2]] == true {
        options.insert(contentsOf: text.suffix(2), at: 0)
        text.removeLast(2)
      } else {
        break
      }
    }
    return (options, text)
  }

  /// `--profile=work`
  private static func isJoined(_ word: String) -> Bool {
    guard let equals = word.firstIndex(of: "=") else { return false }
    return trailing[String(word[..<equals])] == true
  }
}

extension ParsableCommand {
  fileprivate static func answers(to word: String) -> Bool {
    _commandName == word || configuration.aliases.contains(word)
  }
}
