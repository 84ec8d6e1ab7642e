// application/x-www-form-urlencoded text: the bodies of log rows. Printable, unambiguous, standard.
// https://url.spec.whatwg.org/#application/x-www-form-urlencoded, with %20 for the space.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace livedrops {

// Builds "name=value&name=value". Values are escaped, names must not need it.
class FormWriter {
 public:
  FormWriter() = default;
  // Goes on behind earlier fields.
  explicit FormWriter(std::string text) : text_(std::move(text)) {}
  FormWriter& Add(std::string_view name, std::string_view value);
  FormWriter& Add(std::string_view name, std::int64_t value);
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

// Reads one. Looks a name up by scanning: bodies have a dozen fields.
class FormReader {
 public:
  explicit FormReader(std::string_view text) : text_(text) {}
  std::optional<std::string> Text(std::string_view name) const;
  std::optional<std::int64_t> Number(std::string_view name) const;
  std::int64_t NumberOr(std::string_view name, std::int64_t otherwise) const {
    return Number(name).value_or(otherwise);
  }

 private:
  std::optional<std::string_view> Raw(std::string_view name) const;
  std::string_view text_;
};

}  // namespace livedrops
