// Follows: who follows which creator, in both directions, with exact totals.
#pragma once

#include <span>

#include "livedrops/reply.h"

namespace livedrops {

class RequestPort;
class ReadPort;

// Idempotent: following again is `done` with Reply::repeated and the first `since`.
struct FollowCreator {
  CreatorId creator;
  UserId user;
  bool follow = true;  // false: unfollow.
  UserId actor;        // Empty: the user.
};

struct FollowEntry {
  CreatorId creator;
  UserId user;
  Time since;
};

struct FollowPage {
  std::vector<FollowEntry> data;
  std::string next_cursor;
  std::int64_t total = 0;  // Exact.
};

// Threading, Errors: as Orders (orders.h).
class Follows {
 public:
  Follows(RequestPort* requests, ReadPort* reads) : requests_(requests), reads_(reads) {}

  Reply Set(const FollowCreator& follow);
  // Many at once, sharing commits. `replies` must be as long as `follows`.
  void SetBatch(std::span<const FollowCreator> follows, std::span<Reply> replies);

  Result<bool> IsFollowing(const CreatorId& creator, const UserId& user);
  // Newest first, ties by id. Every page costs the same, however deep.
  Result<FollowPage> Followers(const CreatorId& creator, const PageRequest& page = {});
  Result<FollowPage> Following(const UserId& user, const PageRequest& page = {});

 private:
  RequestPort* requests_;
  ReadPort* reads_;
};

}  // namespace livedrops
