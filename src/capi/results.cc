#include "capi/results.h"

#include <algorithm>
#include <cstring>

#include "capi/guard.h"

namespace livedrops::capi {
namespace {

template <std::size_t Size>
void CopyText(std::string_view from, char (&to)[Size]) noexcept {
  const std::size_t size = std::min(from.size(), Size - 1);
  std::memcpy(to, from.data(), size);
  to[size] = '\0';
}

// As OrderId::str, without a heap.
void CopyOrderId(const OrderId& from, char (&to)[LD_ORDER_ID_SIZE]) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  std::size_t at = 0;
  for (const std::uint8_t byte : from.bytes()) {
    if (at == 8 || at == 13 || at == 18 || at == 23) to[at++] = '-';
    to[at++] = kDigits[byte >> 4];
    to[at++] = kDigits[byte & 15];
  }
  to[from.empty() ? 0 : at] = '\0';
}

std::int64_t MsOr(const std::optional<Time>& time) { return time ? ToMs(*time) : LD_ABSENT; }

// What replies of both kinds begin with. False when nothing was decided.
template <class CReply>
bool FillAnswer(const Reply& from, CReply* to) noexcept {
  to->struct_size = sizeof *to;
  (void)Tell(from.status, &to->error);
  to->outcome = from.status.ok() ? static_cast<ld_outcome_t>(from.outcome) : LD_OUTCOME_NONE;
  to->repeated = from.repeated ? 1 : 0;
  to->seq = from.seq;
  return from.status.ok();
}

}  // namespace

void Fill(const Order& from, ld_order_t* to) noexcept {
  to->struct_size = sizeof *to;
  CopyOrderId(from.id, to->id);
  CopyText(from.user.view(), to->user);
  CopyText(from.drop.view(), to->drop);
  CopyText(from.product.view(), to->product);
  CopyText(from.key.view(), to->key);
  CopyText(from.amount.currency.view(), to->currency);
  to->status = static_cast<ld_order_status_t>(from.status);
  to->quantity = from.quantity;
  to->amount_minor_units = from.amount.minor_units;
  to->created_at_ms = ToMs(from.created_at);
  to->expires_at_ms = MsOr(from.expires_at);
  to->seq = from.seq;
}

void Fill(const Drop& from, ld_drop_t* to) noexcept {
  to->struct_size = sizeof *to;
  CopyText(from.id.view(), to->id);
  CopyText(from.creator.view(), to->creator);
  CopyText(from.product.view(), to->product);
  CopyText(from.price.currency.view(), to->currency);
  to->price_minor_units = from.price.minor_units;
  to->init_stock = from.init_stock;
  to->adjust = from.adjust;
  to->current_stock = from.current_stock;
  to->held = from.held;
  to->low_stock = from.low_stock;
  to->max_per_order = from.max_per_order;
  to->max_per_user = from.max_per_user;
  to->hold_seconds = from.hold_seconds;
  to->confirmation = static_cast<ld_confirmation_t>(from.confirmation);
  to->status = static_cast<ld_drop_status_t>(from.status);
  to->start_time_ms = ToMs(from.start_time);
  to->end_time_ms = ToMs(from.end_time);
  to->created_at_ms = ToMs(from.created_at);
  to->version = from.version;
}

void Fill(const Product& from, ld_product_t* to) noexcept {
  to->struct_size = sizeof *to;
  CopyText(from.id.view(), to->id);
  CopyText(from.creator.view(), to->creator);
  CopyText(from.price.currency.view(), to->currency);
  to->price_minor_units = from.price.minor_units;
  to->name = from.name.c_str();
  to->description = from.description.c_str();
  to->media_url = from.media_url.c_str();
  to->created_at_ms = ToMs(from.created_at);
  to->updated_at_ms = ToMs(from.updated_at);
  to->version = from.version;
}

void Fill(const Event& from, ld_event_t* to) noexcept {
  to->struct_size = sizeof *to;
  to->seq = from.seq;
  to->type = ToString(from.type).data();  // A literal: it ends with NUL.
  to->aggregate = from.aggregate.c_str();
  to->aggregate_seq = from.aggregate_seq;
  to->actor = from.actor.c_str();
  to->subject = from.subject.c_str();
  CopyText(from.drop.view(), to->drop);
  CopyText(from.creator.view(), to->creator);
  CopyText(from.user.view(), to->user);
  CopyOrderId(from.order, to->order);
  to->body = from.body.c_str();
  to->at_ms = ToMs(from.at);
  to->balance = from.balance ? *from.balance : LD_ABSENT;
  to->delta = from.delta;
  std::memcpy(to->hash, from.hash.data(), sizeof to->hash);
}

void Fill(const FollowEntry& from, ld_follow_t* to) noexcept {
  to->struct_size = sizeof *to;
  CopyText(from.creator.view(), to->creator);
  CopyText(from.user.view(), to->user);
  to->since_ms = ToMs(from.since);
}

void Fill(const Head& from, ld_head_t* to) noexcept {
  to->seq = from.seq;
  std::memcpy(to->hash, from.hash.data(), sizeof to->hash);
}

void Fill(const Position& from, ld_position_t* to) noexcept {
  CopyText(from.epoch, to->epoch);
  to->offset = from.offset;
}

void Fill(const ServiceStats& from, ld_stats_t* to) noexcept {
  to->commits = from.commits;
  to->rows_committed = from.rows_committed;
  to->requests = from.requests;
  to->granted = from.granted;
  to->refused = from.refused;
  to->fenced = from.fenced;
  to->commit_failures = from.commit_failures;
  to->unknown_outcomes = from.unknown_outcomes;
  to->queue_depth = from.queue_depth;
  to->queue_wait_us_sum = from.queue_wait_us_sum;
  to->commit_us_sum = from.commit_us_sum;
}

void Fill(const Reply& from, ld_order_reply_t* to) noexcept {
  if (!FillAnswer(from, to)) return;
  to->remaining = from.remaining;
  to->retry_at_ms = MsOr(from.retry_at);
  Fill(from.order, &to->order);
}

void Fill(const Reply& from, ld_reply_t* to) noexcept {
  if (!FillAnswer(from, to)) return;
  to->id[0] = '\0';
  to->version = 0;
  to->since_ms = MsOr(from.since);
  Fill(from.drop ? *from.drop : Drop{}, &to->drop);
  if (from.drop) {
    CopyText(from.drop->id.view(), to->id);
    to->version = from.drop->version;
  } else if (from.product) {
    CopyText(from.product->id.view(), to->id);
    to->version = from.product->version;
  }
}

void Fill(const Completion& from, ld_completion_t* to) noexcept {
  to->struct_size = sizeof *to;
  to->tag = from.tag;
  Fill(from.reply, &to->reply);
}

}  // namespace livedrops::capi
