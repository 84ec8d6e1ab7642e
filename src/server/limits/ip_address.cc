#include "server/limits/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "server/json/json_value.h"

namespace livedrops::server {
namespace {

constexpr std::size_t kTextBytesMax = INET6_ADDRSTRLEN;
constexpr std::array<std::uint8_t, 12> kV4InV6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Of "192.0.2.1:80" and "[2001:db8::1]:80" the address: proxies may add the port.
std::string_view WithoutPort(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    return end == std::string_view::npos ? std::string_view() : text.substr(1, end - 1);
  }
  const std::size_t colon = text.find(':');
  const bool v6 = colon != std::string_view::npos && text.find(':', colon + 1) != text.npos;
  return v6 ? text : text.substr(0, colon);
}

bool BitsAgree(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  const int rest = bits % 8;
  return rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

bool HasBitsBehind(std::span<const std::uint8_t> bytes, int prefix_bits) {
  for (int bit = prefix_bits; bit < static_cast<int>(bytes.size()) * 8; ++bit) {
    if ((bytes[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0) return true;
  }
  return false;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (text.empty() || text.size() >= kTextBytesMax) return std::nullopt;
  const std::string terminated(text);
  IpAddress address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) return address;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) != 1) return std::nullopt;
  address.v4_ = std::equal(kV4InV6.begin(), kV4InV6.end(), address.bytes_.begin());
  if (address.v4_) {
    std::copy_n(address.bytes_.begin() + kV4InV6.size(), 4, address.bytes_.begin());
    std::fill(address.bytes_.begin() + 4, address.bytes_.end(), std::uint8_t{0});
  }
  return address;
}

std::string IpAddress::ToString() const {
  char text[kTextBytesMax] = "";
  inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

Result<Network> Network::Parse(std::string_view text) {
  const Status invalid(StatusCode::kInvalidArgument,
                       "\"" + Shown(text, 60) + "\" is no network such as 10.0.0.0/8 or ::1/128");
  const std::size_t slash = text.find('/');
  const auto base = IpAddress::Parse(text.substr(0, slash));
  if (!base) return invalid;
  Network network;
  network.base_ = *base;
  const int bits_max = static_cast<int>(base->bytes().size()) * 8;
  network.prefix_bits_ = bits_max;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, network.prefix_bits_);
    if (error != std::errc() || stop != end || network.prefix_bits_ < 0) return invalid;
  }
  if (network.prefix_bits_ > bits_max) return invalid;
  if (HasBitsBehind(base->bytes(), network.prefix_bits_)) return invalid;
  return network;
}

bool Network::Contains(const IpAddress& address) const {
  return address.is_v4() == base_.is_v4() &&
         BitsAgree(address.bytes(), base_.bytes(), prefix_bits_);
}

Result<std::vector<Network>> ParseNetworks(std::span<const std::string> texts) {
  std::vector<Network> networks;
  for (const std::string& text : texts) {
    Result<Network> network = Network::Parse(text);
    if (!network.ok()) return network.status();
    networks.push_back(*network);
  }
  return networks;
}

bool Contains(std::span<const Network> networks, const IpAddress& address) {
  return std::ranges::any_of(networks,
                             [&](const Network& network) { return network.Contains(address); });
}

IpAddress ClientAddress(const IpAddress& peer, std::span<const std::string_view> forwarded_for,
                        std::span<const Network> trusted_proxies) {
  IpAddress client = peer;
  for (auto field = forwarded_for.rbegin(); field != forwarded_for.rend(); ++field) {
    std::string_view rest = *field;
    for (bool more = true; more;) {
      if (!Contains(trusted_proxies, client)) return client;
      const std::size_t comma = rest.rfind(',');
      more = comma != std::string_view::npos;
      const std::string_view element = more ? rest.substr(comma + 1) : rest;
      const auto address = IpAddress::Parse(WithoutPort(Trimmed(element)));
      if (!address) return client;
      client = *address;
      if (more) rest = rest.substr(0, comma);
    }
  }
  return client;
}

}  // namespace livedrops::server
