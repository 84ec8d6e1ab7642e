// Routes of the internal listener: is it alive, may it get traffic, how does it do.
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "server/gateway/handlers.h"

namespace livedrops::server {
namespace {

constexpr double kUsPerSecond = 1e6;

// When the process began, for process_start_time_seconds.
double StartSeconds() {
  static const double start = static_cast<double>(ToMs(SystemClock().Now())) / 1000;
  return start;
}
// Read while the program loads, not at the first scrape.
const double kStartSeconds = StartSeconds();

double ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  unsigned long size = 0;
  unsigned long resident = 0;
  const int count = std::fscanf(file, "%lu %lu", &size, &resident);
  std::fclose(file);
  return count == 2 ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE))
                    : 0;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / kUsPerSecond;
}

void WriteProcess(MetricsText* text) {
  text->Gauge("process_start_time_seconds", "Start of the process since 1970.", kStartSeconds);
  text->Counter("process_cpu_seconds_total", "Time on processors, user and system.", CpuSeconds());
  text->Gauge("process_resident_memory_bytes", "Memory in use.", ResidentBytes());
}

void WriteService(const ServiceStats& stats, MetricsText* text) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  text->Gauge("livedrops_queue_depth", "Requests that wait to be decided.",
              number(stats.queue_depth));
  text->Family("livedrops_queue_wait_seconds", "histogram",
               "How long requests waited for the writer: lock contention.");
  text->Histogram(HistogramUs::kBounds, stats.queue_waits.counts, stats.queue_wait_us_sum,
                  kUsPerSecond);
  text->Counter("livedrops_orders_granted_total", "Orders held or confirmed.",
                number(stats.granted));
  text->Counter("livedrops_orders_refused_total", "Orders refused.", number(stats.refused));
  text->Family("livedrops_commit_rows", "histogram", "Log rows of a commit: the batch size.");
  text->Histogram(HistogramRows::kBounds, stats.commit_rows.counts, stats.rows_committed, 1);
  text->Family("livedrops_commit_seconds", "histogram", "How long commits took.");
  text->Histogram(HistogramUs::kBounds, stats.commit_times.counts, stats.commit_us_sum,
                  kUsPerSecond);
  text->Counter("livedrops_commit_failures_total", "Commits that failed for certain.",
                number(stats.commit_failures));
  text->Counter("livedrops_commits_unknown_total", "Commits in doubt, resolved by a barrier.",
                number(stats.unknown_outcomes));
  text->Counter("livedrops_fenced_total", "Commits refused because another process wrote.",
                number(stats.fenced));
}

void WriteGateway(const Shared& shared, MetricsText* text) {
  text->Gauge("livedrops_revocations", "Sessions and accounts whose tokens are refused.",
              static_cast<double>(shared.revocations.size()));
  text->Gauge("livedrops_passwords_waiting", "Sign-ins that wait to be hashed.",
              static_cast<double>(shared.passwords.queued()));
  text->Gauge("livedrops_lists_waiting", "Lists that wait to be read.",
              static_cast<double>(shared.readers.queued()));
}

}  // namespace

void handle::livez(Context& context) { context.Send(Response(200, "text/plain", "ok\n")); }

// Ready: not stopping, and the storage can be read.
void handle::readyz(Context& context) {
  if (!context.shared.ready) {
    return context.Send(Response(503, "text/plain", "stopping\n"));
  }
  if (!context.service().audit().ReadHead().ok()) {
    return context.Send(Response(503, "text/plain", "the storage cannot be read\n"));
  }
  context.Send(Response(200, "text/plain", "ready\n"));
}

void handle::metrics(Context& context) {
  MetricsText text;
  context.shared.requests.Write(&text);
  WriteService(context.service().stats(), &text);
  WriteGateway(context.shared, &text);
  context.shared.caches.Write(&text);
  for (const auto& collect : context.shared.collectors) collect(&text);
  WriteProcess(&text);
  context.Send(Response(200, "text/plain; version=0.0.4; charset=utf-8", text.Take()));
}

}  // namespace livedrops::server
