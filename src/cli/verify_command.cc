// livedrops verify, livedrops repair.
#include <iostream>

#include "cli/head_check.h"
#include "cli/output.h"
#include "cli/shop.h"
#include "simulation/repair.h"
#include "simulation/verify.h"

namespace livedrops::cli {
namespace {

Json ToJson(const std::vector<Violation>& violations) {
  Json json = Json::array();
  for (const Violation& violation : violations) {
    json.push_back({{"invariant", violation.invariant},
                    {"subject", violation.subject},
                    {"detail", violation.detail}});
  }
  return json;
}

Json ToJson(const VerifyReport& report) {
  Json json;
  json["ok"] = report.ok;
  json["checked"] = report.checked;
  json["violations"] = ToJson(report.violations);
  json["head"] = report.head.seq;
  return json;
}

void PrintViolations(const std::vector<Violation>& violations) {
  std::vector<std::vector<std::string>> rows;
  rows.reserve(violations.size());
  for (const Violation& violation : violations) {
    rows.push_back({violation.invariant, violation.subject, violation.detail});
  }
  if (!rows.empty()) PrintTable({"VIOLATION", "SUBJECT", "DETAIL"}, rows);
}

void PrintForPeople(const VerifyReport& report) {
  std::vector<std::pair<std::string, std::string>> facts;
  facts.reserve(report.checked.size());
  for (const auto& [what, rows] : report.checked) facts.emplace_back(what, Grouped(rows));
  PrintFacts(facts);
  PrintViolations(report.violations);
  if (report.violations_found > std::ssize(report.violations)) {
    Complain("only the first ones of " + Grouped(report.violations_found) + " are listed");
  }
  std::cout << (report.ok ? "ok: every invariant holds"
                          : Grouped(report.violations_found) + " violations")
            << std::endl;
}

// What to hold the log against: a file of `livedropsd export-head`, and whose it must be.
struct KeptHead {
  std::string file;
  std::string key;
};

Status AddHeadCheck(Storage& storage, const KeptHead& head, VerifyReport* report) {
  if (head.file.empty()) {
    if (head.key.empty()) return OkStatus();
    return {StatusCode::kInvalidArgument, "--head-key needs a --head"};
  }
  const auto violations = CheckHead(storage, head.file, head.key);
  if (!violations.ok()) return violations.status();
  report->checked["audit_heads"] = 1;
  report->ok = report->ok && violations->empty();
  report->violations_found += std::ssize(*violations);
  report->violations.insert(report->violations.end(), violations->begin(), violations->end());
  return OkStatus();
}

void OnVerify(const std::string& url, const KeptHead& head, Context* context) {
  auto storage = OpenStorage(url, {.create = false, .read_only = true});
  if (!storage.ok()) return Fail(context, storage.status());
  Result<VerifyReport> report = Status();
  {
    ProgressBar bar("verify");
    report =
        Verify(**storage, [&](std::uint64_t done, std::uint64_t total) { bar.Show(done, total); });
  }
  if (!report.ok()) return Fail(context, report.status());
  if (Status checked = AddHeadCheck(**storage, head, &*report); !checked.ok()) {
    return Fail(context, checked);
  }
  if (!report->ok) context->exit_code = kRefused;
  if (context->json) {
    PrintLine(ToJson(*report));
  } else {
    PrintForPeople(*report);
  }
}

Json ToJson(const RepairReport& report) {
  Json json;
  json["applied"] = report.applied;
  json["corrections"] = Json::array();
  for (const Correction& correction : report.corrections) {
    json["corrections"].push_back({{"subject", correction.subject},
                                   {"field", correction.field},
                                   {"was", correction.was},
                                   {"becomes", correction.becomes},
                                   {"reason", correction.reason}});
  }
  json["remaining"] = ToJson(report.remaining);
  return json;
}

void PrintForPeople(const RepairReport& report) {
  for (const Correction& correction : report.corrections) {
    std::cout << ToString(correction) << '\n';
  }
  PrintViolations(report.remaining);
  const std::string count = Grouped(std::ssize(report.corrections));
  if (!report.remaining.empty()) {
    std::cout << Grouped(std::ssize(report.remaining))
              << " violations stay: nothing in the log corrects them\n";
  }
  if (report.corrections.empty()) {
    std::cout << "nothing to correct" << std::endl;
  } else if (report.applied) {
    std::cout << count << " corrections written" << std::endl;
  } else {
    std::cout << count << " corrections; nothing was written: repeat with --apply" << std::endl;
  }
}

void OnRepair(const std::string& url, bool apply, Context* context) {
  // The lists of orders are no rows of their own: that they are wrong is all that a dry run says.
  auto storage = OpenStorage(url, {.create = false, .read_only = !apply, .rebuild_lists = apply});
  if (!storage.ok()) return Fail(context, storage.status());
  const Result<RepairReport> report = Repair(**storage, apply);
  if (!report.ok()) {
    Fail(context, report.status());
    // A damaged log is an answer: repair looked at it and refuses.
    if (report.status().code() == StatusCode::kCorrupt) context->exit_code = kRefused;
    return;
  }
  if (!report->remaining.empty()) context->exit_code = kRefused;
  if (context->json) {
    PrintLine(ToJson(*report));
  } else {
    PrintForPeople(*report);
  }
}

}  // namespace

void AddVerify(CLI::App& app, Context* context) {
  auto url = std::make_shared<std::string>();
  CLI::App* verify =
      app.add_subcommand("verify", "check every invariant of a database, at rest or live");
  verify->add_option("url", *url, "sqlite:PATH or postgresql://HOST/DATABASE")
      ->required()
      ->type_name("URL");
  auto head = std::make_shared<KeptHead>();
  verify
      ->add_option("--head", head->file,
                   "a signed head that was kept elsewhere: shows that the log's end was cut")
      ->type_name("FILE");
  verify->add_option("--head-key", head->key, "the public key, in hex, that must have signed it")
      ->type_name("KEY");
  verify->callback([url, head, context] { OnVerify(*url, *head, context); });

  auto apply = std::make_shared<bool>(false);
  CLI::App* repair = app.add_subcommand(
      "repair", "rebuild the present state and the lists from the log; by default only say how");
  repair->add_option("url", *url, "sqlite:PATH or postgresql://HOST/DATABASE")
      ->required()
      ->type_name("URL");
  repair->add_flag("--apply", *apply,
                   "write the corrections; no other process may have the shop open");
  repair->callback([url, apply, context] { OnRepair(*url, *apply, context); });
}

}  // namespace livedrops::cli
