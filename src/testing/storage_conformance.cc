#include "livedrops/testing/storage_conformance.h"

#include "testing/conformance_kit.h"

namespace livedrops {

std::vector<ConformanceCase> StorageConformanceCases() {
  std::vector<ConformanceCase> all;
  for (const auto family :
       {conformance::CommitCases, conformance::LogCases, conformance::StateCases,
        conformance::OrderCases, conformance::ChannelCases, conformance::FollowCases,
        conformance::CatalogCases, conformance::ProcessCases}) {
    for (const ConformanceCase& test : family()) all.push_back(test);
  }
  return all;
}

}  // namespace livedrops
