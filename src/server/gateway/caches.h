// The gateway's read caches, and what makes them forget.
#pragma once

#include <atomic>
#include <span>
#include <string>
#include <vector>

#include "livedrops/service.h"
#include "server/gateway/metrics.h"
#include "server/gateway/read_cache.h"

namespace livedrops::server {

// A page of a list, written.
struct WrittenPage {
  std::shared_ptr<const std::string> body;
  std::string tag;
  Time changes_at = Time::max();  // When the first of its drops starts or ends.
};
inline std::size_t WeightOf(const WrittenPage& page) {
  return sizeof page + page.body->size() + page.tag.size();
}
inline std::size_t WeightOf(const Product& product) {
  return sizeof product + product.name.size() + product.description.size();
}
inline std::size_t WeightOf(const std::vector<DropId>& drops) {
  return drops.size() * sizeof(DropId);
}

// What anybody may know of a creator.
struct CreatorCard {
  std::string name;
  std::string bio;
  std::int64_t followers = 0;
};
inline std::size_t WeightOf(const CreatorCard& card) {
  return sizeof card + card.name.size() + card.bio.size();
}

// Threading: any thread.
class Caches {
 public:
  // Reads. `stale` is set when what is given is older than it should be, because the storage cannot
  // be read; else it is left as it is. Errors: not_found; those of the storage.

  // As of now.
  Result<Drop> GetDrop(Service& service, const DropId& id, bool* stale);
  Result<Product> GetProduct(Service& service, const ProductId& id, bool* stale);
  // The drop that a visitor of the product wants to see: of its 20 newest the newest that is not
  // over, else the newest of all; nothing when it never had one.
  Result<std::optional<Drop>> GetDropOf(Service& service, const Product& product, bool* stale);
  Result<CreatorCard> GetCreator(Service& service, const CreatorId& id, bool* stale);

  // Pages, by what makes them differ. `load()` returns a Result<WrittenPage>.
  enum class Kind : std::uint8_t {
    products,  // What products alone decide.
    others,    // What drops or creators decide too: read each time, kept for an outage.
  };
  template <class Load>
  Result<Cached<WrittenPage>> GetPage(Kind kind, std::string_view key, Load load) {
    const auto read = [&]() { return Shared<WrittenPage>(load()); };
    return kind == Kind::products ? product_pages_.Get(key, read) : other_pages_.GetNow(key, read);
  }
  // A page of products that needs no read, or null.
  std::shared_ptr<const WrittenPage> FreshPage(std::string_view key) {
    return product_pages_.Fresh(key);
  }
  // The first page of a creator's followers.
  template <class Load>
  Result<Cached<WrittenPage>> GetFollowers(const CreatorId& creator, int limit, Load load) {
    limits_used_.at(static_cast<std::size_t>(limit)).store(true, std::memory_order_relaxed);
    return followers_.Get(FollowersKey(creator, limit),
                          [&]() { return Shared<WrittenPage>(load()); });
  }

  // A change was made here: forget before its answer is sent.
  void Apply(const Reply& reply);
  void ProductGone(const ProductId& product);
  void CreatorGone(std::string_view creator);
  void FollowersChanged(const CreatorId& creator);
  // Changes that anybody made, from the log.
  void Apply(std::span<const Event> events);

  void Write(MetricsText* text) const;

 private:
  // What a load gives, as caches keep it.
  template <class Value>
  static Result<std::shared_ptr<const Value>> Shared(Result<Value> read) {
    if (!read.ok()) return read.status();
    return std::make_shared<const Value>(std::move(*read));
  }
  static std::string FollowersKey(const CreatorId& creator, int limit);

  void Apply(const Event& event);

  static constexpr std::chrono::seconds kSecond{1};
  static constexpr std::chrono::seconds kText{5};  // CONTRACT §2: others see it within 5 s.

  Outage outage_;
  // Rows, not drops: the status follows from the row and the time of the answer.
  ReadCache<DropRow> drops_{{kSecond, 16'384}, &outage_};
  ReadCache<Product> products_{{kText, 16'384}, &outage_};
  // The newest first, by product. Which of them is shown changes with time.
  ReadCache<std::vector<DropId>> drops_of_product_{{kText, 16'384}, &outage_};
  ReadCache<CreatorCard> creators_{{kText, 4096}, &outage_};
  ReadCache<WrittenPage> product_pages_{{kText, 4096}, &outage_};
  ReadCache<WrittenPage> other_pages_{{std::chrono::seconds(0), 4096}, &outage_};
  ReadCache<WrittenPage> followers_{{kText, 4096}, &outage_};
  // By limit=: which keys a creator may have in followers_.
  std::array<std::atomic<bool>, 101> limits_used_{};
};

}  // namespace livedrops::server
