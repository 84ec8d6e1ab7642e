// From what C++ answers to the structs of C. Nothing here can fail: an order was decided by then,
// and its caller must hear of it.
#pragma once

#include "livedrops/c.h"
#include "livedrops/service.h"

namespace livedrops::capi {

void Fill(const Order& from, ld_order_t* to) noexcept;
void Fill(const Drop& from, ld_drop_t* to) noexcept;
// These two point into `from`, which must outlive `to`.
void Fill(const Product& from, ld_product_t* to) noexcept;
void Fill(const Event& from, ld_event_t* to) noexcept;
void Fill(const FollowEntry& from, ld_follow_t* to) noexcept;
void Fill(const Head& from, ld_head_t* to) noexcept;
void Fill(const Position& from, ld_position_t* to) noexcept;
void Fill(const ServiceStats& from, ld_stats_t* to) noexcept;

// With a status that is not ok: the error, and no outcome.
void Fill(const Reply& from, ld_order_reply_t* to) noexcept;
void Fill(const Reply& from, ld_reply_t* to) noexcept;
void Fill(const Completion& from, ld_completion_t* to) noexcept;

}  // namespace livedrops::capi
