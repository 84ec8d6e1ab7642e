// Lives: what has threads that may call into Python, and must end before Python does. A thread that
// asks for the GIL of an ended interpreter is ended itself, in the middle of C++, which aborts the
// process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "casts.h"

namespace livedrops::python {

// Something that Python opened: a shop, an engine, a relay.
class Live {
 public:
  virtual ~Live() = default;
  // Ends its threads; the second time it waits until they have ended. The GIL must be held, and is
  // given up while it waits. May throw.
  virtual void Close() = 0;
  // What uses another one is closed before it.
  virtual bool uses_others() const { return false; }
};

// Stands in the list of what is alive. Whoever ends the threads of a Live drops its Life after
// them: until then the end of Python waits. Threading: any thread, with the GIL or without.
class Life {
 public:
  Life() = default;
  explicit Life(const std::shared_ptr<Live>& live);
  ~Life() { End(); }
  Life(Life&& other) noexcept;
  Life& operator=(Life&& other) noexcept;
  void End();

 private:
  std::uint64_t id_ = 0;  // 0: none.
  pid_t process_ = 0;     // A forked child has its parent's objects, and none of their threads.
};

// Gives the GIL up while it lives. Every wait of this module does it this way: the end of Python
// waits until the thread has the GIL back.
class GilRelease {
 public:
  GilRelease();
  ~GilRelease();
  GilRelease(const GilRelease&) = delete;
  GilRelease& operator=(const GilRelease&) = delete;

 private:
  struct List& list_;  // A child that was forked meanwhile has another one.
  std::optional<py::gil_scoped_release> release_;
};

// True on a thread that is inside a call from a shop into Python (a storage, a clock): there,
// waiting for the shop would wait for itself.
bool InsideCallback();
// The same of a relay and its transport, which may use shops.
bool InsideTransport();

// Mark such calls.
class CallbackScope {
 public:
  CallbackScope();
  ~CallbackScope();
  CallbackScope(const CallbackScope&) = delete;
  CallbackScope& operator=(const CallbackScope&) = delete;
};
class TransportScope {
 public:
  TransportScope();
  ~TransportScope();
  TransportScope(const TransportScope&) = delete;
  TransportScope& operator=(const TransportScope&) = delete;
};

// Destroys it on a thread of its own: the collector runs on any thread, also on one of what it
// collects, which cannot wait for itself. `remains` keeps a Life, so that Python's end waits for
// it.
void DestroyElsewhere(std::shared_ptr<void> remains);

void RegisterLives(py::module_& module);

}  // namespace livedrops::python
