#include "errors.h"

namespace livedrops::python {
namespace {

py::object ErrorsModule() { return py::module_::import("livedrops.errors"); }

// The first line of str(value): what a Status message may hold.
std::string FirstLine(const py::handle& value) {
  const std::string text = py::str(value);
  return text.substr(0, text.find('\n'));
}

}  // namespace

void Throw(StatusCode code, std::string message) {
  throw StatusError(Status(code, std::move(message)));
}

void ThrowIfBad(const Status& status) {
  if (!status.ok()) throw StatusError(status);
}

py::object ExceptionOf(const Status& status) {
  // None of it is Python code, during which the GIL could change hands: nobody ends Python here.
  const py::dict by_code = ErrorsModule().attr("BY_CODE");
  return by_code[py::int_(static_cast<int>(status.code()))](status.message());
}

Status StatusOf(const py::error_already_set& error, StatusCode otherwise) {
  const std::string text = FirstLine(error.value());
  if (!error.matches(ErrorsModule().attr("Error"))) {
    const std::string type = py::str(error.type().attr("__name__"));
    return {otherwise, text.empty() ? type : type + ": " + text};
  }
  const int code = error.value().attr("code").cast<int>();
  const bool known = code > 0 && code <= static_cast<int>(StatusCode::kFenced);
  return {known ? static_cast<StatusCode>(code) : otherwise, text};
}

void ReportUnraisable(py::error_already_set& error, const char* where) {
  error.discard_as_unraisable(where);
}

void RegisterErrors(py::module_&) {
  py::register_local_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const StatusError& error) {
      const py::object exception = ExceptionOf(error.status());
      py::set_error(py::type::of(exception), exception);
    }
  });
}

}  // namespace livedrops::python
