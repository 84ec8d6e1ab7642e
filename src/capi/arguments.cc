#include "capi/arguments.h"

#include "capi/guard.h"

namespace livedrops::capi {
namespace {

Status Invalid(std::string message) { return {StatusCode::kInvalidArgument, std::move(message)}; }

// Tell makes it printable.
std::string Quoted(std::string_view text) {
  return "\"" + std::string(text.substr(0, 80)) + (text.size() > 80 ? "...\"" : "\"");
}

}  // namespace

Status IsNull(const char* name) { return Invalid(std::string(name) + " is NULL"); }

Status WrongSize(const char* name, std::size_t size, std::size_t expected) {
  return Invalid(std::string(name) + ": struct_size " + std::to_string(size) + " is not " +
                 std::to_string(expected) + ": not initialised, or of another version");
}

Status CheckArrays(const void* requests, const void* replies, std::size_t n) {
  if (n > LD_BATCH_MAX) {
    return Invalid("n " + std::to_string(n) + " is not in 0.." + std::to_string(LD_BATCH_MAX));
  }
  if (n == 0) return OkStatus();
  if (requests == nullptr) return IsNull("requests");
  return replies == nullptr ? IsNull("replies") : OkStatus();
}

Status CheckElement(const char* name, std::size_t index, std::size_t size, std::size_t expected) {
  const std::string element = std::string(name) + "[" + std::to_string(index) + "]";
  return WrongSize(element.c_str(), size, expected);
}

Status ReadText(const char* name, const char* text, std::string* out) {
  if (text == nullptr) return IsNull(name);
  return ReadOptionalText(name, text, out);
}

Status ReadOptionalText(const char* name, const char* text, std::string* out) {
  out->assign(text == nullptr ? "" : text);
  if (IsUtf8(*out)) return OkStatus();
  return Invalid(std::string(name) + " is not UTF-8");  // Not repeated: a URL may hold a password.
}

Status ReadOrderId(const char* name, const char* text, OrderId* out) {
  if (text == nullptr) return IsNull(name);
  const std::string_view id(text, strnlen(text, LD_KEY_SIZE));
  const auto parsed = OrderId::Parse(id);
  if (!parsed) return Invalid(std::string(name) + " " + Quoted(id) + " is no order id");
  *out = *parsed;
  return OkStatus();
}

Status ReadCurrency(const char* name, const char* text, Currency* out) {
  if (text == nullptr) return IsNull(name);
  const std::string_view code(text, strnlen(text, LD_KEY_SIZE));
  const auto parsed = Currency::Parse(code);
  if (!parsed) return Invalid(std::string(name) + " " + Quoted(code) + " is no ISO 4217 code");
  *out = *parsed;
  return OkStatus();
}

Status CheckChoice(const char* name, std::int32_t value, std::int32_t least, std::int32_t most) {
  if (value >= least && value <= most) return OkStatus();
  return Invalid(std::string(name) + " " + std::to_string(value) + " is not in " +
                 std::to_string(least) + ".." + std::to_string(most));
}

}  // namespace livedrops::capi
