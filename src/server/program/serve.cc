// livedropsd serve: storage, service, gateway, two listeners; then signals until the end.
#include <chrono>
#include <csignal>
#include <cstdio>

#include "base/json_writer.h"
#include "livedrops/open.h"
#include "livedrops/server/gateway.h"
#include "server/config/apply.h"
#include "server/config/secrets.h"
#include "server/gateway/shared.h"
#include "server/program/commands.h"
#include "server/program/run_marker.h"

namespace livedrops::server {
namespace {

// With a second for the rest, within the 5 s that CONTRACT §6 allows.
constexpr std::chrono::milliseconds kStopDeadline{4000};

// Without what may be a password.
std::string ShownUrl(const std::string& url) {
  const std::size_t at = url.rfind('@');
  return at == std::string::npos ? url : url.substr(0, url.find(':') + 3) + url.substr(at + 1);
}

class Server {
 public:
  explicit Server(const Config& config)
      : config_(config),
        marker_(config.storage.url),
        log_(ParseLogFormat(config.log.format), ParseLogLevel(config.log.level)) {}

  // The message of what went wrong; empty when it runs.
  std::string Start();
  void HandleSignals();
  Status Stop();

 private:
  Status OpenShop();
  Status Listen();
  void Announce();
  void Reload();

  const Config& config_;
  RunMarker marker_;
  Log log_;
  std::chrono::milliseconds opened_in_{0};
  std::unique_ptr<Service> service_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<HttpServer> open_;
  std::unique_ptr<HttpServer> internal_;
};

std::string Server::Start() {
  Status status = OpenShop();
  if (status.ok()) status = Listen();
  if (!status.ok()) return status.ToString();
  Announce();
  return "";
}

Status Server::OpenShop() {
  const auto start = std::chrono::steady_clock::now();
  auto service = Open(config_.storage.url, ServiceOptionsOf(config_));
  if (!service.ok()) return service.status();
  opened_in_ = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  service_ = std::move(*service);
  Result<TokenKeys> keys = LoadTokenKeys(config_);
  if (!keys.ok()) return keys.status();
  gateway_ = std::make_unique<Gateway>(
      std::make_unique<Shared>(service_.get(), config_, std::move(*keys), &log_));
  return OkStatus();
}

Status Server::Listen() {
  HttpServer::Options options;
  gateway_->Configure(&options);
  auto open = HttpServer::Start(options, gateway_->open_handler());
  if (!open.ok()) return open.status();
  open_ = std::move(*open);
  if (Status started = gateway_->Start(*open_); !started.ok()) return started;
  options.listen = config_.server.internal;
  options.threads = 1;
  // Scrapers come from inside.
  options.tls_cert_file.clear();
  options.tls_key_file.clear();
  auto internal = HttpServer::Start(options, gateway_->internal_handler());
  if (!internal.ok()) return internal.status();
  internal_ = std::move(*internal);
  return OkStatus();
}

// One write, so that nothing of the first requests comes in between.
void Server::Announce() {
  std::string lines;
  if (log_.format() == LogFormat::json) {
    JsonWriter(&lines)
        .BeginObject()
        .Member("event", "listening")
        .Member("public", open_->address())
        .Member("internal", internal_->address())
        .EndObject();
  } else {
    std::printf("livedropsd listens on %s://%s (internal: http://%s), shop: %s\n",
                config_.server.tls_cert_file.empty() ? "http" : "https", open_->address().c_str(),
                internal_->address().c_str(), ShownUrl(config_.storage.url).c_str());
    std::fflush(stdout);
  }
  if (marker_.was_left_over()) {
    if (!lines.empty()) lines += '\n';
    JsonWriter(&lines)
        .BeginObject()
        .Member("event", "recovered")
        .Member("ms", opened_in_.count())
        .EndObject();
  }
  if (!lines.empty()) log_.Line(lines);
}

void Server::HandleSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  int number = 0;
  while (sigwait(&signals, &number) == 0 && number == SIGHUP) Reload();
}

void Server::Reload() {
  const Status keys = gateway_->ReloadKeys();
  const Status certificate =
      config_.server.tls_cert_file.empty() ? OkStatus() : open_->ReloadCertificate();
  for (const Status& status : {keys, certificate}) {
    if (!status.ok()) log_.Say(LogLevel::error, "reload: " + status.ToString());
  }
  if (keys.ok() && certificate.ok()) log_.Say(LogLevel::info, "keys were read again");
}

Status Server::Stop() {
  if (gateway_) gateway_->Drain();
  if (open_) {
    open_->Stop(Gateway::StopOptionsFor(kStopDeadline));
    open_->Join();
  }
  if (gateway_) gateway_->Stop();
  if (internal_) {
    internal_->Stop();
    internal_->Join();
  }
  // Answers whoever still waits; what answers them must still be there.
  Status closed = service_ ? service_->Close() : OkStatus();
  open_.reset();
  internal_.reset();
  gateway_.reset();
  service_.reset();
  if (closed.ok()) marker_.Remove();
  return closed;
}

}  // namespace

int Serve(const Config& config) {
  Server server(config);
  const std::string failed = server.Start();
  if (failed.empty()) server.HandleSignals();
  const Status stopped = server.Stop();
  if (!failed.empty()) return Fail(failed);
  return stopped.ok() ? kDone : Fail(stopped.ToString());
}

}  // namespace livedrops::server
