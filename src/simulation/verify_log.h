// What the log says, read once from its first row: chain, positions, and the sums of everything.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/sha256.h"
#include "simulation/verify_drops.h"

namespace livedrops {

struct FoldedCreator {
  std::int64_t followers = 0;
  std::uint64_t aggregate_seq = 0;
};
struct FoldedUser {
  std::int64_t following = 0;
  std::uint64_t aggregate_seq = 0;
  std::uint64_t read_up_to = 0;
};
struct FoldedProduct {
  Product product;
  bool deleted = false;
};
struct FoldedAccount {
  std::string role;
  bool disabled = false;
  bool erased = false;
};
struct FoldedSession {
  std::string user;
  bool revoked = false;
};

class LogFold : public LogSink {
 public:
  // Rows after `until_seq` are left out.
  LogFold(const ShopInfo& info, std::uint64_t until_seq, VerifyFindings* findings);

  void OnOrder(const OrderRow& row) override;
  void OnEvent(const EventRow& row) override;
  // Says what can be said only at the end of the log; `head` is what the storage calls its end.
  void Finish(const Head& head);

  const Head& last() const { return last_; }
  std::int64_t rows() const { return rows_; }
  DropFold& drops() { return drops_; }
  std::int64_t commands_with_key() const { return std::ssize(keys_); }

  std::unordered_map<std::string, FoldedCreator> creators;
  std::unordered_map<std::string, FoldedUser> users;
  std::unordered_map<std::string, FoldedProduct> products;
  std::unordered_map<std::string, FoldedAccount> accounts;
  std::unordered_map<std::string, FoldedSession> sessions;
  std::unordered_map<std::string, std::int64_t> orders_of_users;  // How many.
  // "creator user" -> since when, in ms.
  std::unordered_map<std::string, std::int64_t> follows;

 private:
  bool CheckPlace(std::uint64_t seq);
  void CheckHash(std::uint64_t seq, const Hash& hash);
  void CheckAggregate(std::uint64_t seq, std::string_view aggregate, std::uint64_t aggregate_seq,
                      std::uint64_t* last);
  void BeginText(std::uint64_t seq, Time at, std::string_view actor, EventType type);
  void CheckColumns(const EventRow& row, const std::string& aggregate_id);
  void OnCreatorEvent(const EventRow& row, const std::string& creator);
  void OnUserEvent(const EventRow& row, const std::string& user);
  void OnFollow(const EventRow& row, const std::string& creator);
  void OnProduct(const EventRow& row, const std::string& creator);
  void RememberKey(const EventRow& row);
  void CheckKeys();
  void Unexpected(const std::string& subject, const EventRow& row);

  // Idempotency keys with their scope, for the search for duplicates at the end.
  struct KeyOfCommand {
    Hash128 hash;
    std::uint64_t seq;
  };

  SipKey sip_key_;
  std::uint64_t until_seq_;
  VerifyFindings& findings_;
  DropFold drops_;
  Sha256 sha256_;
  std::string text_;  // Of the row whose hash is checked; reused.
  Head last_;
  bool anchored_ = true;  // False after a gap: the hash before is not known.
  std::int64_t rows_ = 0;
  std::vector<KeyOfCommand> keys_;
};

// The key of `follows`.
std::string FollowName(std::string_view creator, std::string_view user);

}  // namespace livedrops
