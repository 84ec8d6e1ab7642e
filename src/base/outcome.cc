#include "livedrops/outcome.h"

#include <array>

#include "livedrops/accounts.h"

namespace livedrops {
namespace {

struct Named {
  std::string_view name;
  std::string_view text;
};

#define X(name, text) Named{#name, text},
constexpr std::array kOutcomes = {LIVEDROPS_ORDER_OUTCOMES(X) LIVEDROPS_COMMAND_OUTCOMES(X)};
#undef X
#define X(name) std::string_view(#name),
constexpr std::array kOrderStatuses = {LIVEDROPS_ORDER_STATUSES(X)};
constexpr std::array kDropStatuses = {LIVEDROPS_DROP_STATUSES(X)};
constexpr std::array kEventTypes = {LIVEDROPS_EVENT_TYPES(X)};
#undef X
constexpr std::array<std::string_view, 2> kConfirmations = {"direct", "hold"};
constexpr std::array<std::string_view, 4> kRoles = {"user", "creator", "service", "admin"};

template <class Enum, class Names>
std::optional<Enum> Parse(const Names& names, std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <class Names, class Enum>
auto At(const Names& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

}  // namespace

std::string_view ToString(Outcome outcome) { return At(kOutcomes, outcome).name; }
std::string_view Explain(Outcome outcome) { return At(kOutcomes, outcome).text; }
std::string_view ToString(OrderStatus status) { return At(kOrderStatuses, status); }
std::string_view ToString(DropStatus status) { return At(kDropStatuses, status); }
std::string_view ToString(EventType type) { return At(kEventTypes, type); }
std::string_view ToString(Confirmation confirmation) { return At(kConfirmations, confirmation); }
std::string_view ToString(Role role) { return At(kRoles, role); }

std::optional<OrderStatus> ParseOrderStatus(std::string_view text) {
  return Parse<OrderStatus>(kOrderStatuses, text);
}
std::optional<DropStatus> ParseDropStatus(std::string_view text) {
  return Parse<DropStatus>(kDropStatuses, text);
}
std::optional<EventType> ParseEventType(std::string_view text) {
  return Parse<EventType>(kEventTypes, text);
}
std::optional<Role> ParseRole(std::string_view text) { return Parse<Role>(kRoles, text); }

}  // namespace livedrops
