// Validate: refuses what no request may hold, before it is queued. Names the offending value.
#pragma once

#include "livedrops/spi/order_port.h"

namespace livedrops {

// Threading: any thread. Errors: invalid_argument.
Status Validate(const PlaceOrder& order);
Status Validate(const Request& request);
Status ValidatePage(const PageRequest& page);
Status ValidateId(std::string_view name, std::string_view id);
Status InvalidId(std::string_view name, std::string_view text);
// An id that was too long keeps a prefix only: the type knows, its text does not.
template <class Tag>
Status ValidateId(std::string_view name, const Id<Tag>& id) {
  return id.valid() ? OkStatus() : InvalidId(name, id.view());
}

// An email as it is compared: ASCII letters in lower case.
std::string FoldEmail(std::string email);

}  // namespace livedrops
