// A port that writes down what a session does, and answers its loads when the test says so.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "server/realtime/session.h"

namespace livedrops::server {

inline constexpr Time kPortNow = TimeFromMs(1'795'438'605'000);

class FakePort final : public SessionPort {
 public:
  void Send(const std::string& text) override { sent.push_back(text); }
  void Send(const Publication& publication) override {
    const PublicationText text = publication.Text();
    sent.push_back(PublicationPush(publication.channel(), {"{}", text.offset}));
  }
  void SendPing() override { sent.emplace_back("{}"); }
  void Close(const Disconnect& reason) override { closed.push_back(reason.code); }

  // "user:NAME" is a token of an hour, "old:NAME" one that expired.
  TokenCheck Verify(std::string_view token) override {
    if (token.starts_with("old:")) return {std::nullopt, true};
    if (!token.starts_with("user:")) return {};
    Principal principal;
    principal.subject = UserId(token.substr(5));
    principal.expires_at = now + std::chrono::hours(1);
    return {principal, false};
  }
  bool Admit(const Principal&) override { return admits; }
  bool Revoked(const Principal&) override { return revoked; }
  void Load(LoadRequest request, std::function<void(Loaded)> done) override {
    loads.push_back({std::move(request), std::move(done)});
  }
  Time Now() override { return now; }

  // Answers the oldest load: whom the user follows, and for each channel the same.
  void Answer(const std::vector<std::string>& following = {}, const Subscribed& subscribed = {},
              const Status& status = OkStatus()) {
    ASSERT_FALSE(loads.empty());
    const auto load = std::move(loads.front());
    loads.pop_front();
    Loaded loaded;
    for (const std::string& creator : following) loaded.following.emplace_back(creator);
    loaded.channels.assign(load.request.channels.size(), {status, subscribed});
    load.done(std::move(loaded));
  }

  std::vector<std::string> Taken() { return std::exchange(sent, {}); }

  struct Waiting {
    LoadRequest request;
    std::function<void(Loaded)> done;
  };
  std::vector<std::string> sent;
  std::vector<int> closed;
  std::deque<Waiting> loads;
  bool admits = true;
  bool revoked = false;
  Time now = kPortNow;
};

// An event of the drop "d" by default, as the log has it.
inline std::shared_ptr<const Event> EventAt(std::uint64_t seq, EventType type,
                                            const std::string& drop = "d") {
  Event event;
  event.seq = seq;
  event.type = type;
  event.drop = DropId(drop);
  return std::make_shared<const Event>(std::move(event));
}

inline PublicationPtr PublicationAt(std::uint64_t seq, const std::string& channel = "drop:d") {
  return std::make_shared<const Publication>(channel, EventAt(seq, EventType::dropPaused));
}

}  // namespace livedrops::server
