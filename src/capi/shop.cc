#include "capi/shop.h"

#include "capi/arguments.h"
#include "capi/guard.h"
#include "capi/requests.h"
#include "capi/results.h"
#include "livedrops/open.h"

namespace livedrops::capi {
namespace {

constexpr int kClosing = 1;
constexpr int kCall = 2;

Result<ld_shop*> Open(const char* url, const ld_shop_options_t* options) {
  std::string name;
  if (Status read = ReadText("url", url, &name); !read.ok()) return read;
  const auto given = OrDefault<ld_shop_options_t>("options", options, LD_SHOP_OPTIONS_INIT);
  if (!given.ok()) return given.status();
  ServiceOptions wanted;
  if (Status read = ReadRequest(*given, &wanted); !read.ok()) return read;
  auto storage = OpenStorage(name, {.create = given->create != 0, .read_only = false});
  if (!storage.ok()) return storage.status();
  auto service = Service::Open(std::move(*storage), wanted);
  if (!service.ok()) return service.status();
  return new ld_shop(std::move(*service));
}

}  // namespace

Visit::Visit(ld_shop* shop) {
  if (shop == nullptr) {
    status_ = IsNull("shop");
    return;
  }
  const bool closed = (shop->state.load() & kClosing) != 0;
  if (!closed) {
    shop_ = shop;
    if ((shop->state.fetch_add(kCall) & kClosing) == 0) return;
  }
  status_ = {StatusCode::kClosed, "the shop is closed"};
}

Visit::~Visit() {
  if (shop_ == nullptr) return;
  std::atomic<int>& state = shop_->state;
  // The closer may free the shop as soon as it sees that nobody is left: only the address is used.
  if (state.fetch_sub(kCall) == kCall + kClosing) state.notify_all();
}

bool Shut(ld_shop* shop) {
  int state = shop->state.fetch_or(kClosing);
  if ((state & kClosing) != 0) return false;
  while ((state = shop->state.load()) != kClosing) shop->state.wait(state);
  return true;
}

}  // namespace livedrops::capi

using namespace livedrops;        // NOLINT: every function below stands outside of a namespace
using namespace livedrops::capi;  // NOLINT

ld_status_t ld_shop_open(const char* url, const ld_shop_options_t* options, ld_shop_t** shop,
                         ld_error_t* error) {
  return Guard(error, [&]() -> Status {
    if (shop == nullptr) return IsNull("shop");
    *shop = nullptr;
    const auto opened = Open(url, options);
    if (opened.ok()) *shop = *opened;
    return opened.status();
  });
}

ld_status_t ld_shop_close(ld_shop_t* shop, ld_error_t* error) {
  return Guard(error, [&]() -> Status {
    if (shop == nullptr) return IsNull("shop");
    if (!Shut(shop)) return {StatusCode::kClosed, "the shop is closed already"};
    return shop->service->Close();
  });
}

void ld_shop_free(ld_shop_t* shop) {
  (void)Guard(nullptr, [&]() -> Status {
    const std::unique_ptr<ld_shop> freed(shop);
    if (shop == nullptr || !Shut(shop)) return OkStatus();
    return shop->service->Close();
  });
}

int ld_shop_poll_fd(const ld_shop_t* shop) { return shop ? shop->service->poll_fd() : -1; }

ld_status_t ld_shop_poll(ld_shop_t* shop, ld_completion_t* completions, size_t max, size_t* count,
                         ld_error_t* error) {
  return Guard(error, [&]() -> Status {
    if (count == nullptr) return IsNull("count");
    *count = 0;
    if (shop == nullptr) return IsNull("shop");
    if (max == 0) return OkStatus();
    if (Status bad = CheckStruct("completions", completions); !bad.ok()) return bad;
    // A closed shop hands out what was submitted before.
    const std::vector<Completion> taken = shop->service->Poll(max);
    for (const Completion& completion : taken) Fill(completion, &completions[(*count)++]);
    return OkStatus();
  });
}

ld_status_t ld_shop_stats(const ld_shop_t* shop, ld_stats_t* stats, ld_error_t* error) {
  return Guard(error, [&]() -> Status {
    if (shop == nullptr) return IsNull("shop");
    if (Status bad = CheckStruct("stats", stats); !bad.ok()) return bad;
    Fill(shop->service->stats(), stats);
    return OkStatus();
  });
}
