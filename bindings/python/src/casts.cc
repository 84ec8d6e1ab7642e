#include "casts.h"

#include <datetime.h>

namespace livedrops::python {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// PyDateTimeAPI is a pointer of each file: only this one uses datetime's C API.
void NeedDatetime() {
  if (PyDateTimeAPI == nullptr) PyDateTime_IMPORT;
  if (PyDateTimeAPI == nullptr) throw py::error_already_set();
}

py::object Epoch() {
  return py::reinterpret_steal<py::object>(PyDateTimeAPI->DateTime_FromDateAndTime(
      1970, 1, 1, 0, 0, 0, 0, PyDateTime_TimeZone_UTC, PyDateTimeAPI->DateTimeType));
}

Time TimeOfDatetime(py::handle value) {
  if (py::reinterpret_borrow<py::object>(value).attr("utcoffset")().is_none()) {
    const std::string text = py::str(value);
    Throw(StatusCode::kInvalidArgument,
          "datetime " + text + " has no time zone: use datetime.timezone.utc");
  }
  const py::object delta = value - Epoch();
  const std::int64_t days = PyDateTime_DELTA_GET_DAYS(delta.ptr());
  const std::int64_t seconds = PyDateTime_DELTA_GET_SECONDS(delta.ptr());
  const std::int64_t micros = PyDateTime_DELTA_GET_MICROSECONDS(delta.ptr());
  return TimeFromMs(days * kDayMs + seconds * 1000 + micros / 1000);
}

}  // namespace

std::optional<Time> TimeOf(py::handle value) {
  NeedDatetime();
  if (PyDateTime_Check(value.ptr())) return TimeOfDatetime(value);
  // True is an int in Python, but no time.
  if (!PyLong_Check(value.ptr()) || PyBool_Check(value.ptr())) return std::nullopt;
  const std::int64_t ms = PyLong_AsLongLong(value.ptr());
  if (ms != -1 || PyErr_Occurred() == nullptr) return TimeFromMs(ms);
  PyErr_Clear();
  Throw(StatusCode::kInvalidArgument,
        "time " + std::string(py::str(value)) + " is no number of milliseconds since 1970");
}

py::object DatetimeOf(Time time) {
  NeedDatetime();
  const std::int64_t ms = ToMs(time);
  const std::int64_t in_day = ((ms % kDayMs) + kDayMs) % kDayMs;
  const auto days = static_cast<int>((ms - in_day) / kDayMs);
  const auto delta = py::reinterpret_steal<py::object>(PyDelta_FromDSU(
      days, static_cast<int>(in_day / 1000), static_cast<int>(in_day % 1000) * 1000));
  if (!delta) throw py::error_already_set();
  return Epoch() + delta;
}

std::optional<std::string> TextOf(py::handle value) {
  if (PyBytes_Check(value.ptr())) {
    return std::string(std::string_view(py::reinterpret_borrow<py::bytes>(value)));
  }
  if (!PyUnicode_Check(value.ptr())) return std::nullopt;
  Py_ssize_t size = 0;
  if (const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &size)) {
    return std::string(text, static_cast<std::size_t>(size));
  }
  PyErr_Clear();
  const auto escaped = py::reinterpret_steal<py::bytes>(
      PyUnicode_AsEncodedString(value.ptr(), "utf-8", "backslashreplace"));
  if (!escaped) throw py::error_already_set();
  return std::string(std::string_view(escaped));
}

OrderId OrderIdOf(const std::string& text) {
  if (text.empty()) return {};
  if (const auto id = OrderId::Parse(text)) return *id;
  Throw(StatusCode::kInvalidArgument, "order \"" + text.substr(0, 80) + "\" is no order id");
}

Currency CurrencyOf(const std::string& text) {
  if (const auto currency = Currency::Parse(text)) return *currency;
  Throw(StatusCode::kInvalidArgument,
        "currency \"" + text.substr(0, 80) + "\" is no ISO 4217 code");
}

}  // namespace livedrops::python
