// Caching: validators and lifetimes of what anybody may read, CONTRACT §2 "Caching".
#pragma once

#include <string>
#include <string_view>

#include "livedrops/reply.h"
#include "server/gateway/context.h"

namespace livedrops::server {

// Collects what an answer depends on and gives an entity tag: answers that differ have other tags.
class TagBuilder {
 public:
  explicit TagBuilder(Time now) : now_(now) {}
  void Add(const Drop& drop);
  void Add(const Product& product);
  void Add(std::string_view text);
  // A hash of everything that was added, in quotes.
  std::string Take() const;
  // When the first of its drops starts or ends; Time::max() without one.
  Time changes_at() const { return changes_at_; }

 private:
  Time now_;
  Time changes_at_ = Time::max();
  std::string text_;
};

// "12-live"; with a filter or inclusions, what makes the form another one is hashed behind it.
std::string TagOf(const Drop& drop, std::string_view form = {});
std::string TagOf(const Product& product, std::string_view form = {});

// When the drop starts or ends next; Time::max() when it does neither again.
Time NextChangeOf(const Drop& drop, Time now);
// Of what shows drops: one second, and never past the moment when the first of them changes.
std::string_view CacheUntil(Time changes_at, Time now);
inline constexpr std::string_view kCacheProduct = "public, max-age=5, stale-while-revalidate=30";

// 200 with the body, or 304 when the client has it already. What is public carries nothing about
// the one who asked.
void AnswerPublic(Context& context, std::shared_ptr<const std::string> body, const std::string& tag,
                  std::string_view cache_control);
void AnswerPublic(Context& context, std::string body, const std::string& tag,
                  std::string_view cache_control);

// 201 or 200 with the tag.
void AnswerThing(Context& context, int status, std::string body, const std::string& tag,
                 bool replayed = false);

// The version that If-Match demands of what has `present`; nothing without that field. 412 when it
// names none that could be: then `problem` is set.
std::optional<std::uint64_t> WantedVersionOf(const Context& context, std::uint64_t present,
                                             std::optional<Problem>* problem);

}  // namespace livedrops::server
