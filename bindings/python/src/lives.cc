#include "lives.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace livedrops::python {
namespace {

thread_local int callback_depth = 0;
thread_local int transport_depth = 0;

}  // namespace

// Of one process; never destroyed, because threads may outlive the module.
struct List {
  const pid_t process = getpid();
  std::mutex mutex;
  std::condition_variable ended;
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, std::weak_ptr<Live>> living;
  int without_gil = 0;  // Threads that gave it up; with the mutex and the GIL.

  std::vector<std::shared_ptr<Live>> Living() {
    const std::lock_guard lock(mutex);
    std::vector<std::shared_ptr<Live>> found;
    for (const auto& [id, weak] : living) {
      if (auto live = weak.lock()) found.push_back(std::move(live));
    }
    return found;
  }
  // Nobody is on his way out: collected, with threads that still run, or waiting inside a call.
  bool Settled() const {
    for (const auto& [id, weak] : living) {
      if (weak.expired()) return false;
    }
    return without_gil == 0;
  }
};

namespace {

// A forked child begins a new one: the parent's may have been locked at that moment. Children are
// made by a thread with the GIL, and so are lists.
List& TheList() {
  static std::atomic<List*> list{new List};
  List* mine = list.load();
  if (mine->process != getpid()) list.store(mine = new List);
  return *mine;
}

// Waits until no thread is on its way out. The GIL is given up and must be held.
void Settle() {
  List& list = TheList();
  const py::gil_scoped_release release;
  std::unique_lock lock(list.mutex);
  list.ended.wait(lock, [&] { return list.Settled(); });
}

bool IsSettled() {
  List& list = TheList();
  const std::lock_guard lock(list.mutex);
  return list.Settled();
}

// Closes what is open, waits for what is being destroyed elsewhere, and for threads that wait for
// an answer: they hear that all is closed. The GIL must be held.
void CloseAll() {
  std::vector<std::shared_ptr<Live>> living = TheList().Living();
  std::ranges::stable_partition(living, &Live::uses_others);
  for (const auto& live : living) {
    try {
      live->Close();
    } catch (const std::exception&) {
      // Nobody is left who could be told.
    }
  }
  living.clear();
  // Before the GIL is back another thread may have begun a call.
  do {
    Settle();
  } while (!IsSettled());
}

}  // namespace

Life::Life(const std::shared_ptr<Live>& live) : process_(getpid()) {
  List& list = TheList();
  const std::lock_guard lock(list.mutex);
  id_ = ++list.last_id;
  list.living[id_] = live;
}

Life::Life(Life&& other) noexcept : id_(std::exchange(other.id_, 0)), process_(other.process_) {}

Life& Life::operator=(Life&& other) noexcept {
  std::swap(id_, other.id_);
  std::swap(process_, other.process_);
  return *this;
}

void Life::End() {
  if (id_ == 0 || process_ != getpid()) return;
  List& list = TheList();
  const std::lock_guard lock(list.mutex);
  list.living.erase(std::exchange(id_, 0));
  list.ended.notify_all();
}

GilRelease::GilRelease() : list_(TheList()) {
  const std::lock_guard lock(list_.mutex);
  ++list_.without_gil;
  release_.emplace();
}

GilRelease::~GilRelease() {
  release_.reset();
  if (list_.process != getpid()) return;  // Forked in between: another thread may have locked it.
  const std::lock_guard lock(list_.mutex);
  if (--list_.without_gil == 0) list_.ended.notify_all();
}

CallbackScope::CallbackScope() { ++callback_depth; }
CallbackScope::~CallbackScope() { --callback_depth; }
bool InsideCallback() { return callback_depth != 0; }

TransportScope::TransportScope() { ++transport_depth; }
TransportScope::~TransportScope() { --transport_depth; }
bool InsideTransport() { return transport_depth != 0; }

void DestroyElsewhere(std::shared_ptr<void> remains) {
  std::thread([kept = std::move(remains)]() mutable { kept.reset(); }).detach();
}

void RegisterLives(py::module_& module) {
  module.def(
      "close_all", &CloseAll,
      "Closes every shop, engine and relay, and waits for those that are being collected, and\n"
      "for threads that wait for an answer.");
}

}  // namespace livedrops::python
