#include "livedrops/testing/transport_conformance.h"

#include <algorithm>
#include <thread>

#include "testing/conformance_kit.h"

// Declares `name`, a reference to a transport on a new destination, or on the same one again.
// NOLINTBEGIN(bugprone-macro-parentheses): a name that is declared cannot stand in parentheses.
#define LD_TRANSPORT_CREATE(name)                   \
  LD_CONFORM_GET(name##_pointer, factory.Create()); \
  Transport& name = *name##_pointer
#define LD_TRANSPORT_OPEN(name)                   \
  LD_CONFORM_GET(name##_pointer, factory.Open()); \
  Transport& name = *name##_pointer
// NOLINTEND(bugprone-macro-parentheses)

namespace livedrops {
namespace {

using conformance::HasCode;
using conformance::Same;

constexpr std::string_view kEpoch = "0123456789abcdef";
// Nothing here waits for anybody else: a local receiver needs a fraction of it.
constexpr Duration kDeadline{10'000};

Event MakeEvent(std::uint64_t seq) {
  Event event;
  event.seq = seq;
  event.type = EventType::orderConfirmed;
  event.aggregate = "drop:mug-1";
  event.aggregate_seq = seq;
  event.at = TimeFromMs(1'700'000'000'000 + static_cast<std::int64_t>(seq));
  event.actor = "bo";
  event.subject = "01890a5d-ac96-774b-bcce-b302099a8057";
  event.drop = DropId("mug-1");
  event.user = UserId("bo");
  event.body = "drop=mug-1&quantity=1&amount=1999&key=k" + std::to_string(seq);
  event.delta = -1;
  event.balance = 100;
  return event;
}

std::vector<Event> MakeEvents(std::uint64_t first, std::uint64_t last) {
  std::vector<Event> events;
  for (std::uint64_t seq = first; seq <= last; ++seq) events.push_back(MakeEvent(seq));
  return events;
}

Status Send(Transport& transport, std::uint64_t first, std::uint64_t last) {
  const std::vector<Event> events = MakeEvents(first, last);
  return transport.Send({kEpoch, events}, kDeadline);
}

std::string Text(const Position& position) {
  return position.offset == 0 ? "none" : position.epoch + ":" + std::to_string(position.offset);
}

Status IsAt(Transport& transport, std::uint64_t seq) {
  const Result<Position> position = transport.ReadPosition();
  if (!position.ok()) return position.status();
  return Same("position", Text(Position{std::string(kEpoch), seq}), Text(*position));
}

// Every event up to `last` has arrived, none before the one in front of it; repeats may follow.
Status HasReceived(TransportFactory& factory, std::uint64_t last) {
  const auto received = factory.Received();
  if (!received.ok()) return received.status();
  std::uint64_t newest = 0;
  for (const Position& position : *received) {
    if (Status same = Same("epoch received", std::string(kEpoch), position.epoch); !same.ok()) {
      return same;
    }
    if (position.offset > newest + 1) {
      return Same("event received after " + std::to_string(newest), std::to_string(newest + 1),
                  std::to_string(position.offset));
    }
    newest = std::max(newest, position.offset);
  }
  return Same("last event received", std::to_string(last), std::to_string(newest));
}

// --- what arrives ------------------------------------------------------------------------------

Status NewDestinationHasNoPosition(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(IsAt(transport, 0));
  LD_CONFORM(HasReceived(factory, 0));
  return OkStatus();
}

Status WhatWasSentIsReceivedInOrder(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 1));
  LD_CONFORM(HasReceived(factory, 1));
  LD_CONFORM(Send(transport, 2, 5));
  LD_CONFORM(Send(transport, 6, 6));
  LD_CONFORM(IsAt(transport, 6));
  LD_CONFORM(HasReceived(factory, 6));
  return OkStatus();
}

Status BigBatchArrives(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 10'000));
  LD_CONFORM(IsAt(transport, 10'000));
  LD_CONFORM(HasReceived(factory, 10'000));
  return OkStatus();
}

Status AnyTextArrives(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  std::vector<Event> events = MakeEvents(1, 4);
  events[0].body = "quotes \" and \\ and ,\"epoch\":\"x\"}\n{\"type\":\"y\",\"eventId\":9,";
  events[1].actor = std::string("\0\x01\x1f\x7f", 4);
  events[2].subject = "größer, 東京, 🥁";
  events[3].body = std::string(48'000, 'b');
  LD_CONFORM(transport.Send({kEpoch, events}, kDeadline));
  LD_CONFORM(transport.Close());
  LD_TRANSPORT_OPEN(again);
  LD_CONFORM(IsAt(again, 4));
  LD_CONFORM(HasReceived(factory, 4));
  return OkStatus();
}

// --- the position ------------------------------------------------------------------------------

Status PositionOutlivesClosing(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 3));
  LD_CONFORM(transport.Close());
  LD_TRANSPORT_OPEN(again);
  LD_CONFORM(IsAt(again, 3));
  LD_CONFORM(Send(again, 4, 5));
  LD_CONFORM(HasReceived(factory, 5));
  return OkStatus();
}

Status PositionOutlivesALostProcess(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 3));
  transport_pointer.reset();
  LD_TRANSPORT_OPEN(again);
  LD_CONFORM(IsAt(again, 3));
  LD_CONFORM(Send(again, 4, 4));
  LD_CONFORM(IsAt(again, 4));
  LD_CONFORM(HasReceived(factory, 4));
  return OkStatus();
}

Status SendNeedsNoPositionFirst(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 3));
  transport_pointer.reset();
  LD_TRANSPORT_OPEN(again);
  LD_CONFORM(Send(again, 4, 4));
  LD_CONFORM(HasReceived(factory, 4));
  return OkStatus();
}

// --- repeats, gaps, other logs -----------------------------------------------------------------

Status RepeatDoesNotSetThePositionBack(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 6));
  LD_CONFORM(Send(transport, 2, 4));
  LD_CONFORM(IsAt(transport, 6));
  LD_CONFORM(Send(transport, 6, 6));
  LD_CONFORM(HasReceived(factory, 6));
  return OkStatus();
}

Status RepeatWithNewsDeliversTheNews(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 4));
  LD_CONFORM(Send(transport, 3, 7));
  LD_CONFORM(IsAt(transport, 7));
  LD_CONFORM(HasReceived(factory, 7));
  return OkStatus();
}

Status GapIsRefused(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM_CODE(kInvalidArgument, Send(transport, 2, 3));
  LD_CONFORM(Send(transport, 1, 3));
  LD_CONFORM_CODE(kInvalidArgument, Send(transport, 5, 6));
  std::vector<Event> torn = MakeEvents(4, 6);
  torn.erase(torn.begin() + 1);
  LD_CONFORM_CODE(kInvalidArgument, transport.Send({kEpoch, torn}, kDeadline));
  LD_CONFORM(IsAt(transport, 3));
  LD_CONFORM(HasReceived(factory, 3));
  LD_CONFORM(Send(transport, 4, 4));
  LD_CONFORM(HasReceived(factory, 4));
  return OkStatus();
}

Status OtherEpochIsRefused(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 3));
  const std::vector<Event> next = MakeEvents(4, 4);
  LD_CONFORM_CODE(kInvalidArgument, transport.Send({"fedcba9876543210", next}, kDeadline));
  transport_pointer.reset();
  LD_TRANSPORT_OPEN(again);
  LD_CONFORM_CODE(kInvalidArgument, again.Send({"fedcba9876543210", next}, kDeadline));
  LD_CONFORM(IsAt(again, 3));
  LD_CONFORM(HasReceived(factory, 3));
  return OkStatus();
}

Status EmptyBatchIsRefused(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM_CODE(kInvalidArgument, transport.Send({kEpoch, {}}, kDeadline));
  LD_CONFORM(Send(transport, 1, 1));
  LD_CONFORM(HasReceived(factory, 1));
  return OkStatus();
}

// --- lives and threads -------------------------------------------------------------------------

Status ClosedTransportSaysSo(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 2));
  LD_CONFORM(transport.Close());
  LD_CONFORM_CODE(kClosed, transport.ReadPosition());
  LD_CONFORM_CODE(kClosed, Send(transport, 3, 3));
  LD_CONFORM_CODE(kClosed, transport.Close());
  LD_CONFORM(HasReceived(factory, 2));
  return OkStatus();
}

Status ThreadsMayTakeTurns(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(transport);
  LD_CONFORM(Send(transport, 1, 2));
  Status sent;
  std::thread([&] {
    sent = IsAt(transport, 2);
    if (sent.ok()) sent = Send(transport, 3, 4);
  }).join();
  LD_CONFORM(sent);
  LD_CONFORM(Send(transport, 5, 5));
  LD_CONFORM(HasReceived(factory, 5));
  return OkStatus();
}

// A second relay is refused for the time being, or takes over; events stay in order either way.
Status TwoTransportsMakeNoGap(TransportFactory& factory) {
  LD_TRANSPORT_CREATE(first);
  LD_CONFORM(Send(first, 1, 3));
  LD_TRANSPORT_OPEN(second);
  if (const Status taken = Send(second, 4, 6); !taken.ok()) {
    LD_CONFORM_CODE(kUnavailable, taken);
    LD_CONFORM(Send(first, 4, 6));
  } else if (const Status asked = IsAt(first, 6); asked.ok()) {
    LD_CONFORM(Send(first, 4, 8));
    LD_CONFORM(IsAt(second, 8));
  } else {
    LD_CONFORM_CODE(kFenced, asked);
  }
  first_pointer.reset();
  LD_CONFORM(Send(second, 6, 9));
  LD_CONFORM(IsAt(second, 9));
  LD_CONFORM(HasReceived(factory, 9));
  return OkStatus();
}

}  // namespace

#define LD_TRANSPORT_CASE(name) \
  TransportConformanceCase { #name, name }

std::vector<TransportConformanceCase> TransportConformanceCases() {
  return {
      LD_TRANSPORT_CASE(NewDestinationHasNoPosition),
      LD_TRANSPORT_CASE(WhatWasSentIsReceivedInOrder),
      LD_TRANSPORT_CASE(PositionOutlivesClosing),
      LD_TRANSPORT_CASE(PositionOutlivesALostProcess),
      LD_TRANSPORT_CASE(SendNeedsNoPositionFirst),
      LD_TRANSPORT_CASE(RepeatDoesNotSetThePositionBack),
      LD_TRANSPORT_CASE(RepeatWithNewsDeliversTheNews),
      LD_TRANSPORT_CASE(GapIsRefused),
      LD_TRANSPORT_CASE(OtherEpochIsRefused),
      LD_TRANSPORT_CASE(EmptyBatchIsRefused),
      LD_TRANSPORT_CASE(BigBatchArrives),
      LD_TRANSPORT_CASE(AnyTextArrives),
      LD_TRANSPORT_CASE(ClosedTransportSaysSo),
      LD_TRANSPORT_CASE(ThreadsMayTakeTurns),
      LD_TRANSPORT_CASE(TwoTransportsMakeNoGap),
  };
}

}  // namespace livedrops
