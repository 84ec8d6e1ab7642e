#include "server/json/fields.h"

#include <algorithm>

#include "server/json/json_value.h"

namespace livedrops::server {

Result<FieldFilter> FieldFilter::Parse(std::string_view text,
                                       std::span<const std::string_view> known) {
  FieldFilter filter;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    const std::string_view name = text.substr(0, comma);
    if (std::ranges::find(known, name) == known.end()) {
      return Status(StatusCode::kInvalidArgument, "unknown field \"" + Shown(name) + "\"");
    }
    filter.names_.emplace_back(name);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  std::ranges::sort(filter.names_);
  const auto repeated = std::ranges::unique(filter.names_);
  filter.names_.erase(repeated.begin(), repeated.end());
  return filter;
}

FieldFilter FieldFilter::Of(std::span<const std::string_view> names) {
  FieldFilter filter;
  filter.names_.assign(names.begin(), names.end());
  std::ranges::sort(filter.names_);
  return filter;
}

bool FieldFilter::Has(std::string_view name) const {
  return names_.empty() || std::ranges::binary_search(names_, name, {}, [](const auto& known) {
           return std::string_view(known);
         });
}

std::string FieldFilter::ToString() const {
  std::string text;
  for (const std::string& name : names_) {
    if (!text.empty()) text += ',';
    text += name;
  }
  return text;
}

}  // namespace livedrops::server
