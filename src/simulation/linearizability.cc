#include "simulation/linearizability.h"

#include <algorithm>

namespace livedrops::simulation {

std::vector<std::string> CheckLinearizable(std::int64_t stock, std::vector<Sale> sales,
                                           const std::vector<SoldOutAnswer>& refusals) {
  std::vector<std::string> wrong;
  std::ranges::sort(sales, {}, &Sale::invoked);
  std::vector<std::int64_t> sums;  // Units of the sales up to this one.
  sums.reserve(sales.size());
  std::int64_t sold = 0;
  for (const Sale& sale : sales) sums.push_back(sold += sale.quantity);
  if (sold > stock) {
    wrong.push_back("sold " + std::to_string(sold) + " of " + std::to_string(stock));
  }
  for (const SoldOutAnswer& refusal : refusals) {
    const auto after = std::ranges::upper_bound(sales, refusal.returned, {}, &Sale::invoked);
    const auto index = after - sales.begin();
    const std::int64_t before = index == 0 ? 0 : sums[static_cast<std::size_t>(index - 1)];
    const std::string what = "sold_out for " + std::to_string(refusal.quantity) + " at step " +
                             std::to_string(refusal.returned);
    if (before <= stock - refusal.quantity) {
      wrong.push_back(what + " with at most " + std::to_string(before) + " of " +
                      std::to_string(stock) + " asked for");
    }
    if (sold - before >= refusal.quantity) {
      wrong.push_back(what + ", and " + std::to_string(sold - before) + " sold later");
    }
  }
  return wrong;
}

}  // namespace livedrops::simulation
