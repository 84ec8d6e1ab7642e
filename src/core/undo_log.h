// UndoLog: takes back, newest first, what a batch did to the state.
#pragma once

#include <functional>
#include <vector>

#include "core/drop_state.h"

namespace livedrops {

class UndoLog {
 public:
  // An order was appended to `drop`: the hot path, without a closure.
  void OrderAppended(DropState* drop) { steps_.push_back({drop, 0}); }

  void Add(std::function<void()> undo) {
    steps_.push_back({nullptr, closures_.size()});
    closures_.push_back(std::move(undo));
  }

  void Rollback() {
    while (!steps_.empty()) {
      const Step step = steps_.back();
      steps_.pop_back();
      if (step.drop == nullptr) {
        closures_[step.closure]();
        closures_.pop_back();
      } else {
        UndoOrder(step.drop);
      }
    }
  }

  void Clear() {
    steps_.clear();
    closures_.clear();
  }

 private:
  struct Step {
    DropState* drop;
    std::size_t closure;
  };

  // The drop's own numbers come back with the closure that saved them at its first change.
  static void UndoOrder(DropState* drop) {
    const OrderRecord& order = drop->orders.back();
    drop->users[order.user].units -= static_cast<std::uint32_t>(order.quantity);
    drop->RemoveLast();
  }

  std::vector<Step> steps_;
  std::vector<std::function<void()>> closures_;
};

}  // namespace livedrops
