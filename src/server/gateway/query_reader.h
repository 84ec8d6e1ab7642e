// QueryReader: takes the parameters of a query one by one and remembers everything that is wrong.
// Parameters that nobody takes are ignored.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "livedrops/server/http.h"
#include "livedrops/types.h"
#include "server/json/fields.h"
#include "server/problem.h"

namespace livedrops::server {

// Threading: one thread at a time; the request must outlive it.
class QueryReader {
 public:
  explicit QueryReader(const Request& request) : request_(request) {}

  // What is absent leaves `out` as it is.
  QueryReader& Integer(std::string_view name, int min, int max, int* out);
  QueryReader& Text(std::string_view name, std::string* out);
  QueryReader& Moment(std::string_view name, std::optional<Time>* out);
  QueryReader& Fields(std::span<const std::string_view> known, FieldFilter* out);
  // The same, and view=essential: those members, unless fields= says which.
  QueryReader& Fields(std::span<const std::string_view> known,
                      std::span<const std::string_view> essential, FieldFilter* out);
  template <class Tag>
  QueryReader& Identifier(std::string_view name, Id<Tag>* out) {
    const auto value = request_.Query(name);
    if (!value) return *this;
    *out = Id<Tag>(*value);
    return out->valid() ? *this : Refuse(name, "must be an id");
  }
  template <class E>
  QueryReader& Word(std::string_view name, std::optional<E> (*parse)(std::string_view text),
                    std::optional<E>* out) {
    const auto value = request_.Query(name);
    if (!value) return *this;
    *out = parse(*value);
    return *out ? *this : Refuse(name, "is no word that is known here");
  }
  // cursor= and limit=.
  QueryReader& Page(PageRequest* out);

  // "limit", "must be from 1 to 100": the value that was given is added.
  QueryReader& Refuse(std::string_view name, std::string_view reason);

  // Nothing when every parameter is as it must be.
  std::optional<Problem> Finish();

 private:
  const Request& request_;
  std::vector<FieldError> errors_;
};

}  // namespace livedrops::server
