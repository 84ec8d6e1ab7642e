#include "server/json/object_reader.h"

#include <algorithm>

#include "base/time_text.h"
#include "base/utf8.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kEmailBytesMax = 254;  // RFC 5321, a path without its brackets.
constexpr std::size_t kPasswordMin = 8;
constexpr std::size_t kPasswordMax = 256;
constexpr std::size_t kErrorsMax = 16;

std::string Between(std::string_view what, std::int64_t min, std::int64_t max) {
  return "must be " + std::string(what) + " from " + std::to_string(min) + " to " +
         std::to_string(max);
}

// The value as the client wrote it, for the message.
std::string Written(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      return "null";
    case JsonValue::Kind::boolean:
      return value.boolean ? "true" : "false";
    case JsonValue::Kind::integer:
      return std::to_string(value.integer);
    case JsonValue::Kind::number:
      return Shown(value.text);
    case JsonValue::Kind::string:
      return '"' + Shown(value.text) + '"';
    case JsonValue::Kind::array:
      return "an array";
    case JsonValue::Kind::object:
      return "an object";
  }
  return "";
}

}  // namespace

std::string ReadInteger(const JsonValue& value, std::int64_t min, std::int64_t max,
                        std::int64_t* out) {
  if (value.kind != JsonValue::Kind::integer || value.integer < min || value.integer > max) {
    return Between("an integer", min, max) + ", not " + Written(value);
  }
  *out = value.integer;
  return "";
}

std::string ReadValue(const JsonValue& value, std::string* out, std::size_t min, std::size_t max) {
  if (!value.is_string()) return "must be a string, not " + Written(value);
  const std::size_t characters = Characters(value.text);
  if (characters < min || characters > max) {
    return "must have " + std::to_string(min) + " to " + std::to_string(max) + " characters, not " +
           std::to_string(characters);
  }
  if (value.text.find('\0') != std::string::npos) return "must not contain U+0000";
  *out = value.text;
  return "";
}

std::string ReadValue(const JsonValue& value, bool* out) {
  if (value.kind != JsonValue::Kind::boolean) return "must be true or false, not " + Written(value);
  *out = value.boolean;
  return "";
}

std::string ReadValue(const JsonValue& value, Time* out) {
  const auto time = value.is_string() ? ParseTime(value.text) : std::nullopt;
  if (!time) return "must be a time such as 2026-11-23T12:56:45.123Z, not " + Written(value);
  *out = *time;
  return "";
}

std::string ReadValue(const JsonValue& value, Currency* out) {
  const auto currency = value.is_string() ? Currency::Parse(value.text) : std::nullopt;
  if (!currency) return "must be an ISO 4217 code such as USD, not " + Written(value);
  *out = *currency;
  return "";
}

std::string ReadValue(const JsonValue& value, Key* out) {
  return ReadBounded<255, KeyRule>(value, out, "1 to 255 visible ASCII characters");
}

std::string ReadValue(const JsonValue& value, std::string* out,
                      std::string (*check)(std::string_view text)) {
  if (!value.is_string()) return "must be a string, not " + Written(value);
  std::string reason = check(value.text);
  if (reason.empty()) *out = value.text;
  return reason;
}

std::string CheckEmail(std::string_view text) {
  const std::size_t at = text.find('@');
  const bool one_at = at != std::string_view::npos && at != 0 && at + 1 != text.size() &&
                      text.find('@', at + 1) == std::string_view::npos;
  const bool plain = std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; });
  if (one_at && plain && text.size() <= kEmailBytesMax) return "";
  return "must be an email address of at most 254 bytes, not \"" + Shown(text) + "\"";
}

std::string CheckPassword(std::string_view text) {
  const std::size_t characters = Characters(text);
  if (characters >= kPasswordMin && characters <= kPasswordMax) return "";
  // The value stays out of the message: messages are logged.
  return "must have 8 to 256 characters, not " + std::to_string(characters);
}

std::string CheckDate(std::string_view text) {
  if (IsDate(text)) return "";
  return "must be a date such as 1990-12-31, not \"" + Shown(text) + "\"";
}

ObjectReader::ObjectReader(std::string_view body, const JsonLimits& limits)
    : error_(ParseJson(body, limits, &root_)) {
  if (error_.ok() && !root_.is_object()) {
    error_.fields.push_back({"", "must be an object, not " + Written(root_)});
  }
  readable_ = error_.ok();
  taken_.resize(root_.names.size());
}

const JsonValue* ObjectReader::Take(std::string_view name) {
  const JsonValue* value = readable_ ? root_.Find(name) : nullptr;
  if (value != nullptr) taken_[static_cast<std::size_t>(value - root_.items.data())] = true;
  return value;
}

void ObjectReader::Missing(std::string_view name) {
  if (readable_) Note(name, "is missing");
}

void ObjectReader::Note(std::string_view name, std::string reason) {
  if (reason.empty() || error_.fields.size() >= kErrorsMax) return;
  std::string pointer;
  AppendPointer(name, &pointer);
  error_.fields.push_back({std::move(pointer), std::move(reason)});
}

std::optional<Problem> ObjectReader::Finish() {
  if (readable_) {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (!taken_[i]) Note(root_.names[i], "is not known here");
    }
  }
  if (error_.ok()) return std::nullopt;
  Problem problem;
  if (!error_.malformed.empty()) {
    problem.code = ProblemCode::malformed_json;
    problem.detail = std::move(error_.malformed);
    return problem;
  }
  problem.code = ProblemCode::invalid_field;
  problem.errors = std::move(error_.fields);
  return problem;
}

}  // namespace livedrops::server
