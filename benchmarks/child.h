// Child: another process of the benchmarks, spoken to line by line.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "benchmarks/shop.h"

namespace livedrops::benchmarks {

class Child {
 public:
  // Starts `program`, which lies beside this one.
  Child(const std::string& program, std::vector<std::string> arguments) {
    const auto self = std::filesystem::read_symlink("/proc/self/exe");
    arguments.insert(arguments.begin(), (self.parent_path() / program).string());
    int to[2];
    int from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) Die("no pipe");
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(to[0], STDIN_FILENO);
      dup2(from[1], STDOUT_FILENO);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(to[0]);
    close(from[1]);
    to_ = to[1];
    from_ = fdopen(from[0], "r");
  }
  ~Child() {
    if (pid_ > 0) Kill();
    (void)std::fclose(from_);
    close(to_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  std::string ReadLine() {
    char line[256];
    if (std::fgets(line, sizeof line, from_) == nullptr) Die("a child ended early");
    std::string text(line);
    if (!text.empty() && text.back() == '\n') text.pop_back();
    return text;
  }
  void Say(const std::string& line) const {
    const std::string text = line + "\n";
    if (write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) Die("no child");
  }

  // kill -9, and waits until it is gone.
  void Kill() {
    (void)kill(pid_, SIGKILL);
    Wait();
  }
  void Wait() { (void)waitpid(std::exchange(pid_, -1), nullptr, 0); }

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  std::FILE* from_ = nullptr;
};

}  // namespace livedrops::benchmarks
