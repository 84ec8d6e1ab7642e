// livedrops replay: sells real invoices.
#include <fstream>
#include <iostream>

#include "base/hex.h"
#include "base/sha256.h"
#include "cli/exclusive.h"
#include "cli/output.h"
#include "cli/replay.h"
#include "cli/shop.h"

namespace livedrops::cli {
namespace {

constexpr std::int64_t kBadLinesShown = 20;

struct ReplayOptions {
  std::string file;
  std::string url;
  std::string share = "0.5";
  std::string bad_lines;
};

// Bad lines go to the file that was asked for, or the first ones to standard error.
class BadLines {
 public:
  Status Open(const std::string& path) {
    if (path.empty()) return OkStatus();
    file_.open(path);
    if (file_) return OkStatus();
    return {StatusCode::kUnavailable, "cannot write " + path};
  }
  void Add(std::uint64_t line, const std::string& reason) {
    const std::string text = "line " + std::to_string(line) + ": " + reason;
    if (file_.is_open()) {
      file_ << text << '\n';
    } else if (++shown_ <= kBadLinesShown) {
      Complain("bad " + text);
    }
  }
  void Finish() {
    if (shown_ <= kBadLinesShown) return;
    Complain("and " + Grouped(shown_ - kBadLinesShown) +
             " more bad lines; --bad-lines FILE lists all");
  }

 private:
  std::ofstream file_;
  std::int64_t shown_ = 0;
};

struct Timed {
  const ReplayReport& report;
  double seconds;
  double orders_per_second;
};

Json ToJson(const Timed& timed) {
  const ReplayReport& report = timed.report;
  Json json;
  json["lines"] = report.lines;
  json["bad_lines"] = report.bad_lines;
  json["cancel_lines"] = report.cancel_lines;
  json["bounded_prices"] = report.bounded_prices;
  json["orders"] = report.orders;
  json["cancelled_units"] = report.cancelled_units;
  json["unmatched_cancel_units"] = report.unmatched_cancel_units;
  json["units_sold"] = report.units_sold;
  json["drops"] = report.drops;
  json["sold_out_drops"] = report.sold_out_drops;
  json["seconds"] = timed.seconds;
  json["orders_per_second"] = timed.orders_per_second;
  json["selling_seconds"] = report.selling_seconds;
  return json;
}

void PrintForPeople(const Timed& timed) {
  const ReplayReport& report = timed.report;
  std::vector<std::pair<std::string, std::string>> facts = {
      {"lines", Grouped(report.lines)},
      {"  bad", Grouped(report.bad_lines)},
      {"  cancelling", Grouped(report.cancel_lines)}};
  for (const auto& [outcome, lines] : report.orders) {
    facts.emplace_back("  " + outcome, Grouped(lines));
  }
  facts.insert(facts.end(), {{"cancelled units", Grouped(report.cancelled_units)},
                             {"unmatched cancel units", Grouped(report.unmatched_cancel_units)},
                             {"units sold", Grouped(report.units_sold)},
                             {"drops", Grouped(report.drops)},
                             {"  sold out", Grouped(report.sold_out_drops)},
                             {"seconds", Fixed(timed.seconds, 2)},
                             {"  selling", Fixed(report.selling_seconds, 2)},
                             {"orders per second",
                              Grouped(static_cast<std::int64_t>(timed.orders_per_second))}});
  PrintFacts(facts);
}

// Each drop's lines are decided in file order: two replays at once would mix the orders of one with
// the cancellations of the other.
Status WaitForTurn(Service* service, Exclusive* turn) {
  const ShopInfo& shop = service->reads().storage().info();
  const std::string_view secret(reinterpret_cast<const char*>(shop.secret.data()),
                                shop.secret.size());
  Sha256 sha256;
  return turn->Wait("livedrops-replay-" + ToHex(sha256.Of(secret)),
                    [] { Complain("another replay works on this shop: waiting for its end"); });
}

// False, and the exit code set, when it did not come to its end.
bool RunReplay(const ReplayOptions& options, Replay* replay, Context* context) {
  const auto fail = [&](const Status& status) {
    Fail(context, status);
    return false;
  };
  BadLines bad_lines;
  if (Status opened = bad_lines.Open(options.bad_lines); !opened.ok()) return fail(opened);
  const Status surveyed = replay->Survey(
      [&](std::uint64_t line, const std::string& reason) { bad_lines.Add(line, reason); });
  if (!surveyed.ok()) return fail(surveyed);
  bad_lines.Finish();
  if (const std::int64_t bounded = replay->report().bounded_prices; bounded != 0) {
    Complain(Grouped(bounded) + " codes have a first price below 0 or beyond 2^53 - 1 pence: " +
             "the nearest that a product may have is taken");
  }
  auto service = OpenShop(options.url, true);
  if (!service.ok()) return fail(service.status());
  Exclusive turn;
  if (Status waited = WaitForTurn(service->get(), &turn); !waited.ok()) return fail(waited);
  ProgressBar bar("replay");
  const Status ran = replay->Run(
      service->get(), [&](std::uint64_t done, std::uint64_t total) { bar.Show(done, total); });
  CloseShop(service->get(), context);
  if (ran.ok()) return context->exit_code == kDone;
  Fail(context, ran);
  // The call was right: it is the shop's own drops that refuse the file.
  if (ran.code() == StatusCode::kInvalidArgument) context->exit_code = kRefused;
  return false;
}

void OnReplay(const ReplayOptions& options, Context* context) {
  const auto share = Share::Parse(options.share);
  if (!share) {
    return Fail(context,
                {StatusCode::kInvalidArgument,
                 "--stock-share " + options.share + " is not in 0..1000 with at most 6 decimals"});
  }
  const auto began = std::chrono::steady_clock::now();
  Replay replay(options.file, *share);
  if (!RunReplay(options, &replay, context)) return;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::int64_t decided = 0;
  for (const auto& [outcome, lines] : replay.report().orders) decided += lines;
  const double selling = std::max(replay.report().selling_seconds, 1e-9);
  const Timed timed{replay.report(), took.count(), static_cast<double>(decided) / selling};
  if (context->json) {
    PrintLine(ToJson(timed));
  } else {
    PrintForPeople(timed);
  }
}

}  // namespace

void AddReplay(CLI::App& app, Context* context) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command =
      app.add_subcommand("replay", "sell the invoices of a CSV file (plain or gzip)");
  command->add_option("file", options->file, "invoices, as in the Online Retail data set")
      ->required()
      ->type_name("FILE");
  AddStorageOption(command, &options->url);
  command
      ->add_option("--stock-share", options->share,
                   "stock of each drop as a share of what its lines ask for")
      ->capture_default_str()
      ->type_name("F");
  command
      ->add_option("--bad-lines", options->bad_lines,
                   "write every bad line's number and reason here")
      ->type_name("FILE");
  command->callback([options, context] { OnReplay(*options, context); });
}

}  // namespace livedrops::cli
