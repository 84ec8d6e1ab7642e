#include "capi/call.h"

using namespace livedrops;        // NOLINT: the functions below stand outside of a namespace
using namespace livedrops::capi;  // NOLINT

ld_status_t ld_follows_set(ld_shop_t* shop, const ld_follow_creator_t* requests,
                           ld_reply_t* replies, size_t n, ld_error_t* error) {
  return Batch<FollowCreator>(shop, requests, replies, n, error,
                              [](Service& service, const auto& follows, auto& answers) {
                                service.follows().SetBatch(follows, answers);
                              });
}

ld_status_t ld_follows_is_following(ld_shop_t* shop, const char* creator, const char* user,
                                    int32_t* following, ld_error_t* error) {
  return Guard(error, [&]() -> Status {
    if (following == nullptr) return IsNull("following");
    const Visit visit(shop);
    if (!visit.status().ok()) return visit.status();
    const auto found =
        visit.service().follows().IsFollowing(IdOf<CreatorId>(creator), IdOf<UserId>(user));
    if (found.ok()) *following = *found ? 1 : 0;
    return found.status();
  });
}

ld_status_t ld_follows_followers(ld_shop_t* shop, const char* creator,
                                 const ld_page_request_t* request, ld_page_t** page,
                                 ld_error_t* error) {
  return ReadPage<PageRequest, ld_page_request_t>(
      shop, "request", request, LD_PAGE_REQUEST_INIT, page, error,
      [&](Service& service, const PageRequest& wanted) {
        return service.follows().Followers(IdOf<CreatorId>(creator), wanted);
      });
}

ld_status_t ld_follows_following(ld_shop_t* shop, const char* user,
                                 const ld_page_request_t* request, ld_page_t** page,
                                 ld_error_t* error) {
  return ReadPage<PageRequest, ld_page_request_t>(
      shop, "request", request, LD_PAGE_REQUEST_INIT, page, error,
      [&](Service& service, const PageRequest& wanted) {
        return service.follows().Following(IdOf<UserId>(user), wanted);
      });
}
