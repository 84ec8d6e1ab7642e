// Readers of the log: everything, a channel, an inbox, the audit.
#include "capi/call.h"

using namespace livedrops;        // NOLINT: the functions below stand outside of a namespace
using namespace livedrops::capi;  // NOLINT

ld_status_t ld_events_read(ld_shop_t* shop, uint64_t after_seq, int32_t limit, ld_page_t** page,
                           ld_error_t* error) {
  return ReadPage(shop, page, error,
                  [&](Service& service) { return service.notifications().Log(after_seq, limit); });
}

ld_status_t ld_channel_read(ld_shop_t* shop, const char* channel, ld_position_t* position,
                            int32_t* recovered, ld_page_t** page, ld_error_t* error) {
  return Guard(error, [&]() -> Status {
    if (page == nullptr) return IsNull("page");
    *page = nullptr;
    if (recovered == nullptr) return IsNull("recovered");
    if (Status bad = CheckStruct("position", position); !bad.ok()) return bad;
    const Visit visit(shop);
    if (!visit.status().ok()) return visit.status();
    std::string name;
    std::optional<Position> since;
    if (Status bad = ReadText("channel", channel, &name); !bad.ok()) return bad;
    if (Status bad = ReadPosition(*position, &since); !bad.ok()) return bad;
    auto found = visit.service().notifications().Channel(name, since);
    if (!found.ok()) return found.status();
    *page = NewPage(std::move(found->events)).release();
    *recovered = found->recovered ? 1 : 0;
    Fill(found->position, position);
    return OkStatus();
  });
}

ld_status_t ld_inbox_read(ld_shop_t* shop, const char* user, const ld_page_request_t* request,
                          ld_page_t** page, ld_error_t* error) {
  return ReadPage<PageRequest, ld_page_request_t>(
      shop, "request", request, LD_PAGE_REQUEST_INIT, page, error,
      [&](Service& service, const PageRequest& wanted) {
        return service.notifications().Read(IdOf<UserId>(user), wanted);
      });
}

ld_status_t ld_inbox_mark(ld_shop_t* shop, const char* user, uint64_t up_to, ld_reply_t* reply,
                          ld_error_t* error) {
  return Command(shop, reply, error, [&](Service& service) {
    return service.notifications().Mark({.user = IdOf<UserId>(user), .up_to = up_to});
  });
}

ld_status_t ld_audit_list(ld_shop_t* shop, const ld_audit_filter_t* filter, ld_page_t** page,
                          ld_error_t* error) {
  return ReadPage<AuditFilter, ld_audit_filter_t>(
      shop, "filter", filter, LD_AUDIT_FILTER_INIT, page, error,
      [](Service& service, const AuditFilter& wanted) { return service.audit().List(wanted); });
}

ld_status_t ld_audit_head(ld_shop_t* shop, ld_head_t* head, ld_error_t* error) {
  return ReadOne(shop, "head", head, error,
                 [](Service& service) { return service.audit().ReadHead(); });
}
