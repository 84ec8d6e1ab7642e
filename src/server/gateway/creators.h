// What anybody may know of a creator.
#pragma once

#include <string>
#include <string_view>

#include "livedrops/service.h"
#include "server/gateway/caches.h"
#include "server/json/fields.h"

namespace livedrops::server {

inline constexpr std::string_view kCreatorFields[] = {"creatorId", "name", "bio", "followers"};

// A creator registered here, or came with a host's own token and has products. Errors: unavailable.
Result<bool> IsCreator(Service& service, const CreatorId& id);

// From the storage. Errors: not_found, unavailable.
Result<CreatorCard> ReadCreatorCard(Service& service, const CreatorId& id);

// {creatorId,name,bio,followers}: never an email or a birthday.
std::string ToJson(const CreatorId& id, const CreatorCard& card, const FieldFilter& fields = {});

}  // namespace livedrops::server
