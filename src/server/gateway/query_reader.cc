#include "server/gateway/query_reader.h"

#include <charconv>

#include "base/time_text.h"
#include "server/json/json_value.h"
#include "server/net/utf8.h"

namespace livedrops::server {

QueryReader& QueryReader::Integer(std::string_view name, int min, int max, int* out) {
  const auto value = request_.Query(name);
  if (!value) return *this;
  int number = 0;
  const char* const end = value->data() + value->size();
  const auto [stop, error] = std::from_chars(value->data(), end, number);
  if (error == std::errc() && stop == end && number >= min && number <= max) {
    *out = number;
    return *this;
  }
  return Refuse(name,
                "must be an integer from " + std::to_string(min) + " to " + std::to_string(max));
}

QueryReader& QueryReader::Text(std::string_view name, std::string* out) {
  const auto value = request_.Query(name);
  if (!value) return *this;
  // Not every storage takes other bytes.
  if (!IsUtf8(*value)) return Refuse(name, "must be UTF-8");
  *out = *value;
  return *this;
}

QueryReader& QueryReader::Moment(std::string_view name, std::optional<Time>* out) {
  const auto value = request_.Query(name);
  if (!value) return *this;
  *out = ParseTime(*value);
  return *out ? *this : Refuse(name, "must be a time such as 2026-11-23T12:56:45.123Z");
}

QueryReader& QueryReader::Fields(std::span<const std::string_view> known, FieldFilter* out) {
  const auto value = request_.Query("fields");
  if (!value) return *this;
  auto filter = FieldFilter::Parse(*value, known);
  if (!filter.ok()) return Refuse("fields", filter.status().message());
  *out = std::move(*filter);
  return *this;
}

QueryReader& QueryReader::Fields(std::span<const std::string_view> known,
                                 std::span<const std::string_view> essential, FieldFilter* out) {
  const auto view = request_.Query("view");
  if (view == "essential") {
    *out = FieldFilter::Of(essential);
  } else if (view && view != "full") {
    Refuse("view", "must be full or essential");
  }
  return Fields(known, out);
}

QueryReader& QueryReader::Page(PageRequest* out) {
  return Text("cursor", &out->cursor).Integer("limit", 1, 100, &out->limit);
}

QueryReader& QueryReader::Refuse(std::string_view name, std::string_view reason) {
  std::string text(reason);
  const auto value = request_.Query(name);
  if (value) text.append(", not \"").append(Shown(*value)).append("\"");
  errors_.push_back({"?" + std::string(name), std::move(text)});
  return *this;
}

std::optional<Problem> QueryReader::Finish() {
  if (errors_.empty()) return std::nullopt;
  Problem problem;
  problem.code = ProblemCode::invalid_field;
  problem.errors = std::move(errors_);
  return problem;
}

}  // namespace livedrops::server
