// Linearizability: the exact check of one drop that only sold. Orders and refusals of a drop with S
// units are linearizable if and only if
//   L1  the units sold are at most S;
//   L2  before each refusal of q returned, orders of more than S - q units had been asked for, and
//       orders asked for only after it are of fewer than q units.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace livedrops::simulation {

struct Sale {
  std::int64_t invoked = 0;
  std::int64_t quantity = 0;
};
struct SoldOutAnswer {
  std::int64_t returned = 0;
  std::int64_t quantity = 0;
};

// What is wrong, one line for each refusal that cannot be explained; empty when all is well.
// O(n log n).
std::vector<std::string> CheckLinearizable(std::int64_t stock, std::vector<Sale> sales,
                                           const std::vector<SoldOutAnswer>& refusals);

}  // namespace livedrops::simulation
