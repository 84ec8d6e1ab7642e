// livedrops drop, drops, order-status, orders, products, followers, events.
#include <chrono>
#include <iostream>
#include <thread>

#include "base/event_json.h"
#include "cli/output.h"
#include "cli/shop.h"
#include "cli/stop.h"

namespace livedrops::cli {
namespace {

// How long a follower of the log waits before it looks again.
constexpr std::chrono::milliseconds kPoll{100};
constexpr int kPageLimit = 100;

using Row = std::vector<std::string>;

// A list for people or for programs. For people the rows are kept to make the columns fit.
class List {
 public:
  List(Row header, const Context* context) : header_(std::move(header)), json_(context->json) {}
  void Add(const Json& json, Row row) {
    if (json_) return PrintLine(json);
    rows_.push_back(std::move(row));
  }
  void Print() const {
    if (!json_) PrintTable(header_, rows_);
  }

 private:
  Row header_;
  bool json_;
  std::vector<Row> rows_;
};

// Shows `limit` things of a list that comes in pages; 0: all.
template <class ReadPage, class Show>
void ShowPages(std::int64_t limit, const ReadPage& read, const Show& show, Context* context) {
  PageRequest page;
  std::int64_t left = limit == 0 ? INT64_MAX : limit;
  do {
    page.limit = static_cast<int>(std::min<std::int64_t>(left, kPageLimit));
    const auto found = read(page);
    if (!found.ok()) return Fail(context, found.status());
    for (const auto& thing : found->data) show(thing);
    left -= std::ssize(found->data);
    page.cursor = found->next_cursor;
  } while (!page.cursor.empty() && left > 0);
}

struct ReadOptions {
  std::string url;
  std::string id;
  std::string user;
  std::string drop;
  std::string creator;
  std::string status;
  std::int64_t limit = 0;
  // events
  bool follow = false;
  std::uint64_t after = 0;
  std::string channel;
};
using Shared = std::shared_ptr<ReadOptions>;
using Run = void (*)(const ReadOptions&, ReadOnlyShop*, Context*);

CLI::App* AddRead(CLI::App& app, const char* name, const char* text, const Shared& options, Run run,
                  Context* context) {
  CLI::App* command = app.add_subcommand(name, text);
  AddStorageOption(command, &options->url);
  command->callback([options, run, context] {
    auto shop = ReadOnlyShop::Open(options->url);
    if (!shop.ok()) return Fail(context, shop.status());
    run(*options, shop->get(), context);
  });
  return command;
}

void AddLimit(CLI::App* command, const Shared& options) {
  command->add_option("--limit", options->limit, "at most so many; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()))
      ->capture_default_str();
}

std::string CheckChannel(const std::string& channel) {
  for (const std::string_view kind : {"drop:", "creator:", "user:"}) {
    if (channel.starts_with(kind) && UserId(channel.substr(kind.size())).valid()) return "";
  }
  return "\"" + channel + "\" is not drop:ID, creator:ID or user:ID";
}

// False for a status that does not exist; none is no status.
template <class Parse, class Status_>
bool ReadStatus(const std::string& text, Parse parse, std::optional<Status_>* status,
                Context* context) {
  if (text.empty()) return true;
  *status = parse(text);
  if (*status) return true;
  Fail(context, {StatusCode::kInvalidArgument, "status \"" + text + "\" is unknown"});
  return false;
}

std::string MoneyText(const Money& money) {
  return std::to_string(money.minor_units) + " " + std::string(money.currency.view());
}

// --- drops and products --------------------------------------------------------------------------

void OnDrop(const ReadOptions& options, ReadOnlyShop* shop, Context* context) {
  const Result<Drop> drop = shop->drops().Get(DropId(options.id));
  if (!drop.ok()) return Fail(context, drop.status());
  const Json json = ToJson(*drop, shop->Now());
  if (context->json) return PrintLine(json);
  std::vector<std::pair<std::string, std::string>> facts;
  for (const auto& [name, value] : json.items()) {
    facts.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  facts.emplace_back("held", std::to_string(drop->held));
  facts.emplace_back("adjust", std::to_string(drop->adjust));
  PrintFacts(facts);
}

void OnDrops(const ReadOptions& options, ReadOnlyShop* shop, Context* context) {
  DropFilter filter;
  filter.creator = CreatorId(options.creator);
  if (!ReadStatus(options.status, ParseDropStatus, &filter.status, context)) return;
  List list({"DROP", "PRODUCT", "STATUS", "STOCK", "OF", "PRICE", "END"}, context);
  ShowPages(
      options.limit,
      [&](const PageRequest& page) {
        filter.page = page;
        return shop->drops().List(filter);
      },
      [&](const Drop& drop) {
        list.Add(ToJson(drop, shop->Now()),
                 {drop.id.str(), drop.product.str(), std::string(ToString(drop.status)),
                  Grouped(drop.current_stock), Grouped(drop.init_stock + drop.adjust),
                  MoneyText(drop.price), ToText(drop.end_time)});
      },
      context);
  list.Print();
}

void OnProducts(const ReadOptions& options, ReadOnlyShop* shop, Context* context) {
  ProductFilter filter;
  filter.limit = kPageLimit;
  filter.creator = CreatorId(options.creator);
  if (!ReadStatus(options.status, ParseDropStatus, &filter.status, context)) return;
  List list({"PRODUCT", "CREATOR", "PRICE", "NAME"}, context);
  std::int64_t left = options.limit == 0 ? INT64_MAX : options.limit;
  for (bool more = true; more && left > 0; ++filter.page) {
    const Result<ProductPage> page = shop->products().List(filter);
    if (!page.ok()) return Fail(context, page.status());
    for (const Product& product : page->data) {
      if (left-- <= 0) break;
      list.Add(ToJson(product),
               {product.id.str(), product.creator.str(), MoneyText(product.price), product.name});
    }
    more = std::ssize(page->data) == kPageLimit;
  }
  list.Print();
}

// --- orders --------------------------------------------------------------------------------------

Row RowOf(const Order& order) {
  return {order.id.str(),          order.user.str(),        order.drop.str(),
          Grouped(order.quantity), MoneyText(order.amount), std::string(ToString(order.status)),
          ToText(order.created_at)};
}
const Row kOrderHeader = {"ORDER", "USER", "DROP", "QUANTITY", "AMOUNT", "STATUS", "CREATED"};

void OnOrderStatus(const ReadOptions& options, ReadOnlyShop* shop, Context* context) {
  const auto id = OrderId::Parse(options.id);
  if (!id) {
    return Fail(context,
                {StatusCode::kInvalidArgument, "order \"" + options.id + "\" is no order id"});
  }
  const Result<Order> order = shop->orders().Get(*id);
  if (!order.ok()) return Fail(context, order.status());
  List list(kOrderHeader, context);
  list.Add(ToJson(*order), RowOf(*order));
  list.Print();
}

void OnOrders(const ReadOptions& options, ReadOnlyShop* shop, Context* context) {
  if (options.user.empty() == options.drop.empty()) {
    return Fail(context, {StatusCode::kInvalidArgument, "orders takes one of --user and --drop"});
  }
  OrderFilter filter;
  if (!ReadStatus(options.status, ParseOrderStatus, &filter.status, context)) return;
  List list(kOrderHeader, context);
  ShowPages(
      options.limit,
      [&](const PageRequest& page) {
        filter.page = page;
        return options.drop.empty() ? shop->orders().OfUser(UserId(options.user), filter)
                                    : shop->orders().OfDrop(DropId(options.drop), filter);
      },
      [&](const Order& order) { list.Add(ToJson(order), RowOf(order)); }, context);
  list.Print();
}

// --- followers -----------------------------------------------------------------------------------

void OnFollowers(const ReadOptions& options, ReadOnlyShop* shop, Context* context) {
  List list({"USER", "SINCE"}, context);
  std::int64_t total = 0;
  ShowPages(
      options.limit,
      [&](const PageRequest& page) {
        auto found = shop->follows().Followers(CreatorId(options.id), page);
        if (found.ok()) total = found->total;
        return found;
      },
      [&](const FollowEntry& entry) {
        list.Add({{"userId", entry.user.view()}, {"since", ToText(entry.since)}},
                 {entry.user.str(), ToText(entry.since)});
      },
      context);
  list.Print();
  if (!context->json && context->exit_code == kDone) Complain(Grouped(total) + " followers");
}

// --- events --------------------------------------------------------------------------------------

void PrintEvent(const Event& event, const Context* context) {
  if (context->json) {
    std::string line;
    AppendEventJson(event, "", &line);
    std::cout << line << std::endl;  // Flushed: a reader at the other end of a pipe sees it.
    return;
  }
  const int width = event.body.empty() ? 0 : 30;  // No blanks at the end of a line.
  std::printf("%-10llu %s  %-16s %-*s", static_cast<unsigned long long>(event.seq),
              ToText(event.at).c_str(), std::string(ToString(event.type)).c_str(), width,
              event.subject.c_str());
  std::printf("%s%s\n", event.body.empty() ? "" : " ", event.body.c_str());
  std::fflush(stdout);
}

void OnEvents(const ReadOptions& options, ReadOnlyShop* shop, Context* context) {
  if (options.follow) StopOnSignals();
  ChannelQuery query;
  query.channel = options.channel;
  query.after_seq = options.after;
  std::int64_t left = options.limit == 0 ? INT64_MAX : options.limit;
  while (left > 0 && !Stopped()) {
    query.limit = static_cast<int>(std::min<std::int64_t>(left, 1'000));
    std::vector<Event> events;
    const Status read = shop->storage().ReadChannel(query, &events);
    if (!read.ok()) return Fail(context, read);
    for (const Event& event : events) PrintEvent(event, context);
    left -= std::ssize(events);
    if (!events.empty()) {
      query.after_seq = events.back().seq;
    } else if (options.follow) {
      std::this_thread::sleep_for(kPoll);
    } else {
      break;
    }
  }
}

}  // namespace

void AddReads(CLI::App& app, Context* context) {
  const auto add = [&](const char* name, const char* text, const char* id, Run run) {
    auto options = std::make_shared<ReadOptions>();
    CLI::App* command = AddRead(app, name, text, options, run, context);
    if (id != nullptr) command->add_option("id", options->id, id)->required()->type_name("ID");
    return std::pair(command, options);
  };
  add("drop", "show one drop", "drop id", OnDrop);
  add("order-status", "show one order", "order id", OnOrderStatus);
  const auto [drops, of_drops] = add("drops", "list drops, newest first", nullptr, OnDrops);
  const auto [products, of_products] = add("products", "list products", nullptr, OnProducts);
  for (const auto& [command, options] : {std::pair(drops, of_drops), {products, of_products}}) {
    command->add_option("--creator", options->creator, "only of this creator");
    command->add_option("--status", options->status,
                        "scheduled, live, sold_out, paused, ended or cancelled");
    AddLimit(command, options);
  }
  const auto [orders, of_orders] =
      add("orders", "list orders of a user, newest first, or of a drop, oldest first", nullptr,
          OnOrders);
  orders->add_option("--user", of_orders->user, "orders of this user");
  orders->add_option("--drop", of_orders->drop, "orders of this drop");
  orders->add_option("--status", of_orders->status, "held, confirmed, cancelled or expired");
  AddLimit(orders, of_orders);
  const auto [followers, of_followers] =
      add("followers", "list a creator's followers, newest first", "creator id", OnFollowers);
  AddLimit(followers, of_followers);
  const auto [events, of_events] =
      add("events", "show the event log, oldest first", nullptr, OnEvents);
  events->add_flag("--follow", of_events->follow, "go on with what comes, until interrupted");
  events->add_option("--after", of_events->after, "events after this one")->type_name("SEQ");
  events->add_option("--channel", of_events->channel, "only of drop:ID, creator:ID or user:ID")
      ->check(CheckChannel);
  AddLimit(events, of_events);
}

}  // namespace livedrops::cli
