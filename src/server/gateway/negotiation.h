// Negotiation: what a client takes (Accept, Accept-Encoding), what it has already (If-None-Match),
// what it believes to change (If-Match).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace livedrops::server {

// Whether an Accept field allows `type`, such as "application/json". An empty field allows all.
bool Accepts(std::string_view accept, std::string_view type);
// Whether an Accept-Encoding field names gzip with a weight above 0.
bool AcceptsGzip(std::string_view accept_encoding);
// Nothing when the library has no memory.
std::optional<std::string> Gzip(std::string_view text);

// Whether a list of entity tags has `tag` or is "*". Weak tags count as strong ones: RFC 9110 wants
// weak comparison for If-None-Match. A tag that was sent with a gzipped body counts as well.
bool HasTag(std::string_view list, std::string_view tag);

// The version that If-Match names: "12-live" is 12. `any` for "*", and when one of several tags has
// `present`, that one.
struct WantedVersion {
  bool any = false;
  std::optional<std::uint64_t> version;  // Nothing: no tag of ours.
};
WantedVersion ParseIfMatch(std::string_view list, std::uint64_t present);

// The media type of a Content-Type field, without parameters, in lower case.
std::string MediaType(std::string_view content_type);

}  // namespace livedrops::server
