// The small types that every other header uses: ids, keys, money, time, pages.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livedrops {

// A point in time: UTC, milliseconds since 1970. The window of a drop may reach to the year 9999.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Duration = std::chrono::milliseconds;

constexpr Time TimeFromMs(std::int64_t ms) { return Time(Duration(ms)); }
constexpr std::int64_t ToMs(Time time) { return time.time_since_epoch().count(); }

// Text of at most `Capacity` bytes kept in place: a request can be copied without a heap. What does
// not satisfy `Rule` (length, characters) is remembered as invalid, with a prefix for the message.
template <std::size_t Capacity, class Rule>
class BoundedText {
 public:
  constexpr BoundedText() = default;
  explicit BoundedText(std::string_view text) {
    valid_ = text.size() <= Capacity && Rule::Allows(text);
    const std::size_t kept = text.size() < Capacity ? text.size() : Capacity;
    if (kept != 0) std::memcpy(bytes_, text.data(), kept);
    size_ = static_cast<std::uint8_t>(kept);
  }
  // Copies only the bytes in use: most ids are far shorter than the capacity.
  BoundedText(const BoundedText& other) { *this = other; }
  BoundedText& operator=(const BoundedText& other) {
    if (this == &other) return *this;
    size_ = other.size_;
    valid_ = other.valid_;
    std::memcpy(bytes_, other.bytes_, size_);
    return *this;
  }

  // True for "not given". An empty text is never valid where one is demanded.
  bool empty() const { return size_ == 0; }
  // True when the text follows its rule and is not empty.
  bool valid() const { return valid_ && size_ != 0; }
  std::string_view view() const { return {bytes_, size_}; }
  std::string str() const { return std::string(view()); }

 private:
  char bytes_[Capacity];
  std::uint8_t size_ = 0;
  bool valid_ = true;
};

// Ids: 1-64 bytes of [A-Za-z0-9._:-], not "." or "..", compared byte by byte.
struct IdRule {
  static bool Allows(std::string_view text);
};
// Idempotency keys: 1-255 bytes of visible ASCII (0x21-0x7e).
struct KeyRule {
  static bool Allows(std::string_view text);
};

// Ids of different things do not mix: passing a DropId for a UserId does not compile, nor does
// comparing them.
template <class Tag>
class Id : public BoundedText<64, IdRule> {
 public:
  using BoundedText<64, IdRule>::BoundedText;
  friend bool operator==(const Id& a, const Id& b) { return a.view() == b.view(); }
  friend auto operator<=>(const Id& a, const Id& b) { return a.view() <=> b.view(); }
};
using UserId = Id<struct UserTag>;
using CreatorId = Id<struct CreatorTag>;
using ProductId = Id<struct ProductTag>;
using DropId = Id<struct DropTag>;

// What makes a retry safe: the same key with the same request is the same request.
class Key : public BoundedText<255, KeyRule> {
 public:
  using BoundedText<255, KeyRule>::BoundedText;
  friend bool operator==(const Key& a, const Key& b) { return a.view() == b.view(); }
  friend auto operator<=>(const Key& a, const Key& b) { return a.view() <=> b.view(); }
};

// An order's id: a UUIDv7 that livedrops makes. It is never used twice, not even after a crash.
class OrderId {
 public:
  constexpr OrderId() = default;
  explicit OrderId(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}
  // From the 36 character form; nothing when the text is no UUID.
  static std::optional<OrderId> Parse(std::string_view text);

  bool empty() const { return bytes_ == std::array<std::uint8_t, 16>{}; }
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  // "01890a5d-ac96-774b-bcce-b302099a8057"
  std::string str() const;

  friend auto operator<=>(const OrderId&, const OrderId&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

// An ISO 4217 code. Default: USD.
class Currency {
 public:
  constexpr Currency() = default;
  // Nothing when `text` is no ISO 4217 code.
  static std::optional<Currency> Parse(std::string_view text);
  std::string_view view() const { return {code_, 3}; }
  friend auto operator<=>(const Currency&, const Currency&) = default;

 private:
  char code_[4] = "USD";
};

// Money in minor units (cents), 0 to 2^53-1: exact in every language and in JSON.
struct Money {
  std::int64_t minor_units = 0;
  Currency currency;
  friend auto operator<=>(const Money&, const Money&) = default;
};
constexpr std::int64_t kMoneyMax = (std::int64_t{1} << 53) - 1;

// Stock and quantities are 1 to 2^31-1 units.
constexpr std::int64_t kQuantityMax = 2147483647;

// SHA-256 of a log row, chained: the row's hash covers the hash of the row before it.
using Hash = std::array<std::uint8_t, 32>;

// How far a log reaches. Two databases with the same head hold the same history.
struct Head {
  std::uint64_t seq = 0;
  Hash hash{};
  friend bool operator==(const Head&, const Head&) = default;
};

// One page of a list. An empty `next_cursor` means that there is no further page. Cursors are
// opaque, bound to their list and filter, and stay valid across restarts.
template <class T>
struct Page {
  std::vector<T> data;
  std::string next_cursor;
};

// Which page: `limit` 1 to 100.
struct PageRequest {
  std::string cursor;
  int limit = 20;
};

}  // namespace livedrops
