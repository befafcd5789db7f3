import GRDB

/// The tables of `confab.sqlite`, as numbered migrations.
///
/// `entries` is the journal; everything else follows from it and could be made again.
enum Schema {
  /// What this version writes. A file with a greater number is refused, one with a smaller number is
  /// migrated when it is opened.
  static let format = 5
  /// "Conf", in the header of the file: a journal is known for one before anything in it is believed.
  static let applicationID = 0x436F_6E66

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("format 1") { db in
      try db.execute(sql: format1)
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = 1")
    }
    // Besides, entries may hold offers of files, which format 1 does not know.
    migrator.registerMigration("format 2") { db in
      try db.execute(sql: format2)
      try db.execute(sql: "PRAGMA user_version = 2")
    }
    migrator.registerMigration("format 3") { db in
      try db.execute(sql: format3)
      try db.execute(sql: "PRAGMA user_version = 3")
    }
    // Nothing but what entries may hold: meetings and their guests, which format 3 does not know.
    migrator.registerMigration("format 4") { db in
      try db.execute(sql: "PRAGMA user_version = 4")
    }
    // Besides, entries may take back invitations and change roles, which format 4 does not know.
    migrator.registerMigration("format 5") { db in
      try db.execute(sql: format5)
      try db.execute(sql: "PRAGMA user_version = 5")
    }
    return migrator
  }

  private static let format1 = """
    -- clock: the latest time of this entry and all before it, so that a time is found by halving.
    -- payload: confab.journal.v1.Entry. salt, text: of messages and edits, until the next edit or deletion; a BLOB of
    -- UTF-8, since a TEXT ends at the first U+0000.
    CREATE TABLE entries (
      entry INTEGER PRIMARY KEY,
      clock INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      channel INTEGER,
      position INTEGER,
      sequence INTEGER,
      payload BLOB NOT NULL,
      chain BLOB NOT NULL,
      salt BLOB,
      text BLOB
    ) STRICT;
    CREATE UNIQUE INDEX entries_by_position ON entries (channel, position)
      WHERE position IS NOT NULL;

    -- entry: the posting. text_entry: the entry whose text is the message's now.
    CREATE TABLE messages (
      channel INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      entry INTEGER NOT NULL,
      text_entry INTEGER NOT NULL,
      edited_at INTEGER,
      deleted INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (channel, sequence)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE message_ids (
      id BLOB PRIMARY KEY,
      entry INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- Where else a deletion finds text of a message.
    CREATE TABLE edits (
      channel INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      entry INTEGER NOT NULL,
      PRIMARY KEY (channel, sequence, entry)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE reactions (
      channel INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      emoji TEXT NOT NULL,
      account INTEGER NOT NULL,
      entry INTEGER NOT NULL,
      PRIMARY KEY (channel, sequence, emoji, account)
    ) STRICT, WITHOUT ROWID;

    -- Messages of later entries are not in the search index yet.
    CREATE TABLE search_progress (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      entry INTEGER NOT NULL
    ) STRICT;
    INSERT INTO search_progress VALUES (1, 0);

    -- Shards of the search index in which words of deleted messages still lie.
    CREATE TABLE purges (shard INTEGER PRIMARY KEY) STRICT;

    CREATE TABLE snapshot (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      schema INTEGER NOT NULL,
      entry INTEGER NOT NULL,
      state BLOB NOT NULL
    ) STRICT;
    """

  private static let format2 = """
    -- The newest entry and its chain, once more: a journal that lost its last entries fits otherwise.
    CREATE TABLE chain_head (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      entry INTEGER NOT NULL,
      chain BLOB NOT NULL
    ) STRICT;
    INSERT INTO chain_head SELECT 1, entry, chain FROM entries ORDER BY entry DESC LIMIT 1;
    INSERT OR IGNORE INTO chain_head VALUES (1, 0, zeroblob(32));
    """

  private static let format3 = """
    -- A message is found through its entry, so that storing it writes one row and no other table. Only
    -- one that was edited or deleted has a row of its own. text_entry: the entry whose text is the
    -- message's now.
    CREATE UNIQUE INDEX entries_by_sequence ON entries (channel, sequence)
      WHERE sequence IS NOT NULL;
    CREATE TABLE changes (
      channel INTEGER NOT NULL,
      sequence INTEGER NOT NULL,
      text_entry INTEGER NOT NULL,
      edited_at INTEGER,
      deleted INTEGER NOT NULL,
      PRIMARY KEY (channel, sequence)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO changes SELECT channel, sequence, text_entry, edited_at, deleted FROM messages
      WHERE text_entry <> entry OR edited_at NOT NULL OR deleted <> 0;
    DROP TABLE messages;

    -- Messages of later entries are in neither the search index nor message_ids yet.
    ALTER TABLE search_progress RENAME TO indexed;
    """

  private static let format5 = """
    -- The text before an edit goes as that before a deletion does, and so do those that older formats
    -- kept. A shard of the search index has 65,536 entries.
    UPDATE entries SET salt = NULL, text = NULL WHERE entry IN (
      SELECT e.entry FROM changes c JOIN entries e USING (channel, sequence)
        WHERE c.text_entry <> e.entry
      UNION ALL SELECT d.entry FROM changes c JOIN edits d USING (channel, sequence)
        WHERE c.text_entry <> d.entry);
    INSERT OR IGNORE INTO purges SELECT DISTINCT (e.entry - 1) / 65536
      FROM changes c JOIN entries e USING (channel, sequence);
    DROP TABLE edits;
    """
}
