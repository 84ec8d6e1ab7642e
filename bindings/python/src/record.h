// Record: a C++ struct as a Python class that behaves like a dataclass: keyword arguments,
// attributes, repr, comparison, to_dict.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "casts.h"

namespace livedrops::python {

// What the classes have in common; written once, not for each T.
py::str ReprOf(const py::object& self);
bool SameFields(const py::object& a, const py::object& b);
py::typing::Dict<py::str, py::object> DictOf(const py::object& self);
void SetFields(const py::object& self, const py::kwargs& given);

template <class T>
class Record {
 public:
  Record(py::module_& module, const char* name, const char* doc) : class_(module, name, doc) {
    class_.def(py::init([](const py::kwargs& given) {
                 py::object self = py::cast(T());
                 SetFields(self, given);
                 return self.cast<T>();
               }),
               "Every field may be given by name; the others keep their defaults.");
    class_.def("__repr__", [](const py::object& self) { return ReprOf(self); });
    class_.def("__eq__", [](const py::object& a, const py::object& b) { return SameFields(a, b); });
    class_.def("to_dict", &DictOf, "The fields by name, in their order.");
    class_.attr("__hash__") = py::none();
  }
  ~Record() { class_.attr("_fields") = py::tuple(fields_); }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  template <class Member>
  Record& Field(const char* name, Member T::* member, const char* doc = "") {
    return Property(
        name, [member](const T& record) -> Member { return record.*member; },
        [member](T& record, Member value) { record.*member = std::move(value); }, doc);
  }

  template <class Get, class Set>
  Record& Property(const char* name, const Get& get, const Set& set, const char* doc = "") {
    class_.def_property(name, get, set, doc);
    fields_.append(name);
    return *this;
  }

  // An id, or a text, that may be absent: None in Python, empty in C++.
  template <class Text>
  Record& Absentable(const char* name, Text T::* member, const char* doc = "") {
    return Property(
        name,
        [member](const T& record) {
          return (record.*member).empty() ? std::nullopt : std::optional<Text>(record.*member);
        },
        [member](T& record, std::optional<Text> value) {
          record.*member = value ? std::move(*value) : Text();
        },
        doc);
  }

  // A time as datetime, and the same in milliseconds under `name`_ms.
  Record& TimeField(const char* name, Time T::* member, const char* doc = "") {
    Field(name, member, doc);
    const std::string in_ms = std::string(name) + "_ms";
    class_.def_property_readonly(
        in_ms.c_str(), [member](const T& record) { return ToMs(record.*member); },
        "The same in milliseconds since 1970.");
    return *this;
  }
  Record& TimeField(const char* name, std::optional<Time> T::* member, const char* doc = "") {
    Field(name, member, doc);
    const std::string in_ms = std::string(name) + "_ms";
    class_.def_property_readonly(
        in_ms.c_str(),
        [member](const T& record) {
          return record.*member ? std::optional(ToMs(*(record.*member))) : std::nullopt;
        },
        "The same in milliseconds since 1970.");
    return *this;
  }

  // Money as two fields: `name` in minor units, and the currency.
  Record& MoneyField(const char* name, Money T::* member, const char* doc) {
    Property(
        name, [member](const T& record) { return (record.*member).minor_units; },
        [member](T& record, std::int64_t units) { (record.*member).minor_units = units; }, doc);
    return Property(
        "currency", [member](const T& record) { return (record.*member).currency; },
        [member](T& record, Currency currency) { (record.*member).currency = currency; },
        "ISO 4217.");
  }

  py::class_<T>& python_class() { return class_; }

 private:
  py::class_<T> class_;
  py::list fields_;
};

}  // namespace livedrops::python
