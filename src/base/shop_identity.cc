#include "base/shop_identity.h"

#include <sys/random.h>

#include "base/hex.h"

namespace livedrops {
namespace {

template <std::size_t Size>
Status FillRandom(std::array<std::uint8_t, Size>* out) {
  static_assert(Size <= 256, "more could be given in parts");
  if (getrandom(out->data(), Size, 0) == static_cast<ssize_t>(Size)) return OkStatus();
  return {StatusCode::kUnavailable, "the system gives no random bytes"};
}

std::string_view TakePart(std::string_view* home) {
  const std::string_view part = home->substr(0, home->find('/'));
  home->remove_prefix(std::min(part.size() + 1, home->size()));
  return part;
}

bool IsKnown(std::string_view part) { return !part.empty() && part != "-"; }

}  // namespace

Result<std::string> NewEpoch() {
  std::array<std::uint8_t, 8> bytes{};
  if (Status filled = FillRandom(&bytes); !filled.ok()) return filled;
  return ToHex(bytes);
}

Result<ShopInfo> NewShopInfo(const StorageOptions& options) {
  auto epoch = NewEpoch();
  if (!epoch.ok()) return epoch.status();
  ShopInfo shop;
  shop.epoch = std::move(*epoch);
  if (options.copy) {
    shop.secret = options.copy->secret;
  } else if (Status filled = FillRandom(&shop.secret); !filled.ok()) {
    return filled;
  }
  return shop;
}

bool IsSameHome(std::string_view stored, std::string_view found) {
  while (!stored.empty() && !found.empty()) {
    const std::string_view was = TakePart(&stored);
    const std::string_view is = TakePart(&found);
    if (IsKnown(was) && IsKnown(is) && was != is) return false;
  }
  return true;
}

std::string MergedHome(std::string_view stored, std::string_view found) {
  std::string merged;
  while (!found.empty()) {
    const std::string_view was = TakePart(&stored);
    const std::string_view is = TakePart(&found);
    if (!merged.empty()) merged += '/';
    merged += IsKnown(is) || was.empty() ? is : was;
  }
  return merged;
}

Status CheckCopy(const StoredIdentity& stored, const StorageOptions& options) {
  if (!options.copy) {
    if (!stored.is_unfinished) return OkStatus();
    return {StatusCode::kUnavailable, "the copy is not finished: run `livedrops copy` again"};
  }
  const bool same = stored.shop.secret == options.copy->secret;
  if (stored.is_unfinished && same) return OkStatus();
  return {StatusCode::kInvalidArgument, stored.is_unfinished
                                            ? "holds an unfinished copy of another shop"
                                        : same ? "is the shop itself, or a finished copy of it"
                                               : "holds another shop"};
}

}  // namespace livedrops
