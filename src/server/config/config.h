// Config: everything that can be set on a server, with its default. The table in settings.h says
// how each is named, checked and explained.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace livedrops::server {

using Texts = std::vector<std::string>;

struct Config {
  struct {
    std::string listen = "127.0.0.1:8080";
    std::string internal = "127.0.0.1:9090";
    std::string tls_cert_file;
    std::string tls_key_file;
    Texts trusted_proxies;
    Texts cors_origins;
    std::int64_t threads = 0;
    std::int64_t request_deadline_ms = 5000;
    std::int64_t header_timeout_seconds = 10;
    std::int64_t body_timeout_seconds = 30;
    std::int64_t idle_timeout_seconds = 60;
  } server;
  struct {
    std::string currency = "USD";
  } shop;
  struct {
    std::string url = "sqlite:livedrops.db";
  } storage;
  struct {
    std::string url = "local:";
  } cache;
  struct {
    std::string url = "local:";
  } broker;
  struct {
    std::string jwt_secret_file;
    std::string jwks_file;
    std::string jwks_issuer;
    std::string jwks_audience;
    std::int64_t access_token_seconds = 900;
    std::int64_t leeway_seconds = 60;
    std::int64_t refresh_token_days = 30;
    std::int64_t argon2_memory_kib = 19 * 1024;
    std::int64_t argon2_passes = 2;
    std::int64_t argon2_lanes = 1;
    std::int64_t argon2_threads = 2;
    std::int64_t argon2_queue = 64;
  } auth;
  struct {
    std::string key_file;
  } audit;
  struct {
    std::string dir;
    std::int64_t bytes_max = 5 * 1024 * 1024;
  } media;
  struct {
    std::string late_confirm = "refuse";
    std::string holds_at_end = "confirm";
    bool user_cancel = true;
    std::int64_t queue_max = 65'536;
    std::int64_t live_holds_per_user = 100;
  } orders;
  struct {
    std::int64_t body_bytes = 64 * 1024;
    std::int64_t header_bytes = 16 * 1024;
    std::int64_t header_fields = 100;
    std::int64_t uri_bytes = 8 * 1024;
    std::int64_t json_depth = 32;
    std::int64_t json_string_bytes = 8 * 1024;
    std::int64_t orders_per_second = 10;
    std::int64_t orders_burst = 20;
    std::int64_t writes_per_second = 20;
    std::int64_t writes_burst = 40;
    std::int64_t reads_per_second = 100;
    std::int64_t reads_burst = 200;
    std::int64_t address_per_second = 50;
    std::int64_t address_burst = 100;
    std::int64_t sign_in_per_account_and_minute = 10;
    std::int64_t sign_in_per_address_and_minute = 30;
    std::int64_t connects_per_second = 100;
    std::int64_t connects_burst = 1000;
    Texts exempt_cidrs;
    std::int64_t shed_lists_queue_percent = 12;
    std::int64_t shed_reads_queue_percent = 25;
    std::int64_t shed_lists_lag_ms = 500;
    std::int64_t shed_reads_lag_ms = 2000;
  } limits;
  struct {
    std::int64_t message_bytes = 64 * 1024;
    std::int64_t send_queue_bytes = 1024 * 1024;
    std::int64_t connections_per_user = 5;
    std::int64_t ping_seconds = 25;
    std::int64_t pong_seconds = 8;
    std::int64_t connect_timeout_seconds = 10;
  } realtime;
  struct {
    std::string format = "text";
    std::string level = "info";
  } log;
};

}  // namespace livedrops::server
