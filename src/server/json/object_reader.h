// ObjectReader: takes the members of a JSON body one by one and remembers everything that is wrong,
// so that a client learns of all mistakes at once.
//
//   ObjectReader body(text);
//   body.Required("dropId", &order.drop);
//   body.Optional("quantity", &order.quantity, 1, kQuantityMax);
//   if (auto problem = body.Finish()) return *problem;
#pragma once

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/types.h"
#include "server/json/json_value.h"
#include "server/problem.h"

namespace livedrops::server {

// How one member is read. Each returns why the value cannot be taken; empty when it was.
// Integers stand for 64 bits and never wrap; `1.0` and `1e3` are no integers.
std::string ReadInteger(const JsonValue& value, std::int64_t min, std::int64_t max,
                        std::int64_t* out);
// `min` and `max` count characters, not bytes. U+0000 is refused: not every storage can keep it.
std::string ReadValue(const JsonValue& value, std::string* out, std::size_t min, std::size_t max);
std::string ReadValue(const JsonValue& value, bool* out);
std::string ReadValue(const JsonValue& value, Time* out);
std::string ReadValue(const JsonValue& value, Currency* out);

// Ids and keys, by their own rule.
template <std::size_t Capacity, class Rule>
std::string ReadBounded(const JsonValue& value, BoundedText<Capacity, Rule>* out,
                        std::string_view rule) {
  if (!value.is_string()) return "must be a string";
  *out = BoundedText<Capacity, Rule>(value.text);
  return out->valid() ? "" : "must be " + std::string(rule) + ", not \"" + Shown(value.text) + "\"";
}
template <class Tag>
std::string ReadValue(const JsonValue& value, Id<Tag>* out) {
  return ReadBounded<64, IdRule>(value, out, "an id: 1 to 64 of A-Z a-z 0-9 . _ : -");
}
std::string ReadValue(const JsonValue& value, Key* out);

template <std::integral T>
  requires(!std::same_as<T, bool>)
std::string ReadValue(const JsonValue& value, T* out, std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  std::string reason = ReadInteger(value, min, max, &number);
  if (reason.empty()) *out = static_cast<T>(number);
  return reason;
}

// A word out of a fixed list; `choices` tells which. `parse` is one of the Parse functions.
template <class E>
std::string ReadValue(const JsonValue& value, E* out,
                      std::optional<E> (*parse)(std::string_view text), std::string_view choices) {
  const std::optional<E> parsed = value.is_string() ? parse(value.text) : std::nullopt;
  if (parsed) *out = *parsed;
  return parsed ? "" : "must be one of " + std::string(choices);
}

// A text with a rule of its own: `check` returns why it is refused.
std::string ReadValue(const JsonValue& value, std::string* out,
                      std::string (*check)(std::string_view text));

// Checks for the form above.
std::string CheckEmail(std::string_view text);     // One @, no blanks, at most 254 bytes.
std::string CheckPassword(std::string_view text);  // 8 to 256 characters.
std::string CheckDate(std::string_view text);      // "1990-12-31"

// Threading: one thread at a time.
class ObjectReader {
 public:
  explicit ObjectReader(std::string_view body, const JsonLimits& limits = {});

  // Reads a member that must be there. `rule`: what ReadValue wants besides.
  template <class T, class... Rule>
  ObjectReader& Required(std::string_view name, T* out, const Rule&... rule) {
    const JsonValue* value = Take(name);
    if (value != nullptr) {
      Note(name, ReadValue(*value, out, rule...));
    } else {
      Missing(name);
    }
    return *this;
  }
  // Reads a member that may be absent; then `out` stays as it is. JSON's null is not absent.
  template <class T, class... Rule>
  ObjectReader& Optional(std::string_view name, T* out, const Rule&... rule) {
    if (const JsonValue* value = Take(name)) Note(name, ReadValue(*value, out, rule...));
    return *this;
  }
  template <class T, class... Rule>
  ObjectReader& Optional(std::string_view name, std::optional<T>* out, const Rule&... rule) {
    if (const JsonValue* value = Take(name)) {
      Note(name, ReadValue(*value, &out->emplace(), rule...));
    }
    return *this;
  }

  // A check of the caller's own found something: "endTime", "must be later than startTime".
  void Refuse(std::string_view name, std::string reason) { Note(name, std::move(reason)); }

  // Members that nobody took are refused too. Nothing when the body is as it must be.
  std::optional<Problem> Finish();

 private:
  const JsonValue* Take(std::string_view name);
  void Missing(std::string_view name);
  void Note(std::string_view name, std::string reason);

  JsonValue root_;
  JsonError error_;
  std::vector<bool> taken_;
  bool readable_ = false;
};

}  // namespace livedrops::server
