#include "core/state.h"

#include <charconv>
#include <cstring>

#include "base/form.h"
#include "base/hex.h"
#include "base/mutant.h"
#include "livedrops/spi/log_text.h"

namespace livedrops {
namespace {

void AppendNumber(std::int64_t value, std::string* out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out->append(digits, static_cast<std::size_t>(end - digits));
}

// "prev_hash|seq|ts_ms|actor|action|", as v_audit shows it. The first prev_hash is "0".
void AppendPrefix(const Head& head, std::uint64_t seq, Time at, std::string_view actor,
                  EventType type, std::string* out) {
  out->clear();
  if (head.seq == 0) {
    out->append("0");
  } else {
    char hex[64];
    WriteHex(head.hash, hex);
    out->append(hex, sizeof hex);
  }
  out->append("|");
  AppendNumber(static_cast<std::int64_t>(seq), out);
  out->append("|");
  AppendNumber(ToMs(at), out);
  out->append("|").append(actor).append("|").append(ToString(type)).append("|");
}

SipKey KeyFrom(const std::array<std::uint8_t, 32>& secret) {
  SipKey key;
  std::memcpy(&key, secret.data(), sizeof key);
  return key;
}

}  // namespace

State::State(const ShopInfo& info) : sip_key_(KeyFrom(info.secret)) {}
State::~State() = default;

Hash State::ChainHash(const OrderRow& row, std::string_view drop_id, EventType type,
                      const Head& after) {
  AppendPrefix(after, row.seq, row.at, ActorOf(row), type, &text_);
  char uuid[36];
  WriteUuid(row.order_id, uuid);
  text_.append(uuid, sizeof uuid).append("|");
  AppendOrderBody(row, drop_id, &text_);
  return sha256_.Of(text_);
}

Hash State::ChainHash(const EventRow& row, const Head& after) {
  AppendPrefix(after, row.seq, row.at, row.actor, row.type, &text_);
  text_.append(row.subject).append("|").append(row.body);
  return sha256_.Of(text_);
}

void State::Record(std::uint64_t batch, UndoLog* undo, Touched* touched) {
  batch_ = batch;
  undo_ = undo;
  touched_ = touched;
  OnUndo([this, head = head_, time = time_, segments = segments_.size()] {
    if (!LD_MUTANT(hash_not_restored)) head_.hash = head.hash;
    head_.seq = head.seq;
    time_ = time;
    segments_.resize(segments);
  });
}

void State::Restore(const DropRow& row) {
  auto drop = std::make_unique<DropState>(row);
  drop->resident = !drop->final() || row.drop.held > 0;
  drops_by_id_[drop->row.drop.id.view()] = drop.get();
  drops_by_no_[row.drop_no] = drop.get();
  time_ = std::max(time_, row.changed_at);
  Replan(drop.get());
  drops_.push_back(std::move(drop));
}

State::LoadedOrder State::Read(const OrderRow& row, const OrderChange& present) const {
  LoadedOrder order;
  order.drop = FindDropNo(row.drop_no);
  LD_ASSERT(order.drop != nullptr);
  order.hashes = HashesOf(row.user, row.key);
  order.drop->Prefetch(order.hashes);
  OrderRecord& record = order.record;
  record.seq = row.seq;
  record.at_ms = ToMs(row.at);
  record.quantity = present.quantity;
  record.first_quantity = row.quantity;
  record.ttl_seconds = static_cast<std::uint16_t>(row.ttl_seconds);
  record.status = present.status;
  record.id_tag = TagOf(row.order_id);
  record.lives_ms = static_cast<std::uint32_t>(row.ttl_seconds) * 1000;
  if (present.status == OrderStatus::held) {
    record.lives_ms = static_cast<std::uint32_t>((present.expires_at - row.at).count());
  }
  return order;
}

void State::Restore(const LoadedOrder& order, bool late) {
  DropState* drop = order.drop;
  const OrderRecord& record = order.record;
  const std::uint32_t index = drop->Append(order.hashes, record);
  if (record.status == OrderStatus::held || record.status == OrderStatus::confirmed) {
    drop->users[drop->orders[index].user].units += static_cast<std::uint32_t>(record.quantity);
  }
  if (record.status == OrderStatus::held) {
    CountHold(order.hashes.user, +1);
    drop->PlanExpiry(index);
    Replan(drop);
  }
  if (!late) AddSegment(record.seq, drop);
}

void State::RestoreKey(const EventRow& row) { RememberKey(row); }

void State::RestoreHead(const Head& head, Time time) {
  head_ = head;
  time_ = std::max(time_, time);
}

void State::MoveTime(Time time) { time_ = std::max(time_, time); }

DropState* State::FindDrop(std::string_view id) const {
  const auto found = drops_by_id_.find(id);
  return found == drops_by_id_.end() ? nullptr : found->second;
}

DropState* State::FindDropNo(std::uint64_t drop_no) const {
  const auto found = drops_by_no_.find(drop_no);
  return found == drops_by_no_.end() ? nullptr : found->second;
}

DropState* State::FindDropOfOrder(std::uint64_t seq) const {
  const auto it = std::upper_bound(
      segments_.begin(), segments_.end(), seq,
      [](std::uint64_t s, const Segment& segment) { return s < segment.first_seq; });
  if (it == segments_.begin()) return nullptr;
  DropState* drop = std::prev(it)->drop;
  return drop->FindSeq(seq) == SlotTable::kNone ? nullptr : drop;
}

bool State::SellsProduct(std::string_view product) const {
  return std::ranges::any_of(drops_, [&](const auto& drop) {
    return !drop->final() && drop->row.drop.product.view() == product;
  });
}

const CreatorState& State::Creator(const std::string& id) const {
  static const CreatorState none;
  const auto found = creators_.find(id);
  return found == creators_.end() ? none : found->second;
}

const UserState& State::User(const std::string& id) const {
  static const UserState none;
  const auto found = users_.find(id);
  return found == users_.end() ? none : found->second;
}

const KeyRecord* State::FindKey(const std::string& scoped_key) const {
  const auto found = keys_.find(scoped_key);
  return found == keys_.end() ? nullptr : &found->second;
}

int State::LiveHolds(const Hash128& user) const {
  const auto found = live_holds_.find(user);
  return found == live_holds_.end() ? 0 : found->second;
}

std::uint64_t State::AggregateSeq(std::string_view aggregate) const {
  const std::size_t colon = aggregate.find(':');
  const std::string_view kind = aggregate.substr(0, colon);
  const std::string id(aggregate.substr(colon + 1));
  if (kind == "creator") return Creator(id).aggregate_seq;
  if (kind == "user") return User(id).aggregate_seq;
  if (kind == "shop") return 0;  // Each of its rows is an aggregate of its own.
  const DropState* drop = FindDrop(id);
  return drop == nullptr ? 0 : drop->row.drop.version;
}

OrderHashes State::HashesOf(std::string_view user, std::string_view key) const {
  const Hash128 user_hash = SipHash(sip_key_, user);
  return {user_hash, SipHash(sip_key_, user_hash, key)};
}

Hash128 State::FollowHash(std::string_view creator, std::string_view user) const {
  return SipHash(sip_key_, SipHash(sip_key_, creator), user);
}

DropState* State::NextDueDrop(Time now) const {
  return due_.empty() || due_.begin()->at > now ? nullptr : due_.begin()->drop;
}

std::optional<Time> State::NextDue() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->at;
}

void State::Replan(DropState* drop) {
  const auto due = drop->NextDue();
  if (due == drop->planned) return;
  if (drop->planned) due_.erase({*drop->planned, drop});
  if (due) due_.insert({*due, drop});
  drop->planned = due;
}

void State::Advance(std::uint64_t seq, const Hash& hash, Time at) {
  head_.seq = seq;
  head_.hash = hash;
  time_ = std::max(time_, at);
}

void State::Touch(DropState* drop) {
  if (undo_ == nullptr || drop->touched_by == batch_) return;
  undo_->Add([this, drop, row = drop->row, touched_by = drop->touched_by] {
    drop->row = row;
    drop->touched_by = touched_by;
    Replan(drop);
  });
  drop->touched_by = batch_;
  touched_->drops.push_back(drop);
}

CreatorState& State::TouchCreator(const std::string& id) {
  CreatorState& creator = creators_[id];
  OnUndo([this, id, saved = creator] { creators_[id] = saved; });
  if (touched_ != nullptr) touched_->creators.push_back(id);
  return creator;
}

UserState& State::TouchUser(const std::string& id) {
  UserState& user = users_[id];
  OnUndo([this, id, saved = user] { users_[id] = saved; });
  if (touched_ != nullptr) touched_->users.push_back(id);
  return user;
}

void State::CountHold(const Hash128& user, int difference) {
  const auto found = live_holds_.try_emplace(user, 0).first;
  found->second += difference;
  if (found->second == 0) live_holds_.erase(found);
}

void State::AddSegment(std::uint64_t seq, DropState* drop) {
  if (segments_.empty() || segments_.back().drop != drop) segments_.push_back({seq, drop});
}

void State::RememberKey(const EventRow& row) {
  if (row.key.empty()) return;
  const bool schedules = row.type == EventType::dropScheduled;
  const std::int64_t price = schedules ? FormReader(row.body).NumberOr("price", 0) : 0;
  keys_[row.key] = {row.seq, row.fingerprint, row.subject, row.at, price};
  OnUndo([this, key = row.key] { keys_.erase(key); });
}

}  // namespace livedrops
