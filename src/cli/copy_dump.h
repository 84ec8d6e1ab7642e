// A canonical dump of a shop: what every table holds, read through the Storage SPI and written as
// text that is the same for every storage, of which only the digests are kept.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "livedrops/spi/storage.h"

namespace livedrops::cli {

struct TableDump {
  std::string name;
  std::int64_t rows = 0;
  std::string sha256;  // In hexadecimal.
  friend bool operator==(const TableDump&, const TableDump&) = default;
};

// Called from time to time with how many log rows are read.
using DumpProgress = std::function<void(std::uint64_t rows)>;

// The tables in a fixed order, up to the head of the log. Memory: 32 bytes for each row but those
// of the log and the orders. Errors: those of the storage; unavailable when it is written
// meanwhile.
Result<std::vector<TableDump>> Dump(Storage& storage, const DumpProgress& progress);

}  // namespace livedrops::cli
