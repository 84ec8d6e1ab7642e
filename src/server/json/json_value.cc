#include "server/json/json_value.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace livedrops::server {
namespace {

using Kind = JsonValue::Kind;
using Sax = nlohmann::json_sax<nlohmann::json>;

constexpr std::size_t kErrorsMax = 16;  // Enough to fix a form; an attacker gets no long answer.
constexpr int kNumberOverflow = 406;    // nlohmann: out_of_range.406, such as 1e400.

// Builds the document while nlohmann's parser reads it. The parser itself does not recurse.
class Builder : public Sax {
 public:
  Builder(const JsonLimits& limits, JsonValue* root, JsonError* error)
      : limits_(limits), root_(root), error_(error) {}

  bool null() override { return Put(Kind::null) != nullptr; }
  bool boolean(bool value) override {
    Put(Kind::boolean)->boolean = value;
    return true;
  }
  bool number_integer(number_integer_t value) override {
    Put(Kind::integer)->integer = value;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > INT64_MAX) {
      Put(Kind::number)->text = std::to_string(value);
    } else {
      Put(Kind::integer)->integer = static_cast<std::int64_t>(value);
    }
    return true;
  }
  bool number_float(number_float_t, const string_t& text) override {
    Put(Kind::number)->text = text;
    return true;
  }
  bool string(string_t& value) override {
    if (value.size() > limits_.string_bytes_max) {
      Fail(Pointer(), "is longer than " + std::to_string(limits_.string_bytes_max) + " bytes");
    }
    Put(Kind::string)->text = std::move(value);
    return true;
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return Open(Kind::object); }
  bool start_array(std::size_t) override { return Open(Kind::array); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }

  bool key(string_t& name) override {
    JsonValue& object = *open_.back();
    const bool repeated = std::ranges::find(object.names, name) != object.names.end();
    object.names.push_back(name.substr(0, limits_.string_bytes_max));
    if (repeated) Fail(Pointer(), "is given more than once");
    if (name.size() > limits_.string_bytes_max) Fail(Pointer(), "has too long a name");
    if (object.names.size() <= limits_.members_max) return true;
    object.names.pop_back();
    Fail(PathOfOpen(), "has more than " + std::to_string(limits_.members_max) + " members");
    return false;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    if (error.id == kNumberOverflow) {
      Fail(Pointer(), "is a number out of range");
    } else {
      error_->malformed = "not JSON at byte " + std::to_string(position);
    }
    return false;
  }

 private:
  JsonValue* Put(Kind kind) {
    JsonValue* value = root_;
    if (!open_.empty()) value = &open_.back()->items.emplace_back();
    value->kind = kind;
    return value;
  }
  bool Open(Kind kind) {
    if (open_.size() >= static_cast<std::size_t>(limits_.depth_max)) {
      Fail(Pointer(), "is nested deeper than " + std::to_string(limits_.depth_max) + " levels");
      return false;
    }
    open_.push_back(Put(kind));
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  void Fail(std::string pointer, std::string reason) {
    if (error_->fields.size() < kErrorsMax) {
      error_->fields.push_back({std::move(pointer), std::move(reason)});
    }
  }

  // Of the container that is open; of the value that comes next.
  std::string PathOfOpen() const {
    std::string path;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i) {
      const JsonValue& parent = *open_[i];
      AppendPointer(
          parent.is_object() ? parent.names.back() : std::to_string(parent.items.size() - 1),
          &path);
    }
    return path;
  }
  std::string Pointer() const {
    std::string path = PathOfOpen();
    if (open_.empty()) return path;
    const JsonValue& parent = *open_.back();
    AppendPointer(parent.is_object() ? parent.names.back() : std::to_string(parent.items.size()),
                  &path);
    return path;
  }

  const JsonLimits& limits_;
  JsonValue* root_;
  JsonError* error_;
  // From the root to the innermost; none moves while it is open, because only the last one grows.
  std::vector<JsonValue*> open_;
};

}  // namespace

const JsonValue* JsonValue::Find(std::string_view name) const {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? nullptr : &items[static_cast<std::size_t>(found - names.begin())];
}

JsonError ParseJson(std::string_view text, const JsonLimits& limits, JsonValue* out) {
  JsonError error;
  if (text.empty()) {
    error.malformed = "the body is empty";
  } else if (text.starts_with("\xef\xbb\xbf")) {
    error.malformed = "not JSON at byte 1: a byte order mark";  // The parser would skip it.
  } else if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    // The parser would take it for the end, whatever follows.
    error.malformed = "not JSON at byte " + std::to_string(nul + 1);
  } else {
    Builder builder(limits, out, &error);
    nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  }
  return error;
}

void AppendPointer(std::string_view name, std::string* pointer) {
  *pointer += '/';
  for (const char c : name) {
    if (c == '~') {
      *pointer += "~0";
    } else if (c == '/') {
      *pointer += "~1";
    } else {
      *pointer += c;
    }
  }
}

std::string Shown(std::string_view text, std::size_t length_max) {
  std::string shown(text.substr(0, length_max));
  std::ranges::replace_if(shown, [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  if (text.size() > length_max) shown += "...";
  return shown;
}

}  // namespace livedrops::server
