#include "adapters.h"

#include <mutex>
#include <optional>

#include "livedrops/testing/sim_clock.h"
#include "lives.h"
#include "module.h"
#include "python_storage.h"

namespace livedrops::python {

PyRef::PyRef(py::object object)
    : object_(new py::object(std::move(object)), [](py::object* last) {
        if (Py_IsInitialized() == 0) return;  // Too late to tell it.
        const py::gil_scoped_acquire gil;
        delete last;
      }) {}

// A clock written in Python: `now()` gives a datetime or int milliseconds.
class PythonClock : public Clock {
 public:
  explicit PythonClock(const py::object& clock) : clock_(clock) {}

  // A clock that raises stands still: time does not go on with a clock that nobody can read. Check
  // tells the caller.
  Time Now() override {
    (void)Read();
    return TimeFromMs(last_ms_.load());
  }

  Status Read() {
    return AskPython(StatusCode::kUnavailable, [this] {
      const CallbackScope scope;
      const py::object now = clock_.get().attr("now")();
      const auto time = TimeOf(now);
      if (!time) {
        throw py::type_error(py::str("now() gave {!r}, neither a datetime nor an int").format(now));
      }
      last_ms_.store(ToMs(*time));
    });
  }

 private:
  PyRef clock_;
  std::atomic<std::int64_t> last_ms_{0};
};

namespace {

// An id source written in Python: `new_id(now)` gives a str. An exception cannot be answered: it is
// shown, and the system's source makes the id.
class PythonIds : public IdSource {
 public:
  explicit PythonIds(const py::object& ids) : ids_(ids) {}

  std::string NewId(Time now) override {
    std::string id;
    (void)AskPython(StatusCode::kUnavailable, [&] {
      const CallbackScope scope;
      try {
        id = ids_.get().attr("new_id")(now).cast<std::string>();
      } catch (py::error_already_set& error) {
        ReportUnraisable(error, "livedrops.spi.IdSource.new_id");
      }
    });
    return UserId(id).valid() ? id : SystemIdSource().NewId(now);
  }

 private:
  PyRef ids_;
};

void RegisterStorages(py::module_& module) {
  py::class_<StorageHandle>(module, "NativeStorage",
                            "A storage of the library, until a shop or engine takes it.")
      .def("__repr__", [](const StorageHandle& handle) {
        return "<NativeStorage " + handle.description + (handle.storage ? ">" : " (taken)>");
      });
  module.def(
      "open_storage",
      [](const std::string& url, bool create, bool read_only) {
        const GilRelease release;
        StorageHandle handle{Unwrap(OpenStorage(url, {.create = create, .read_only = read_only})),
                             url.substr(0, url.find(':') + 1)};
        return handle;
      },
      py::arg("url"), py::kw_only(), py::arg("create") = true, py::arg("read_only") = false,
      "Opens a database without a shop on it: to wrap it, or to hand it to a shop later.\n\n"
      "Raises InvalidArgumentError, UnsupportedError, UnavailableError, CorruptError.");
}

void RegisterClocks(py::module_& module) {
  py::class_<SimClock>(module, "SimClock",
                       "Stands still until it is told otherwise. It may be set back, as a\n"
                       "system's clock may.")
      .def(py::init<Time>(), py::arg("now") = TimeFromMs(1'700'000'000'000))
      .def("now", &SimClock::Now)
      .def("now_ms", [](SimClock& clock) { return ToMs(clock.Now()); })
      .def("set", &SimClock::Set, py::arg("now"))
      .def(
          "advance",
          [](SimClock& clock, std::int64_t ms, std::int64_t seconds, std::int64_t minutes) {
            clock.Advance(Duration(ms + 1000 * seconds + 60'000 * minutes));
          },
          py::kw_only(), py::arg("ms") = 0, py::arg("seconds") = 0, py::arg("minutes") = 0,
          "Moves the time on.");
  py::class_<SequentialIds>(module, "SequentialIds",
                            "UUIDv7s that count 1, 2, 3 after the time. Sources with different\n"
                            "numbers never give the same id.")
      .def(py::init<std::uint16_t>(), py::arg("source") = 0)
      .def("new_id", &SequentialIds::NewId, py::arg("now"));
}

// A method that an adapter must have; said when it is handed over, not when it is first needed.
void NeedMethod(const py::object& given, const char* what, const char* method) {
  if (py::hasattr(given, method)) return;
  throw py::type_error(py::str("{} is {!r}: it has no {}()").format(what, given, method));
}

}  // namespace

std::unique_ptr<Storage> TakeStorage(const py::object& given, const StorageOptions& options) {
  if (py::isinstance<py::str>(given)) {
    const auto url = given.cast<std::string>();
    const GilRelease release;
    return Unwrap(OpenStorage(url, options));
  }
  if (!py::isinstance<StorageHandle>(given)) return NewPythonStorage(given);
  auto& handle = given.cast<StorageHandle&>();
  if (!handle.storage) {
    Throw(StatusCode::kClosed, "the storage belongs to another shop already");
  }
  return std::move(handle.storage);
}

ClockOwner::ClockOwner(const py::object& given) : keep_(given) {
  if (given.is_none()) return;
  if (py::isinstance<SimClock>(given)) {
    clock_ = given.cast<SimClock*>();
    return;
  }
  NeedMethod(given, "clock", "now");
  python_ = std::make_shared<PythonClock>(given);
  ThrowIfBad(python_->Read());
  clock_ = python_.get();
}

Status ClockOwner::Check() const { return python_ ? python_->Read() : OkStatus(); }

IdSourceOwner::IdSourceOwner(const py::object& given) : keep_(given) {
  if (given.is_none()) return;
  if (py::isinstance<SequentialIds>(given)) {
    ids_ = given.cast<SequentialIds*>();
    return;
  }
  NeedMethod(given, "ids", "new_id");
  python_ = std::make_shared<PythonIds>(given);
  ids_ = python_.get();
}

void RegisterAdapters(py::module_& module) {
  RegisterStorages(module);
  RegisterClocks(module);
}

}  // namespace livedrops::python
