// A gateway on a server of its own, in front of a storage that a test can make sick.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "livedrops/server/gateway.h"
#include "livedrops/spi/clock.h"
#include "server/auth/base64url.h"
#include "server/auth/jwt.h"
#include "server/auth/token_keys.h"
#include "tests/server/gateway/sick_storage.h"
#include "tests/server/net/client.h"

namespace livedrops::server {

class GatewayTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "livedropsXXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    Start();
  }

  // Clients first, then the servers, the gateway, the service.
  void TearDown() override {
    health_->LetCommitsGo();
    health_->LetListsGo();
    health_->FailReads(false);
    server_->Stop();
    server_->Join();
    gateway_->Stop();
    EXPECT_TRUE(service_->Close().ok());
    server_.reset();
    gateway_.reset();
    std::filesystem::remove_all(directory_);
  }

  virtual ServiceOptions OptionsOfService() const { return {}; }
  virtual std::map<std::string, std::string> Settings() const { return {}; }

  // A client with a token of this subject.
  struct Shopper {
    std::string token;
    std::unique_ptr<Client> client;
  };
  Shopper NewShopper(const std::string& subject, Role role = Role::user) {
    Principal principal;
    principal.subject = UserId(subject);
    principal.role = role;
    principal.session = SessionId("s-" + subject);
    principal.issued_at = SystemClock().Now();
    principal.expires_at = principal.issued_at + std::chrono::minutes(10);
    return {IssueToken(*TokenKeys::Make({{"k1", std::string(32, 'a')}}, {}), principal), Connect()};
  }
  std::unique_ptr<Client> Connect() { return std::make_unique<Client>(server_->port()); }

  static void Send(Shopper& shopper, const std::string& method, const std::string& target,
                   const std::string& body = "") {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer " +
                       shopper.token + "\r\n";
    if (!body.empty()) text += "Content-Type: application/json\r\n";
    shopper.client->Send(text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                         body);
  }
  static ReceivedResponse Ask(Shopper& shopper, const std::string& method,
                              const std::string& target, const std::string& body = "") {
    Send(shopper, method, target, body);
    return shopper.client->ReadResponse();
  }
  static std::string OrderBody(const std::string& key, const std::string& drop = "d1") {
    return R"({"dropId":")" + drop + R"(","quantity":1,"idempotencyKey":")" + key + "\"}";
  }

  // Product p1 with drop d1 of creator c1, ten thousand units.
  void MakeShop() {
    CreateProduct product;
    product.id = ProductId("p1");
    product.creator = CreatorId("c1");
    product.name = "Lamp";
    product.price = {1999, *Currency::Parse("USD")};
    EXPECT_TRUE(service_->products().Create(product).status.ok());
    MakeDrop("d1");
  }
  void MakeDrop(const std::string& id, const std::string& product = "p1") {
    CreateDrop drop;
    drop.id = DropId(id);
    drop.product = ProductId(product);
    drop.end_time = SystemClock().Now() + std::chrono::hours(1);
    drop.stock = 10'000;
    EXPECT_EQ(service_->drops().Create(drop).outcome, Outcome::done);
  }

  static bool Eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  const std::shared_ptr<Health> health_ = std::make_shared<Health>();
  std::unique_ptr<Service> service_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> server_;

 private:
  void Start() {
    auto service = Service::Open(std::make_unique<SickStorage>(health_), OptionsOfService());
    ASSERT_TRUE(service.ok()) << service.status().ToString();
    service_ = std::move(*service);
    std::ofstream(directory_ + "/keys") << "k1:" << ToBase64Url(std::string(32, 'a')) << "\n";
    std::map<std::string, std::string> settings = {{"auth.jwt_secret_file", directory_ + "/keys"},
                                                   {"media.dir", directory_ + "/media"},
                                                   {"server.listen", "127.0.0.1:0"},
                                                   {"server.threads", "2"},
                                                   {"log.level", "error"},
                                                   {"limits.address_per_second", "0"},
                                                   {"limits.orders_per_second", "0"},
                                                   {"limits.reads_per_second", "0"}};
    for (const auto& [key, value] : Settings()) settings[key] = value;
    auto gateway = Gateway::Make(*service_, settings);
    ASSERT_TRUE(gateway.ok()) << gateway.status().ToString();
    gateway_ = std::move(*gateway);
    HttpServer::Options options;
    gateway_->Configure(&options);
    auto server = HttpServer::Start(options, gateway_->open_handler());
    ASSERT_TRUE(server.ok()) << server.status().ToString();
    server_ = std::move(*server);
    ASSERT_TRUE(gateway_->Start(*server_).ok());
  }

  std::string directory_;
};

}  // namespace livedrops::server
