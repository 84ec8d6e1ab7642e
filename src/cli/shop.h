// How the commands reach a shop: opened for reading, or with its engine running.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/commands.h"
#include "livedrops/open.h"
#include "livedrops/spi/order_port.h"

namespace livedrops::cli {

// Adds --storage URL (or LIVEDROPS_STORAGE_URL) to a command.
void AddStorageOption(CLI::App* command, std::string* url);

// A shop that is only read: no engine runs, nothing is locked, and nothing is ever written.
class ReadOnlyShop : public ReadPort {
 public:
  static Result<std::unique_ptr<ReadOnlyShop>> Open(const std::string& url);

  Storage& storage() override { return *storage_; }
  Time Now() override;

  Products products() { return {nullptr, this}; }
  Drops drops() { return {nullptr, this}; }
  Orders orders() { return {nullptr, this}; }
  Follows follows() { return {nullptr, this}; }

 private:
  explicit ReadOnlyShop(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
  std::unique_ptr<Storage> storage_;
};

// A shop with its engine. `create`: makes the database when it does not exist.
Result<std::unique_ptr<Service>> OpenShop(const std::string& url, bool create);

// Closes and gives the exit code: a shop that cannot be closed may not have written everything.
void CloseShop(Service* service, Context* context);

}  // namespace livedrops::cli
