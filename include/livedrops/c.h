/* livedrops in C: limited drops that sell exactly N units. Plain C99, and C++.
 *
 *   ld_shop_t* shop = NULL;
 *   ld_error_t error = LD_ERROR_INIT;
 *   if (ld_shop_open("sqlite:shop.db", NULL, &shop, &error) != LD_OK) return fail(error.message);
 *
 * Errors: a function that can fail returns its status and tells the same, with a message, in the
 *   caller's `error`, which may be NULL. No other pointer may be NULL unless its function says so.
 *   What was decided about a request, sold out for instance, is no error: see the reply's outcome.
 *   When a call fails nothing is written but `error`, the reply's error and outcome, and NULL
 *   through `page` and `shop`.
 * Ownership: what a caller passes in is copied. A page is the caller's, to be freed with
 *   ld_page_free; it does not need the shop it came from. Everything else is written into structs
 *   of the caller.
 * Threading: any function from any thread at any time, but: a handle is freed once and not used
 *   afterwards, a page is used by one thread at a time, a struct not changed during a call with it.
 * Exceptions: none comes out. There is no callback, no thread-local and no global state here.
 *
 * Docs: docs/reference/c-api.md.
 */
#ifndef LIVEDROPS_C_H_
#define LIVEDROPS_C_H_

#include "livedrops/c_requests.h"
#include "livedrops/c_types.h"

#if defined(__GNUC__)
#define LD_EXPORT __attribute__((visibility("default")))
#else
#define LD_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* --- names; the texts live as long as the library is loaded ---------------------------------- */

/* "MAJOR.MINOR.PATCH" of the library; LIVEDROPS_VERSION in version.h is that of the headers. */
LD_EXPORT const char* ld_version(void);
/* "sold_out", "unavailable" and so on, as in JSON; "unknown" for a number that is none. */
LD_EXPORT const char* ld_status_name(int32_t status);
LD_EXPORT const char* ld_outcome_name(int32_t outcome);
LD_EXPORT const char* ld_order_status_name(int32_t status);
LD_EXPORT const char* ld_drop_status_name(int32_t status);
/* A sentence that explains an outcome. */
LD_EXPORT const char* ld_outcome_text(int32_t outcome);
/* 1 for the outcomes that give units to the caller: held, confirmed. Else 0. */
LD_EXPORT int ld_outcome_granted(int32_t outcome);

/* --- the shop -------------------------------------------------------------------------------- */

/* A running shop: two threads and a storage. Do not fork while one is open. */
typedef struct ld_shop ld_shop_t;

/* Opens "sqlite:PATH", "postgresql://HOST/DATABASE" or "memory:". `options` may be NULL:
 * LD_SHOP_OPTIONS_INIT. Blocks until the shop is loaded.
 * Errors: LD_INVALID_ARGUMENT for another scheme, LD_UNSUPPORTED for one that was not built in or a
 * database that is too new, LD_UNAVAILABLE for a file or server that cannot be reached, LD_CORRUPT
 * for one that is no livedrops database or does not verify. */
LD_EXPORT ld_status_t ld_shop_open(const char* url, const ld_shop_options_t* options,
                                   ld_shop_t** shop, ld_error_t* error);

/* Refuses new calls, waits for the running ones, commits what was submitted, closes the storage.
 * The handle stays good: every later call answers LD_CLOSED, but ld_shop_poll hands out what was
 * submitted before, and ld_shop_stats counts it.
 * Errors: LD_CLOSED when it was closed already, or is being closed; those of the storage. */
LD_EXPORT ld_status_t ld_shop_close(ld_shop_t* shop, ld_error_t* error);

/* Closes, if that was not done, and frees. No other thread may use the shop any more. NULL is
 * allowed. */
LD_EXPORT void ld_shop_free(ld_shop_t* shop);

/* Readable while completions wait: for poll, epoll, libuv. Owned by the shop, good until it is
 * freed; do not read from it. -1 for a NULL shop. */
LD_EXPORT int ld_shop_poll_fd(const ld_shop_t* shop);

/* Takes up to `max` completions, in the order in which they were decided; never blocks. `count`
 * tells how many. They wait in memory until they are taken. The first element must have been
 * initialised, unless `max` is 0. */
LD_EXPORT ld_status_t ld_shop_poll(ld_shop_t* shop, ld_completion_t* completions, size_t max,
                                   size_t* count, ld_error_t* error);

/* Counters since the shop was opened. */
LD_EXPORT ld_status_t ld_shop_stats(const ld_shop_t* shop, ld_stats_t* stats, ld_error_t* error);

/* --- pages: what a read returned, until it is freed ------------------------------------------ */

/* Rows of one kind. Threading: one thread at a time. */
typedef struct ld_page ld_page_t;

/* How many rows it has. */
LD_EXPORT size_t ld_page_size(const ld_page_t* page);
/* The row at `index`, owned by the page; NULL behind its end and in a page of another kind. */
LD_EXPORT const ld_order_t* ld_page_order(const ld_page_t* page, size_t index);
LD_EXPORT const ld_product_t* ld_page_product(const ld_page_t* page, size_t index);
LD_EXPORT const ld_drop_t* ld_page_drop(const ld_page_t* page, size_t index);
LD_EXPORT const ld_follow_t* ld_page_follow(const ld_page_t* page, size_t index);
LD_EXPORT const ld_event_t* ld_page_event(const ld_page_t* page, size_t index);
LD_EXPORT const ld_notification_t* ld_page_notification(const ld_page_t* page, size_t index);
/* Where the list goes on, to be given with the same filter; NULL when this was all. Cursors are
 * opaque and stay valid across restarts. */
LD_EXPORT const char* ld_page_next_cursor(const ld_page_t* page);
/* Rows of the whole list; known for products and follows only, else -1. */
LD_EXPORT int64_t ld_page_total(const ld_page_t* page);
/* Unread notifications of the whole inbox; -1 for another list. */
LD_EXPORT int64_t ld_page_unread(const ld_page_t* page);
/* NULL is allowed. */
LD_EXPORT void ld_page_free(ld_page_t* page);

/* --- commands ----------------------------------------------------------------------------------
 *
 * Each blocks until its answer is durable: a grant until its commit is, a refusal until every
 * commit is that it rests on.
 * Errors: LD_INVALID_ARGUMENT, LD_OVERLOADED, LD_UNAVAILABLE, LD_OUTCOME_UNKNOWN, LD_CLOSED.
 */

/* Places `n` orders (0 to LD_BATCH_MAX) with shared commits; `replies[i]` answers `requests[i]`.
 * Those of one drop are decided in the order given. Every request must have been initialised, and
 * the first reply. LD_OK when every order was answered: then each reply has an error of its own. */
LD_EXPORT ld_status_t ld_orders_place(ld_shop_t* shop, const ld_place_order_t* requests,
                                      ld_order_reply_t* replies, size_t n, ld_error_t* error);

/* Places one without waiting; the answer comes with `tag` out of ld_shop_poll, once. When this is
 * not LD_OK none comes. */
LD_EXPORT ld_status_t ld_orders_submit(ld_shop_t* shop, const ld_place_order_t* request,
                                       uint64_t tag, ld_error_t* error);

LD_EXPORT ld_status_t ld_orders_confirm(ld_shop_t* shop, const ld_confirm_order_t* request,
                                        ld_order_reply_t* reply, ld_error_t* error);
LD_EXPORT ld_status_t ld_orders_extend(ld_shop_t* shop, const ld_extend_order_t* request,
                                       ld_order_reply_t* reply, ld_error_t* error);
LD_EXPORT ld_status_t ld_orders_cancel(ld_shop_t* shop, const ld_cancel_order_t* request,
                                       ld_order_reply_t* reply, ld_error_t* error);

LD_EXPORT ld_status_t ld_products_create(ld_shop_t* shop, const ld_create_product_t* request,
                                         ld_reply_t* reply, ld_error_t* error);
LD_EXPORT ld_status_t ld_products_update(ld_shop_t* shop, const ld_update_product_t* request,
                                         ld_reply_t* reply, ld_error_t* error);
LD_EXPORT ld_status_t ld_products_delete(ld_shop_t* shop, const ld_delete_product_t* request,
                                         ld_reply_t* reply, ld_error_t* error);

LD_EXPORT ld_status_t ld_drops_create(ld_shop_t* shop, const ld_create_drop_t* request,
                                      ld_reply_t* reply, ld_error_t* error);
LD_EXPORT ld_status_t ld_drops_update(ld_shop_t* shop, const ld_update_drop_t* request,
                                      ld_reply_t* reply, ld_error_t* error);
LD_EXPORT ld_status_t ld_drops_change(ld_shop_t* shop, const ld_change_drop_t* request,
                                      ld_reply_t* reply, ld_error_t* error);
LD_EXPORT ld_status_t ld_drops_restock(ld_shop_t* shop, const ld_restock_t* request,
                                       ld_reply_t* reply, ld_error_t* error);

/* Sets or ends `n` follows (0 to LD_BATCH_MAX); otherwise as ld_orders_place. */
LD_EXPORT ld_status_t ld_follows_set(ld_shop_t* shop, const ld_follow_creator_t* requests,
                                     ld_reply_t* replies, size_t n, ld_error_t* error);

/* Marks the user's notifications up to the id `up_to` as read. The mark never goes back. */
LD_EXPORT ld_status_t ld_inbox_mark(ld_shop_t* shop, const char* user, uint64_t up_to,
                                    ld_reply_t* reply, ld_error_t* error);

/* --- reads: what is durable --------------------------------------------------------------------
 *
 * `filter` and `request` may be NULL: their _INIT constant. `*page` is the caller's, to be freed.
 * Errors: LD_NOT_FOUND, LD_INVALID_ARGUMENT (an unknown cursor, too), LD_UNAVAILABLE, LD_CLOSED.
 */

/* The order as it stands. */
LD_EXPORT ld_status_t ld_orders_get(ld_shop_t* shop, const char* order_id, ld_order_t* order,
                                    ld_error_t* error);
/* Newest first. */
LD_EXPORT ld_status_t ld_orders_of_user(ld_shop_t* shop, const char* user,
                                        const ld_order_filter_t* filter, ld_page_t** page,
                                        ld_error_t* error);
/* Oldest first. */
LD_EXPORT ld_status_t ld_orders_of_drop(ld_shop_t* shop, const char* drop,
                                        const ld_order_filter_t* filter, ld_page_t** page,
                                        ld_error_t* error);

/* A page of one, which owns the texts. */
LD_EXPORT ld_status_t ld_products_get(ld_shop_t* shop, const char* id, ld_page_t** page,
                                      ld_error_t* error);
/* Newest first. */
LD_EXPORT ld_status_t ld_products_list(ld_shop_t* shop, const ld_product_filter_t* filter,
                                       ld_page_t** page, ld_error_t* error);

/* The status is that of now. */
LD_EXPORT ld_status_t ld_drops_get(ld_shop_t* shop, const char* id, ld_drop_t* drop,
                                   ld_error_t* error);
/* Newest first. */
LD_EXPORT ld_status_t ld_drops_list(ld_shop_t* shop, const ld_drop_filter_t* filter,
                                    ld_page_t** page, ld_error_t* error);

/* `following` becomes 1 or 0. */
LD_EXPORT ld_status_t ld_follows_is_following(ld_shop_t* shop, const char* creator,
                                              const char* user, int32_t* following,
                                              ld_error_t* error);
/* Newest first. Every page costs the same, however deep. */
LD_EXPORT ld_status_t ld_follows_followers(ld_shop_t* shop, const char* creator,
                                           const ld_page_request_t* request, ld_page_t** page,
                                           ld_error_t* error);
LD_EXPORT ld_status_t ld_follows_following(ld_shop_t* shop, const char* user,
                                           const ld_page_request_t* request, ld_page_t** page,
                                           ld_error_t* error);

/* The log after `after_seq`, oldest first, at most `limit` (1 to 10,000) events. A reader that
 * keeps the last seq it saw can skip none. */
LD_EXPORT ld_status_t ld_events_read(ld_shop_t* shop, uint64_t after_seq, int32_t limit,
                                     ld_page_t** page, ld_error_t* error);

/* What was published on "drop:ID", "creator:ID" or "user:ID" after `*position`, oldest first, and
 * the position to read on from in its place. With an empty epoch: no events, the present position.
 * `recovered` becomes 0 when events may have been missed: the position is unknown, of another
 * epoch, in the future, or older than 1,000 publications and 24 h. */
LD_EXPORT ld_status_t ld_channel_read(ld_shop_t* shop, const char* channel, ld_position_t* position,
                                      int32_t* recovered, ld_page_t** page, ld_error_t* error);

/* The user's own events merged with those of the creators he follows since he followed; newest
 * first. */
LD_EXPORT ld_status_t ld_inbox_read(ld_shop_t* shop, const char* user,
                                    const ld_page_request_t* request, ld_page_t** page,
                                    ld_error_t* error);

/* The log as the audit shows it, newest first. */
LD_EXPORT ld_status_t ld_audit_list(ld_shop_t* shop, const ld_audit_filter_t* filter,
                                    ld_page_t** page, ld_error_t* error);
/* The end of the log. Keep it outside of the database: a chain alone does not show that its tail
 * was cut. */
LD_EXPORT ld_status_t ld_audit_head(ld_shop_t* shop, ld_head_t* head, ld_error_t* error);

#ifdef __cplusplus
}
#endif

#endif /* LIVEDROPS_C_H_ */
