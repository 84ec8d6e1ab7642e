// Facts about this machine, without which a number says little.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace livedrops::cli {

// Name and value, in the order in which a person reads them. `directory` is where the database
// lies: a sync of 4 KiB is timed there.
std::vector<std::pair<std::string, std::string>> MachineFacts(const std::string& directory);

}  // namespace livedrops::cli
