#include "livedrops/server/http_server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <uv.h>

#include <atomic>
#include <optional>
#include <stdexcept>

#include "tests/server/net/client.h"
#include "tests/server/net/hostile_requests.h"
#include "tests/server/net/test_server.h"

namespace livedrops::server {
namespace {

using std::chrono::milliseconds;

// Answers with what it was asked.
void Echo(Request request, const Responder& responder) {
  std::string text(ToString(request.method()));
  text.append(" ").append(request.path()).append(" ").append(request.body());
  responder.Send(Response(200, "text/plain", std::move(text)));
}

HttpServer::Options WithLimits(const std::function<void(HttpLimits*)>& change) {
  HttpServer::Options options;
  change(&options.limits);
  return options;
}

std::string Get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

// --- answers -------------------------------------------------------------------------------------

TEST(HttpServer, AnswersAndKeepsTheConnection) {
  const auto server = StartServer(Echo);
  Client client(server->port());
  for (int i = 0; i < 3; ++i) {
    const ReceivedResponse response = client.Get("/" + std::to_string(i));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "GET /" + std::to_string(i) + " ");
    EXPECT_EQ(response.Field("Content-Type"), "text/plain");
    EXPECT_EQ(response.Field("Date").size(), 29U);
    EXPECT_EQ(response.Field("Connection"), "");
  }
  EXPECT_EQ(server->stats().requests, 3U);
  EXPECT_EQ(server->stats().accepted, 1U);
}

TEST(HttpServer, HeadNoContentAndNotModifiedHaveNoBody) {
  const auto server = StartServer([](const Request& request, const Responder& responder) {
    const int status = request.path() == "/204" ? 204 : request.path() == "/304" ? 304 : 200;
    responder.Send(Response(status, "text/plain", "body"));
  });
  Client client(server->port());
  client.Send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" + Get("/204") + Get("/304") + Get("/"));
  const ReceivedResponse head = client.ReadResponse(true);
  EXPECT_EQ(head.Field("Content-Length"), "4");
  for (const int status : {204, 304}) {
    const ReceivedResponse response = client.ReadResponse();
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.Field("Content-Length"), "");
  }
  EXPECT_EQ(client.ReadResponse().body, "body");
}

TEST(HttpServer, ConnectionIsClosedWhenEitherSideWantsIt) {
  const auto server = StartServer([](const Request& request, const Responder& responder) {
    Response response(200);
    response.set_close(request.path() == "/last");
    responder.Send(std::move(response));
  });
  Client asks(server->port());
  asks.Send(Get("/", "Connection: close\r\n"));
  EXPECT_EQ(asks.ReadResponse().Field("Connection"), "close");
  EXPECT_TRUE(asks.EndsHere());
  Client told(server->port());
  EXPECT_EQ(told.Get("/last").Field("Connection"), "close");
  EXPECT_TRUE(told.EndsHere());
  Client old(server->port());
  old.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.ReadResponse().Field("Connection"), "keep-alive");
  EXPECT_EQ(old.ReadResponse().Field("Connection"), "close");
  EXPECT_TRUE(old.EndsHere());
}

TEST(HttpServer, FieldsCannotBeSmuggledIntoAnAnswer) {
  const auto server = StartServer([](const Request&, const Responder& responder) {
    Response response(200, "text/plain", "x");
    response.Set("X-A", "a\r\nX-B: b").Set("Content-Length", "100").Set("Date", "never");
    responder.Send(std::move(response));
  });
  Client client(server->port());
  const ReceivedResponse response = client.Get("/");
  EXPECT_EQ(response.Field("X-A"), "a  X-B: b");
  EXPECT_EQ(response.Field("X-B"), "");
  EXPECT_EQ(response.Field("Content-Length"), "1");
  EXPECT_EQ(response.body, "x");
}

TEST(HttpServer, LargeBodiesAreWholeBothWays) {
  HttpServer::Options options;
  options.body_limit = [](const Request&) { return std::size_t{8 << 20}; };
  const auto shared = std::make_shared<const std::string>(3 << 20, 's');
  const auto server = StartServer(
      [shared](Request request, const Responder& responder) {
        Response response(200);
        if (request.path() == "/shared") {
          response.set_body(shared);
        } else {
          response.set_body(request.TakeBody());
        }
        responder.Send(std::move(response));
      },
      options);
  std::string body(5 << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 1000) body[i] = static_cast<char>('a' + i % 26);
  Client client(server->port());
  std::thread sender([&] {
    client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
  });
  EXPECT_TRUE(client.ReadResponse().body == body);
  sender.join();
  EXPECT_TRUE(client.Get("/shared").body == *shared);
}

TEST(HttpServer, ARequestBringsItsPeer) {
  const auto server = StartServer([](const Request& request, const Responder& responder) {
    responder.Send(Response(200, "text/plain", request.peer() + (request.secure() ? "s" : "")));
  });
  Client client(server->port());
  EXPECT_EQ(client.Get("/").body, "127.0.0.1");
}

// --- exactly one answer
// ----------------------------------------------------------------------------

TEST(HttpServer, OtherThreadsMayAnswerLater) {
  std::mutex mutex;
  std::vector<Responder> waiting;
  const auto server = StartServer([&](const Request&, Responder responder) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(responder));
  });
  Client first(server->port());
  Client second(server->port());
  first.Send(Get("/") + Get("/"));
  second.Send(Get("/"));
  const auto take = [&] {
    EXPECT_TRUE(Eventually([&] {
      const std::lock_guard lock(mutex);
      return !waiting.empty();
    }));
    const std::lock_guard lock(mutex);
    Responder responder = waiting.back();
    waiting.pop_back();
    return responder;
  };
  // The second request of a connection is handled only when the first one was answered.
  for (int i = 0; i < 3; ++i) {
    const Responder responder = take();
    EXPECT_FALSE(responder.abandoned());
    EXPECT_TRUE(responder.Send(Response(200, "text/plain", "first")));
    EXPECT_FALSE(responder.Send(Response(500, "text/plain", "second")));
    EXPECT_TRUE(responder.abandoned());
  }
  EXPECT_EQ(first.ReadResponse().body, "first");
  EXPECT_EQ(first.ReadResponse().body, "first");
  EXPECT_EQ(second.ReadResponse().body, "first");
}

TEST(HttpServer, AForgottenRequestIsAnswered500) {
  const auto server = StartServer([](const Request& request, Responder responder) {
    if (request.path() == "/throw") throw std::runtime_error("planted");
    if (request.path() == "/thread") {
      std::thread([kept = std::move(responder)] {}).detach();
    }
  });
  Client client(server->port());
  EXPECT_EQ(client.Get("/").status, 500);
  EXPECT_EQ(client.Get("/throw").status, 500);
  EXPECT_EQ(client.Get("/thread").status, 500);
}

TEST(HttpServer, AnswersAfterTheClientOrTheServerWentAreNothing) {
  std::mutex mutex;
  std::vector<Responder> waiting;
  auto server = StartServer([&](const Request&, Responder responder) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(responder));
  });
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return waiting.size();
  };
  Client gone(server->port());
  gone.Send(Get("/"));
  ASSERT_TRUE(Eventually([&] { return count() == 1; }));
  gone.Reset();
  ASSERT_TRUE(Eventually([&] { return waiting[0].abandoned(); }));
  waiting[0].Send(Response(200));
  Client cut(server->port());
  cut.Send(Get("/"));
  ASSERT_TRUE(Eventually([&] { return count() == 2; }));
  server.reset();
  EXPECT_TRUE(cut.EndsHere());
  waiting[1].Send(Response(200));
  EXPECT_TRUE(waiting[1].abandoned());
}

TEST(HttpServer, ManyThreadsAnswerManyConnections) {
  HttpServer::Options options;
  options.threads = 2;
  std::mutex mutex;
  std::vector<std::pair<std::string, Responder>> waiting;
  std::atomic<bool> done{false};
  const auto server = StartServer(
      [&](const Request& request, Responder responder) {
        const std::lock_guard lock(mutex);
        waiting.emplace_back(request.path(), std::move(responder));
      },
      options);
  std::vector<std::thread> workers;
  for (int i = 0; i < 3; ++i) {
    workers.emplace_back([&] {
      while (!done) {
        std::optional<std::pair<std::string, Responder>> taken;
        {
          const std::lock_guard lock(mutex);
          if (!waiting.empty()) {
            taken = std::move(waiting.back());
            waiting.pop_back();
          }
        }
        if (taken) {
          taken->second.Send(Response(200, "text/plain", taken->first));
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  std::vector<std::unique_ptr<Client>> clients;
  for (int c = 0; c < 20; ++c) clients.push_back(std::make_unique<Client>(server->port()));
  for (int i = 0; i < 20; ++i) {
    for (const auto& client : clients) client->Send(Get("/" + std::to_string(i)));
  }
  for (const auto& client : clients) {
    for (int i = 0; i < 20; ++i) EXPECT_EQ(client->ReadResponse().body, "/" + std::to_string(i));
  }
  done = true;
  for (std::thread& worker : workers) worker.join();
}

// --- requests
// --------------------------------------------------------------------------------------

TEST(HttpServer, PipelinedRequestsAreAnsweredInOrder) {
  const auto server = StartServer(Echo);
  Client client(server->port());
  std::string all;
  for (int i = 0; i < 1000; ++i) all += Get("/" + std::to_string(i));
  std::thread sender([&] { client.Send(all); });
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(client.ReadResponse().body, "GET /" + std::to_string(i) + " ");
  }
  sender.join();
}

TEST(HttpServer, AClientThatDoesNotReadIsNotReadEither) {
  const std::string page(64 << 10, 'p');
  std::atomic<int> handled{0};
  const auto server = StartServer([&](const Request&, const Responder& responder) {
    ++handled;
    responder.Send(Response(200, "text/plain", page));
  });
  Client client(server->port(), "127.0.0.1", 4096);
  std::string all;
  for (int i = 0; i < 500; ++i) all += Get("/");
  client.Send(all);
  ASSERT_TRUE(Eventually([&] { return handled > 0; }));
  // 32 MiB would be the answers; far fewer were made, and all come once they are read.
  EXPECT_LT(handled, 250);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.ReadResponse().body.size(), page.size());
  EXPECT_EQ(handled, 500);
}

TEST(HttpServer, HostileRequestsAreRefusedAndTheConnectionIsClosed) {
  HttpServer::Options options = WithLimits([](HttpLimits* limits) { limits->body_bytes = 1000; });
  const auto server = StartServer(Echo, options);
  std::uint64_t refused = 0;
  for (const HostileRequest& hostile : HostileRequests()) {
    if (hostile.status == 0) continue;
    Client client(server->port());
    client.Send(hostile.bytes + Get("/hidden"));
    const ReceivedResponse response = client.ReadResponse();
    EXPECT_EQ(response.status, hostile.status) << hostile.name;
    EXPECT_EQ(response.Field("Connection"), "close") << hostile.name;
    EXPECT_EQ(response.Field("Content-Type"), "application/problem+json") << hostile.name;
    EXPECT_TRUE(client.EndsHere()) << hostile.name;
    ++refused;
  }
  EXPECT_EQ(server->stats().refused, refused);
  EXPECT_EQ(server->stats().requests, 0U);
}

TEST(HttpServer, ContinueIsSentWhenTheBodyIsWanted) {
  const auto server = StartServer(Echo);
  Client client(server->port());
  const auto head = [](int length) {
    return "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: " +
           std::to_string(length) + "\r\n\r\n";
  };
  client.Send(head(5));
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("hello");
  EXPECT_EQ(client.ReadResponse().body, "POST / hello");
  client.Send(head(1000000));
  EXPECT_EQ(client.ReadResponse().status, 413);
  EXPECT_TRUE(client.EndsHere());
}

TEST(HttpServer, AClientThatStillSendsIsNotResetByItsAnswer) {
  const auto server = StartServer(Echo);
  Client client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n");
  const std::string body(500000, 'x');
  client.Send(body);
  EXPECT_EQ(client.ReadResponse().status, 413);
  EXPECT_TRUE(client.EndsHere());
  EXPECT_FALSE(client.was_reset());
}

TEST(HttpServer, TheHandlerMayAnswerForABodyThatIsTooLarge) {
  HttpServer::Options options = WithLimits([](HttpLimits* limits) { limits->body_bytes = 10; });
  options.deliver_too_large = true;
  options.refusal = [](int status, std::string_view detail) {
    return Response(status, "text/plain", std::string(detail));
  };
  const auto server = StartServer(
      [](const Request& request, const Responder& responder) {
        responder.Send(Response(request.body_too_large() ? 401 : 200));
      },
      options);
  Client client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n" + std::string(50, 'x'));
  EXPECT_EQ(client.ReadResponse().status, 401);
  EXPECT_TRUE(client.EndsHere());
  Client other(server->port());
  other.Send("GET / HTTP/3.0\r\n\r\n");
  EXPECT_EQ(other.ReadResponse().body, "HTTP version is not 1.0 or 1.1");
}

TEST(HttpServer, AHalfClosedClientGetsItsAnswers) {
  std::mutex mutex;
  std::optional<Responder> waiting;
  const auto server = StartServer([&](const Request& request, Responder responder) {
    if (request.path() == "/now") {
      responder.Send(Response(200, "text/plain", "now"));
      return;
    }
    const std::lock_guard lock(mutex);
    waiting = std::move(responder);
  });
  Client client(server->port());
  client.Send(Get("/later") + Get("/now"));
  client.CloseSending();
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return waiting.has_value();
  }));
  waiting->Send(Response(200, "text/plain", "later"));
  EXPECT_EQ(client.ReadResponse().body, "later");
  EXPECT_EQ(client.ReadResponse().body, "now");
  EXPECT_TRUE(client.EndsHere());
}

// --- time
// ------------------------------------------------------------------------------------------

TEST(HttpServer, SlowHeadsAreCutHoweverTheyDrip) {
  const auto server = StartServer(
      Echo, WithLimits([](HttpLimits* limits) { limits->header_timeout = milliseconds(200); }));
  Client silent(server->port());
  EXPECT_TRUE(silent.EndsHere());
  Client slow(server->port());
  std::atomic<bool> done{false};
  std::thread drip([&] {
    slow.Send("GET / HTTP/1.1\r\nHost: h\r\n");
    while (!done) {
      slow.Send("A: b\r\n");
      std::this_thread::sleep_for(milliseconds(20));
    }
  });
  EXPECT_EQ(slow.ReadResponse().status, 408);
  done = true;
  drip.join();
  EXPECT_EQ(server->stats().timed_out, 2U);
}

TEST(HttpServer, TheSecondRequestsHeadHasADeadlineToo) {
  const auto server = StartServer(
      Echo, WithLimits([](HttpLimits* limits) { limits->header_timeout = milliseconds(100); }));
  Client client(server->port());
  EXPECT_EQ(client.Get("/").status, 200);
  client.Send("GET / HT");
  EXPECT_EQ(client.ReadResponse().status, 408);
  EXPECT_TRUE(client.EndsHere());
}

TEST(HttpServer, SlowBodiesAndIdleConnectionsAreCut) {
  const auto server = StartServer(Echo, WithLimits([](HttpLimits* limits) {
                                    limits->body_timeout = milliseconds(100);
                                    limits->idle_timeout = milliseconds(100);
                                  }));
  Client body(server->port());
  body.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel");
  EXPECT_EQ(body.ReadResponse().status, 408);
  EXPECT_TRUE(body.EndsHere());
  Client idle(server->port());
  EXPECT_EQ(idle.Get("/").status, 200);
  EXPECT_TRUE(idle.EndsHere());
}

TEST(HttpServer, AClientThatNeverReadsIsCut) {
  const auto page = std::make_shared<const std::string>(32 << 20, 'p');
  const auto server = StartServer(
      [&](const Request&, const Responder& responder) {
        Response response(200);
        response.set_body(page);
        responder.Send(std::move(response));
      },
      WithLimits([](HttpLimits* limits) { limits->write_timeout = milliseconds(100); }));
  Client client(server->port(), "127.0.0.1", 4096);
  client.Send(Get("/"));
  EXPECT_TRUE(Eventually([&] { return server->stats().timed_out == 1; }));
  EXPECT_TRUE(Eventually([&] { return server->stats().connections == 0; }));
}

// --- listening
// -------------------------------------------------------------------------------------

TEST(HttpServer, ListensOnIpv6) {
  HttpServer::Options options;
  options.listen = "[::1]:0";
  const auto server = StartServer(
      [](const Request& request, const Responder& responder) {
        responder.Send(Response(200, "text/plain", request.peer()));
      },
      options);
  EXPECT_EQ(server->address(), "[::1]:" + std::to_string(server->port()));
  Client client(server->port(), "::1");
  EXPECT_EQ(client.Get("/").body, "::1");
}

TEST(HttpServer, SaysWhatIsWrongWithItsOptions) {
  const auto message = [](const std::string& listen, int threads) {
    HttpServer::Options options;
    options.listen = listen;
    options.threads = threads;
    return HttpServer::Start(options, Echo).status().ToString();
  };
  EXPECT_EQ(message("nowhere", 1),
            "invalid_argument: no address HOST:PORT or [ADDRESS]:PORT: nowhere");
  EXPECT_EQ(message("127.0.0.1:70000", 1),
            "invalid_argument: no address HOST:PORT or [ADDRESS]:PORT: 127.0.0.1:70000");
  EXPECT_EQ(message("::1:80", 1),
            "invalid_argument: no address HOST:PORT or [ADDRESS]:PORT: ::1:80");
  EXPECT_EQ(message("127.0.0.1:0", 0), "invalid_argument: threads not in 1…256: 0");
  EXPECT_EQ(message("192.0.2.1:0", 1),
            "unavailable: cannot listen on 192.0.2.1:0: address not available");
}

TEST(HttpServer, APortInUseIsNotShared) {
  for (const int threads : {1, 2}) {
    HttpServer::Options options;
    options.threads = threads;
    const auto server = StartServer(Echo, options);
    options.listen = server->address();
    const auto second = HttpServer::Start(options, Echo);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.status().ToString(),
              "unavailable: cannot listen on " + server->address() + ": address already in use");
  }
}

TEST(HttpServer, ConnectionsAboveTheLimitWait) {
  const auto server =
      StartServer(Echo, WithLimits([](HttpLimits* limits) { limits->connections_max = 2; }));
  auto first = std::make_unique<Client>(server->port());
  Client second(server->port());
  EXPECT_EQ(first->Get("/").status, 200);
  EXPECT_EQ(second.Get("/").status, 200);
  Client third(server->port());
  third.Send(Get("/third"));
  EXPECT_EQ(second.Get("/").status, 200);
  EXPECT_EQ(server->stats().connections, 2U);
  first.reset();
  EXPECT_EQ(third.ReadResponse().status, 200);
}

TEST(HttpServer, SurvivesBeingOutOfFileDescriptors) {
  const auto server = StartServer(Echo);
  Client before(server->port());
  EXPECT_EQ(before.Get("/").status, 200);
  rlimit old{};
  getrlimit(RLIMIT_NOFILE, &old);
  {
    // The client's end of the connection takes the last descriptor that there is.
    rlimit few = old;
    const int next = dup(0);
    close(next);
    few.rlim_cur = static_cast<rlim_t>(next) + 1;
    setrlimit(RLIMIT_NOFILE, &few);
    Client shed(server->port());
    EXPECT_TRUE(shed.connected());
    EXPECT_TRUE(shed.EndsHere());
    EXPECT_EQ(before.Get("/").status, 200);
    setrlimit(RLIMIT_NOFILE, &old);
  }
  Client after(server->port());
  EXPECT_EQ(after.Get("/").status, 200);
}

TEST(HttpServer, SeveralLoopsShareThePort) {
  HttpServer::Options options;
  options.threads = 2;
  const auto server = StartServer(
      [](const Request& request, const Responder& responder) {
        responder.Send(Response(200, "text/plain", std::to_string(request.loop())));
      },
      options);
  std::string seen;
  for (int i = 0; i < 200 && (seen.find('0') == seen.npos || seen.find('1') == seen.npos); ++i) {
    Client client(server->port());
    seen += client.Get("/").body;
  }
  EXPECT_NE(seen.find('0'), std::string::npos);
  EXPECT_NE(seen.find('1'), std::string::npos);
}

TEST(HttpServer, PostRunsOnTheLoopInOrder) {
  Journal journal;
  auto server = StartServer(Echo);
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(server->Post(0, [&journal, i] { journal.Add(std::to_string(i)); }));
  }
  EXPECT_TRUE(journal.WaitFor("99"));
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(journal.lines()[static_cast<std::size_t>(i)], std::to_string(i));
  server->Stop();
  server->Join();
  EXPECT_FALSE(server->Post(0, [] { FAIL(); }));
}

TEST(HttpServer, ServesOnTheLoopOfItsHost) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  {
    std::atomic<int> port{0};
    std::thread host([&] {
      HttpServer* running = nullptr;
      auto server = HttpServer::Attach(&loop, {}, [&](const Request&, const Responder& responder) {
        responder.Send(Response(200, "text/plain", "hosted"));
        running->Stop();
      });
      ASSERT_TRUE(server.ok());
      running = server->get();
      port = running->port();
      uv_run(&loop, UV_RUN_DEFAULT);
      EXPECT_TRUE(running->stopped());
    });
    ASSERT_TRUE(Eventually([&] { return port != 0; }));
    Client client(port);
    EXPECT_EQ(client.Get("/").body, "hosted");
    EXPECT_TRUE(client.EndsHere());
    host.join();
  }
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

TEST(HttpServer, AttachThatFailsLeavesTheLoopClean) {
  uv_loop_t loop;
  uv_loop_init(&loop);
  HttpServer::Options options;
  options.listen = "192.0.2.1:1";
  EXPECT_EQ(HttpServer::Attach(&loop, options, Echo).status().code(), StatusCode::kUnavailable);
  uv_run(&loop, UV_RUN_DEFAULT);
  EXPECT_EQ(uv_loop_close(&loop), 0);
}

// --- stopping
// --------------------------------------------------------------------------------------

TEST(HttpServer, StopFinishesWhatIsInFlight) {
  std::mutex mutex;
  std::optional<Responder> waiting;
  const auto server = StartServer(
      [&](const Request&, Responder responder) {
        const std::lock_guard lock(mutex);
        waiting = std::move(responder);
      },
      WithLimits([](HttpLimits* limits) { limits->linger_timeout = milliseconds(50); }));
  Client idle(server->port());
  Client busy(server->port());
  busy.Send(Get("/"));
  ASSERT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex);
    return waiting.has_value();
  }));
  server->Stop();
  EXPECT_TRUE(idle.EndsHere());
  EXPECT_TRUE(Eventually([&] { return !Client(server->port()).connected(); }));
  EXPECT_FALSE(server->stopped());
  waiting->Send(Response(200, "text/plain", "in time"));
  const ReceivedResponse response = busy.ReadResponse();
  EXPECT_EQ(response.body, "in time");
  EXPECT_EQ(response.Field("Connection"), "close");
  EXPECT_TRUE(busy.EndsHere());
  server->Join();
  EXPECT_TRUE(server->stopped());
}

TEST(HttpServer, StopCutsAtTheDeadline) {
  std::mutex mutex;
  std::vector<Responder> never;
  const auto server = StartServer([&](const Request&, Responder responder) {
    const std::lock_guard lock(mutex);
    never.push_back(std::move(responder));
  });
  Client busy(server->port());
  busy.Send(Get("/"));
  ASSERT_TRUE(Eventually([&] { return server->stats().requests == 1; }));
  StopOptions options;
  options.deadline = milliseconds(50);
  server->Stop(options);
  server->Join();
  EXPECT_TRUE(busy.EndsHere());
}

// --- streams
// ---------------------------------------------------------------------------------------

TEST(HttpServer, AStreamIsChunkedAndThenTheConnectionGoesOn) {
  Journal journal;
  const auto server = StartServer([&](const Request& request, const Responder& responder) {
    if (request.path() != "/events") return Echo(request, responder);
    Response head(200);
    head.Set("Content-Type", "text/event-stream");
    auto stream = responder.Stream(std::move(head), [&journal] { journal.Add("closed"); });
    ASSERT_TRUE(stream.ok());
    const Sent wanted = request.method() == Method::kHead ? Sent::kClosed : Sent::kQueued;
    EXPECT_EQ(stream->Send(Chunk("data: 1\n\n")), wanted);
    EXPECT_EQ(stream->Send(Chunk("")), wanted);
    EXPECT_EQ(stream->Send(Chunk("data: 2\n\n")), wanted);
    stream->End();
    EXPECT_FALSE(stream->open());
    EXPECT_EQ(stream->Send(Chunk("late")), Sent::kClosed);
  });
  Client client(server->port());
  client.Send(Get("/events"));
  const ReceivedResponse stream = client.ReadResponse();
  EXPECT_EQ(stream.Field("Transfer-Encoding"), "chunked");
  EXPECT_EQ(stream.body, "data: 1\n\ndata: 2\n\n");
  EXPECT_EQ(client.Get("/next").body, "GET /next ");
  client.Send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n" + Get("/next"));
  EXPECT_EQ(client.ReadResponse(true).status, 200);
  EXPECT_EQ(client.ReadResponse().body, "GET /next ");
  Client old(server->port());
  old.Send("GET /events HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string all = old.ReadToEnd();
  EXPECT_TRUE(all.ends_with("\r\n\r\ndata: 1\n\ndata: 2\n\n")) << all;
  EXPECT_TRUE(Eventually([&] { return journal.lines().size() == 3; }));
}

TEST(HttpServer, TheOwnerOfAStreamHearsThatTheClientWent) {
  Journal journal;
  const auto server = StartServer([&](const Request&, const Responder& responder) {
    ASSERT_TRUE(responder.Stream(Response(200), [&journal] { journal.Add("closed"); }).ok());
    journal.Add("streaming");
  });
  Client client(server->port());
  client.Send(Get("/"));
  ASSERT_TRUE(journal.WaitFor("streaming"));
  EXPECT_EQ(server->stats().streams, 1U);
  client.Reset();
  EXPECT_TRUE(journal.WaitFor("closed"));
  EXPECT_TRUE(Eventually([&] { return server->stats().streams == 0; }));
}

TEST(HttpServer, AStreamsQueueIsBounded) {
  Journal journal;
  QueueLimits limits;
  limits.bytes_max = 200000;
  limits.bytes_soft = 1000;
  const auto server = StartServer([&](const Request&, const Responder& responder) {
    auto stream = responder.Stream(Response(200), [&journal] { journal.Add("closed"); }, limits);
    ASSERT_TRUE(stream.ok());
    const Chunk chunk(std::string(10000, 'x'));
    while (stream->Send(chunk) == Sent::kQueued) {
      EXPECT_LE(stream->queued_bytes(), limits.bytes_max);
      if (stream->queued_bytes() > limits.bytes_soft) {
        EXPECT_EQ(stream->Send(chunk, Droppable::kYes), Sent::kDropped);
      }
    }
    EXPECT_TRUE(journal.lines().empty());  // Not told from within Send.
  });
  Client client(server->port(), "127.0.0.1", 4096);
  client.Send(Get("/"));
  EXPECT_TRUE(journal.WaitFor("closed"));
  EXPECT_EQ(server->stats().slow_closed, 1U);
  EXPECT_GT(server->stats().dropped, 0U);
}

TEST(HttpServer, StopEndsStreams) {
  Journal journal;
  const auto server = StartServer(
      [&](const Request&, const Responder& responder) {
        auto stream = responder.Stream(Response(200), [&journal] { journal.Add("closed"); });
        ASSERT_TRUE(stream.ok());
        stream->Send(Chunk("one"));
      },
      WithLimits([](HttpLimits* limits) { limits->linger_timeout = milliseconds(50); }));
  Client client(server->port());
  client.Send(Get("/"));
  ASSERT_TRUE(Eventually([&] { return server->stats().streams == 1; }));
  server->Stop();
  EXPECT_EQ(client.ReadResponse().body, "one");
  EXPECT_TRUE(client.EndsHere());
  server->Join();
  EXPECT_TRUE(journal.WaitFor("closed"));
}

}  // namespace
}  // namespace livedrops::server
