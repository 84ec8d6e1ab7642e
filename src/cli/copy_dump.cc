#include "cli/copy_dump.h"

#include <algorithm>

#include "base/form.h"
#include "base/hex.h"
#include "base/sha256.h"

namespace livedrops::cli {
namespace {

constexpr std::int64_t kPageRows = 8'192;

// --- the canonical text of a row -----------------------------------------------------------------

// "value&value&…": which value is which follows from its place.
class RowText {
 public:
  RowText& Add(std::string_view value) {
    form_.Add("v", value);
    return *this;
  }
  RowText& Add(std::int64_t value) {
    form_.Add("v", value);
    return *this;
  }
  RowText& Add(std::uint64_t value) { return Add(std::string_view(std::to_string(value))); }
  RowText& Add(std::int32_t value) { return Add(std::int64_t{value}); }
  RowText& Add(bool value) { return Add(std::int64_t{value}); }
  RowText& Add(Time time) { return Add(ToMs(time)); }
  template <std::size_t Size>
  RowText& Add(const std::array<std::uint8_t, Size>& bytes) {
    return Add(std::string_view(ToHex(bytes)));
  }
  std::string Take() { return form_.Take(); }

 private:
  FormWriter form_;
};

void AddFields(const OrderRow& row, RowText* text) {
  text->Add(row.seq).Add(row.drop_no).Add(row.aggregate_seq).Add(row.at).Add(row.user);
  text->Add(row.actor).Add(row.key).Add(row.quantity).Add(row.amount).Add(row.balance);
  text->Add(row.ttl_seconds).Add(row.order_id).Add(row.hash);
}

std::string TextOf(const OrderRow& row) {
  RowText text;
  AddFields(row, &text);
  return text.Take();
}

std::string TextOf(const OrderRow& row, const OrderChange& present) {
  RowText text;
  AddFields(row, &text);
  text.Add(ToString(present.status)).Add(present.quantity).Add(present.expires_at);
  return text.Take();
}

std::string TextOf(const EventRow& row) {
  RowText text;
  text.Add(row.seq).Add(ToString(row.type)).Add(row.aggregate).Add(row.aggregate_seq).Add(row.at);
  text.Add(row.actor).Add(row.subject).Add(row.body).Add(row.key).Add(row.fingerprint);
  text.Add(row.drop_no).Add(row.order_seq).Add(row.delta).Add(row.balance).Add(row.creator);
  text.Add(row.user).Add(row.hash);
  return text.Take();
}

std::string TextOf(const DropRow& row) {
  const Drop& drop = row.drop;
  RowText text;
  text.Add(row.drop_no).Add(drop.id.view()).Add(drop.creator.view()).Add(drop.product.view());
  text.Add(drop.price.minor_units).Add(drop.price.currency.view()).Add(drop.created_at);
  text.Add(drop.start_time).Add(drop.end_time).Add(drop.init_stock).Add(drop.adjust);
  text.Add(drop.current_stock).Add(drop.held).Add(drop.low_stock).Add(drop.max_per_order);
  text.Add(drop.max_per_user).Add(ToString(drop.confirmation)).Add(drop.hold_seconds);
  text.Add(drop.version).Add(row.started).Add(row.paused).Add(row.ended).Add(row.cancelled);
  text.Add(row.fingerprint).Add(row.changed_at);
  return text.Take();
}

std::string TextOf(const ProductRow& row) {
  const Product& product = row.product;
  RowText text;
  text.Add(product.id.view()).Add(product.creator.view()).Add(product.name);
  text.Add(product.description).Add(product.price.minor_units);
  text.Add(product.price.currency.view()).Add(product.media_url).Add(product.version);
  text.Add(product.created_at).Add(product.updated_at).Add(row.deleted);
  return text.Take();
}

std::string TextOf(const CreatorRow& row) {
  return RowText().Add(row.id.view()).Add(row.followers).Add(row.aggregate_seq).Take();
}

std::string TextOf(const UserRow& row) {
  RowText text;
  text.Add(row.id.view()).Add(row.following).Add(row.aggregate_seq).Add(row.read_up_to);
  return text.Take();
}

std::string TextOf(const FollowRow& row) {
  return RowText().Add(row.creator.view()).Add(row.user.view()).Add(row.since).Take();
}

std::string TextOf(const Account& row) {
  RowText text;
  text.Add(row.id.view()).Add(ToString(row.role)).Add(row.name).Add(row.email);
  text.Add(row.password_hash).Add(row.bio).Add(row.birthday).Add(row.disabled).Add(row.erased);
  text.Add(row.created_at);
  return text.Take();
}

std::string TextOf(const Session& row) {
  RowText text;
  text.Add(row.id).Add(row.user.view()).Add(row.token_hash).Add(row.previous_token_hash);
  text.Add(row.rotated_at).Add(row.expires_at).Add(row.revoked);
  return text.Take();
}

// --- digests -------------------------------------------------------------------------------------

// Rows that come in the same order from every storage: each digest covers the one before it.
class OrderedTable {
 public:
  void Add(std::string_view row) {
    text_.assign(reinterpret_cast<const char*>(digest_.data()), digest_.size());
    text_ += row;
    digest_ = sha256_.Of(text_);
    ++rows_;
  }
  TableDump Take(const char* name) const { return {name, rows_, ToHex(digest_)}; }

 private:
  Sha256 sha256_;
  Hash digest_{};
  std::string text_;
  std::int64_t rows_ = 0;
};

// Rows that come in any order: their digests are sorted first.
class UnorderedTable {
 public:
  void Add(std::string_view row) { digests_.push_back(sha256_.Of(row)); }
  TableDump Take(const char* name) {
    std::ranges::sort(digests_);
    OrderedTable sorted;
    for (const Hash& digest : digests_) {
      sorted.Add({reinterpret_cast<const char*>(digest.data()), digest.size()});
    }
    return sorted.Take(name);
  }

 private:
  Sha256 sha256_;
  std::vector<Hash> digests_;
};

class LogDump : public LogSink {
 public:
  void OnOrder(const OrderRow& row) override { Add(row.seq, TextOf(row)); }
  void OnEvent(const EventRow& row) override { Add(row.seq, TextOf(row)); }
  std::uint64_t last() const { return last_; }
  TableDump Take() const { return table_.Take("log"); }

 private:
  void Add(std::uint64_t seq, std::string_view text) {
    last_ = seq;
    table_.Add(text);
  }
  OrderedTable table_;
  std::uint64_t last_ = 0;
};

class OrderDump : public OrderSink {
 public:
  void OnOrder(const OrderRow& row, const OrderChange& present) override {
    table_.Add(TextOf(row, present));
  }
  TableDump Take() const { return table_.Take("orders"); }

 private:
  OrderedTable table_;
};

class StateDump : public StateSink {
 public:
  void OnDrop(const DropRow& row) override {
    drop_nos_.push_back(row.drop_no);
    drops_.Add(TextOf(row));
  }
  void OnProduct(const ProductRow& row) override { products_.Add(TextOf(row)); }
  void OnCreator(const CreatorRow& row) override { creators_.Add(TextOf(row)); }
  void OnUser(const UserRow& row) override { users_.Add(TextOf(row)); }
  void OnFollow(const FollowRow& row) override { follows_.Add(TextOf(row)); }
  void OnAccount(const Account& row) override { accounts_.Add(TextOf(row)); }
  void OnSession(const Session& row) override { sessions_.Add(TextOf(row)); }
  void OnKey(const EventRow& row) override { keys_.Add(TextOf(row)); }

  // In ascending order.
  std::vector<std::uint64_t> TakeDropNos() {
    std::ranges::sort(drop_nos_);
    return std::move(drop_nos_);
  }
  void TakeInto(std::vector<TableDump>* tables) {
    tables->push_back(drops_.Take("drops"));
    tables->push_back(products_.Take("products"));
    tables->push_back(creators_.Take("creators"));
    tables->push_back(users_.Take("users"));
    tables->push_back(follows_.Take("follows"));
    tables->push_back(accounts_.Take("accounts"));
    tables->push_back(sessions_.Take("sessions"));
    tables->push_back(keys_.Take("keys"));
  }

 private:
  std::vector<std::uint64_t> drop_nos_;
  UnorderedTable drops_, products_, creators_, users_, follows_, accounts_, sessions_, keys_;
};

}  // namespace

Result<std::vector<TableDump>> Dump(Storage& storage, const DumpProgress& progress) {
  StateDump state;
  const Result<Head> head = storage.LoadState(state);
  if (!head.ok()) return head.status();
  OrderDump orders;
  const auto drop_nos = state.TakeDropNos();
  if (!drop_nos.empty()) {
    const Status loaded = storage.LoadOrders(drop_nos, head->seq, orders);
    if (!loaded.ok()) return loaded;
  }
  LogDump log;
  while (log.last() < head->seq) {
    const std::uint64_t before = log.last();
    const auto rows =
        std::min<std::int64_t>(kPageRows, static_cast<std::int64_t>(head->seq - before));
    if (Status read = storage.ReadLog(before, rows, log); !read.ok()) return read;
    if (log.last() == before) return Status(StatusCode::kCorrupt, "the log ends before its head");
    progress(log.last());
  }
  const Result<Head> now = storage.ReadHead();
  if (!now.ok()) return now.status();
  if (*now != *head) return Status(StatusCode::kUnavailable, "it was written to meanwhile");
  std::vector<TableDump> tables = {log.Take(), orders.Take()};
  state.TakeInto(&tables);
  return tables;
}

}  // namespace livedrops::cli
