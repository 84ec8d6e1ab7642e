// What the benchmarks have in common: a fresh shop on a file, a drop in it, callers.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "livedrops/open.h"

namespace livedrops::benchmarks {

// A benchmark that cannot run must not report a number.
[[noreturn]] inline void Die(const std::string& why) {
  (void)std::fprintf(stderr, "benchmark: %s\n", why.c_str());
  std::exit(1);
}

// A path without a database yet, in LIVEDROPS_BENCH_DIR or here. It must lie on a real disk.
inline std::string NewPath(const std::string& name) {
  const char* directory = std::getenv("LIVEDROPS_BENCH_DIR");
  const std::string path = std::string(directory == nullptr ? "." : directory) + "/" + name;
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
  return path;
}

inline std::unique_ptr<Service> OpenShop(const std::string& url) {
  auto service = Open(url);
  if (!service.ok()) Die(service.status().ToString());
  return std::move(*service);
}

// An engine (engine.h) or a service (service.h): both have the engines by name.
template <class Shop>
DropId MakeDrop(Shop& shop, const std::string& id, std::int64_t stock) {
  CreateProduct product;
  product.id = ProductId("product-of-" + id);
  product.creator = CreatorId("creator");
  product.name = "benchmark";
  product.price.minor_units = 1999;
  CreateDrop drop;
  drop.id = DropId(id);
  drop.product = product.id;
  drop.end_time = TimeFromMs(253'402'300'799'000);  // The year 9999.
  drop.stock = stock;
  drop.max_per_user = kQuantityMax;  // Never reached, but checked.
  const Reply made = shop.products().Create(product);
  const Reply scheduled = shop.drops().Create(drop);
  if (!made.status.ok() || !scheduled.status.ok()) Die("cannot make the drop " + id);
  return drop.id;
}

// What is left is taken out: every further order is refused.
inline void SellOut(Service& service, const DropId& drop) {
  const auto now = service.drops().Get(drop);
  if (!now.ok()) Die(now.status().ToString());
  Restock out;
  out.id = drop;
  out.quantity = -now->current_stock;
  out.key = Key("sold-out");
  if (out.quantity != 0 && service.drops().Restock(out).outcome != Outcome::done) {
    Die("cannot take out the rest");
  }
}

}  // namespace livedrops::benchmarks
