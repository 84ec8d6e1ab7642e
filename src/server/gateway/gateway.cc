#include "livedrops/server/gateway.h"

#include "base/json_writer.h"
#include "server/config/load.h"
#include "server/config/secrets.h"
#include "server/gateway/pipeline.h"
#include "server/gateway/stock_audit.h"
#include "server/gateway/watch.h"
#include "server/realtime/realtime.h"

namespace livedrops::server {
namespace {

Result<Config> ConfigOf(const std::map<std::string, std::string>& settings) {
  Config config;
  for (const auto& [name, value] : settings) {
    const std::size_t dot = name.find('.');
    const Setting* setting =
        dot == std::string::npos ? nullptr : FindSetting(name.substr(0, dot), name.substr(dot + 1));
    const std::string reason =
        setting == nullptr ? "there is no such setting" : SetFromText(*setting, value, &config);
    if (!reason.empty()) {
      return Status(StatusCode::kInvalidArgument, std::string(name).append(": ").append(reason));
    }
  }
  return config;
}

// A log of the process: a host's gateway and its program share it.
Log* HostLog(const Config& config) {
  static Log log(ParseLogFormat(config.log.format), ParseLogLevel(config.log.level));
  return &log;
}

std::chrono::milliseconds Seconds(std::int64_t seconds) { return std::chrono::seconds(seconds); }

RealtimeOptions RealtimeOptionsOf(Shared* shared) {
  const auto& config = shared->config.realtime;
  RealtimeOptions options;
  options.verify = [shared](int loop, std::string_view token, Time now, std::string* reason) {
    return shared->verifiers.at(static_cast<std::size_t>(loop))->Verify(token, now, reason);
  };
  options.origins = shared->config.server.cors_origins;
  options.message_bytes_max = static_cast<std::size_t>(config.message_bytes);
  options.send_queue_bytes_max = static_cast<std::size_t>(config.send_queue_bytes);
  options.connections_per_user = static_cast<int>(config.connections_per_user);
  options.ping_interval = Seconds(config.ping_seconds);
  options.pong_timeout = Seconds(config.pong_seconds);
  options.connect_timeout = Seconds(config.connect_timeout_seconds);
  options.leeway = Duration(Seconds(shared->config.auth.leeway_seconds));
  return options;
}

void AnswerTicket(Realtime& realtime, Context& context) {
  ObjectReader body = context.OptionalBody();
  if (const auto problem = body.Finish()) return context.Refuse(*problem);
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(RealtimeOptions().ticket_life);
  std::string answer;
  JsonWriter(&answer)
      .BeginObject()
      .Member("ticket", realtime.IssueTicket(*context.principal))
      .Member("expiresIn", seconds.count())
      .EndObject();
  context.SendJson(200, std::move(answer));
}

// Holds of the request only what the line has, for sockets live long.
SocketEnded NoteOfEnd(const Context& context) {
  return [&shared = context.shared, id = context.request_id,
          address = context.address](const SocketEnd& end) {
    if (!shared.log.WantsLine(LogLevel::info)) return;
    std::string line;
    JsonWriter json(&line);
    json.BeginObject().Member("event", "socketClosed").Member("at", shared.clock.Now());
    json.Member("id", id).Member("code", end.code);
    if (!end.reason.empty()) json.Member("reason", end.reason);
    json.Member("ms", end.lasted.count()).Member("bytes", end.bytes);
    json.Member("address", address.ToString());
    if (!end.subject.empty()) json.Member("subject", end.subject);
    json.EndObject();
    shared.log.Line(line);
  };
}

// Real time answers by itself from here on; the gateway has checked rate, token and role.
void HandOver(Realtime& realtime, Context& context) {
  if (context.route->id == RouteId::ticket) return AnswerTicket(realtime, context);
  Realtime::Caller caller;
  caller.request_id = context.request_id;
  caller.answered = [self = context.shared_from_this()](int status) { self->Note(status); };
  if (context.route->id == RouteId::events) {
    return realtime.OnEvents(context.request, context.responder, std::move(caller));
  }
  caller.ended = NoteOfEnd(context);
  realtime.OnWebSocket(context.request, context.responder, std::move(caller));
}

void WriteServer(const ServerStats& stats, MetricsText* text) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  text->Gauge("livedrops_connections", "Connections open now.", number(stats.connections));
  text->Gauge("livedrops_sockets", "WebSockets and streams open now.",
              number(stats.websockets + stats.streams));
  text->Counter("livedrops_connections_total", "Connections accepted.", number(stats.accepted));
  text->Counter("livedrops_http_refused_total", "Requests that could not be read.",
                number(stats.refused));
  text->Counter("livedrops_http_timeouts_total", "Connections cut for taking too long.",
                number(stats.timed_out));
}

void WriteDelay(const RealtimeStats& stats, MetricsText* text) {
  constexpr double kMsPerSecond = 1000;
  text->Family("livedrops_notification_delay_seconds", "histogram",
               "From the commit of an event to its fan-out.");
  text->Histogram(RealtimeStats::kDelayBoundsMs, stats.delay_counts, stats.delay_ms_sum,
                  kMsPerSecond);
}

void WriteRealtime(const RealtimeStats& stats, MetricsText* text) {
  const auto number = [](std::uint64_t count) { return static_cast<double>(count); };
  text->Gauge("livedrops_subscriptions", "Subscriptions now.", number(stats.subscriptions));
  text->Counter("livedrops_publications_total", "Events published, once per channel.",
                number(stats.publications));
  text->Counter("livedrops_delivered_total", "Publications sent to one receiver each.",
                number(stats.delivered));
  text->Counter("livedrops_recovered_total", "Subscriptions that got all that they had missed.",
                number(stats.recovered));
  text->Counter("livedrops_not_recovered_total", "Subscriptions that must load the state again.",
                number(stats.not_recovered));
  text->Family("livedrops_sockets_closed_total", "counter", "Sockets the server closed.");
  text->Sample(number(stats.closed_slow), "reason=\"slow\"");
  text->Sample(number(stats.closed_limit), "reason=\"limit\"");
  text->Sample(number(stats.closed_expired), "reason=\"expired\"");
  text->Sample(number(stats.closed_revoked), "reason=\"revoked\"");
  text->Sample(number(stats.closed_no_pong), "reason=\"no_pong\"");
  text->Counter("livedrops_log_errors_total", "The log could not be read.",
                number(stats.log_errors));
  WriteDelay(stats, text);
}

void WriteAudit(const StockAudit& audit, MetricsText* text) {
  text->Gauge("livedrops_oversold_units",
              "Units held or sold beyond the stock, added up from the log: always 0.",
              static_cast<double>(audit.oversold()));
  text->Counter("livedrops_wrong_balances_total",
                "Ledger entries whose balance is not the sum of the entries: always 0.",
                static_cast<double>(audit.wrong_balances()));
  text->Gauge("livedrops_stock_audited_seq", "Log row up to which the stock was added up.",
              static_cast<double>(audit.seq()));
}

}  // namespace

// What runs beside the requests.
class Gateway::Follower {
 public:
  explicit Follower(Shared* shared)
      : shared_(*shared),
        realtime_(shared->service, &shared->revocations, RealtimeOptionsOf(shared)) {
    realtime_.Listen([this](std::span<const Event> events) { shared_.caches.Apply(events); });
    shared_.realtime = [this](Context& context) { HandOver(realtime_, context); };
  }

  Status Start(HttpServer& server) {
    shared_.collectors.emplace_back([this, &server](MetricsText* text) {
      WriteServer(server.stats(), text);
      WriteRealtime(realtime_.stats(), text);
      WriteAudit(*audit_, text);
    });
    audit_ = std::make_unique<StockAudit>(&shared_.service.reads().storage(), &shared_.log);
    watch_ = std::make_unique<Watch>(&shared_, &server);
    return realtime_.Start(server);
  }

  void Stop() {
    realtime_.Stop();
    watch_.reset();
    if (audit_) audit_->Stop();
  }

 private:
  Shared& shared_;
  Realtime realtime_;
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<StockAudit> audit_;
};

Result<std::unique_ptr<Gateway>> Gateway::Make(Service& service,
                                               const std::map<std::string, std::string>& settings) {
  const Result<Config> config = ConfigOf(settings);
  if (!config.ok()) return config.status();
  Result<TokenKeys> keys = LoadTokenKeys(*config);
  if (!keys.ok()) return keys.status();
  return std::make_unique<Gateway>(
      std::make_unique<Shared>(&service, *config, std::move(*keys), HostLog(*config)));
}

Gateway::Gateway(std::unique_ptr<Shared> shared)
    : shared_(std::move(shared)), follower_(std::make_unique<Follower>(shared_.get())) {}
Gateway::~Gateway() { Stop(); }

void Gateway::Configure(HttpServer::Options* options) const {
  const Config& config = shared_->config;
  options->listen = config.server.listen;
  options->threads = LoopsOf(config);
  options->tls_cert_file = config.server.tls_cert_file;
  options->tls_key_file = config.server.tls_key_file;
  options->limits.target_bytes = static_cast<std::size_t>(config.limits.uri_bytes);
  options->limits.header_bytes = static_cast<std::size_t>(config.limits.header_bytes);
  options->limits.header_fields = static_cast<std::size_t>(config.limits.header_fields);
  options->limits.body_bytes = static_cast<std::size_t>(config.limits.body_bytes);
  options->limits.header_timeout = Seconds(config.server.header_timeout_seconds);
  options->limits.body_timeout = Seconds(config.server.body_timeout_seconds);
  options->limits.idle_timeout = Seconds(config.server.idle_timeout_seconds);
  options->body_limit = [shared = shared_.get()](const Request& request) {
    return BodyLimit(shared->config, request);
  };
  options->deliver_too_large = true;
  options->refusal = RefusalOf;
}

Handler Gateway::open_handler() {
  return [shared = shared_.get()](Request request, Responder responder) {
    Serve(shared, Listener::open, std::move(request), std::move(responder));
  };
}

Handler Gateway::internal_handler() {
  return [shared = shared_.get()](Request request, Responder responder) {
    Serve(shared, Listener::internal, std::move(request), std::move(responder));
  };
}

Status Gateway::Start(HttpServer& server) { return follower_->Start(server); }
void Gateway::Drain() { shared_->ready = false; }
void Gateway::Stop() { follower_->Stop(); }

Status Gateway::ReloadKeys() {
  Result<TokenKeys> keys = LoadTokenKeys(shared_->config);
  if (!keys.ok()) return keys.status();
  shared_->keys.Set(std::move(*keys));
  return OkStatus();
}

StopOptions Gateway::StopOptionsFor(std::chrono::milliseconds deadline) {
  return Realtime::StopOptionsFor(deadline);
}

}  // namespace livedrops::server
