#include "server/gateway/caches.h"

namespace livedrops::server {
namespace {

bool ConcernsProducts(EventType type) {
  return type == EventType::productCreated || type == EventType::productUpdated ||
         type == EventType::productDeleted;
}

void WriteRow(std::string_view cache, const ReadCacheCounters& counters, MetricsText* text) {
  const std::string label = "cache=\"" + std::string(cache) + "\"";
  text->Sample(static_cast<double>(counters.hits), label + ",result=\"hit\"");
  text->Sample(static_cast<double>(counters.misses), label + ",result=\"miss\"");
}

}  // namespace

Result<Drop> Caches::GetDrop(Service& service, const DropId& id) {
  if (!id.valid()) return Status(StatusCode::kNotFound, "that is no id");
  std::shared_ptr<const DropRow> row;
  const Status read = drops.Get(id.view(), &row, [&](std::shared_ptr<const DropRow>* out) {
    Result<DropRow> found = service.reads().storage().catalog().GetDrop(id);
    if (!found.ok()) return found.status();
    *out = std::make_shared<const DropRow>(std::move(*found));
    return OkStatus();
  });
  if (!read.ok()) return read;
  Drop drop = row->drop;
  drop.status = StatusAt(*row, service.reads().Now());
  return drop;
}

void Caches::Apply(const Reply& reply) {
  if (reply.drop) drops.Forget(reply.drop->id.view());
  if (!reply.order.drop.empty()) drops.Forget(reply.order.drop.view());
  if (reply.product) products.ForgetAll();
}

void Caches::Apply(std::span<const Event> events) {
  bool products_changed = false;
  std::string_view last;
  for (const Event& event : events) {
    products_changed |= ConcernsProducts(event.type);
    // In a rush a thousand events are of one drop.
    if (event.drop.empty() || event.drop.view() == last) continue;
    last = event.drop.view();
    drops.Forget(last);
  }
  if (products_changed) products.ForgetAll();
}

void Caches::Write(MetricsText* text) const {
  text->Family("livedrops_cache_reads_total", "counter", "Reads answered by a cache, or not.");
  WriteRow("drops", drops.counters(), text);
  WriteRow("products", products.counters(), text);
}

}  // namespace livedrops::server
