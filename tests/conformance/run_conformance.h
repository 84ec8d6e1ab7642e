// Runs the conformance suite as GoogleTest cases, one for each, on the storages of one factory:
//
//   std::unique_ptr<StorageFactory> NewMyFactory();
//   INSTANTIATE_TEST_SUITE_P(My, StorageConformance, ConformanceOn(NewMyFactory), ConformanceName);
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "livedrops/testing/storage_conformance.h"

namespace livedrops {

using NewFactory = std::unique_ptr<StorageFactory> (*)();

struct ConformanceParam {
  ConformanceCase test;
  NewFactory new_factory;
};

// GoogleTest prints parameters; the name says it all.
inline void PrintTo(const ConformanceParam& param, std::ostream* out) { *out << param.test.name; }

class StorageConformance : public testing::TestWithParam<ConformanceParam> {};

inline auto ConformanceOn(NewFactory new_factory) {
  std::vector<ConformanceParam> params;
  for (const ConformanceCase& test : StorageConformanceCases()) {
    params.push_back({test, new_factory});
  }
  return testing::ValuesIn(params);
}

inline std::string ConformanceName(const testing::TestParamInfo<ConformanceParam>& info) {
  return info.param.test.name;
}

}  // namespace livedrops
