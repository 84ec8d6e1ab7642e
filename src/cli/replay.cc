#include "cli/replay.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/utf8.h"
#include "cli/replay_decider.h"
#include "cli/replay_past.h"
#include "livedrops/spi/order_port.h"

namespace livedrops::cli {
namespace {

constexpr std::string_view kCreator = "replay";
constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kShareMax = 1'000;
constexpr Time kStart = TimeFromMs(0);
constexpr Time kEnd = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

// A creation is a commit of its own, so a batch of them need not be large.
constexpr std::size_t kCreationsPerBatch = 512;

struct MinorUnits {
  std::int64_t value = 0;
  bool bounded = false;  // The price itself is below 0 or above kMoneyMax.
};

MinorUnits RoundedMinorUnits(double price) {
  const double minor_units = std::round(price * 100);
  // Comparisons before the conversion: a double may be far beyond.
  if (!(minor_units >= 0)) return {0, true};
  if (minor_units > static_cast<double>(kMoneyMax)) return {kMoneyMax, true};
  return {static_cast<std::int64_t>(minor_units)};
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = Utf8Length(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

// The name of a product: a description, when it is text.
std::string NameOf(const RetailLine& line) {
  const std::string& name = line.description;
  const bool fits = !name.empty() && name.size() <= 200;
  const bool text = IsUtf8(name) && name.find('\0') == std::string::npos;
  return fits && text ? name : line.code;
}

Status Conflict(const std::string& code, const std::string& why) {
  return {StatusCode::kInvalidArgument,
          "the database has another drop " + code + ": " + why +
              "; replay this file and share into a database of its own"};
}

// Any other answer to a creation than "done" or "was done before".
Status CheckCreated(const std::string& code, const Reply& reply) {
  if (!reply.status.ok()) return {reply.status.code(), code + ": " + reply.status.message()};
  if (reply.outcome == Outcome::done) return OkStatus();
  return Conflict(code, std::string(Explain(reply.outcome)));
}

CreateProduct ProductOf(const std::string& code, const CodePlan& plan) {
  CreateProduct create;
  create.id = ProductId(code);
  create.creator = CreatorId(kCreator);
  create.name = plan.name;
  create.price = {plan.price, *Currency::Parse("GBP")};
  return create;
}

CreateDrop DropOf(const std::string& code, std::int64_t stock) {
  CreateDrop create;
  create.id = DropId(code);
  create.product = ProductId(code);
  create.start_time = kStart;
  create.end_time = kEnd;
  create.stock = stock;
  return create;
}

// The mark of a run: a product, so that every storage can keep it and people can see it.
struct Mark {
  Mark(const std::string& digest, const std::string& share)
      : id("replay:" + digest.substr(0, 32) + ":" + share),
        started("sha256 " + digest + ", stock share " + share),
        complete(started + ", complete") {}
  std::string id;
  std::string started;  // Descriptions.
  std::string complete;

  CreateProduct Create() const {
    CreateProduct create;
    create.id = ProductId(id);
    create.creator = CreatorId(kCreator);
    create.name = id;
    create.description = started;
    create.price.currency = *Currency::Parse("GBP");
    create.key = Key("start:" + id);
    return create;
  }
  UpdateProduct Complete() const {
    UpdateProduct update;
    update.id = ProductId(id);
    update.description = complete;
    update.actor = UserId(kCreator);
    return update;
  }
};

// Units of the confirmed orders.
class ConfirmedUnits : public OrderSink {
 public:
  void OnOrder(const OrderRow&, const OrderChange& present) override {
    if (present.status == OrderStatus::confirmed) units_ += present.quantity;
  }
  std::int64_t units() const { return units_; }

 private:
  std::int64_t units_ = 0;
};

}  // namespace

// --- share ---------------------------------------------------------------------------------------

std::optional<Share> Share::Parse(const std::string& text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string whole = text.substr(0, point);
  std::string part = point == text.size() ? "" : text.substr(point + 1);
  const bool digits = (whole + part).find_first_not_of("0123456789") == std::string::npos;
  if (whole.size() + part.size() == 0 || whole.size() > 4 || part.size() > 6 || !digits) {
    return std::nullopt;
  }
  part.resize(6, '0');
  Share share;
  share.millionths_ = (whole.empty() ? 0 : std::stoll(whole)) * kMillion + std::stoll(part);
  if (share.millionths_ > kShareMax * kMillion) return std::nullopt;
  part.erase(part.find_last_not_of('0') + 1);  // "0.50" is the same share as "0.5".
  share.text_ = std::to_string(share.millionths_ / kMillion) + (part.empty() ? "" : "." + part);
  return share;
}

std::int64_t Share::Of(std::int64_t units) const {
  const std::int64_t whole = units / kMillion * millionths_;
  const std::int64_t part = (units % kMillion * millionths_ + kMillion - 1) / kMillion;
  return std::min(whole + part, kQuantityMax);
}

// --- the file ------------------------------------------------------------------------------------

Replay::Replay(std::string file, Share share) : file_(std::move(file)), share_(std::move(share)) {}
Replay::~Replay() = default;

Status Replay::Survey(const OnBadLine& on_bad_line) {
  Result<std::string> digest = DigestOf(file_);
  if (!digest.ok()) return digest.status();
  digest_ = std::move(*digest);
  Result<RetailFile> file = RetailFile::Open(file_);
  if (!file.ok()) return file.status();
  for (RetailLine line; file->Next(&line);) {
    ++report_.lines;
    if (!line.bad.empty()) {
      ++report_.bad_lines;
      on_bad_line(line.number, line.bad);
      continue;
    }
    const auto [entry, first] = codes_.try_emplace(line.code);
    CodePlan& plan = entry->second;
    if (first) {
      order_of_codes_.push_back(line.code);
      plan.name = NameOf(line);
      const MinorUnits price = RoundedMinorUnits(line.unit_price);
      plan.price = price.value;
      report_.bounded_prices += price.bounded ? 1 : 0;
    }
    if (line.cancels) {
      ++report_.cancel_lines;
    } else {
      plan.has_orders = true;
      plan.units += line.quantity;
    }
  }
  return file->status();
}

// Finds for each drop the last line that an earlier run left a trace of.
Status Replay::FindTraces() {
  Result<RetailFile> file = RetailFile::Open(file_);
  if (!file.ok()) return file.status();
  for (RetailLine line; file->Next(&line);) {
    if (!line.bad.empty()) continue;
    const bool traced = line.cancels ? past_->FindCancels(line.code, line.user, line.key) != nullptr
                                     : past_->FindOrder(line.code, line.user, line.key) != nullptr;
    if (traced) codes_[line.code].decided_until = line.number;
  }
  return file->status();
}

// --- the run -------------------------------------------------------------------------------------

Status Replay::Run(Service* service, const OnProgress& on_progress) {
  const Mark mark(digest_, share_.text());
  Storage& storage = service->reads().storage();
  const Result<Product> marked = service->products().Get(ProductId(mark.id));
  if (!marked.ok() && marked.status().code() != StatusCode::kNotFound) return marked.status();
  if (!marked.ok()) {
    if (Status checked = CheckDrops(service); !checked.ok()) return checked;
  }
  complete_ = marked.ok() && marked->description == mark.complete;
  const Reply created = service->products().Create(mark.Create());
  if (Status status = CheckCreated(mark.id, created); !status.ok()) return status;
  // A drop of the same stock may be older than the mark: then the log is read from its start.
  const bool older = past_ != nullptr;
  if (created.repeated || older) {
    past_ = std::make_unique<ReplayPast>();
    Status read = past_->Read(&storage, older ? 0 : created.seq);
    if (!read.ok()) return read;
    if (Status found = FindTraces(); !found.ok()) return found;
  }
  if (!complete_) {
    if (Status status = CreateDrops(service); !status.ok()) return status;
  }
  if (Status sold = Sell(service, on_progress); !sold.ok()) return sold;
  if (!complete_) {
    const Reply done = service->products().Update(mark.Complete());
    if (!done.status.ok()) return done.status;
  }
  return CountSold(service);
}

// Before anything is written: a drop of another replay would have another stock.
Status Replay::CheckDrops(Service* service) {
  for (const std::string& code : order_of_codes_) {
    const CodePlan& plan = codes_[code];
    if (!plan.has_orders) continue;
    const Result<Drop> drop = service->drops().Get(DropId(code));
    if (drop.status().code() == StatusCode::kNotFound) continue;
    if (!drop.ok()) return drop.status();
    const std::int64_t stock = share_.Of(plan.units);
    if (drop->init_stock != stock) {
      return Conflict(code, "its stock was " + std::to_string(drop->init_stock) + ", not " +
                                std::to_string(stock));
    }
    past_ = std::make_unique<ReplayPast>();
  }
  return OkStatus();
}

Status Replay::CreateDrops(Service* service) {
  std::vector<Request> requests;
  std::vector<std::string> names;
  const auto flush = [&] {
    std::vector<RequestRef> refs(requests.size());
    std::vector<Reply> replies(requests.size());
    for (std::size_t i = 0; i < refs.size(); ++i) refs[i].other = &requests[i];
    if (!refs.empty()) service->requests().Execute(refs, replies);
    for (std::size_t i = 0; i < refs.size(); ++i) {
      if (Status created = CheckCreated(names[i], replies[i]); !created.ok()) return created;
    }
    requests.clear();
    names.clear();
    return OkStatus();
  };
  for (const std::string& code : order_of_codes_) {
    const CodePlan& plan = codes_[code];
    if (!plan.has_orders) continue;
    ++report_.drops;
    requests.emplace_back(ProductOf(code, plan));
    requests.emplace_back(DropOf(code, share_.Of(plan.units)));
    names.insert(names.end(), 2, code);
    if (requests.size() < kCreationsPerBatch) continue;
    if (Status created = flush(); !created.ok()) return created;
  }
  return flush();
}

Status Replay::Sell(Service* service, const OnProgress& on_progress) {
  const auto began = std::chrono::steady_clock::now();
  for (const char* outcome : {"confirmed", "repeated", "sold_out"}) report_.orders[outcome] = 0;
  Result<RetailFile> file = RetailFile::Open(file_);
  if (!file.ok()) return file.status();
  ReplayDecider decider(service, past_.get(), &report_);
  std::int64_t done = 0;
  for (RetailLine line; file->Next(&line);) {
    if (++done % 1'000 == 0) {
      on_progress(static_cast<std::uint64_t>(done), static_cast<std::uint64_t>(report_.lines));
    }
    if (!line.bad.empty()) continue;
    const std::uint64_t decided_until = codes_[line.code].decided_until;
    const bool past = complete_ || line.number <= decided_until;
    const bool goes_on = !complete_ && line.number == decided_until;
    const Status decided = past ? decider.LookUp(line, goes_on) : decider.Decide(line);
    if (!decided.ok()) return decided;
  }
  if (Status flushed = decider.Flush(); !flushed.ok()) return flushed;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  report_.selling_seconds = took.count();
  return file->status();
}

Status Replay::CountSold(Service* service) {
  Storage& storage = service->reads().storage();
  std::vector<std::uint64_t> drop_nos;
  report_.drops = report_.sold_out_drops = 0;
  for (const std::string& code : order_of_codes_) {
    if (!codes_[code].has_orders) continue;
    const Result<DropRow> row = storage.catalog().GetDrop(DropId(code));
    if (!row.ok()) return row.status();
    drop_nos.push_back(row->drop_no);
    ++report_.drops;
    if (row->drop.current_stock == 0 && row->drop.held == 0) ++report_.sold_out_drops;
  }
  const Result<Head> head = storage.ReadHead();
  if (!head.ok()) return head.status();
  std::ranges::sort(drop_nos);
  ConfirmedUnits sold;
  if (!drop_nos.empty()) {
    if (Status read = storage.LoadOrders(drop_nos, head->seq, sold); !read.ok()) return read;
  }
  report_.units_sold = sold.units();
  return OkStatus();
}

}  // namespace livedrops::cli
