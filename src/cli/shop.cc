#include "cli/shop.h"

#include "cli/output.h"
#include "livedrops/spi/clock.h"

namespace livedrops::cli {

void AddStorageOption(CLI::App* command, std::string* url) {
  command
      ->add_option("--storage", *url,
                   "database: sqlite:PATH, postgresql://HOST/DATABASE or memory:")
      ->envname("LIVEDROPS_STORAGE_URL")
      ->type_name("URL")
      ->required();
}

Result<std::unique_ptr<ReadOnlyShop>> ReadOnlyShop::Open(const std::string& url) {
  auto storage = OpenStorage(url, {.create = false, .read_only = true});
  if (!storage.ok()) return storage.status();
  return std::unique_ptr<ReadOnlyShop>(new ReadOnlyShop(std::move(*storage)));
}

Time ReadOnlyShop::Now() { return SystemClock().Now(); }

Result<std::unique_ptr<Service>> OpenShop(const std::string& url, bool create) {
  auto storage = OpenStorage(url, {.create = create, .read_only = false});
  if (!storage.ok()) return storage.status();
  return Service::Open(std::move(*storage));
}

void CloseShop(Service* service, Context* context) {
  if (Status closed = service->Close(); !closed.ok()) Fail(context, closed);
}

}  // namespace livedrops::cli
