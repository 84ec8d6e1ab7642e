// A full disk, a disk that is read only, and files that are no database.
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <functional>
#include <random>

#include "livedrops/engine.h"
#include "tests/crash/process.h"
#include "tests/crash/shop.h"

namespace livedrops::crash {
namespace {

PlaceOrder OrderNumber(int number) {
  PlaceOrder order;
  order.drop = DropId("d1");
  order.user = UserId("u" + std::to_string(number));
  order.key = Key("k" + std::to_string(number));
  return order;
}

std::unique_ptr<Service> OpenShop(const std::string& url) {
  ServiceOptions options;
  options.unknown_deadline = Duration(500);  // A disk that stays full must not take five seconds.
  auto service = Open(url, options);
  if (!service.ok()) {
    ADD_FAILURE() << service.status().ToString();
    return nullptr;
  }
  MakeProduct(**service);
  EXPECT_EQ((*service)->drops().Create(DropOf("d1", 1'000'000)).outcome, Outcome::done);
  return std::move(*service);
}

// Sells until the disk refuses; returns how many orders were granted.
int SellUntilRefused(Service& service, Status* refusal) {
  std::vector<PlaceOrder> orders(100);
  std::vector<Reply> replies(100);
  for (int sold = 0;;) {
    for (int i = 0; i < 100; ++i) orders[static_cast<std::size_t>(i)] = OrderNumber(sold + i);
    service.orders().PlaceBatch(orders, replies);
    const auto granted = std::ranges::count_if(
        replies, [](const Reply& reply) { return reply.status.ok() && Granted(reply.outcome); });
    sold += static_cast<int>(granted);
    if (granted == 100 && sold < 500'000) continue;
    *refusal = replies.back().status;
    return sold;
  }
}

// What must hold when the room ends and comes back, however it is taken away.
void ExpectToGoOn(const std::string& url, const std::function<void()>& free_room) {
  auto service = OpenShop(url);
  ASSERT_NE(service, nullptr);
  Status refusal;
  const int sold = SellUntilRefused(*service, &refusal);
  EXPECT_TRUE(refusal.retryable()) << refusal.ToString();
  EXPECT_NE(refusal.message(), "");
  EXPECT_GT(sold, 0);
  // Reads go on, and show only what was granted.
  const auto drop = service->drops().Get(DropId("d1"));
  ASSERT_TRUE(drop.ok()) << drop.status().ToString();
  EXPECT_EQ(drop->current_stock, 1'000'000 - sold);
  free_room();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  Reply reply;
  do {
    reply = service->orders().Place(OrderNumber(900'000));
  } while (!reply.status.ok() && std::chrono::steady_clock::now() < end);
  EXPECT_TRUE(reply.status.ok()) << reply.status.ToString();
  const int now = service->drops().Get(DropId("d1"))->current_stock;
  EXPECT_EQ(now, 1'000'000 - sold - 1);
  EXPECT_TRUE(service->Close().ok());
  service.reset();
  ExpectSound(url);
}

// The process may not write beyond a size: no root is needed for this one.
TEST(FullDisk, IsAnAnswerAndWritingGoesOnByItself) {
  const Directory directory;
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = 1'500'000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  ExpectToGoOn(directory.Url(), [&] { EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0); });
  EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
}

// A file system of its own, where it may be mounted.
class Disk {
 public:
  explicit Disk(const std::string& size) {
    mounted_ = mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
  }
  ~Disk() {
    if (mounted_) umount2(directory_.path().c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  bool Remount(const std::string& size, unsigned long flags = 0) {
    return mount("tmpfs", directory_.path().c_str(), "tmpfs", MS_REMOUNT | flags,
                 ("size=" + size).c_str()) == 0;
  }
  const Directory& directory() const { return directory_; }

 private:
  Directory directory_;
  bool mounted_ = false;
};

TEST(FullDisk, OfAFileSystemIsOvercome) {
  Disk disk("2m");
  if (!disk.mounted()) GTEST_SKIP() << "mounting a file system is not allowed here";
  ExpectToGoOn(disk.directory().Url(), [&] { EXPECT_TRUE(disk.Remount("64m")); });
}

TEST(ReadOnlyDisk, IsNamed) {
  Disk disk("8m");
  if (!disk.mounted()) GTEST_SKIP() << "mounting a file system is not allowed here";
  OpenShop(disk.directory().Url()).reset();
  ASSERT_TRUE(disk.Remount("8m", MS_RDONLY));
  const auto service = Open(disk.directory().Url());
  ASSERT_FALSE(service.ok());
  EXPECT_EQ(service.status().code(), StatusCode::kUnavailable) << service.status().ToString();
  EXPECT_NE(service.status().message().find("shop.db"), std::string::npos)
      << service.status().ToString();
}

// --- files that are no database ------------------------------------------------------------------

Status StatusOfOpening(const std::string& url) { return Open(url).status(); }

TEST(BadFile, IsADirectory) {
  const Directory directory;
  std::filesystem::create_directory(directory.path() / "shop.db");
  const Status status = StatusOfOpening(directory.Url());
  EXPECT_EQ(status.ToString(), "unavailable: shop.db: is a directory");
}

TEST(BadFile, IsInADirectoryThatIsNotThere) {
  const Directory directory;
  const Status status = StatusOfOpening(directory.Url("none/shop.db"));
  EXPECT_EQ(status.ToString(), "unavailable: shop.db: its directory 'none' does not exist");
}

TEST(BadFile, IsNoDatabase) {
  const Directory directory;
  std::mt19937_64 random(1);
  for (const std::size_t size : {2u, 100u, 5'000u, 100'000u}) {
    std::string bytes;
    while (bytes.size() < size) bytes += static_cast<char>(random());
    std::ofstream(directory.File("shop.db"), std::ios::trunc) << bytes;
    const Status status = StatusOfOpening(directory.Url());
    EXPECT_EQ(status.code(), StatusCode::kCorrupt) << size << ": " << status.ToString();
    EXPECT_EQ(status.message().find(directory.path().string()), std::string::npos);
    EXPECT_TRUE(ReadFile(directory.File("shop.db")) == bytes) << "it was changed";
  }
}

TEST(BadFile, IsEmptyAndBecomesAShop) {
  const Directory directory;
  std::ofstream(directory.File("shop.db")).flush();
  EXPECT_TRUE(OpenShop(directory.Url()) != nullptr);
}

TEST(BadFile, IsOpenedForReadingOnly) {
  const Directory directory;
  OpenShop(directory.Url()).reset();
  auto storage = OpenStorage(directory.Url(), {.create = false, .read_only = true});
  ASSERT_TRUE(storage.ok()) << storage.status().ToString();
  EXPECT_TRUE((*storage)->catalog().GetDrop(DropId("d1")).ok());
  EXPECT_EQ(Engine::Open(std::move(*storage)).status().code(), StatusCode::kUnavailable);
  EXPECT_FALSE(OpenStorage(directory.Url("other.db"), {.create = false, .read_only = true}).ok());
  EXPECT_FALSE(std::filesystem::exists(directory.File("other.db")));
}

// One byte is wrong somewhere: either it is noticed, or nothing that matters was hit.
TEST(BadFile, WithAChangedByteNeverShowsAWrongStock) {
  const Directory directory;
  int sold = 0;
  {
    auto service = OpenShop(directory.Url());
    for (; sold < 300; ++sold) {
      ASSERT_TRUE(service->orders().Place(OrderNumber(sold)).status.ok());
    }
  }
  const std::string good = ReadFile(directory.File("shop.db"));
  std::mt19937_64 random(3);
  int noticed = 0;
  for (int i = 0; i < 80; ++i) {
    std::string bad = good;
    std::size_t place = random() % bad.size();
    while (bad[place] == 0) place = random() % bad.size();  // Most zeros are unused room.
    bad[place] = static_cast<char>(bad[place] ^ 1 << random() % 8);
    for (const char* suffix : {"-wal", "-shm"}) {
      std::filesystem::remove(directory.File(std::string("shop.db") + suffix));
    }
    std::ofstream(directory.File("shop.db"), std::ios::trunc) << bad;
    auto service = Open(directory.Url());
    if (!service.ok()) {
      ++noticed;
      continue;
    }
    service->reset();
    auto storage = OpenStorage(directory.Url());
    ASSERT_TRUE(storage.ok());
    const auto report = Verify(**storage);
    if (!report.ok() || !report->ok) {
      ++noticed;
      continue;
    }
    const auto drop = (*storage)->catalog().GetDrop(DropId("d1"));
    ASSERT_TRUE(drop.ok());
    EXPECT_EQ(drop->drop.current_stock, 1'000'000 - sold) << "byte " << place;
  }
  std::cout << noticed << " of 80 changed bytes were noticed\n";
  EXPECT_GT(noticed, 40);
}

}  // namespace
}  // namespace livedrops::crash
