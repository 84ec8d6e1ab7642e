#include "cli/head_check.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/hex.h"
#include "base/signed_head.h"

namespace livedrops::cli {
namespace {

Result<SignedHead> ReadSignedHead(const std::string& file) {
  std::ifstream in(file);
  if (!in) return Status(StatusCode::kUnavailable, "cannot read " + file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto json = nlohmann::json::parse(text, nullptr, false);
  try {
    SignedHead head;
    json.at("seq").get_to(head.seq);
    json.at("hash").get_to(head.hash);
    json.at("at").get_to(head.at);
    json.at("key").get_to(head.key);
    json.at("signature").get_to(head.signature);
    if (head.seq != 0) return head;
    return Status(StatusCode::kInvalidArgument, file + " is no signed head: seq is 0");
  } catch (const nlohmann::json::exception&) {
    return Status(StatusCode::kInvalidArgument,
                  file +
                      " is no signed head: it must be a JSON object with seq, hash, at, key and "
                      "signature, as `livedropsd export-head` prints it");
  }
}

// The hash of one row; empty when there is none.
class HashFinder : public LogSink {
 public:
  explicit HashFinder(std::uint64_t seq) : seq_(seq) {}
  void OnOrder(const OrderRow& row) override { Look(row.seq, row.hash); }
  void OnEvent(const EventRow& row) override { Look(row.seq, row.hash); }
  const std::string& hash() const { return hash_; }

 private:
  void Look(std::uint64_t seq, const Hash& hash) {
    if (seq == seq_) hash_ = ToHex(hash);
  }
  std::uint64_t seq_;
  std::string hash_;
};

Violation Found(const SignedHead& head, std::string detail) {
  return {"audit_head", "seq " + std::to_string(head.seq), std::move(detail)};
}

}  // namespace

Result<std::vector<Violation>> CheckHead(Storage& storage, const std::string& file,
                                         const std::string& trusted_key) {
  const Result<SignedHead> head = ReadSignedHead(file);
  if (!head.ok()) return head.status();
  std::vector<Violation> violations;
  if (!IsSignatureRight(*head)) {
    violations.push_back(Found(*head, "the signature in " + file + " is wrong"));
    return violations;
  }
  if (!trusted_key.empty() && head->key != trusted_key) {
    violations.push_back(Found(*head, "signed by " + head->key + ", not by " + trusted_key));
  }
  const Result<Head> present = storage.ReadHead();
  if (!present.ok()) return present.status();
  if (present->seq < head->seq) {
    violations.push_back(Found(*head, "the log ends at seq " + std::to_string(present->seq) +
                                          ", but reached this row at " + head->at +
                                          ": its tail was cut"));
    return violations;
  }
  HashFinder row(head->seq);
  if (Status read = storage.ReadLog(head->seq - 1, 1, row); !read.ok()) return read;
  if (row.hash() != head->hash) {
    violations.push_back(Found(*head, "its hash is " + row.hash() + ", but was " + head->hash +
                                          " at " + head->at + ": the log was rewritten"));
  }
  return violations;
}

}  // namespace livedrops::cli
