#include "server/net/http_parser.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/server/net/hostile_requests.h"

namespace livedrops::server {
namespace {

struct Parsed {
  std::vector<Request> requests;
  int refused = 0;  // The status; 413 for a body above its limit.
  std::string detail;
};

HttpLimits TestLimits() {
  HttpLimits limits;
  limits.body_bytes = 1000;
  limits.target_bytes = 100;
  limits.header_bytes = 400;
  limits.header_fields = 10;
  return limits;
}

// Everything that `bytes` say, told in pieces of `step` bytes.
Parsed Parse(const std::string& bytes, std::size_t step, const HttpLimits& limits = TestLimits()) {
  const HttpParser::BodyLimit no_limit_of_its_own;
  HttpParser parser(limits, no_limit_of_its_own);
  Parsed parsed;
  std::string waiting;
  for (std::size_t at = 0; at < bytes.size();) {
    waiting += bytes.substr(at, step);
    at += step;
    for (bool more = true; more && !waiting.empty();) {
      std::size_t used = 0;
      const HttpParser::Progress progress = parser.Feed(waiting, &used);
      waiting.erase(0, used);
      more = progress == HttpParser::Progress::kDone;
      if (more) {
        parsed.requests.push_back(parser.TakeRequest());
        parser.Reset();
      } else if (progress == HttpParser::Progress::kRefused) {
        parsed.refused = parser.status();
        parsed.detail = parser.detail();
        return parsed;
      } else if (progress == HttpParser::Progress::kTooLarge) {
        parsed.refused = 413;
        return parsed;
      }
    }
  }
  return parsed;
}

Request ParseOne(const std::string& bytes) {
  Parsed parsed = Parse(bytes, bytes.size());
  EXPECT_EQ(parsed.refused, 0) << parsed.detail;
  EXPECT_EQ(parsed.requests.size(), 1U);
  return parsed.requests.empty() ? Request() : std::move(parsed.requests[0]);
}

std::vector<std::string> Segments(const Request& request) {
  std::vector<std::string> segments;
  for (std::size_t i = 0; i < request.segment_count(); ++i)
    segments.emplace_back(request.segment(i));
  return segments;
}

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

TEST(HttpParser, HostileRequestsAreRefusedHoweverTheyArrive) {
  for (const HostileRequest& hostile : HostileRequests()) {
    for (const std::size_t step : {hostile.bytes.size(), std::size_t{1}, std::size_t{7}}) {
      const Parsed parsed = Parse(hostile.bytes, step);
      EXPECT_EQ(parsed.refused, hostile.status)
          << hostile.name << " by " << step << ": " << parsed.detail;
      EXPECT_EQ(parsed.requests.size(), hostile.status == 0 ? 1U : 0U) << hostile.name;
    }
  }
}

TEST(HttpParser, HostileRequestsHideNoSecondRequest) {
  for (const HostileRequest& hostile : HostileRequests()) {
    const Parsed parsed = Parse(hostile.bytes + Get("/hidden"), 4096);
    EXPECT_EQ(parsed.requests.size(), hostile.status == 0 ? 2U : 0U) << hostile.name;
  }
}

// One byte changed, taken out or put in, or two pieces put together.
std::string Mutate(std::string bytes, std::mt19937* random) {
  static constexpr std::string_view kNasty("\r\n\t\0 :,;0aF+-_%#\x7f\x80/?*", 21);
  const auto& corpus = HostileRequests();
  for (unsigned i = 0; i <= (*random)() % 3; ++i) {
    const std::size_t at = bytes.empty() ? 0 : (*random)() % bytes.size();
    const char nasty = kNasty[(*random)() % kNasty.size()];
    switch ((*random)() % 4) {
      case 0:
        bytes.insert(at, 1, nasty);
        break;
      case 1:
        bytes.erase(at, 1);
        break;
      case 2:
        bytes += corpus[(*random)() % corpus.size()].bytes;
        break;
      default:
        if (!bytes.empty()) bytes[at] = nasty;
    }
  }
  return bytes;
}

TEST(HttpParser, MutatedRequestsMeanTheSameHoweverTheyArrive) {
  std::mt19937 random(11);  // NOLINT(bugprone-random-generator-seed): the same each time.
  for (int i = 0; i < 5000; ++i) {
    const auto& corpus = HostileRequests();
    const std::string bytes = Mutate(corpus[random() % corpus.size()].bytes, &random);
    const Parsed whole = Parse(bytes, bytes.size() + 1);
    const Parsed dripped = Parse(bytes, 1);
    ASSERT_EQ(whole.refused, dripped.refused) << i << ": " << testing::PrintToString(bytes);
    ASSERT_EQ(whole.requests.size(), dripped.requests.size()) << testing::PrintToString(bytes);
    for (std::size_t r = 0; r < whole.requests.size(); ++r) {
      ASSERT_EQ(whole.requests[r].target(), dripped.requests[r].target());
      ASSERT_EQ(whole.requests[r].body(), dripped.requests[r].body());
    }
  }
}

TEST(HttpParser, PathAndQueryAreSplitAndDecoded) {
  const Request request = ParseOne(Get("/drops/a%2Fb/%C3%A9?limit=5&q=a+b%26&flag&=x&limit=6&"));
  EXPECT_EQ(request.path(), "/drops/a%2Fb/%C3%A9");
  EXPECT_EQ(Segments(request), (std::vector<std::string>{"drops", "a/b", "\xc3\xa9"}));
  EXPECT_EQ(request.Query("limit"), "5");
  EXPECT_EQ(request.Query("q"), "a b&");
  EXPECT_EQ(request.Query("flag"), "");
  EXPECT_EQ(request.Query(""), "x");
  EXPECT_EQ(request.Query("other"), std::nullopt);
  EXPECT_EQ(request.query_count(), 5U);
  EXPECT_EQ(request.query_value(4), "6");
}

TEST(HttpParser, SegmentsAreAsThePathHasThem) {
  EXPECT_EQ(Segments(ParseOne(Get("/"))), std::vector<std::string>{});
  EXPECT_EQ(Segments(ParseOne(Get("/a/"))), (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(Segments(ParseOne(Get("//a"))), (std::vector<std::string>{"", "a"}));
  EXPECT_EQ(Segments(ParseOne(Get("/a/../b"))), (std::vector<std::string>{"a", "..", "b"}));
  EXPECT_EQ(Segments(ParseOne(Get("/?a"))), std::vector<std::string>{});
  EXPECT_EQ(ParseOne(Get("/a+b")).segment(0), "a+b");
  EXPECT_EQ(ParseOne(Get("/a")).segment(1), "");
}

TEST(HttpParser, HeadersAreFoundWhateverTheirCase) {
  const Request request =
      ParseOne("GET / HTTP/1.1\r\nhOST: h\r\nX-A: \t one two \t\r\nx-a: three\r\nEmpty:\r\n\r\n");
  EXPECT_EQ(request.Header("Host"), "h");
  EXPECT_EQ(request.Header("X-a"), "one two");
  EXPECT_EQ(request.CountHeader("X-A"), 2U);
  EXPECT_EQ(request.Header("Empty"), "");
  EXPECT_EQ(request.Header("None"), std::nullopt);
  EXPECT_EQ(request.header_count(), 4U);
  EXPECT_EQ(request.header_name(2), "x-a");
}

TEST(HttpParser, RequestsSurviveBeingMoved) {
  Request request = ParseOne(Get("/a?b=c"));
  const Request moved = std::move(request);
  const Request copied = moved;  // NOLINT(performance-unnecessary-copy-initialization): on purpose.
  EXPECT_EQ(moved.segment(0), "a");
  EXPECT_EQ(copied.Query("b"), "c");
  EXPECT_EQ(copied.Header("host"), "h");
}

TEST(HttpParser, BodiesAreTheSameByLengthAndByChunks) {
  EXPECT_EQ(ParseOne("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello").body(),
            "hello");
  EXPECT_EQ(ParseOne("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n")
                .body(),
            "hello");
}

TEST(HttpParser, PipelinedRequestsComeOneByOne) {
  const std::string bytes = Get("/1") +
                            "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" +
                            Get("/3") + Get("/4");
  for (std::size_t step = 1; step <= bytes.size(); step += 5) {
    const Parsed parsed = Parse(bytes, step);
    ASSERT_EQ(parsed.requests.size(), 4U) << step;
    EXPECT_EQ(parsed.requests[1].body(), "abc");
    EXPECT_EQ(parsed.requests[3].path(), "/4");
  }
}

TEST(HttpParser, LimitsAreExact) {
  EXPECT_EQ(Parse(Get("/" + std::string(99, 'a')), 4096).refused, 0);
  EXPECT_EQ(Parse(Get("/" + std::string(100, 'a')), 4096).refused, 414);
  const auto with_header = [](std::size_t size) {  // "Host: h", two line ends and "A: " are 14.
    return "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(size, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(Parse(with_header(400 - 16), 4096).refused, 0);
  EXPECT_EQ(Parse(with_header(400 - 15), 4096).refused, 431);
  const auto with_fields = [](int count) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 1; i < count; ++i) bytes += "a: b\r\n";
    return bytes + "\r\n";
  };
  EXPECT_EQ(Parse(with_fields(10), 4096).refused, 0);
  EXPECT_EQ(Parse(with_fields(11), 4096).refused, 431);
  const auto with_body = [](std::size_t size) {
    return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  EXPECT_EQ(Parse(with_body(1000), 4096).refused, 0);
  EXPECT_EQ(Parse(with_body(1001), 4096).refused, 413);
}

TEST(HttpParser, EndlessHeadsAreRefusedBeforeTheyEnd) {
  EXPECT_EQ(Parse("GET /" + std::string(200, 'a'), 1).refused, 414);
  EXPECT_EQ(Parse("GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(500, 'a'), 1).refused, 431);
}

TEST(HttpParser, ChunksMayNotHideEndlessFraming) {
  std::string bytes = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;";
  bytes += std::string(2000, 'x');
  EXPECT_EQ(Parse(bytes, 100).refused, 400);
  std::string trailers = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 300; ++i) trailers += "Trailer: x\r\n";
  EXPECT_EQ(Parse(trailers, 100).refused, 400);
}

TEST(HttpParser, ChunkedBodiesAreBoundedTogether) {
  std::string bytes = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 101; ++i) bytes += "a\r\n0123456789\r\n";
  EXPECT_EQ(Parse(bytes, 64).refused, 413);
}

TEST(HttpParser, TheBodyLimitMayDependOnTheRequest) {
  const HttpLimits limits = TestLimits();
  const HttpParser::BodyLimit limit = [](const Request& request) {
    return request.segment(0) == "media" ? std::size_t{2000} : std::size_t{10};
  };
  for (const auto& [path, taken] : {std::pair("/media", true), std::pair("/other", false)}) {
    HttpParser parser(limits, limit);
    const std::string bytes = std::string("PUT ") + path +
                              " HTTP/1.1\r\nHost: h\r\nContent-Length: 1500\r\n\r\n" +
                              std::string(1500, 'x');
    std::size_t used = 0;
    EXPECT_EQ(parser.Feed(bytes, &used),
              taken ? HttpParser::Progress::kDone : HttpParser::Progress::kTooLarge);
    const Request request = parser.TakeRequest();
    EXPECT_EQ(request.body_too_large(), !taken);
    EXPECT_EQ(request.body().size(), taken ? 1500U : 0U);
    EXPECT_EQ(request.path(), path);
  }
}

TEST(HttpParser, ContinueIsWantedOnceAndOnlyWithABodyToCome) {
  const HttpLimits limits = TestLimits();
  const HttpParser::BodyLimit none;
  HttpParser parser(limits, none);
  std::size_t used = 0;
  const std::string head =
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(parser.Feed(head, &used), HttpParser::Progress::kMore);
  EXPECT_TRUE(parser.in_body());
  EXPECT_TRUE(parser.TakeContinue());
  EXPECT_FALSE(parser.TakeContinue());
  EXPECT_EQ(parser.Feed("ab", &used), HttpParser::Progress::kDone);
  parser.Reset();
  EXPECT_EQ(parser.Feed(head + "ab", &used), HttpParser::Progress::kDone);
  EXPECT_FALSE(parser.TakeContinue());
}

TEST(HttpParser, KeepAliveFollowsVersionAndConnection) {
  const auto keeps = [](const std::string& bytes) {
    const HttpLimits limits = TestLimits();
    const HttpParser::BodyLimit none;
    HttpParser parser(limits, none);
    std::size_t used = 0;
    EXPECT_EQ(parser.Feed(bytes, &used), HttpParser::Progress::kDone);
    return parser.keep_alive();
  };
  EXPECT_TRUE(keeps(Get("/")));
  EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace livedrops::server
