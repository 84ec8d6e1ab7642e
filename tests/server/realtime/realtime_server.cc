// A server for tests in other languages: `server_realtime STORAGE_URL [NAME=MILLISECONDS…]`. Names:
// ping, pong, connect; and queue, in bytes.
//
// GET /connection/websocket and GET /events as CONTRACT §5 says; origins: http://shop.example. And
// to make things happen, each answered with JSON when it is committed:
//
//   POST /do/token?user=&seconds=     {"token"}, of the session "s-USER"
//   POST /do/ticket?user=             {"ticket"}
//   POST /do/shop?drops=N             product "p" of creator "c", and drops d1…dN of 1000 units
//   POST /do/order?drop=&user=&key=&quantity=
//   POST /do/flip?drop=&times=        pauses and resumes it so often
//   POST /do/drop?drop=&action=start|pause|resume|end|cancel
//   POST /do/restock?drop=&quantity=&key=
//   POST /do/follow?creator=&user=    and /do/unfollow
//   POST /do/account?user=            and /do/disable?user=
//   POST /do/stats
//
// The first line on standard output is where it listens. It ends when standard input does.

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "base/json_writer.h"
#include "livedrops/open.h"
#include "livedrops/server/http_server.h"
#include "server/auth/token_verifier.h"
#include "server/auth/worker_pool.h"
#include "server/realtime/realtime.h"

namespace livedrops::server {
namespace {

constexpr Duration kTokenLife{15 * 60'000};

std::string Text(const Request& request, std::string_view name) {
  return std::string(request.Query(name).value_or(""));
}
std::int64_t Number(const Request& request, std::string_view name, std::int64_t otherwise) {
  const std::string text = Text(request, name);
  return text.empty() ? otherwise : std::strtoll(text.c_str(), nullptr, 10);
}

std::string Object(std::string_view name, std::string_view value) {
  std::string text;
  JsonWriter(&text).BeginObject().Member(name, value).EndObject();
  return text;
}

std::string Answer(const Reply& reply) {
  return Object("outcome",
                reply.status.ok() ? std::string(ToString(reply.outcome)) : reply.status.ToString());
}

DropAction ActionOf(const std::string& text) {
  static const std::map<std::string, DropAction> actions = {{"start", DropAction::start},
                                                            {"pause", DropAction::pause},
                                                            {"resume", DropAction::resume},
                                                            {"end", DropAction::end},
                                                            {"cancel", DropAction::cancel}};
  return actions.at(text);
}

class TestServer {
 public:
  TestServer(std::unique_ptr<Service> service, const RealtimeOptions& options)
      : service_(std::move(service)), realtime_(*service_, &revocations_, Complete(options)) {}

  bool Run();

 private:
  RealtimeOptions Complete(RealtimeOptions options);
  TokenVerifierOptions VerifierOptions();
  void Handle(Request request, Responder responder);
  std::string Do(const Request& request);

  std::string MakeShop(const Request& request);
  std::string Flip(const Request& request);
  std::string Order(const Request& request);
  std::string Follow(const Request& request, bool follow);
  std::string Restock(const Request& request);
  std::string Stats();
  Principal PrincipalOf(const Request& request);

  TokenKeyStore keys_{*TokenKeys::Make({{"k1", std::string(32, 'a')}}, {})};
  Revocations revocations_{kTokenLife + Duration(60'000)};
  std::unique_ptr<Service> service_;
  TokenVerifier verifier_{&keys_, &revocations_, VerifierOptions()};
  Realtime realtime_;
  std::unique_ptr<HttpServer> server_;
  WorkerPool workers_{4, 100'000};
};

RealtimeOptions TestServer::Complete(RealtimeOptions options) {
  options.origins = {"http://shop.example"};
  options.leeway = Duration(0);
  options.verify = [this](int, std::string_view token, Time now, std::string* reason) {
    auto principal = verifier_.Verify(token, now, reason);
    if (principal && principal->expires_at <= now) {
      *reason = "expired";
      principal.reset();
    }
    return principal;
  };
  return options;
}

TokenVerifierOptions TestServer::VerifierOptions() {
  TokenVerifierOptions options;
  options.standing = [this](const Principal& principal, bool demanded) {
    return StandingOf(service_->accounts(), principal, demanded);
  };
  return options;
}

Principal TestServer::PrincipalOf(const Request& request) {
  Principal principal;
  principal.subject = UserId(Text(request, "user"));
  principal.session = SessionId("s-" + Text(request, "user"));
  principal.issued_at = SystemClock().Now();
  principal.expires_at =
      principal.issued_at + std::chrono::seconds(Number(request, "seconds", 600));
  return principal;
}

std::string TestServer::MakeShop(const Request& request) {
  CreateProduct product;
  product.id = ProductId("p");
  product.creator = CreatorId("c");
  product.name = "Mug";
  product.price.minor_units = 100;
  Reply reply = service_->products().Create(product);
  for (int i = 1; i <= Number(request, "drops", 1); ++i) {
    CreateDrop drop;
    drop.id = DropId("d" + std::to_string(i));
    drop.product = product.id;
    drop.end_time = SystemClock().Now() + std::chrono::hours(1);
    drop.stock = 1000;
    drop.low_stock = 10;
    reply = service_->drops().Create(drop);
  }
  return Answer(reply);
}

std::string TestServer::Flip(const Request& request) {
  Reply reply;
  for (std::int64_t i = 0; i < Number(request, "times", 1); ++i) {
    for (const DropAction action : {DropAction::pause, DropAction::resume}) {
      reply = service_->drops().Change({DropId(Text(request, "drop")), action, {}, {}});
    }
  }
  return Answer(reply);
}

std::string TestServer::Order(const Request& request) {
  PlaceOrder order;
  order.drop = DropId(Text(request, "drop"));
  order.user = UserId(Text(request, "user"));
  order.key = Key(Text(request, "key"));
  order.quantity = Number(request, "quantity", 1);
  return Answer(service_->orders().Place(order));
}

std::string TestServer::Follow(const Request& request, bool follow) {
  FollowCreator change;
  change.creator = CreatorId(Text(request, "creator"));
  change.user = UserId(Text(request, "user"));
  change.follow = follow;
  return Answer(service_->follows().Set(change));
}

std::string TestServer::Restock(const Request& request) {
  livedrops::Restock restock;
  restock.id = DropId(Text(request, "drop"));
  restock.quantity = Number(request, "quantity", 1);
  restock.key = Key(Text(request, "key"));
  return Answer(service_->drops().Restock(restock));
}

std::string TestServer::Stats() {
  const RealtimeStats stats = realtime_.stats();
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Member("sockets", stats.sockets).Member("streams", stats.streams);
  json.Member("subscriptions", stats.subscriptions).Member("delivered", stats.delivered);
  json.Member("recovered", stats.recovered).Member("closedSlow", stats.closed_slow);
  json.EndObject();
  return text;
}

std::string TestServer::Do(const Request& request) {
  const std::string_view what = request.segment(1);
  const UserId user(Text(request, "user"));
  if (what == "token") return Object("token", IssueToken(*keys_.Get(), PrincipalOf(request)));
  if (what == "ticket") return Object("ticket", realtime_.IssueTicket(PrincipalOf(request)));
  if (what == "shop") return MakeShop(request);
  if (what == "order") return Order(request);
  if (what == "flip") return Flip(request);
  if (what == "follow" || what == "unfollow") return Follow(request, what == "follow");
  if (what == "restock") return Restock(request);
  if (what == "stats") return Stats();
  if (what == "drop") {
    const DropAction action = ActionOf(Text(request, "action"));
    return Answer(service_->drops().Change({DropId(Text(request, "drop")), action, {}, {}}));
  }
  if (what == "disable") {
    return Answer(service_->accounts().Change({user, AccountAction::disable, {}}));
  }
  CreateAccount create;
  create.account.id = user;
  create.account.name = "somebody";
  create.account.email = user.str() + "@shop.example";
  create.account.password_hash = "none";
  return Answer(service_->accounts().Create(create));
}

void TestServer::Handle(Request request, Responder responder) {
  if (request.path() == "/connection/websocket") {
    realtime_.OnWebSocket(request, responder);
  } else if (request.path() == "/events") {
    realtime_.OnEvents(request, responder);
  } else {
    const auto shared = std::make_shared<Request>(std::move(request));
    workers_.Submit([this, shared, responder] {
      responder.Send(Response(200, "application/json", Do(*shared)));
    });
  }
}

bool TestServer::Run() {
  auto server = HttpServer::Start({}, [this](Request request, Responder responder) {
    Handle(std::move(request), std::move(responder));
  });
  if (!server.ok() || !realtime_.Start(**server).ok()) return false;
  server_ = std::move(*server);
  std::printf("%s\n", server_->address().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server_->Stop(Realtime::StopOptionsFor(std::chrono::milliseconds(2000)));
  server_->Join();
  realtime_.Stop();
  server_.reset();
  return true;
}

}  // namespace
}  // namespace livedrops::server

int main(int argc, char** argv) {
  using namespace livedrops;  // NOLINT(google-build-using-namespace): a program of its own.
  server::RealtimeOptions options;
  for (int i = 2; i < argc; ++i) {
    const std::string text = argv[i];
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const long number = std::strtol(text.c_str() + equals + 1, nullptr, 10);
    if (name == "ping") options.ping_interval = std::chrono::milliseconds(number);
    if (name == "pong") options.pong_timeout = std::chrono::milliseconds(number);
    if (name == "connect") options.connect_timeout = std::chrono::milliseconds(number);
    if (name == "queue") options.send_queue_bytes_max = static_cast<std::size_t>(number);
  }
  auto service = Open(argc > 1 ? argv[1] : "memory:");
  if (!service.ok()) {
    std::fprintf(stderr, "server_realtime: %s\n", service.status().ToString().c_str());
    return 2;
  }
  server::TestServer server(std::move(*service), options);
  return server.Run() ? 0 : 2;
}
