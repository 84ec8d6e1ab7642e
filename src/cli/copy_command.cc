// livedrops copy, livedrops new-epoch.
#include <chrono>
#include <optional>

#include "cli/copy.h"
#include "cli/output.h"
#include "cli/shop.h"
#include "simulation/verify.h"

namespace livedrops::cli {
namespace {

// One bar after the other.
class PhaseBar {
 public:
  void Show(const char* phase, std::uint64_t done, std::uint64_t total) {
    if (phase_ != phase) bar_.emplace(phase);
    phase_ = phase;
    bar_->Show(done, total);
  }
  void End() { bar_.reset(); }

 private:
  const char* phase_ = nullptr;
  std::optional<ProgressBar> bar_;
};

// What is wrong with the target is a refusal.
void FailTarget(Context* context, const Status& status) {
  Fail(context, status);
  if (status.code() == StatusCode::kInvalidArgument) context->exit_code = kRefused;
}

Json ToJson(const CopyReport& report, double seconds) {
  Json json;
  json["ok"] = report.differing.empty();
  json["head"] = report.head.seq;
  json["resumed_at"] = report.resumed_at;
  json["tables"] = Json::object();
  for (const TableDump& table : report.tables) {
    json["tables"][table.name] = {{"rows", table.rows}, {"sha256", table.sha256}};
  }
  json["differing"] = report.differing;
  json["seconds"] = seconds;
  return json;
}

void Print(const CopyReport& report, double seconds, const Context& context) {
  if (context.json) return PrintLine(ToJson(report, seconds));
  std::vector<std::vector<std::string>> rows;
  rows.reserve(report.tables.size());
  for (const TableDump& table : report.tables) {
    rows.push_back({table.name, Grouped(table.rows), table.sha256});
  }
  PrintTable({"TABLE", "ROWS", "SHA-256"}, rows);
  PrintFacts({{"log rows taken over", Grouped(static_cast<std::int64_t>(report.resumed_at))},
              {"seconds", Fixed(seconds, 1)}});
}

// The chain and every invariant of what was written.
Status Prove(Storage& to, PhaseBar* bar) {
  const auto verified = Verify(
      to, [&](std::uint64_t done, std::uint64_t total) { bar->Show("verify", done, total); });
  if (!verified.ok()) return verified.status();
  if (verified->ok) return OkStatus();
  const Violation& first = verified->violations.front();
  return {StatusCode::kCorrupt, "the shop breaks an invariant, `livedrops repair` may help: " +
                                    first.invariant + " of " + first.subject + ": " + first.detail};
}

// Opened again: from now on it is a shop.
Status Finish(const std::string& url, CopyTarget target) {
  target.finish = true;
  auto storage = OpenStorage(url, {.create = false, .copy = target});
  if (!storage.ok()) return storage.status();
  return (*storage)->Close();
}

void OnCopy(const std::string& from_url, const std::string& to_url, Context* context) {
  const auto began = std::chrono::steady_clock::now();
  auto from = OpenStorage(from_url, {.create = false, .read_only = true});
  if (!from.ok()) return Fail(context, from.status());
  const CopyTarget target{(*from)->info().secret, false};
  auto to = OpenStorage(to_url, {.copy = target});
  if (!to.ok()) return FailTarget(context, to.status());
  PhaseBar bar;
  const auto report =
      Copy(**from, **to, [&](const char* phase, std::uint64_t done, std::uint64_t total) {
        bar.Show(phase, done, total);
      });
  Status status = report.status();
  const bool identical = report.ok() && report->differing.empty();
  if (identical) status = Prove(**to, &bar);
  const bool violated = identical && status.code() == StatusCode::kCorrupt;
  bar.End();
  if (Status closed = (*to)->Close(); status.ok()) status = closed;
  if (status.ok() && identical) status = Finish(to_url, target);
  if (!status.ok()) {
    FailTarget(context, status);
    if (violated) context->exit_code = kRefused;
    return;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  Print(*report, took.count(), *context);
  if (identical) return;
  context->exit_code = kRefused;
  for (const std::string& table : report->differing) {
    Complain("the target differs in the table " + table);
  }
}

void OnNewEpoch(const std::string& url, Context* context) {
  std::string before;
  if (auto old = OpenStorage(url, {.create = false, .read_only = true}); old.ok()) {
    before = (*old)->info().epoch;
  } else {
    return Fail(context, old.status());
  }
  auto storage = OpenStorage(url, {.create = false, .new_epoch = true});
  if (!storage.ok()) return Fail(context, storage.status());
  const std::string epoch = (*storage)->info().epoch;
  if (Status closed = (*storage)->Close(); !closed.ok()) return Fail(context, closed);
  if (context->json) return PrintLine({{"before", before}, {"epoch", epoch}});
  PrintFacts({{"before", before}, {"epoch", epoch}});
}

}  // namespace

void AddCopy(CLI::App& app, Context* context) {
  auto from = std::make_shared<std::string>();
  auto to = std::make_shared<std::string>();
  CLI::App* copy = app.add_subcommand(
      "copy", "copy a whole shop that is at rest into an empty database of any kind");
  copy->add_option("from", *from, "sqlite:PATH or postgresql://HOST/DATABASE")
      ->required()
      ->type_name("URL");
  copy->add_option("to", *to, "empty, or a copy that was interrupted: it goes on")
      ->required()
      ->type_name("URL");
  copy->callback([from, to, context] { OnCopy(*from, *to, context); });

  auto url = std::make_shared<std::string>();
  CLI::App* renew = app.add_subcommand(
      "new-epoch", "make every old position unrecoverable, after a restore in place");
  renew->add_option("url", *url, "sqlite:PATH or postgresql://HOST/DATABASE")
      ->required()
      ->type_name("URL");
  renew->callback([url, context] { OnNewEpoch(*url, context); });
}

}  // namespace livedrops::cli
