#pragma once

#include <stddef.h>

/// A file of the browser's client, as it stands in Web/.
struct confab_web_file {
  /// Its path within Web/, without a slash before it.
  const char *path;
  /// Its media type.
  const char *type;
  const unsigned char *bytes;
  size_t count;
};

/// The first of `confab_web_file_count` files, which are there for as long as the program.
const struct confab_web_file *confab_web_files(void);

extern const size_t confab_web_file_count;
