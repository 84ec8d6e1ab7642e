// IP addresses, networks of them, and which one a request really comes from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "livedrops/status.h"

namespace livedrops::server {

// An IPv4 or IPv6 address. An IPv4 address inside of IPv6 (::ffff:192.0.2.1) is that IPv4 address,
// so that nobody has two.
class IpAddress {
 public:
  IpAddress() = default;
  // Without port and without zone: "192.0.2.1", "2001:db8::1". Nothing for any other text.
  static std::optional<IpAddress> Parse(std::string_view text);

  bool is_v4() const { return v4_; }
  // 4 or 16 bytes.
  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), v4_ ? 4U : 16U}; }
  // What rate limits count by: all of IPv4, the first 64 bits of IPv6, because a single customer
  // gets at least that many addresses.
  std::string_view limit_key() const {
    return {reinterpret_cast<const char*>(bytes_.data()), v4_ ? 4U : 8U};
  }
  std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> bytes_{};
  bool v4_ = true;
};

// A network in CIDR notation: "10.0.0.0/8", "2001:db8::/32"; a bare address is a network of one.
class Network {
 public:
  // Errors: invalid_argument with the text: also for bits set behind the prefix, which are a slip.
  static Result<Network> Parse(std::string_view text);
  bool Contains(const IpAddress& address) const;

 private:
  IpAddress base_;
  int prefix_bits_ = 32;
};

// Errors: invalid_argument, naming the first that is no network.
Result<std::vector<Network>> ParseNetworks(std::span<const std::string> texts);
bool Contains(std::span<const Network> networks, const IpAddress& address);

// Where a request comes from. A peer that is no trusted proxy is believed nothing but its own
// address. Behind trusted ones, X-Forwarded-For is read from the right: the first address that is
// no trusted proxy is the client's, whatever stands to its left. `forwarded_for`: the values of all
// such fields, in order. At an element that is no address reading stops with what was found.
IpAddress ClientAddress(const IpAddress& peer, std::span<const std::string_view> forwarded_for,
                        std::span<const Network> trusted_proxies);

}  // namespace livedrops::server
