#include "simulation/verify_log.h"

#include <algorithm>
#include <cstring>

#include "base/form.h"
#include "base/hex.h"
#include "livedrops/spi/log_text.h"

namespace livedrops {
namespace {

std::string SeqSubject(std::uint64_t seq) { return "seq " + std::to_string(seq); }
std::string AtRow(std::uint64_t seq) { return "log row " + std::to_string(seq) + ": "; }

SipKey KeyFrom(const ShopInfo& info) {
  SipKey key;
  std::memcpy(&key, info.secret.data(), sizeof key);
  return key;
}

// "drop:ID" -> ID
std::string IdOf(std::string_view aggregate) {
  const std::size_t colon = aggregate.find(':');
  return std::string(colon == std::string_view::npos ? "" : aggregate.substr(colon + 1));
}

}  // namespace

std::string FollowName(std::string_view creator, std::string_view user) {
  std::string name(creator);
  return name.append(" ").append(user);
}

LogFold::LogFold(const ShopInfo& info, std::uint64_t until_seq, VerifyFindings* findings)
    : sip_key_(KeyFrom(info)),
      until_seq_(until_seq),
      findings_(*findings),
      drops_(sip_key_, findings) {}

// --- chain and positions -------------------------------------------------------------------------

// "prev_hash|seq|ts_ms|actor|action|" (CONTRACT §8).
void LogFold::BeginText(std::uint64_t seq, Time at, std::string_view actor, EventType type) {
  text_.clear();
  if (last_.seq == 0) {
    text_ = "0";
  } else {
    text_.resize(64);
    WriteHex(last_.hash, text_.data());
  }
  text_.append("|").append(std::to_string(seq)).append("|").append(std::to_string(ToMs(at)));
  text_.append("|").append(actor).append("|").append(ToString(type)).append("|");
}

void LogFold::CheckHash(std::uint64_t seq, const Hash& hash) {
  if (!anchored_ || sha256_.Of(text_) == hash) return;
  findings_.Add(Invariant::chain, SeqSubject(seq),
                "the hash does not follow from the row before and this row's content");
}

// False for a row that is left out.
bool LogFold::CheckPlace(std::uint64_t seq) {
  if (seq > until_seq_) return false;
  ++rows_;
  anchored_ = seq == last_.seq + 1;
  if (!anchored_) {
    findings_.Add(Invariant::seq_contiguous, SeqSubject(seq),
                  "follows row " + std::to_string(last_.seq));
  }
  return true;
}

void LogFold::CheckAggregate(std::uint64_t seq, std::string_view aggregate,
                             std::uint64_t aggregate_seq, std::uint64_t* last) {
  if (aggregate_seq != *last + 1) {
    findings_.Add(Invariant::aggregate_gapless, std::string(aggregate),
                  AtRow(seq) + "number " + std::to_string(aggregate_seq) + " follows " +
                      std::to_string(*last));
  }
  *last = aggregate_seq;
}

void LogFold::OnOrder(const OrderRow& row) {
  if (!CheckPlace(row.seq)) return;
  FoldedDrop* drop = drops_.FindDropNo(row.drop_no);
  const std::string_view drop_id = drop == nullptr ? "" : drop->row.drop.id.view();
  BeginText(row.seq, row.at, ActorOf(row), TypeOf(row));
  const std::size_t prefix = text_.size();
  text_.resize(prefix + 36);
  WriteUuid(row.order_id, text_.data() + prefix);
  text_.append("|");
  AppendOrderBody(row, drop_id, &text_);
  CheckHash(row.seq, row.hash);
  last_ = {row.seq, row.hash};
  if (drop != nullptr) {
    CheckAggregate(row.seq, "drop:" + drop->row.drop.id.str(), row.aggregate_seq,
                   &drop->row.drop.version);
  }
  drops_.OnOrder(row);
  ++orders_of_users[std::string(row.user)];
}

void LogFold::OnEvent(const EventRow& row) {
  if (!CheckPlace(row.seq)) return;
  BeginText(row.seq, row.at, row.actor, row.type);
  text_.append(row.subject).append("|").append(row.body);
  CheckHash(row.seq, row.hash);
  last_ = {row.seq, row.hash};
  RememberKey(row);

  const std::string id = IdOf(row.aggregate);
  CheckColumns(row, id);
  // Of a new drop, and of rows that are an aggregate of their own.
  std::uint64_t none = 0;
  std::uint64_t* position = &none;
  FoldedDrop* drop = nullptr;
  if (row.aggregate.starts_with("drop:")) {
    drop = drops_.FindDrop(id);
    if (drop != nullptr) position = &drop->row.drop.version;
  } else if (row.aggregate.starts_with("creator:")) {
    position = &creators[id].aggregate_seq;
  } else if (row.aggregate.starts_with("user:")) {
    position = &users[id].aggregate_seq;
  }
  CheckAggregate(row.seq, row.aggregate, row.aggregate_seq, position);
  if (row.aggregate.starts_with("drop:")) return drops_.OnEvent(row, id);
  if (row.aggregate.starts_with("creator:")) return OnCreatorEvent(row, id);
  if (row.aggregate.starts_with("user:")) return OnUserEvent(row, id);
  if (row.type != EventType::recovered) Unexpected(row.aggregate, row);
}

// The chain hashes subject and body: columns that repeat or complete them must say the same. Those
// of a drop's events follow from the drop, too.
void LogFold::CheckColumns(const EventRow& row, const std::string& aggregate_id) {
  const FormReader body(row.body);
  const ColumnCheck check(row, &findings_);
  check.Text("key", row.key, body.Text("key").value_or(""));
  const auto fingerprint = static_cast<std::int64_t>(row.fingerprint);
  // Rows from before it was hashed have a key without it.
  const std::int64_t hashed = row.key.empty() ? 0 : fingerprint;
  check.Number("fingerprint", fingerprint, body.NumberOr("request", hashed));
  check.Text("user_id", row.user, "");
  const bool of_drop = row.aggregate.starts_with("drop:");
  const auto creator = body.Text("creator");
  if (row.type == EventType::dropScheduled) {
    check.Text("creator_id", row.creator, creator.value_or(""));
  } else if (creator) {
    check.Text("aggregate", row.aggregate, "creator:" + *creator);
  }
  if (of_drop && row.order_seq == 0) check.Text("aggregate", aggregate_id, row.subject);
  if (of_drop) return;
  const bool of_product = row.type == EventType::productCreated ||
                          row.type == EventType::productUpdated ||
                          row.type == EventType::productDeleted;
  check.Text("creator_id", row.creator, of_product ? aggregate_id : "");
  check.Number("drop_no", row.drop_no, std::uint64_t{0});
  check.Number("order_seq", row.order_seq, std::uint64_t{0});
  check.Number("delta", row.delta, 0);
  check.Number("balance", row.balance, 0);
}

void LogFold::Unexpected(const std::string& subject, const EventRow& row) {
  findings_.Add(
      Invariant::one_event_per_change, subject,
      AtRow(row.seq) + std::string(ToString(row.type)) + " changes nothing or cannot follow");
}

// --- creators: products and follows --------------------------------------------------------------

void LogFold::OnCreatorEvent(const EventRow& row, const std::string& creator) {
  switch (row.type) {
    case EventType::followed:
    case EventType::unfollowed:
      return OnFollow(row, creator);
    case EventType::productCreated:
    case EventType::productUpdated:
    case EventType::productDeleted:
      return OnProduct(row, creator);
    default:
      Unexpected("creator " + creator, row);
  }
}

void LogFold::OnFollow(const EventRow& row, const std::string& creator) {
  const std::string name = FollowName(creator, row.subject);
  const bool follow = row.type == EventType::followed;
  const bool changes =
      follow ? follows.try_emplace(name, ToMs(row.at)).second : follows.erase(name) != 0;
  if (!changes) return Unexpected("follow " + name, row);
  creators[creator].followers += follow ? +1 : -1;
  users[row.subject].following += follow ? +1 : -1;
}

void LogFold::OnProduct(const EventRow& row, const std::string& creator) {
  const FormReader body(row.body);
  const auto known = products.find(row.subject);
  const bool exists = known != products.end() && !known->second.deleted;
  const bool creates = row.type == EventType::productCreated;
  if (exists == creates) return Unexpected("product " + row.subject, row);
  FoldedProduct& folded = products[row.subject];
  if (creates) folded = {};
  Product& product = folded.product;
  if (creates) {
    product.id = ProductId(row.subject);
    product.creator = CreatorId(creator);
    product.created_at = row.at;
  }
  ++product.version;
  product.updated_at = row.at;
  product.name = body.Text("name").value_or(product.name);
  product.description = body.Text("desc").value_or(product.description);
  product.media_url = body.Text("media").value_or(product.media_url);
  product.price.minor_units = body.NumberOr("price", product.price.minor_units);
  if (const auto currency = Currency::Parse(body.Text("currency").value_or(""))) {
    product.price.currency = *currency;
  }
  folded.deleted = row.type == EventType::productDeleted;
}

// --- users: accounts and sessions ----------------------------------------------------------------

void LogFold::OnUserEvent(const EventRow& row, const std::string& user) {
  const auto account = accounts.find(user);
  const bool exists = account != accounts.end();
  const auto session = sessions.find(row.subject);
  const bool open = session != sessions.end() && !session->second.revoked;
  bool follows_on = exists;
  switch (row.type) {
    case EventType::accountCreated:
      follows_on = !exists;
      accounts[user] = {FormReader(row.body).Text("role").value_or(""), false, false};
      break;
    case EventType::accountUpdated:
      break;
    case EventType::accountDisabled:
    case EventType::accountEnabled:
      if (exists) account->second.disabled = row.type == EventType::accountDisabled;
      break;
    case EventType::accountErased:
      if (exists) account->second.disabled = account->second.erased = true;
      break;
    case EventType::sessionOpened:
      follows_on = session == sessions.end();
      sessions[row.subject] = {user, false};
      break;
    case EventType::sessionRotated:
      follows_on = open;
      break;
    case EventType::sessionRevoked:
      follows_on = open;
      if (open) session->second.revoked = true;
      break;
    case EventType::notificationsRead: {
      const auto up_to = static_cast<std::uint64_t>(FormReader(row.body).NumberOr("upTo", 0));
      follows_on = row.subject == user && up_to > users[user].read_up_to && up_to < row.seq;
      users[user].read_up_to = up_to;
      break;
    }
    default:
      follows_on = false;
  }
  if (!follows_on) Unexpected("user " + user, row);
}

// --- keys ----------------------------------------------------------------------------------------

void LogFold::RememberKey(const EventRow& row) {
  if (!row.key.empty()) keys_.push_back({SipHash(sip_key_, row.key), row.seq});
}

void LogFold::CheckKeys() {
  std::ranges::sort(keys_, [](const KeyOfCommand& a, const KeyOfCommand& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.seq < b.seq;
  });
  for (std::size_t i = 1; i < keys_.size(); ++i) {
    if (keys_[i].hash != keys_[i - 1].hash) continue;
    findings_.Add(Invariant::one_command_per_key, SeqSubject(keys_[i].seq),
                  "has the key of log row " + std::to_string(keys_[i - 1].seq));
  }
}

void LogFold::Finish(const Head& head) {
  if (last_.seq != head.seq) {
    findings_.Add(Invariant::seq_contiguous, SeqSubject(head.seq),
                  "the head, but the last row that is there is " + std::to_string(last_.seq));
  } else if (last_.hash != head.hash) {
    findings_.Add(Invariant::chain, SeqSubject(head.seq), "the head has another hash than its row");
  }
  drops_.Finish();
  CheckKeys();
}

}  // namespace livedrops
