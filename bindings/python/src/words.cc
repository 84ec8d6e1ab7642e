// The fixed lists of outcome.h, status.h and their like as Python enums. A name is the one of C++
// in capitals: sold_out is SOLD_OUT, orderConfirmed is ORDER_CONFIRMED.
#include <cctype>

#include "livedrops/engine.h"
#include "livedrops/testing/faulty_storage.h"
#include "module.h"

namespace livedrops::python {
namespace {

constexpr const char* kWord = "livedrops._words.Word";
constexpr const char* kEventWord = "livedrops._words.EventWord";

std::string InCapitals(std::string_view text) {
  std::string name;
  for (const char c : text) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isupper(letter) != 0) name += '_';
    name += static_cast<char>(std::toupper(letter));
  }
  return name;
}

template <class Enum>
using Enum_ = py::native_enum<Enum>;

void RegisterOutcomes(py::module_& module) {
  Enum_<Outcome> outcomes(module, "Outcome", kWord,
                          "What was decided. For an order the first that applies, in this order.");
#define X(name, text) outcomes.value(InCapitals(#name).c_str(), Outcome::name, text);
  LIVEDROPS_ORDER_OUTCOMES(X)
  LIVEDROPS_COMMAND_OUTCOMES(X)
#undef X
  outcomes.finalize();
  module.def(
      "explain", [](Outcome outcome) { return std::string(Explain(outcome)); }, py::arg("outcome"),
      "One sentence that explains an outcome to a person.");
}

void RegisterStatuses(py::module_& module) {
  Enum_<StatusCode> codes(module, "StatusCode", kWord,
                          "Why a call could not do its job; each is an exception.");
  for (int code = 0; code <= static_cast<int>(StatusCode::kFenced); ++code) {
    const auto value = static_cast<StatusCode>(code);
    codes.value(InCapitals(ToString(value)).c_str(), value);
  }
  codes.finalize();

  Enum_<OrderStatus> orders(module, "OrderStatus", kWord,
                            "HELD becomes CONFIRMED, CANCELLED or EXPIRED.");
#define X(name) orders.value(InCapitals(#name).c_str(), OrderStatus::name);
  LIVEDROPS_ORDER_STATUSES(X)
#undef X
  orders.finalize();

  Enum_<DropStatus> drops(module, "DropStatus", kWord, "Where a drop is in its life.");
#define X(name) drops.value(InCapitals(#name).c_str(), DropStatus::name);
  LIVEDROPS_DROP_STATUSES(X)
#undef X
  drops.finalize();

  Enum_<EventType> events(module, "EventType", kEventWord, "What a row of the log says happened.");
#define X(name) events.value(InCapitals(#name).c_str(), EventType::name);
  LIVEDROPS_EVENT_TYPES(X)
#undef X
  events.finalize();
}

void RegisterChoices(py::module_& module) {
  Enum_<Confirmation>(module, "Confirmation", kWord, "Whether orders are sold at once or held.")
      .value("DIRECT", Confirmation::direct)
      .value("HOLD", Confirmation::hold)
      .finalize();
  Enum_<LateConfirm>(module, "LateConfirm", kWord, "What confirming an expired hold does.")
      .value("REFUSE", LateConfirm::refuse, "ORDER_STATE.")
      .value("REHOLD", LateConfirm::rehold, "Confirmed if stock is left, else ORDER_STATE.")
      .value("REFUND", LateConfirm::refund, "As REHOLD, else REFUND_DUE.")
      .finalize();
  Enum_<HoldsAtEnd>(module, "HoldsAtEnd", kWord, "What happens to holds when a drop ends.")
      .value("CONFIRM", HoldsAtEnd::confirm, "They may be confirmed until they expire.")
      .value("CANCEL", HoldsAtEnd::cancel, "They are cancelled.")
      .finalize();
  Enum_<DropAction>(module, "DropAction", kWord, "What ChangeDrop does.")
      .value("START", DropAction::start)
      .value("PAUSE", DropAction::pause)
      .value("RESUME", DropAction::resume)
      .value("END", DropAction::end)
      .value("CANCEL", DropAction::cancel)
      .finalize();
  Enum_<Role>(module, "Role", kWord, "What an account may do.")
      .value("USER", Role::user)
      .value("CREATOR", Role::creator)
      .value("SERVICE", Role::service)
      .value("ADMIN", Role::admin)
      .finalize();
  Enum_<AccountAction>(module, "AccountAction", kWord, "What ChangeAccount does.")
      .value("DISABLE", AccountAction::disable)
      .value("ENABLE", AccountAction::enable)
      .value("ERASE", AccountAction::erase)
      .finalize();
}

void RegisterFaults(py::module_& module) {
  Enum_<StorageCall>(module, "StorageCall", kWord, "The calls of a storage that can fail.")
      .value("READ_HEAD", StorageCall::read_head)
      .value("COMMIT", StorageCall::commit)
      .value("LOCK", StorageCall::lock)
      .value("RESOLVE", StorageCall::resolve)
      .value("READ_LOG", StorageCall::read_log)
      .value("LOAD", StorageCall::load)
      .value("READ", StorageCall::read)
      .finalize();
  Enum_<Fault>(module, "Fault", kWord, "How a call fails.")
      .value("NONE", Fault::none)
      .value("BEFORE", Fault::before, "Nothing is done: UNAVAILABLE.")
      .value("AFTER", Fault::after, "It is done and the answer is lost.")
      .value("LOST", Fault::lost, "Commit: OUTCOME_UNKNOWN, never written.")
      .value("LATE", Fault::late, "Commit: OUTCOME_UNKNOWN, written later unless a barrier came.")
      .finalize();
}

}  // namespace

void RegisterWords(py::module_& module) {
  RegisterOutcomes(module);
  RegisterStatuses(module);
  RegisterChoices(module);
  RegisterFaults(module);
}

}  // namespace livedrops::python
