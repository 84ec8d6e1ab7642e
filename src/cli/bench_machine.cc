#include "cli/bench_machine.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace livedrops::cli {
namespace {

constexpr int kSyncs = 100;

// The value of the first line "name : value" of a file of /proc.
std::string ProcValue(const char* file, const std::string& name) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const std::size_t colon = line.find(':');
    const std::size_t value = line.find_first_not_of(" \t", colon + 1);
    if (value != std::string::npos) return line.substr(value);
  }
  return "unknown";
}

std::string MemoryText() {
  const long kib = std::strtol(ProcValue("/proc/meminfo", "MemTotal").c_str(), nullptr, 10);
  return std::to_string((kib + 524'288) / 1'048'576) + " GiB";
}

std::string KernelText() {
  utsname names{};
  if (uname(&names) != 0) return "unknown";
  return std::string(names.sysname) + " " + names.release + " " + names.machine;
}

// The median time of an overwrite of 4 KiB with fdatasync.
std::string SyncText(const std::string& directory) {
  std::string path = directory + "/livedrops-bench-XXXXXX";
  const int file = mkstemp(path.data());
  if (file < 0) return "unknown";
  (void)unlink(path.c_str());
  std::array<char, 4096> page{};
  std::array<double, kSyncs> times{};
  bool ok = true;
  for (double& time : times) {
    const auto start = std::chrono::steady_clock::now();
    ok = ok && pwrite(file, page.data(), page.size(), 0) == static_cast<ssize_t>(page.size()) &&
         fdatasync(file) == 0;
    time =
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
  }
  (void)close(file);
  if (!ok) return "unknown";
  std::nth_element(times.begin(), times.begin() + kSyncs / 2, times.end());
  char text[64];
  (void)std::snprintf(text, sizeof text, "%.0f µs", times[kSyncs / 2]);
  return text;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> MachineFacts(const std::string& directory) {
  return {{"Processor", ProcValue("/proc/cpuinfo", "model name")},
          {"Cores", std::to_string(std::thread::hardware_concurrency())},
          {"Memory", MemoryText()},
          {"System", KernelText()},
          {"SQLite", sqlite3_libversion()},
          {"fdatasync of 4 KiB, median", SyncText(directory)}};
}

}  // namespace livedrops::cli
