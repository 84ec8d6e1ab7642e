#include "record.h"

namespace livedrops::python {
namespace {

py::tuple FieldsOf(const py::object& self) { return self.attr("_fields"); }

}  // namespace

py::str ReprOf(const py::object& self) {
  py::list parts;
  for (const py::handle name : FieldsOf(self)) {
    parts.append(py::str("{}={!r}").format(name, self.attr(py::str(name))));
  }
  return py::str("{}({})").format(py::type::of(self).attr("__name__"),
                                  py::str(", ").attr("join")(parts));
}

bool SameFields(const py::object& a, const py::object& b) {
  if (!py::type::of(a).is(py::type::of(b))) return false;
  for (const py::handle name : FieldsOf(a)) {
    if (!a.attr(py::str(name)).equal(b.attr(py::str(name)))) return false;
  }
  return true;
}

py::typing::Dict<py::str, py::object> DictOf(const py::object& self) {
  py::typing::Dict<py::str, py::object> fields;
  for (const py::handle name : FieldsOf(self)) fields[name] = self.attr(py::str(name));
  return fields;
}

void SetFields(const py::object& self, const py::kwargs& given) {
  const py::tuple fields = FieldsOf(self);
  for (const auto& [name, value] : given) {
    if (!fields.contains(name)) {
      throw py::type_error(
          py::str("{} has no field {!r}").format(py::type::of(self).attr("__name__"), name));
    }
    self.attr(py::str(name)) = value;
  }
}

}  // namespace livedrops::python
