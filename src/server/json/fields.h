// The fields= parameter: which members of an object a client wants.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/status.h"

namespace livedrops::server {

// Every member passes a filter that was not given.
class FieldFilter {
 public:
  FieldFilter() = default;

  // "prodId,name". Errors: invalid_argument, naming what is empty or not among `known`.
  static Result<FieldFilter> Parse(std::string_view text, std::span<const std::string_view> known);
  // Exactly these members.
  static FieldFilter Of(std::span<const std::string_view> names);

  bool Has(std::string_view name) const;
  bool all() const { return names_.empty(); }
  // Same for the same set of members, in whatever order they were given: part of a cache's key.
  std::string ToString() const;

 private:
  std::vector<std::string> names_;  // Sorted.
};

}  // namespace livedrops::server
