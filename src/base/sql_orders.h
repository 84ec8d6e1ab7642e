// What follows from the row of an order, as SQL: of `orders o` and its `drops d`.
#pragma once

// The order's event.
#define LD_ORDER_EVENT_TYPE "CASE WHEN o.ttl = 0 THEN 'orderConfirmed' ELSE 'orderHeld' END"
// Its present status.
#define LD_ORDER_STATUS "coalesce(o.status, CASE WHEN o.ttl = 0 THEN 'confirmed' ELSE 'held' END)"
// As AppendOrderBody (spi/log_text.h) writes it, to the byte.
#define LD_ORDER_BODY                                                                          \
  "'drop=' || d.drop_id || '&quantity=' || o.qty || '&amount=' || o.amount || '&balance=' || " \
  "o.balance || '&ttl=' || o.ttl || "                                                          \
  "CASE WHEN o.actor IS NULL THEN '' ELSE '&user=' || o.user_id END || '&key=' || o.idem_key"
