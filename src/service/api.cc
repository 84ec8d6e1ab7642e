// The engines by name: what their headers promise, on top of a RequestPort and a ReadPort.
#include <vector>

#include "base/cursor.h"
#include "core/drop_state.h"
#include "core/validate.h"
#include "livedrops/audit.h"
#include "livedrops/spi/order_port.h"
#include "livedrops/spi/storage.h"

namespace livedrops {
namespace {

Reply ExecuteOne(RequestPort* port, const RequestRef& ref) {
  Reply reply;
  port->Execute({&ref, 1}, {&reply, 1});
  return reply;
}

template <class Command>
Reply Execute(RequestPort* port, const Command& command) {
  const Request request(command);
  return ExecuteOne(port, {.order = nullptr, .other = &request});
}

// Where a list goes on: the numbers and the id that a cursor holds.
struct Position {
  std::int64_t number = 0;
  std::string id;
};

Result<Position> ReadPosition(ReadPort* reads, const std::string& list, const PageRequest& page) {
  if (Status valid = ValidatePage(page); !valid.ok()) return valid;
  if (page.cursor.empty()) return Position{};
  const auto text = OpenCursor(reads->storage().info().secret, list, page.cursor);
  if (!text.ok()) return text.status();
  const std::size_t colon = text->find('/');
  Position position;
  position.number = std::stoll(text->substr(0, colon));  // Sealed: it is what we wrote.
  if (colon != std::string::npos) position.id = text->substr(colon + 1);
  return position;
}

std::string NextCursor(ReadPort* reads, const std::string& list, std::int64_t number,
                       const std::string& id = "") {
  const std::string position = std::to_string(number) + "/" + id;
  return SealCursor(reads->storage().info().secret, list, position);
}

// Asks for one more than the page holds, to know whether there is a further page.
template <class T, class NumberOf>
void CutPage(ReadPort* reads, const std::string& list, int limit, NumberOf number_of,
             std::vector<T> rows, Page<T>* page) {
  if (rows.size() > static_cast<std::size_t>(limit)) {
    rows.resize(static_cast<std::size_t>(limit));
    page->next_cursor = NextCursor(reads, list, number_of(rows.back()));
  }
  page->data = std::move(rows);
}

Result<Page<Order>> ListOrders(ReadPort* reads, OrderQuery query, const std::string& list,
                               const PageRequest& page) {
  const auto position = ReadPosition(reads, list, page);
  if (!position.ok()) return position.status();
  query.after_seq = static_cast<std::uint64_t>(position->number);
  query.limit = page.limit + 1;
  std::vector<Order> rows;
  if (Status read = reads->storage().ListOrders(query, &rows); !read.ok()) return read;
  Page<Order> out;
  CutPage(
      reads, list, page.limit, [](const Order& o) { return static_cast<std::int64_t>(o.seq); },
      std::move(rows), &out);
  return out;
}

std::string StatusName(const std::optional<OrderStatus>& status) {
  return status ? std::string(ToString(*status)) : std::string();
}

}  // namespace

// --- orders --------------------------------------------------------------------------------------

Reply Orders::Place(const PlaceOrder& order) {
  return ExecuteOne(requests_, {.order = &order, .other = nullptr});
}
Reply Orders::Confirm(const ConfirmOrder& confirm) { return Execute(requests_, confirm); }
Reply Orders::Extend(const ExtendOrder& extend) { return Execute(requests_, extend); }
Reply Orders::Cancel(const CancelOrder& cancel) { return Execute(requests_, cancel); }

void Orders::PlaceBatch(std::span<const PlaceOrder> orders, std::span<Reply> replies) {
  std::vector<RequestRef> refs(orders.size());
  for (std::size_t i = 0; i < orders.size(); ++i) refs[i].order = &orders[i];
  requests_->Execute(refs, replies);
}

void Orders::PlaceAsync(const PlaceOrder& order, std::function<void(Reply)> callback) {
  requests_->Submit(order, std::move(callback));
}

std::future<Reply> Orders::PlaceFuture(const PlaceOrder& order) {
  auto promise = std::make_shared<std::promise<Reply>>();
  std::future<Reply> future = promise->get_future();
  requests_->Submit(order, [promise](Reply reply) { promise->set_value(std::move(reply)); });
  return future;
}

Result<Order> Orders::Get(const OrderId& id) {
  // The id tells the row; the row tells whether it is this id.
  Result<Order> order = reads_->storage().GetOrder(SeqOf(id));
  if (order.ok() && order->id != id) return Status(StatusCode::kNotFound, "no order " + id.str());
  return order;
}

Result<Page<Order>> Orders::OfUser(const UserId& user, const OrderFilter& filter) {
  if (Status valid = ValidateId("user", user); !valid.ok()) return valid;
  OrderQuery query;
  query.user = user;
  query.status = filter.status;
  return ListOrders(reads_, query, "orders/user/" + user.str() + "/" + StatusName(filter.status),
                    filter.page);
}

Result<Page<Order>> Orders::OfDrop(const DropId& drop, const OrderFilter& filter) {
  if (Status valid = ValidateId("drop", drop); !valid.ok()) return valid;
  OrderQuery query;
  query.drop = drop;
  query.status = filter.status;
  return ListOrders(reads_, query, "orders/drop/" + drop.str() + "/" + StatusName(filter.status),
                    filter.page);
}

// --- products ------------------------------------------------------------------------------------

Reply Products::Create(const CreateProduct& create) { return Execute(requests_, create); }
Reply Products::Update(const UpdateProduct& update) { return Execute(requests_, update); }
Reply Products::Delete(const DeleteProduct& del) { return Execute(requests_, del); }

Result<Product> Products::Get(const ProductId& id) {
  if (Status valid = ValidateId("product", id); !valid.ok()) return valid;
  return reads_->storage().catalog().GetProduct(id);
}

Result<ProductPage> Products::List(const ProductFilter& filter) {
  if (Status valid = ValidatePage({.cursor = "", .limit = filter.limit}); !valid.ok()) return valid;
  if (filter.page < 1) {
    return Status(StatusCode::kInvalidArgument,
                  "page " + std::to_string(filter.page) + " is below 1");
  }
  if (!filter.creator.empty()) {
    if (Status valid = ValidateId("creator", filter.creator); !valid.ok()) return valid;
  }
  return reads_->storage().catalog().ListProducts(filter, reads_->Now());
}

// --- drops ---------------------------------------------------------------------------------------

Reply Drops::Create(const CreateDrop& create) { return Execute(requests_, create); }
Reply Drops::Update(const UpdateDrop& update) { return Execute(requests_, update); }
Reply Drops::Change(const ChangeDrop& change) { return Execute(requests_, change); }
Reply Drops::Restock(const livedrops::Restock& restock) { return Execute(requests_, restock); }

Result<Drop> Drops::Get(const DropId& id) {
  if (Status valid = ValidateId("drop", id); !valid.ok()) return valid;
  Result<DropRow> row = reads_->storage().catalog().GetDrop(id);
  if (!row.ok()) return row.status();
  row->drop.status = StatusAt(*row, reads_->Now());
  return std::move(row->drop);
}

Result<Page<Drop>> Drops::List(const DropFilter& filter) {
  if (!filter.creator.empty()) {
    if (Status valid = ValidateId("creator", filter.creator.view()); !valid.ok()) return valid;
  }
  if (!filter.creator.empty()) {
    if (Status valid = ValidateId("creator", filter.creator); !valid.ok()) return valid;
  }
  const std::string status = filter.status ? std::string(ToString(*filter.status)) : "";
  const std::string list = "drops/" + filter.creator.str() + "/" + status;
  const auto position = ReadPosition(reads_, list, filter.page);
  if (!position.ok()) return position.status();
  const Time now = reads_->Now();
  DropQuery query;
  query.creator = filter.creator;
  query.after_created = TimeFromMs(position->number);
  query.after_id = DropId(position->id);
  Page<Drop> page;
  // The status depends on the time: the rows are read in pages and sifted here.
  while (page.next_cursor.empty()) {
    std::vector<DropRow> rows;
    if (Status read = reads_->storage().catalog().ListDrops(query, &rows); !read.ok()) return read;
    for (DropRow& row : rows) {
      row.drop.status = StatusAt(row, now);
      if (filter.status && row.drop.status != *filter.status) continue;
      if (page.data.size() == static_cast<std::size_t>(filter.page.limit)) {
        const Drop& last = page.data.back();
        page.next_cursor = NextCursor(reads_, list, ToMs(last.created_at), last.id.str());
        return page;
      }
      page.data.push_back(row.drop);
    }
    if (rows.size() < static_cast<std::size_t>(query.limit)) break;
    query.after_created = rows.back().drop.created_at;
    query.after_id = rows.back().drop.id;
  }
  return page;
}

// --- follows -------------------------------------------------------------------------------------

Reply Follows::Set(const FollowCreator& follow) {
  Reply reply;
  SetBatch({&follow, 1}, {&reply, 1});
  return reply;
}

void Follows::SetBatch(std::span<const FollowCreator> follows, std::span<Reply> replies) {
  std::vector<Request> requests(follows.begin(), follows.end());
  std::vector<RequestRef> refs(follows.size());
  for (std::size_t i = 0; i < refs.size(); ++i) refs[i].other = &requests[i];
  requests_->Execute(refs, replies);
  for (std::size_t i = 0; i < replies.size(); ++i) {
    // Followed before: the engine knows that, the storage since when.
    if (!replies[i].repeated || !follows[i].follow || !replies[i].status.ok()) continue;
    const auto entry = reads_->storage().catalog().GetFollow(follows[i].creator, follows[i].user);
    if (entry.ok()) replies[i].since = entry->since;
  }
}

Result<bool> Follows::IsFollowing(const CreatorId& creator, const UserId& user) {
  if (Status valid = ValidateId("creator", creator); !valid.ok()) return valid;
  if (Status valid = ValidateId("user", user); !valid.ok()) return valid;
  const auto entry = reads_->storage().catalog().GetFollow(creator, user);
  if (!entry.ok() && entry.status().code() != StatusCode::kNotFound) return entry.status();
  return entry.ok();
}

namespace {

Result<FollowPage> ListFollows(ReadPort* reads, FollowQuery query, const std::string& list,
                               const PageRequest& request) {
  const auto position = ReadPosition(reads, list, request);
  if (!position.ok()) return position.status();
  query.after_since = TimeFromMs(position->number);
  query.after_id = position->id;
  query.limit = request.limit + 1;
  FollowPage page;
  if (Status read = reads->storage().catalog().ListFollows(query, &page); !read.ok()) return read;
  if (page.data.size() > static_cast<std::size_t>(request.limit)) {
    page.data.resize(static_cast<std::size_t>(request.limit));
    const FollowEntry& last = page.data.back();
    const std::string id = query.user.empty() ? last.user.str() : last.creator.str();
    page.next_cursor = NextCursor(reads, list, ToMs(last.since), id);
  }
  return page;
}

}  // namespace

Result<FollowPage> Follows::Followers(const CreatorId& creator, const PageRequest& page) {
  if (Status valid = ValidateId("creator", creator); !valid.ok()) return valid;
  FollowQuery query;
  query.creator = creator;
  return ListFollows(reads_, query, "followers/" + creator.str(), page);
}

Result<FollowPage> Follows::Following(const UserId& user, const PageRequest& page) {
  if (Status valid = ValidateId("user", user); !valid.ok()) return valid;
  FollowQuery query;
  query.user = user;
  return ListFollows(reads_, query, "following/" + user.str(), page);
}

// --- audit ---------------------------------------------------------------------------------------

Result<Page<Event>> Audit::List(const AuditFilter& filter) {
  std::string list = "audit/" + filter.actor + "/" + filter.subject + "/";
  if (filter.action) list += ToString(*filter.action);
  for (const auto& time : {filter.from, filter.to})
    list += "/" + (time ? std::to_string(ToMs(*time)) : "");
  const auto position = ReadPosition(reads_, list, filter.page);
  if (!position.ok()) return position.status();
  EventQuery query;
  query.actor = filter.actor;
  query.action = filter.action;
  query.subject = filter.subject;
  query.from = filter.from;
  query.to = filter.to;
  query.before_seq = static_cast<std::uint64_t>(position->number);
  query.limit = filter.page.limit + 1;
  std::vector<Event> rows;
  if (Status read = reads_->storage().ListEvents(query, &rows); !read.ok()) return read;
  Page<Event> page;
  CutPage(
      reads_, list, filter.page.limit,
      [](const Event& e) { return static_cast<std::int64_t>(e.seq); }, std::move(rows), &page);
  return page;
}

Result<Head> Audit::ReadHead() { return reads_->storage().ReadHead(); }

// --- accounts ------------------------------------------------------------------------------------

Reply Accounts::Create(const CreateAccount& create) { return Execute(requests_, create); }
Reply Accounts::Update(const UpdateAccount& update) { return Execute(requests_, update); }
Reply Accounts::Change(const ChangeAccount& change) { return Execute(requests_, change); }
Reply Accounts::Open(const OpenSession& open) { return Execute(requests_, open); }
Reply Accounts::Rotate(const RotateSession& rotate) { return Execute(requests_, rotate); }
Reply Accounts::Revoke(const RevokeSession& revoke) { return Execute(requests_, revoke); }

void Accounts::RevokeBatch(std::span<const RevokeSession> revokes, std::span<Reply> replies) {
  std::vector<Request> requests(revokes.begin(), revokes.end());
  std::vector<RequestRef> refs(revokes.size());
  for (std::size_t i = 0; i < refs.size(); ++i) refs[i].other = &requests[i];
  requests_->Execute(refs, replies);
}

Result<Account> Accounts::Get(const UserId& id) {
  if (Status valid = ValidateId("account", id); !valid.ok()) return valid;
  return reads_->storage().catalog().GetAccount(id);
}
Result<Account> Accounts::FindByEmail(const std::string& email) {
  return reads_->storage().catalog().FindAccount(FoldEmail(email));
}
Result<Session> Accounts::GetSession(const std::string& id) {
  return reads_->storage().catalog().GetSession(id);
}
Result<std::vector<Session>> Accounts::LiveSessions(const UserId& user, int limit) {
  if (Status valid = ValidateId("account", user); !valid.ok()) return valid;
  if (Status valid = ValidatePage({.cursor = "", .limit = limit}); !valid.ok()) return valid;
  std::vector<Session> sessions;
  const SessionQuery query{user, reads_->Now(), limit};
  if (Status read = reads_->storage().catalog().ListSessions(query, &sessions); !read.ok()) {
    return read;
  }
  return sessions;
}

}  // namespace livedrops
