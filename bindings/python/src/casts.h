// How the small types of the library look in Python: ids, keys and currencies are str, times are
// datetime (given as datetime or as int milliseconds), hashes are bytes.
// Every file of the module includes this instead of pybind11's headers, so that all agree.
#pragma once

#include <pybind11/functional.h>
#include <pybind11/native_enum.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <array>
#include <cstdint>
#include <string>

#include "errors.h"
#include "livedrops/types.h"

namespace livedrops::python {

// From an aware datetime or an int; nothing for another type. Throws for a naive datetime and for
// an int that is no time.
std::optional<Time> TimeOf(py::handle value);
py::object DatetimeOf(Time time);

// UTF-8 of a str, or the bytes themselves; nothing for another type. A lone surrogate becomes an
// escape, which no id allows, so that the library's message shows it.
std::optional<std::string> TextOf(py::handle value);

OrderId OrderIdOf(const std::string& text);
Currency CurrencyOf(const std::string& text);

}  // namespace livedrops::python

namespace pybind11::detail {

template <>
struct type_caster<livedrops::Time> {
  PYBIND11_TYPE_CASTER(livedrops::Time, io_name("datetime.datetime | int", "datetime.datetime"));

  bool load(handle source, bool) {
    const auto time = livedrops::python::TimeOf(source);
    if (time) value = *time;
    return time.has_value();
  }
  static handle cast(livedrops::Time time, return_value_policy, handle) {
    return livedrops::python::DatetimeOf(time).release();
  }
};

// Texts of the library that are made from a string_view and give one back.
template <class Text>
struct bounded_text_caster {
  PYBIND11_TYPE_CASTER(Text, const_name("str"));

  bool load(handle source, bool) {
    const auto text = livedrops::python::TextOf(source);
    if (text) value = Text(*text);
    return text.has_value();
  }
  static handle cast(const Text& text, return_value_policy, handle) {
    const std::string_view view = text.view();
    return str(view.data(), view.size()).release();
  }
};

template <class Tag>
struct type_caster<livedrops::Id<Tag>> : bounded_text_caster<livedrops::Id<Tag>> {};
template <>
struct type_caster<livedrops::Key> : bounded_text_caster<livedrops::Key> {};

template <>
struct type_caster<livedrops::OrderId> {
  PYBIND11_TYPE_CASTER(livedrops::OrderId, const_name("str"));

  bool load(handle source, bool) {
    const auto text = livedrops::python::TextOf(source);
    if (text) value = livedrops::python::OrderIdOf(*text);
    return text.has_value();
  }
  static handle cast(const livedrops::OrderId& id, return_value_policy, handle) {
    return str(id.empty() ? std::string() : id.str()).release();
  }
};

template <>
struct type_caster<livedrops::Currency> {
  PYBIND11_TYPE_CASTER(livedrops::Currency, const_name("str"));

  bool load(handle source, bool) {
    const auto text = livedrops::python::TextOf(source);
    if (text) value = livedrops::python::CurrencyOf(*text);
    return text.has_value();
  }
  static handle cast(const livedrops::Currency& currency, return_value_policy, handle) {
    return str(std::string(currency.view())).release();
  }
};

// Hashes (32 bytes) and the bytes of order ids (16).
template <std::size_t Size>
struct byte_array_caster {
  using Bytes = std::array<std::uint8_t, Size>;
  PYBIND11_TYPE_CASTER(Bytes, const_name("bytes"));

  bool load(handle source, bool) {
    if (!isinstance<bytes>(source)) return false;
    const auto given = reinterpret_borrow<bytes>(source);
    const std::string_view view = given;
    if (view.size() != Size) return false;
    std::copy(view.begin(), view.end(), value.begin());
    return true;
  }
  static handle cast(const Bytes& from, return_value_policy, handle) {
    return bytes(reinterpret_cast<const char*>(from.data()), Size).release();
  }
};
template <>
struct type_caster<std::array<std::uint8_t, 16>> : byte_array_caster<16> {};
template <>
struct type_caster<std::array<std::uint8_t, 32>> : byte_array_caster<32> {};

}  // namespace pybind11::detail
