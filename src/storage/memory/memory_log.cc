#include "storage/memory/memory_log.h"

#include <cstring>

#include "base/assert.h"

namespace livedrops::memory {
namespace {

// The first block is small because a simulated shop has a few orders only.
constexpr std::size_t kFirstBlockBytes = 4096;
constexpr std::size_t kBlockBytes = 65'536;

template <class Map, class Name>
const std::vector<std::uint64_t>& FindOrNone(const Map& map, const Name& name) {
  static const std::vector<std::uint64_t> none;
  const auto found = map.find(name);
  return found == map.end() ? none : found->second;
}

}  // namespace

std::string_view TextArena::Add(std::string_view text) {
  if (text.empty()) return {};
  if (text.size() > left_) {
    left_ = std::max(text.size(), blocks_.empty() ? kFirstBlockBytes : kBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(left_));
    next_ = blocks_.back().get();
  }
  char* const place = next_;
  std::memcpy(place, text.data(), text.size());
  next_ += text.size();
  left_ -= text.size();
  return {place, text.size()};
}

OrderChange FirstState(const OrderRow& row) {
  OrderChange state;
  state.seq = row.seq;
  state.quantity = row.quantity;
  if (row.ttl_seconds != 0) {
    state.status = OrderStatus::held;
    state.expires_at = row.at + std::chrono::seconds(row.ttl_seconds);
  }
  return state;
}

void MemoryLog::Append(std::span<const OrderRow> orders, std::span<const EventRow> events) {
  auto order = orders.begin();
  auto event = events.begin();
  while (order != orders.end() || event != events.end()) {
    const bool order_is_next =
        event == events.end() || (order != orders.end() && order->seq < event->seq);
    if (order_is_next) {
      AppendOrder(*order++);
    } else {
      AppendEvent(*event++);
    }
  }
}

void MemoryLog::AppendOrder(const OrderRow& row) {
  LD_ASSERT(row.seq == head_.seq + 1);
  orders_of_drop_[row.drop_no].push_back(row.seq);
  StoredOrder& stored = orders_.emplace_back(StoredOrder{row, FirstState(row)});
  stored.row.user = texts_.Add(row.user);
  stored.row.actor = texts_.Add(row.actor);
  stored.row.key = texts_.Add(row.key);
  rows_.push_back({&stored, nullptr});
  head_ = {row.seq, row.hash};
}

void MemoryLog::AppendEvent(const EventRow& row) {
  LD_ASSERT(row.seq == head_.seq + 1);
  const EventRow& stored = events_.emplace_back(row);
  if (!row.creator.empty()) of_creator_[stored.creator].push_back(row.seq);
  if (row.drop_no != 0 && row.order_seq == 0) events_of_drop_[row.drop_no].push_back(row.seq);
  if (!row.key.empty()) keyed_.push_back(row.seq);
  rows_.push_back({nullptr, &stored});
  head_ = {row.seq, row.hash};
}

void MemoryLog::Change(const OrderChange& change) { rows_[change.seq - 1].order->present = change; }

std::string_view MemoryLog::UserOf(const EventRow& row) const {
  const StoredOrder* const order = FindOrder(row.order_seq);
  return order == nullptr ? std::string_view(row.user) : order->row.user;
}

const StoredOrder* MemoryLog::FindOrder(std::uint64_t seq) const {
  return seq == 0 || seq > head_.seq ? nullptr : At(seq).order;
}

const std::vector<std::uint64_t>& MemoryLog::OfUser(std::string_view user) {
  while (users_indexed_ < head_.seq) {
    const LogEntry& entry = At(++users_indexed_);
    const std::string_view whose =
        entry.order != nullptr ? entry.order->row.user : UserOf(*entry.event);
    if (!whose.empty()) of_user_[whose].push_back(users_indexed_);
  }
  return FindOrNone(of_user_, user);
}
const std::vector<std::uint64_t>& MemoryLog::OfCreator(std::string_view creator) const {
  return FindOrNone(of_creator_, creator);
}
const std::vector<std::uint64_t>& MemoryLog::OrdersOfDrop(std::uint64_t drop_no) const {
  return FindOrNone(orders_of_drop_, drop_no);
}
const std::vector<std::uint64_t>& MemoryLog::EventsOfDrop(std::uint64_t drop_no) const {
  return FindOrNone(events_of_drop_, drop_no);
}

}  // namespace livedrops::memory
