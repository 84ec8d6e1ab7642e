#include "server/config/secrets.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

namespace livedrops::server {
namespace {

class SecretsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "livedrops-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
    config_.storage.url = "sqlite:" + directory_ + "/shop.db";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ + "/" + name) << text;
  }
  std::size_t Files() const {
    const auto begin = std::filesystem::directory_iterator(directory_);
    return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator()));
  }

  std::string directory_;
  Config config_;
};
using Secrets = SecretsTest;

TEST_F(Secrets, AreMadeBesideTheFileForItsOwnerAlone) {
  const auto keys = LoadTokenKeys(config_);
  ASSERT_TRUE(keys.ok()) << keys.status().ToString();
  struct stat file{};
  ASSERT_EQ(stat((directory_ + "/shop.db.jwt-keys").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
  EXPECT_EQ(Files(), 1U) << "no draft is left";
  EXPECT_EQ(LoadTokenKeys(config_)->signing_secret(), keys->signing_secret());
}

TEST_F(Secrets, AreTheSameForAllWhoStartAtOnce) {
  std::vector<std::string> texts(8);
  std::vector<std::thread> threads;
  for (std::string& text : texts) {
    threads.emplace_back([&] { text = LoadTokenKeys(config_)->signing_secret(); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& text : texts) EXPECT_EQ(text, texts[0]);
}

TEST_F(Secrets, ThatWereNamedMustBeThere) {
  config_.auth.jwt_secret_file = directory_ + "/keys";
  EXPECT_EQ(LoadTokenKeys(config_).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(Files(), 0U);
  Write("keys", "k1:short\n");
  EXPECT_EQ(LoadTokenKeys(config_).status().message(),
            directory_ + "/keys: line 1: the secret is no base64url without padding");
  Write("keys", "");
  EXPECT_EQ(LoadTokenKeys(config_).status().message(), "no key to sign tokens with");
  Write("keys", NewKeyFile());
  EXPECT_TRUE(LoadTokenKeys(config_).ok());
}

TEST_F(Secrets, OfASharedStorageMustBeNamed) {
  config_.storage.url = "postgresql://host/shop";
  EXPECT_EQ(
      LoadTokenKeys(config_).status().message(),
      "auth.jwt_secret_file: is needed, because all servers of the storage must have the same");
}

TEST_F(Secrets, InMemoryAreNewEachTime) {
  config_.storage.url = "memory:";
  EXPECT_NE(LoadTokenKeys(config_)->signing_secret(), LoadTokenKeys(config_)->signing_secret());
  EXPECT_EQ(Files(), 0U);
}

TEST_F(Secrets, OfAHostAreReadBeside) {
  config_.auth.jwks_file = directory_ + "/jwks.json";
  EXPECT_EQ(LoadTokenKeys(config_).status().code(), StatusCode::kNotFound);
  Write("jwks.json", R"({"keys":[{"kid":"h1","kty":"OKP","crv":"Ed25519",)"
                     R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  EXPECT_NE(LoadTokenKeys(config_)->Find("h1"), nullptr);
  Write("jwks.json", R"({"keys":[{}]})");
  EXPECT_EQ(LoadTokenKeys(config_).status().message(),
            directory_ + "/jwks.json: key 1: needs a kid of 1 to 64 visible characters");
}

TEST_F(Secrets, AreCheckedWithoutMakingAny) {
  EXPECT_TRUE(CheckSecrets(config_).ok());
  EXPECT_EQ(Files(), 0U);
  config_.auth.jwt_secret_file = directory_ + "/keys";
  EXPECT_EQ(CheckSecrets(config_).code(), StatusCode::kNotFound);
  Write("keys", "");
  EXPECT_EQ(CheckSecrets(config_).message(), "no key to sign tokens with");
  Write("keys", NewKeyFile());
  EXPECT_TRUE(CheckSecrets(config_).ok());
  config_.auth.jwks_file = directory_ + "/jwks.json";
  EXPECT_EQ(CheckSecrets(config_).code(), StatusCode::kNotFound);
}

TEST_F(Secrets, ThatCannotBeMadeSayWhy) {
  config_.storage.url = "sqlite:" + directory_ + "/none/shop.db";
  const Status status = LoadTokenKeys(config_).status();
  EXPECT_NE(status.message().find("No such file or directory"), std::string::npos);
}

}  // namespace
}  // namespace livedrops::server
