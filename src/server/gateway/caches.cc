#include "server/gateway/caches.h"

#include "server/gateway/creators.h"

namespace livedrops::server {
namespace {

constexpr std::string_view kCreator = "creator:";

void WriteRow(std::string_view cache, const ReadCacheCounters& counters, MetricsText* text) {
  const std::string label = "cache=\"" + std::string(cache) + "\"";
  text->Sample(static_cast<double>(counters.hits), label + ",result=\"hit\"");
  text->Sample(static_cast<double>(counters.misses), label + ",result=\"miss\"");
  text->Sample(static_cast<double>(counters.stale), label + ",result=\"stale\"");
}

// Whoever has more than these under way at a time for one product sees the newest of them.
constexpr int kDropsLookedAt = 20;

Result<std::vector<DropId>> ReadDropsOf(Service& service, const Product& product) {
  DropQuery query;
  query.product = product.id;
  query.limit = kDropsLookedAt;
  std::vector<DropRow> rows;
  Status read = service.reads().storage().catalog().ListDrops(query, &rows);
  if (!read.ok()) return read;
  std::vector<DropId> drops;
  drops.reserve(rows.size());
  for (const DropRow& row : rows) drops.push_back(row.drop.id);
  return drops;
}

bool IsOver(const Drop& drop) {
  return drop.status == DropStatus::ended || drop.status == DropStatus::cancelled;
}

}  // namespace

Result<Drop> Caches::GetDrop(Service& service, const DropId& id, bool* stale) {
  if (!id.valid()) return Status(StatusCode::kNotFound, "that is no id");
  const auto row = drops_.Get(id.view(), [&]() {
    return Shared<DropRow>(service.reads().storage().catalog().GetDrop(id));
  });
  if (!row.ok()) return row.status();
  *stale |= row->stale;
  Drop drop = row->value->drop;
  drop.status = StatusAt(*row->value, service.reads().Now());
  return drop;
}

Result<Product> Caches::GetProduct(Service& service, const ProductId& id, bool* stale) {
  if (!id.valid()) return Status(StatusCode::kNotFound, "that is no id");
  const auto product =
      products_.Get(id.view(), [&]() { return Shared<Product>(service.products().Get(id)); });
  if (!product.ok()) return product.status();
  *stale |= product->stale;
  return *product->value;
}

Result<std::optional<Drop>> Caches::GetDropOf(Service& service, const Product& product,
                                              bool* stale) {
  const auto drops = drops_of_product_.Get(product.id.view(), [&]() {
    return Shared<std::vector<DropId>>(ReadDropsOf(service, product));
  });
  if (!drops.ok()) return drops.status();
  *stale |= drops->stale;
  std::optional<Drop> newest;
  for (const DropId& id : *drops->value) {
    Result<Drop> drop = GetDrop(service, id, stale);
    if (!drop.ok()) return drop.status();
    if (!IsOver(*drop)) return std::optional(std::move(*drop));
    if (!newest) newest = std::move(*drop);
  }
  return newest;
}

Result<CreatorCard> Caches::GetCreator(Service& service, const CreatorId& id, bool* stale) {
  if (!id.valid()) return Status(StatusCode::kNotFound, "that is no id");
  const auto card =
      creators_.Get(id.view(), [&]() { return Shared<CreatorCard>(ReadCreatorCard(service, id)); });
  if (!card.ok()) return card.status();
  *stale |= card->stale;
  return *card->value;
}

std::string Caches::FollowersKey(const CreatorId& creator, int limit) {
  return creator.str() + " " + std::to_string(limit);
}

void Caches::Apply(const Reply& reply) {
  if (reply.drop) {
    drops_.Forget(reply.drop->id.view());
    drops_of_product_.Forget(reply.drop->product.view());
  }
  if (!reply.order.drop.empty()) drops_.Forget(reply.order.drop.view());
  if (reply.product) {
    products_.Forget(reply.product->id.view());
    product_pages_.ForgetAll();
  }
}

void Caches::ProductGone(const ProductId& product) {
  products_.Erase(product.view());
  product_pages_.EraseAll();
  other_pages_.EraseAll();
}

// Pages may hold his name, too.
void Caches::CreatorGone(std::string_view creator) {
  creators_.Erase(creator);
  other_pages_.EraseAll();
}

void Caches::FollowersChanged(const CreatorId& creator) {
  creators_.Forget(creator.view());
  for (std::size_t limit = 1; limit < limits_used_.size(); ++limit) {
    if (!limits_used_[limit].load(std::memory_order_relaxed)) continue;
    followers_.Forget(FollowersKey(creator, static_cast<int>(limit)));
  }
}

void Caches::Apply(std::span<const Event> events) {
  std::string_view last;
  for (const Event& event : events) {
    Apply(event);
    // In a rush a thousand events are of one drop.
    if (event.drop.empty() || event.drop.view() == last) continue;
    last = event.drop.view();
    drops_.Forget(last);
  }
}

void Caches::Apply(const Event& event) {
  switch (event.type) {
    case EventType::productCreated:
    case EventType::productUpdated:
      products_.Forget(event.subject);
      product_pages_.ForgetAll();
      break;
    case EventType::productDeleted:
      ProductGone(ProductId(event.subject));
      break;
    case EventType::dropScheduled:
      drops_of_product_.ForgetAll();
      break;
    case EventType::followed:
    case EventType::unfollowed:
      if (event.aggregate.starts_with(kCreator)) {
        FollowersChanged(CreatorId(std::string_view(event.aggregate).substr(kCreator.size())));
      }
      break;
    case EventType::accountUpdated:
    case EventType::accountErased:
      CreatorGone(event.subject);
      break;
    default:
      break;
  }
}

void Caches::Write(MetricsText* text) const {
  text->Family("livedrops_cache_reads_total", "counter",
               "Reads answered by a cache, or not, or by what it still had in an outage.");
  WriteRow("drops", drops_.counters(), text);
  WriteRow("products", products_.counters(), text);
  WriteRow("product_pages", product_pages_.counters(), text);
  WriteRow("other_pages", other_pages_.counters(), text);
  WriteRow("product_drops", drops_of_product_.counters(), text);
  WriteRow("creators", creators_.counters(), text);
  WriteRow("followers", followers_.counters(), text);
}

}  // namespace livedrops::server
