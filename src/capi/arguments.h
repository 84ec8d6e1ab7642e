// Checks of what comes in through the C API: pointers, struct sizes, texts.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>

#include "livedrops/c.h"
#include "livedrops/status.h"
#include "livedrops/types.h"

namespace livedrops::capi {

// "`name` is NULL"
Status IsNull(const char* name);
Status WrongSize(const char* name, std::size_t size, std::size_t expected);

// Every struct is of the size that this version knows: the caller was compiled against it, and has
// initialised it.
template <class Struct>
Status CheckStruct(const char* name, const Struct* given) {
  if (given == nullptr) return IsNull(name);
  if (given->struct_size == sizeof(Struct)) return OkStatus();
  return WrongSize(name, given->struct_size, sizeof(Struct));
}

// A struct that may be left out.
template <class Struct>
Result<Struct> OrDefault(const char* name, const Struct* given, const Struct& otherwise) {
  if (given == nullptr) return otherwise;
  if (Status bad = CheckStruct(name, given); !bad.ok()) return bad;
  return *given;
}

// A batch: its arrays, and every request in it.
Status CheckArrays(const void* requests, const void* replies, std::size_t n);
Status CheckElement(const char* name, std::size_t index, std::size_t size, std::size_t expected);

template <class Request, class Reply>
Status CheckBatch(const Request* requests, const Reply* replies, std::size_t n) {
  if (Status bad = CheckArrays(requests, replies, n); !bad.ok() || n == 0) return bad;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t size = requests[i].struct_size;
    if (size != sizeof(Request)) return CheckElement("requests", i, size, sizeof(Request));
  }
  return CheckStruct("replies", replies);
}

// An id or key; whether it is a good one, the core says. NULL is none.
template <class Text>
Text IdOf(const char* text) {
  // Longer than any of them may be: reading on tells nothing more.
  constexpr std::size_t kEnough = 2 * LD_KEY_SIZE;
  return text == nullptr ? Text() : Text(std::string_view(text, strnlen(text, kEnough)));
}

// Demanded.
Status ReadText(const char* name, const char* text, std::string* out);
// Not given: an empty text.
Status ReadOptionalText(const char* name, const char* text, std::string* out);
Status ReadOrderId(const char* name, const char* text, OrderId* out);
Status ReadCurrency(const char* name, const char* text, Currency* out);
// An enum's number, `least` to `most`.
Status CheckChoice(const char* name, std::int32_t value, std::int32_t least, std::int32_t most);

}  // namespace livedrops::capi
