#include "cli/replay_past.h"

namespace livedrops::cli {
namespace {

constexpr std::int64_t kPageRows = 16'384;

std::string NameOf(std::string_view drop, std::string_view user, std::string_view key) {
  std::string name(drop);
  return name.append(" ").append(user).append(" ").append(key);
}

}  // namespace

Status ReplayPast::Read(Storage* storage, std::uint64_t after_seq) {
  last_seq_ = after_seq;
  for (std::uint64_t before = after_seq + 1; before != last_seq_;) {
    before = last_seq_;
    if (Status read = storage->ReadLog(before, kPageRows, *this); !read.ok()) return read;
  }
  return OkStatus();
}

void ReplayPast::OnOrder(const OrderRow& row) {
  last_seq_ = row.seq;
  const auto drop = drops_.find(row.drop_no);
  if (drop == drops_.end()) return;
  orders_[NameOf(drop->second, row.user, row.key)] = {OrderId(row.order_id), std::string(row.user),
                                                      row.quantity};
}

void ReplayPast::OnEvent(const EventRow& row) {
  last_seq_ = row.seq;
  if (row.type == EventType::dropScheduled) drops_[row.drop_no] = row.subject;
  if (row.type != EventType::orderCancelled || row.key.empty()) return;
  const auto drop = drops_.find(row.drop_no);
  const auto order = OrderId::Parse(row.subject);
  if (drop == drops_.end() || !order) return;
  // A command's key is stored behind its scope, "cancel|ORDER|ACTOR|": no id has a bar.
  std::size_t at = 0;
  for (int bars = 0; bars < 3 && at != std::string::npos; ++bars) {
    at = row.key.find('|', at + (bars == 0 ? 0 : 1));
  }
  if (at == std::string::npos) return;
  const std::string key = row.key.substr(at + 1);
  cancels_[NameOf(drop->second, row.actor, key)].push_back({*order, row.delta});
}

const PastOrder* ReplayPast::FindOrder(const std::string& code, const std::string& user,
                                       const std::string& key) const {
  const auto found = orders_.find(NameOf(code, user, key));
  return found == orders_.end() ? nullptr : &found->second;
}

const std::vector<PastCancel>* ReplayPast::FindCancels(const std::string& code,
                                                       const std::string& user,
                                                       const std::string& key) const {
  const auto found = cancels_.find(NameOf(code, user, key));
  return found == cancels_.end() ? nullptr : &found->second;
}

}  // namespace livedrops::cli
