// livedrops relay: carries the log's events to a transport.
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <iostream>

#include "cli/output.h"
#include "cli/shop.h"
#include "cli/stop.h"
#include "livedrops/relay.h"

namespace livedrops::cli {
namespace {

// How often the terminal is told, and signals are heard.
constexpr Duration kLook{200};

struct RelayCommand {
  std::string url;
  std::string destination;
  bool once = false;
  RelayOptions options;
};

// One line on standard error while it goes on, when that is a terminal; and every new trouble.
class Watch {
 public:
  ~Watch() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
  }
  void Show(const RelayProgress& progress) {
    const std::string trouble = progress.error.ok() ? "" : progress.error.ToString();
    if (trouble != trouble_) {
      if (terminal_ && shown_) std::cerr << "\r\033[K";
      Complain(trouble.empty() ? "goes on" : trouble + "; tries again");
      trouble_ = trouble;
    }
    if (!terminal_) return;
    shown_ = true;
    std::cerr << "\rrelay: event " << Grouped(static_cast<std::int64_t>(progress.sent_seq)) << ", "
              << Grouped(static_cast<std::int64_t>(progress.lag())) << " waiting\033[K"
              << std::flush;
  }

 private:
  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::string trouble_;
};

void PrintSummary(const RelayProgress& progress, double seconds, const Context& context) {
  const auto rate = seconds > 0 ? static_cast<double>(progress.events) / seconds : 0;
  const Json json = {{"events", progress.events},
                     {"batches", progress.batches},
                     {"position", progress.sent_seq},
                     {"head", progress.head_seq},
                     {"lag", progress.lag()},
                     {"failures", progress.failures},
                     {"seconds", seconds},
                     {"events_per_second", static_cast<std::int64_t>(rate)}};
  if (context.json) return PrintLine(json);
  std::vector<std::pair<std::string, std::string>> facts;
  for (const auto& [name, value] : json.items()) {
    facts.emplace_back(name, value.is_number_float() ? Fixed(value, 3) : Grouped(value));
  }
  PrintFacts(facts);
}

// With `once`: until the transport has the event `end`, or the first trouble.
Status Follow(Relay* relay, bool once, std::uint64_t end) {
  Watch watch;
  while (!Stopped()) {
    Status waited = relay->WaitFor(end, kLook);
    const RelayProgress progress = relay->progress();
    if (waited.ok() || !progress.running) return waited;
    if (once && !progress.error.ok()) return progress.error;
    watch.Show(progress);
  }
  if (!once) return OkStatus();
  return {StatusCode::kUnavailable, "interrupted before event " + std::to_string(end)};
}

// A database that was moved gets its epoch from whoever opens it for writing; the relay only reads.
void SettleEpoch(const std::string& url) {
  auto storage = OpenStorage(url, {.create = false});
  if (storage.ok()) static_cast<void>((*storage)->Close());
}

void OnRelay(const RelayCommand& command, Context* context) {
  SettleEpoch(command.url);
  auto shop = ReadOnlyShop::Open(command.url);
  if (!shop.ok()) return Fail(context, shop.status());
  auto transport = OpenTransport(command.destination);
  if (!transport.ok()) return Fail(context, transport.status());
  const Result<Head> head = (*shop)->storage().ReadHead();
  if (!head.ok()) return Fail(context, head.status());
  StopOnSignals();
  const auto began = std::chrono::steady_clock::now();
  auto relay = Relay::Start((*shop)->storage(), std::move(*transport), command.options);
  if (!relay.ok()) return Fail(context, relay.status());
  Status followed = Follow(relay->get(), command.once, command.once ? head->seq : UINT64_MAX);
  const Status stopped = (*relay)->Stop();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  PrintSummary((*relay)->progress(), took.count(), *context);
  if (followed.ok()) followed = stopped;
  if (!followed.ok()) Fail(context, followed);
}

}  // namespace

void AddRelay(CLI::App& app, Context* context) {
  CLI::App* command = app.add_subcommand(
      "relay", "carry the log's events to a file, in order, at least once, until interrupted");
  auto options = std::make_shared<RelayCommand>();
  command->add_option("url", options->url, "database: sqlite:PATH or postgresql://HOST/DATABASE")
      ->required()
      ->type_name("URL");
  command->add_option("destination", options->destination, "file:PATH, for JSON lines")
      ->required()
      ->type_name("URL");
  command->add_flag("--once", options->once,
                    "end with the event that is the last one now, or at the first trouble");
  command
      ->add_option("--batch", options->options.batch_events_max,
                   "events that are handed over, and synced, together")
      ->check(CLI::Range(1, 10'000))
      ->type_name("N")
      ->capture_default_str();
  command->callback([options, context] { OnRelay(*options, context); });
}

}  // namespace livedrops::cli
