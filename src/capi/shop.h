// The shop handle, and how a call enters it.
#pragma once

#include <atomic>
#include <memory>

#include "livedrops/c.h"
#include "livedrops/service.h"

struct ld_shop {
  explicit ld_shop(std::unique_ptr<livedrops::Service> opened) : service(std::move(opened)) {}

  // Lives until the handle is freed, so that a closed one can still be asked.
  const std::unique_ptr<livedrops::Service> service;
  // Twice the calls that run, plus one when the shop is being closed. In one number, because the
  // last call to leave may touch nothing after it told the closer.
  std::atomic<int> state{0};
};

namespace livedrops::capi {

// A call that runs in a shop: closing waits for it.
class Visit {
 public:
  explicit Visit(ld_shop* shop);
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  // Not ok when there is no shop or it is closed: then there is no service to be used.
  const Status& status() const { return status_; }
  Service& service() const { return *shop_->service; }

 private:
  ld_shop* shop_ = nullptr;  // Null when this call did not enter.
  Status status_;
};

// Refuses later visits and waits for those that run. False when somebody did that before.
bool Shut(ld_shop* shop);

}  // namespace livedrops::capi
