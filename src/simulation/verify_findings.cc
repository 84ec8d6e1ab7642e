#include "simulation/verify_findings.h"

namespace livedrops {
namespace {

constexpr std::string_view kNames[] = {
#define X(name, text) text,
    LIVEDROPS_INVARIANTS(X)
#undef X
};

// A log that is broken early may break one promise at every later row: nobody reads more than this.
constexpr std::int64_t kListedMax = 1'000;

}  // namespace

std::string_view ToString(Invariant invariant) {
  return kNames[static_cast<std::size_t>(invariant)];
}

std::vector<std::string> InvariantNames() { return {std::begin(kNames), std::end(kNames)}; }

void VerifyFindings::Add(Invariant invariant, std::string subject, std::string detail) {
  report_.ok = false;
  ++report_.violations_found;
  if (++found_[static_cast<std::size_t>(invariant)] > kListedMax) return;
  report_.violations.push_back(
      {std::string(ToString(invariant)), std::move(subject), std::move(detail)});
}

void ColumnCheck::Differs(const char* column, std::string_view is, std::string_view should) const {
  std::string detail = std::string(column) + " is \"";
  detail.append(is).append("\", the hashed rows say \"").append(should).append("\"");
  findings_.Add(Invariant::columns_equal_body, "seq " + std::to_string(row_.seq),
                std::move(detail));
}

VerifyReport VerifyFindings::Take(const Head& head) {
  report_.head = head;
  return std::move(report_);
}

}  // namespace livedrops
