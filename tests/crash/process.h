// Starting, killing and awaiting the load program; a directory of its own for each test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#ifndef LIVEDROPS_LOAD_PROGRAM
#error "LIVEDROPS_LOAD_PROGRAM is the path of the load program"
#endif

namespace livedrops::crash {

// A directory that goes away with the test.
class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "livedrops-crash-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string File(const std::string& name) const { return (path_ / name).string(); }
  std::string Url(const std::string& name = "shop.db") const { return "sqlite:" + File(name); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The load program, running.
class Process {
 public:
  // Its standard output and error go to `output`.
  Process(std::vector<std::string> args, const std::string& output) {
    args.insert(args.begin(), LIVEDROPS_LOAD_PROGRAM);
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                     0600);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    const int failed = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_EQ(failed, 0) << argv[0];
  }
  ~Process() {
    if (pid_ > 0) Kill();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) { kill(pid_, signal); }
  void Kill() {
    kill(pid_, SIGKILL);
    (void)Wait();
  }
  // Its exit code, or -1 when a signal ended it.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = -1;
};

inline std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline bool IsLong() {
  const char* value = std::getenv("LIVEDROPS_TEST_LONG");
  return value != nullptr && std::string(value) == "1";
}

}  // namespace livedrops::crash
