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

TEST(Metrics, AFamilyHasHelpAndTypeOnce) {
  MetricsText text;
  text.Gauge("a", "What a is.", 0.25);
  EXPECT_EQ(text.Take(), "# HELP a What a is.\n# TYPE a gauge\na 0.25\n");
}

}  // namespace
}  // namespace livedrops::server
