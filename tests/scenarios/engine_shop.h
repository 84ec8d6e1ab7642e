// The scenario language through the C++ engine: virtual time, ids that count, a storage in memory.
#pragma once

#include <functional>
#include <memory>

#include "livedrops/engine.h"
#include "livedrops/testing/sim_clock.h"
#include "tests/scenarios/scenario.h"

namespace livedrops::scenarios {

class EngineShop : public Shop {
 public:
  using OpenStorage = std::function<std::unique_ptr<Storage>()>;
  // `open` gives the same database each time: `restart` closes the engine and opens it again.
  explicit EngineShop(OpenStorage open);
  ~EngineShop() override;

  std::optional<Answer> Do(const Step& step) override;

 private:
  using Handler = Answer (EngineShop::*)(const Step& step);
  static const std::map<std::string, Handler>& Handlers();

  Answer Options(const Step& step);
  Answer At(const Step& step);
  Answer Restart(const Step& step);
  Answer MakeProduct(const Step& step);
  Answer ChangeProduct(const Step& step);
  Answer RemoveProduct(const Step& step);
  Answer MakeDrop(const Step& step);
  Answer ChangeFacts(const Step& step);
  Answer Act(const Step& step);
  Answer AddStock(const Step& step);
  Answer Place(const Step& step);
  Answer Confirm(const Step& step);
  Answer Extend(const Step& step);
  Answer Cancel(const Step& step);
  Answer SetFollow(const Step& step);
  Answer MakeAccount(const Step& step);
  Answer ExpectDrop(const Step& step);
  Answer ExpectOrder(const Step& step);
  Answer ExpectFollowers(const Step& step);
  Answer ListEvents(const Step& step);

  void Open();
  OrderId OrderOf(const std::string& name) const;
  Answer AnswerOf(const Reply& reply) const;

  OpenStorage open_storage_;
  SimClock clock_{TimeFromMs(kScenarioStartMs)};
  SequentialIds ids_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  std::map<std::string, OrderId> orders_;  // By "drop/user/key".
};

}  // namespace livedrops::scenarios
