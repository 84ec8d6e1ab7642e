// livedrops import-follows: lines "a b", a follows b.
#include <charconv>
#include <chrono>

#include "cli/output.h"
#include "cli/shop.h"
#include "cli/text_file.h"

namespace livedrops::cli {
namespace {

// Sharing a commit is what makes it fast; twice as many do not make it faster.
constexpr std::size_t kBatch = 4'096;
constexpr std::int64_t kBadLinesShown = 20;

struct ImportReport {
  std::int64_t lines = 0;
  std::int64_t follows = 0;
  std::int64_t bad_lines = 0;
};

// The next word of the line, without it; words are apart by blanks or tabs.
std::string_view TakeWord(std::string_view* line) {
  line->remove_prefix(std::min(line->find_first_not_of(" \t"), line->size()));
  const std::string_view word = line->substr(0, line->find_first_of(" \t"));
  line->remove_prefix(word.size());
  return word;
}

// Why the line is bad, or nothing.
std::string ParseFollow(std::string_view line, FollowCreator* follow) {
  const std::string_view user = TakeWord(&line);
  const std::string_view creator = TakeWord(&line);
  if (creator.empty() || !TakeWord(&line).empty()) return "is not \"a b\"";
  follow->user = UserId(user);
  follow->creator = CreatorId(creator);
  if (!follow->user.valid()) return "\"" + std::string(user) + "\" is no id";
  if (!follow->creator.valid()) return "\"" + std::string(creator) + "\" is no id";
  return "";
}

class Importer {
 public:
  explicit Importer(Service* service) : service_(*service) {}

  Status Run(TextFile* file) {
    std::uint64_t number = 0;
    for (std::string line; file->Next(&line);) {
      ++number;
      if (line.starts_with("#")) continue;  // A comment.
      ++report_.lines;
      FollowCreator follow;
      if (const std::string bad = ParseFollow(line, &follow); !bad.empty()) {
        if (++report_.bad_lines <= kBadLinesShown) {
          Complain("bad line " + std::to_string(number) + ": " + bad);
        }
        continue;
      }
      batch_.push_back(follow);
      if (batch_.size() < kBatch) continue;
      if (Status flushed = Flush(); !flushed.ok()) return flushed;
    }
    if (Status flushed = Flush(); !flushed.ok()) return flushed;
    return file->status();
  }
  const ImportReport& report() const { return report_; }

 private:
  Status Flush() {
    std::vector<Reply> replies(batch_.size());
    if (!batch_.empty()) service_.follows().SetBatch(batch_, replies);
    batch_.clear();
    for (const Reply& reply : replies) {
      if (!reply.status.ok()) return reply.status;
      if (reply.outcome == Outcome::done && !reply.repeated) ++report_.follows;
    }
    return OkStatus();
  }

  Service& service_;
  std::vector<FollowCreator> batch_;
  ImportReport report_;
};

void OnImport(const std::string& path, const std::string& url, Context* context) {
  const auto began = std::chrono::steady_clock::now();
  Result<TextFile> file = TextFile::Open(path);
  if (!file.ok()) return Fail(context, file.status());
  auto service = OpenShop(url, true);
  if (!service.ok()) return Fail(context, service.status());
  Importer importer(service->get());
  const Status ran = importer.Run(&*file);
  CloseShop(service->get(), context);
  if (!ran.ok()) return Fail(context, ran);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const ImportReport& report = importer.report();
  if (context->json) {
    return PrintLine({{"lines", report.lines},
                      {"follows", report.follows},
                      {"bad_lines", report.bad_lines},
                      {"seconds", took.count()}});
  }
  PrintFacts({{"lines", Grouped(report.lines)},
              {"new follows", Grouped(report.follows)},
              {"bad lines", Grouped(report.bad_lines)},
              {"seconds", Fixed(took.count(), 2)}});
}

}  // namespace

void AddImportFollows(CLI::App& app, Context* context) {
  auto path = std::make_shared<std::string>();
  auto url = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("import-follows", "import lines \"a b\" (a follows b), plain or gzip");
  command->add_option("file", *path, "lines \"a b\"; those that begin with # are comments")
      ->required()
      ->type_name("FILE");
  AddStorageOption(command, url.get());
  command->callback([path, url, context] { OnImport(*path, *url, context); });
}

}  // namespace livedrops::cli
