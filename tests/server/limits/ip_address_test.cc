#include "server/limits/ip_address.h"

#include <gtest/gtest.h>

namespace livedrops::server {
namespace {

IpAddress Ip(std::string_view text) {
  const auto address = IpAddress::Parse(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress());
}

std::vector<Network> Networks(const std::vector<std::string>& texts) {
  auto networks = ParseNetworks(texts);
  EXPECT_TRUE(networks.ok()) << networks.status().ToString();
  return *networks;
}

std::string Client(std::string_view peer, const std::vector<std::string_view>& fields) {
  const auto trusted = Networks({"10.0.0.0/8", "fd00::/8"});
  return ClientAddress(Ip(peer), fields, trusted).ToString();
}

TEST(IpAddress, IsReadStrictly) {
  EXPECT_EQ(Ip("192.0.2.1").ToString(), "192.0.2.1");
  EXPECT_EQ(Ip("2001:DB8:0::1").ToString(), "2001:db8::1");
  for (const char* bad : {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "0x7f.1", "::1%eth0",
                          "1.2.3.4 ", ":::", "1.2.3.4:80", "localhost"}) {
    EXPECT_FALSE(IpAddress::Parse(bad)) << bad;
  }
}

TEST(IpAddress, HasOneFormForIpv4) {
  EXPECT_EQ(Ip("::ffff:192.0.2.1"), Ip("192.0.2.1"));
  EXPECT_NE(Ip("::192.0.2.1"), Ip("192.0.2.1"));
  EXPECT_EQ(Ip("::ffff:192.0.2.1").limit_key(), Ip("192.0.2.1").limit_key());
}

TEST(IpAddress, IsLimitedByItsFirst64Bits) {
  EXPECT_EQ(Ip("2001:db8:0:1::1").limit_key(), Ip("2001:db8:0:1:ffff::9").limit_key());
  EXPECT_NE(Ip("2001:db8:0:1::1").limit_key(), Ip("2001:db8:0:2::1").limit_key());
  EXPECT_NE(Ip("192.0.2.1").limit_key(), Ip("192.0.2.2").limit_key());
}

TEST(Network, ContainsItsAddresses) {
  const auto networks =
      Networks({"10.0.0.0/8", "192.0.2.128/25", "2001:db8::/33", "::1", "0.0.0.7"});
  for (const char* inside :
       {"10.255.0.1", "192.0.2.200", "2001:db8:7fff::1", "::1", "0.0.0.7", "::ffff:10.1.1.1"}) {
    EXPECT_TRUE(Contains(networks, Ip(inside))) << inside;
  }
  for (const char* outside : {"11.0.0.1", "192.0.2.127", "2001:db8:8000::1", "::2", "a00::1"}) {
    EXPECT_FALSE(Contains(networks, Ip(outside))) << outside;
  }
  EXPECT_TRUE(Contains(Networks({"0.0.0.0/0"}), Ip("8.8.8.8")));
  EXPECT_FALSE(Contains(Networks({"0.0.0.0/0"}), Ip("::1")));
}

TEST(Network, RefusesWhatIsNone) {
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x",
                          "10.0.0.1/8", "::/129", "2001:db8::1/32", "example.com"}) {
    EXPECT_FALSE(Network::Parse(bad).ok()) << bad;
  }
  EXPECT_EQ(Network::Parse("10.0.0.1/8").status().message(),
            "\"10.0.0.1/8\" is no network such as 10.0.0.0/8 or ::1/128");
}

TEST(ClientAddress, OfAStrangerIsHisOwn) {
  EXPECT_EQ(Client("203.0.113.5", {"1.1.1.1"}), "203.0.113.5");
  EXPECT_EQ(Client("203.0.113.5", {}), "203.0.113.5");
}

TEST(ClientAddress, BehindProxiesIsReadFromTheRight) {
  EXPECT_EQ(Client("10.0.0.1", {"198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(Client("10.0.0.1", {"1.1.1.1, 198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(Client("10.0.0.1", {"1.1.1.1,198.51.100.7 ,10.9.9.9"}), "198.51.100.7");
  EXPECT_EQ(Client("10.0.0.1", {"1.1.1.1", "198.51.100.7"}), "198.51.100.7");
  EXPECT_EQ(Client("fd00::1", {"[2001:db8::5]:443"}), "2001:db8::5");
  EXPECT_EQ(Client("10.0.0.1", {"198.51.100.7:8080"}), "198.51.100.7");
  EXPECT_EQ(Client("10.0.0.1", {"10.0.0.3, 10.0.0.2"}), "10.0.0.3");
  EXPECT_EQ(Client("10.0.0.1", {}), "10.0.0.1");
}

TEST(ClientAddress, DoesNotSkipWhatIsNoAddress) {
  EXPECT_EQ(Client("10.0.0.1", {"198.51.100.7, unknown"}), "10.0.0.1");
  EXPECT_EQ(Client("10.0.0.1", {"1.1.1.1, , 10.0.0.2"}), "10.0.0.2");
  EXPECT_EQ(Client("10.0.0.1", {""}), "10.0.0.1");
}

}  // namespace
}  // namespace livedrops::server
