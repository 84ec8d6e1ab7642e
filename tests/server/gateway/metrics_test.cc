#include "server/gateway/metrics.h"

#include <gtest/gtest.h>

namespace livedrops::server {
namespace {

using std::chrono::microseconds;

TEST(Metrics, RequestsAreCountedByRouteAndClass) {
  RequestMetrics requests;
  requests.Count(&RouteOf(RouteId::place_order), 201, microseconds(90));
  requests.Count(&RouteOf(RouteId::place_order), 409, microseconds(400));
  requests.Count(nullptr, 404, microseconds(10));
  MetricsText text;
  requests.Write(&text);
  const std::string page = text.Take();
  const std::string order = "route=\"/order\",method=\"POST\"";
  const char* const nowhere =
      "livedrops_http_requests_total{route=\"none\",method=\"none\",code=\"4xx\"} 1\n";
  for (const std::string& line : {
           "livedrops_http_requests_total{" + order + ",code=\"2xx\"} 1\n",
           "livedrops_http_requests_total{" + order + ",code=\"4xx\"} 1\n",
           std::string(nowhere),
           "livedrops_http_request_seconds_bucket{" + order + ",le=\"0.0001\"} 1\n",
           "livedrops_http_request_seconds_bucket{" + order + ",le=\"0.0005\"} 2\n",
           "livedrops_http_request_seconds_bucket{" + order + ",le=\"+Inf\"} 2\n",
           "livedrops_http_request_seconds_count{" + order + "} 2\n",
       }) {
    EXPECT_NE(page.find(line), std::string::npos) << line << page;
  }
}

TEST(Metrics, AHistogramIsCumulative) {
  MetricsText text;
  text.Family("wait_seconds", "histogram", "Waits.");
  const std::uint64_t bounds[] = {100, 1'000};
  const std::uint64_t counts[] = {2, 0, 1};
  text.Histogram(bounds, counts, 5'500, 1e3).Histogram(bounds, counts, 0, 1, "a=\"b\"");
  EXPECT_EQ(text.Take(),
            "# HELP wait_seconds Waits.\n# TYPE wait_seconds histogram\n"
            "wait_seconds_bucket{le=\"0.1\"} 2\nwait_seconds_bucket{le=\"1\"} 2\n"
            "wait_seconds_bucket{le=\"+Inf\"} 3\nwait_seconds_sum 5.5\nwait_seconds_count 3\n"
            "wait_seconds_bucket{a=\"b\",le=\"100\"} 2\n"
            "wait_seconds_bucket{a=\"b\",le=\"1000\"} 2\n"
            "wait_seconds_bucket{a=\"b\",le=\"+Inf\"} 3\nwait_seconds_sum{a=\"b\"} 0\n"
            "wait_seconds_count{a=\"b\"} 3\n");
}

TEST(Metrics, AFamilyHasHelpAndTypeOnce) {
  MetricsText text;
  text.Gauge("a", "What a is.", 0.25);
  EXPECT_EQ(text.Take(), "# HELP a What a is.\n# TYPE a gauge\na 0.25\n");
}

}  // namespace
}  // namespace livedrops::server
