// Products: what creators sell. Browsing is page-based.
#pragma once

#include "livedrops/reply.h"

namespace livedrops {

class RequestPort;
class ReadPort;

// Without an id one is made. Repeating the creation with the same id and content is `done` again
// with Reply::repeated and what it is now; other content or creator: conflict. Repeating a creation
// without an id by its key gives the first answer again, whatever became of it since.
struct CreateProduct {
  ProductId id;
  CreatorId creator;
  std::string name;         // 1 to 200 characters of UTF-8.
  std::string description;  // Up to 4,000 characters.
  Money price;
  UserId actor;  // Empty: the creator.
  Key key;       // Optional. Scope: actor. Makes a creation without an id repeatable.
};

// Changes what is given. No existing drop changes: a drop has a copy of the price.
struct UpdateProduct {
  ProductId id;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<Money> price;
  std::optional<std::string> media_url;
  std::optional<std::uint64_t> if_version;  // Else precondition_failed.
  UserId actor;
  Key key;  // Optional. Scope: (actor, product).
};

// Hides the product. drop_state while one of its drops is neither ended nor cancelled.
struct DeleteProduct {
  ProductId id;
  std::optional<std::uint64_t> if_version;
  UserId actor;
  Key key;
};

// Which products: those with a drop of this status, those of this creator.
struct ProductFilter {
  std::optional<DropStatus> status;
  CreatorId creator;
  int page = 1;    // From 1. A page past the end is empty.
  int limit = 20;  // 1 to 100.
};

struct ProductPage {
  std::vector<Product> data;
  std::int64_t total = 0;
};

// Threading, Errors: as Orders (orders.h).
class Products {
 public:
  Products(RequestPort* requests, ReadPort* reads) : requests_(requests), reads_(reads) {}

  Reply Create(const CreateProduct& create);
  Reply Update(const UpdateProduct& update);
  Reply Delete(const DeleteProduct& del);

  Result<Product> Get(const ProductId& id);
  // Newest first, ties by id.
  Result<ProductPage> List(const ProductFilter& filter = {});

 private:
  RequestPort* requests_;
  ReadPort* reads_;
};

}  // namespace livedrops
