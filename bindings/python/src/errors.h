// From Status to Python exception and back.
#pragma once

#include <pybind11/pybind11.h>

#include <exception>
#include <string>
#include <utility>

#include "livedrops/status.h"

namespace livedrops::python {

namespace py = pybind11;

// Thrown inside the module only; RegisterErrors has it become the exception of livedrops.errors
// that belongs to the code.
class StatusError : public std::exception {
 public:
  explicit StatusError(Status status) : status_(std::move(status)) {}
  const Status& status() const { return status_; }
  const char* what() const noexcept override { return status_.message().c_str(); }

 private:
  Status status_;
};

[[noreturn]] void Throw(StatusCode code, std::string message);
void ThrowIfBad(const Status& status);

template <class T>
T Unwrap(Result<T> result) {
  ThrowIfBad(result.status());
  return std::move(*result);
}

// The exception object for a status that is not ok. The GIL must be held.
py::object ExceptionOf(const Status& status);

// What a Python exception says to the library: the code of a livedrops.Error, else `otherwise`.
// The GIL must be held.
Status StatusOf(const py::error_already_set& error, StatusCode otherwise);

// Shows an exception that nobody can be told of, as Python does for those in __del__.
void ReportUnraisable(py::error_already_set& error, const char* where);

// Runs `ask` with the GIL; a Python exception becomes a Status with its message.
template <class Ask>
Status AskPython(StatusCode otherwise, const Ask& ask) {
  if (Py_IsInitialized() == 0) return {StatusCode::kClosed, "the Python interpreter has ended"};
  const py::gil_scoped_acquire gil;
  try {
    ask();
    return OkStatus();
  } catch (const StatusError& error) {
    return error.status();
  } catch (const py::error_already_set& error) {
    return StatusOf(error, otherwise);
  } catch (const std::exception& error) {  // A value that cannot be converted.
    return {otherwise, error.what()};
  }
}

void RegisterErrors(py::module_& module);

}  // namespace livedrops::python
