// livedrops/testing for Python: faults and the conformance suite.
#include "adapters.h"
#include "livedrops/testing/faulty_storage.h"
#include "livedrops/testing/storage_conformance.h"
#include "lives.h"
#include "module.h"
#include "record.h"

namespace livedrops::python {
namespace {

// A plan written in Python. A plan that raises fails nothing: the exception is shown.
FaultPlan PlanOf(const py::object& plan) {
  if (plan.is_none()) return {};
  return [plan = PyRef(plan)](StorageCall call, std::uint64_t nth) {
    Fault fault = Fault::none;
    (void)AskPython(StatusCode::kUnavailable, [&] {
      const CallbackScope scope;
      try {
        fault = plan.get()(call, nth).cast<Fault>();
      } catch (py::error_already_set& error) {
        ReportUnraisable(error, "the plan of a livedrops.testing.FaultInjector");
      }
    });
    return fault;
  };
}

using Injector = py::class_<FaultInjector, std::shared_ptr<FaultInjector>>;

void RegisterInjector(py::module_& module) {
  Record<FaultRates>(module, "FaultRates", "How often calls fail, in 1/1000.")
      .Field("commit_before_permille", &FaultRates::commit_before_permille)
      .Field("commit_after_permille", &FaultRates::commit_after_permille)
      .Field("commit_lost_permille", &FaultRates::commit_lost_permille)
      .Field("commit_late_permille", &FaultRates::commit_late_permille)
      .Field("lock_permille", &FaultRates::lock_permille)
      .Field("resolve_before_permille", &FaultRates::resolve_before_permille)
      .Field("resolve_after_permille", &FaultRates::resolve_after_permille)
      .Field("read_head_permille", &FaultRates::read_head_permille)
      .Field("read_log_permille", &FaultRates::read_log_permille)
      .Field("load_permille", &FaultRates::load_permille)
      .Field("read_permille", &FaultRates::read_permille)
      .Field("landing_permille", &FaultRates::landing_permille);
  const auto release = py::call_guard<GilRelease>();
  Injector(module, "FaultInjector",
           "Says which calls of a FaultyStorage fail. It counts, its plan can be changed, and it\n"
           "outlives a crashed engine.\n\n"
           "A plan is a function (call: StorageCall, nth: int) -> Fault, where nth counts the\n"
           "calls of this kind from 1. It must not use the injector.")
      .def(py::init([](const py::object& plan) {
             return std::make_shared<FaultInjector>(PlanOf(plan));
           }),
           py::arg("plan") = py::none())
      .def_static(
          "random",
          [](std::uint64_t seed, const FaultRates& rates) {
            return std::make_shared<FaultInjector>(seed, rates);
          },
          py::arg("seed"), py::arg("rates"), "The same seed fails the same calls.")
      .def_static(
          "fail_first",
          [](StorageCall call, Fault fault, std::uint64_t count) {
            return std::make_shared<FaultInjector>(FailFirst(call, fault, count));
          },
          py::arg("call"), py::arg("fault"), py::arg("count"),
          "The first `count` calls of this kind fail.")
      .def(
          "set_plan",
          [](FaultInjector& faults, const py::object& plan) {
            FaultPlan made = PlanOf(plan);
            const GilRelease without;
            faults.SetPlan(std::move(made));
          },
          py::arg("plan"), "None: nothing fails.")
      .def("calls", &FaultInjector::calls, py::arg("call"), release, "Calls of this kind so far.")
      .def("faults", &FaultInjector::faults, py::arg("fault"), release, "Faults so far.")
      .def("has_commit_under_way", &FaultInjector::HasCommitUnderWay, release)
      .def("forget", &FaultInjector::Forget, release, "What was under way never comes.");
  module.def(
      "faulty_storage",
      [](const py::object& inner, const std::shared_ptr<FaultInjector>& faults) {
        return StorageHandle{NewFaultyStorage(TakeStorage(inner, {}), faults), "faulty"};
      },
      py::arg("inner"), py::arg("faults"),
      "A storage that fails as `faults` says: hand it to a shop or engine.");
}

// A factory written in Python: an object with create() and open().
class PythonFactory : public StorageFactory {
 public:
  explicit PythonFactory(const py::object& factory) : factory_(factory) {}
  Result<std::unique_ptr<Storage>> Create() override { return Make("create"); }
  Result<std::unique_ptr<Storage>> Open() override { return Make("open"); }

 private:
  Result<std::unique_ptr<Storage>> Make(const char* method) {
    std::unique_ptr<Storage> storage;
    Status status = AskPython(StatusCode::kUnavailable,
                              [&] { storage = TakeStorage(factory_.get().attr(method)(), {}); });
    if (!status.ok()) return status;
    return storage;
  }

  PyRef factory_;
};

void RunCase(const std::string& name, const py::object& given) {
  PythonFactory factory(given);
  const GilRelease release;
  for (const ConformanceCase& test : StorageConformanceCases()) {
    if (name == test.name) return ThrowIfBad(test.run(factory));
  }
  Throw(StatusCode::kNotFound, "no conformance case \"" + name + "\"");
}

void RegisterConformance(py::module_& module) {
  module.def(
      "conformance_cases",
      [] {
        std::vector<std::string> names;
        for (const ConformanceCase& test : StorageConformanceCases()) names.push_back(test.name);
        return names;
      },
      "The names of all cases, in the order in which they should be made to pass.");
  module.def("run_conformance_case", &RunCase, py::arg("name"), py::arg("factory"),
             "Runs one case on the storages of `factory`.\n\n"
             "factory.create() makes a new, empty database and opens it; factory.open() opens the\n"
             "same once more, as another process would. Raises an Error whose message says what\n"
             "was expected and what was found.");
}

}  // namespace

void RegisterTesting(py::module_& module) {
  RegisterInjector(module);
  RegisterConformance(module);
}

}  // namespace livedrops::python
