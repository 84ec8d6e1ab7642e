#include "server/config/settings.h"

#include <algorithm>
#include <charconv>

#include "livedrops/types.h"
#include "server/json/json_value.h"
#include "server/limits/ip_address.h"

namespace livedrops::server {
namespace {

std::string Quoted(std::string_view text) { return "\"" + Shown(text, 60) + "\""; }

bool IsPort(std::string_view text) {
  int port = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stop == end && port >= 0 && port <= 65535;
}

std::string CheckHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && colon != 0 && IsPort(text.substr(colon + 1))) return "";
  return "must be HOST:PORT such as 127.0.0.1:8080, not " + Quoted(text);
}

// What stands behind the colon may be a password: it is not repeated.
std::string CheckUrl(std::string_view text) {
  if (text.find(':') != std::string_view::npos && text.front() != ':') return "";
  return "must be a URL such as sqlite:shop.db";
}

// Told, not ignored: whoever names a broker believes that other servers hear of events.
std::string CheckLocal(std::string_view text) {
  if (text == "local:") return "";
  return "must be local:, this build knows no other; not " + Quoted(text.substr(0, text.find(':')));
}

std::string CheckNetwork(std::string_view text) {
  const Result<Network> network = Network::Parse(text);
  return network.ok() ? "" : network.status().message();
}

// A browser sends scheme, host and port and nothing else; "*" would allow every site.
std::string CheckOrigin(std::string_view text) {
  const std::size_t scheme = text.find("://");
  const bool http = text.starts_with("http://") || text.starts_with("https://");
  const bool bare = http && text.size() > scheme + 3 &&
                    text.find_first_of("/?#*", scheme + 3) == std::string_view::npos;
  return bare ? "" : "must be an origin such as https://shop.example, not " + Quoted(text);
}

std::string CheckCurrency(std::string_view text) {
  return Currency::Parse(text) ? "" : "must be an ISO 4217 code such as USD, not " + Quoted(text);
}

std::string OneOf(std::string_view text, std::initializer_list<std::string_view> words) {
  if (std::ranges::find(words, text) != words.end()) return "";
  std::string choices;
  for (const std::string_view word : words) {
    if (!choices.empty()) choices += ", ";
    choices += word;
  }
  return "must be one of " + choices + ", not " + Quoted(text);
}

std::string CheckLateConfirm(std::string_view text) {
  return OneOf(text, {"refuse", "rehold", "refund"});
}
std::string CheckHoldsAtEnd(std::string_view text) { return OneOf(text, {"confirm", "cancel"}); }
std::string CheckLogFormat(std::string_view text) { return OneOf(text, {"json", "text"}); }
std::string CheckLogLevel(std::string_view text) {
  return OneOf(text, {"debug", "info", "warning", "error"});
}
std::string CheckAny(std::string_view) { return ""; }

constexpr std::int64_t kMany = 1'000'000'000;
// One drop may fill half of the order queue: reads must go before its orders do.
constexpr std::int64_t kShedQueuePercentMax = 50;

// A row as it is written down here: `member` is "section.key".
struct Row {
  std::string_view member;
  decltype(Setting::field) field;
  std::int64_t min;
  std::int64_t max;
  TextCheck check;
  std::string_view flag;
  std::string_view doc;

  constexpr operator Setting() const {  // NOLINT: converts on purpose
    const std::size_t dot = member.find('.');
    return {member.substr(0, dot), member.substr(dot + 1), field, min, max, check, flag, doc};
  }
};

#define TEXT(member, check, flag, doc)                                                  \
  Row {                                                                                 \
    #member, [](Config& c) -> std::string& { return c.member; }, 0, 0, check, flag, doc \
  }
#define NUMBER(member, min, max, doc)                                                        \
  Row {                                                                                      \
    #member, [](Config& c) -> std::int64_t& { return c.member; }, min, max, nullptr, "", doc \
  }
#define FLAG(member, doc)                                                        \
  Row {                                                                          \
    #member, [](Config& c) -> bool& { return c.member; }, 0, 0, nullptr, "", doc \
  }
#define TEXTS(member, check, doc)                                               \
  Row {                                                                         \
    #member, [](Config& c) -> Texts& { return c.member; }, 0, 0, check, "", doc \
  }

constexpr Setting kSettings[] = {
    TEXT(server.listen, CheckHostPort, "listen", "Where clients connect. Port 0 takes a free one."),
    TEXT(server.internal, CheckHostPort, "internal",
         "Where /livez, /readyz and /metrics are. Keep it private."),
    TEXT(server.tls_cert_file, CheckAny, "", "Certificate chain, PEM. Empty: no TLS."),
    TEXT(server.tls_key_file, CheckAny, "", "The certificate's private key, PEM."),
    TEXTS(server.trusted_proxies, CheckNetwork, "Networks whose X-Forwarded-For is believed."),
    TEXTS(server.cors_origins, CheckOrigin,
          "Sites whose pages may call the API and open sockets, exactly as browsers send them."),
    NUMBER(server.threads, 0, 64, "Event loops. 0: one per core."),
    NUMBER(server.request_deadline_ms, 100, 60'000,
           "An order that is not decided until then never is."),
    NUMBER(server.header_timeout_seconds, 1, 3600,
           "A header block that takes longer closes the connection."),
    NUMBER(server.body_timeout_seconds, 1, 3600, "A body that takes longer closes the connection."),
    NUMBER(server.idle_timeout_seconds, 1, 86'400, "A connection without request closes after it."),
    TEXT(shop.currency, CheckCurrency, "", "Currency of a product that names none."),
    TEXT(storage.url, CheckUrl, "storage", "sqlite:PATH, postgresql://HOST/DATABASE or memory:"),
    TEXT(cache.url, CheckLocal, "cache", "Where read caches are. local: is in this process."),
    TEXT(broker.url, CheckLocal, "broker",
         "How events reach other servers. local: is this process alone."),
    TEXT(auth.jwt_secret_file, CheckAny, "",
         "One kid:base64url per line, at least 32 bytes each; the first signs, all verify; "
         "read again on SIGHUP. Empty with SQLite: made beside the file."),
    TEXT(auth.jwks_file, CheckAny, "",
         "JSON Web Key Set of the host's own identity: RS256, ES256, EdDSA."),
    TEXT(auth.jwks_issuer, CheckAny, "", "The `iss` that the host's tokens must have. Empty: any."),
    TEXT(auth.jwks_audience, CheckAny, "",
         "The `aud` that the host's tokens must name. Empty: any."),
    NUMBER(auth.access_token_seconds, 10, 86'400, "Life of an access token."),
    NUMBER(auth.leeway_seconds, 0, 300, "How far the clocks of token issuers may be apart."),
    NUMBER(auth.refresh_token_days, 1, 3650, "Life of a session that is not used."),
    NUMBER(auth.argon2_memory_kib, 8, 4'194'304, "Memory of one password hash."),
    NUMBER(auth.argon2_passes, 1, 100, "Passes over that memory."),
    NUMBER(auth.argon2_lanes, 1, 16, "Lanes of one hash."),
    NUMBER(auth.argon2_threads, 1, 64, "Passwords hashed at a time."),
    NUMBER(auth.argon2_queue, 1, 100'000, "Passwords that wait; more are answered 503."),
    TEXT(
        audit.key_file, CheckAny, "",
        "Ed25519 private key, PEM, that signs exported heads of the audit. Empty with SQLite: made "
        "beside the file."),
    TEXT(media.dir, CheckAny, "media",
         "Directory of the product pictures. Empty with SQLite: beside the file."),
    NUMBER(media.bytes_max, 1024, 104'857'600, "Largest picture."),
    TEXT(orders.late_confirm, CheckLateConfirm, "",
         "What a confirmation after the hold's end does: refuse, rehold or refund."),
    TEXT(orders.holds_at_end, CheckHoldsAtEnd, "",
         "What happens to live holds when a drop ends: confirm or cancel."),
    FLAG(orders.user_cancel, "Users may cancel their confirmed orders."),
    NUMBER(orders.queue_max, 1, 1'048'576,
           "Orders that wait to be decided; more are answered 503."),
    NUMBER(orders.live_holds_per_user, 1, 1'000'000, "Live holds of one user over all drops."),
    NUMBER(limits.body_bytes, 1024, 16'777'216, "Largest body, pictures apart."),
    NUMBER(limits.header_bytes, 1024, 1'048'576, "Largest header block."),
    NUMBER(limits.header_fields, 10, 10'000, "Most header fields."),
    NUMBER(limits.uri_bytes, 256, 65'536, "Longest request target."),
    NUMBER(limits.json_depth, 2, 256, "Deepest nesting of a body."),
    NUMBER(limits.json_string_bytes, 256, 1'048'576, "Longest string in a body."),
    NUMBER(limits.orders_per_second, 0, kMany,
           "Orders per subject. 0: no limit, as with all rates."),
    NUMBER(limits.orders_burst, 1, kMany, "Orders per subject at once."),
    NUMBER(limits.writes_per_second, 0, kMany, "Other changes per subject."),
    NUMBER(limits.writes_burst, 1, kMany, "Other changes per subject at once."),
    NUMBER(limits.reads_per_second, 0, kMany, "Reads per subject."),
    NUMBER(limits.reads_burst, 1, kMany, "Reads per subject at once."),
    NUMBER(limits.address_per_second, 0, kMany, "Requests without token per address."),
    NUMBER(limits.address_burst, 1, kMany, "Requests without token per address at once."),
    NUMBER(limits.sign_in_per_account_and_minute, 0, kMany,
           "Logins and registrations per account."),
    NUMBER(limits.sign_in_per_address_and_minute, 0, kMany,
           "Logins and registrations per address."),
    NUMBER(limits.connects_per_second, 0, kMany, "New sockets per address."),
    NUMBER(limits.connects_burst, 1, kMany, "New sockets per address at once."),
    TEXTS(limits.exempt_cidrs, CheckNetwork, "Networks for which no rate is counted."),
    NUMBER(limits.shed_lists_queue_percent, 1, kShedQueuePercentMax,
           "Part of orders.queue_max that waits from which lists are answered 503."),
    NUMBER(limits.shed_reads_queue_percent, 1, kShedQueuePercentMax,
           "The same for all reads. One drop's orders are refused from 50 on: they go last."),
    NUMBER(limits.shed_lists_lag_ms, 10, 60'000,
           "How far an event loop is behind when lists are answered 503."),
    NUMBER(limits.shed_reads_lag_ms, 10, 60'000, "The same for all reads."),
    NUMBER(realtime.message_bytes, 1024, 16'777'216, "Largest message of a socket."),
    NUMBER(realtime.send_queue_bytes, 4096, 1'073'741'824,
           "What may wait for a slow socket before it is closed."),
    NUMBER(realtime.connections_per_user, 1, 1'000'000, "Sockets of one user."),
    NUMBER(realtime.ping_seconds, 1, 3600, "Between two pings."),
    NUMBER(realtime.pong_seconds, 1, 3600, "Until an unanswered ping closes the socket."),
    NUMBER(realtime.connect_timeout_seconds, 1, 3600,
           "Until a socket must have sent its connect frame."),
    TEXT(log.format, CheckLogFormat, "log", "json or text."),
    TEXT(log.level, CheckLogLevel, "", "debug, info, warning or error."),
};

#undef TEXT
#undef NUMBER
#undef FLAG
#undef TEXTS

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string TomlText(std::string_view text) {
  std::string toml = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') toml += '\\';
    toml += c;
  }
  return toml + '"';
}

std::string CheckRange(const Setting& setting, std::int64_t number) {
  if (number >= setting.min && number <= setting.max) return "";
  return "must be from " + std::to_string(setting.min) + " to " + std::to_string(setting.max) +
         ", not " + std::to_string(number);
}

Texts SplitAtCommas(std::string_view text) {
  Texts texts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    texts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return texts;
}

template <class Field>
constexpr bool Is(const Setting& setting) {
  return std::holds_alternative<Field>(setting.field);
}

}  // namespace

std::string Setting::Name() const { return std::string(section) + "." + std::string(key); }

std::string Setting::Environment() const {
  return "LIVEDROPS_" + Upper(section) + "_" + Upper(key);
}

std::string Setting::Flag() const {
  std::string text = "--" + std::string(section) + "-" + std::string(key);
  std::ranges::replace(text, '_', '-');
  return text;
}

std::string Setting::Kind() const {
  if (Is<NumberField>(*this)) return std::to_string(min) + " to " + std::to_string(max);
  if (Is<FlagField>(*this)) return "true or false";
  return Is<TextsField>(*this) ? "list" : "text";
}

std::span<const Setting> AllSettings() { return kSettings; }

const Setting* FindSetting(std::string_view section, std::string_view key) {
  const auto* const found = std::ranges::find_if(kSettings, [&](const Setting& setting) {
    return setting.section == section && setting.key == key;
  });
  return found == std::end(kSettings) ? nullptr : found;
}

std::string SetText(const Setting& setting, std::string_view text, Config* config) {
  if (!Is<TextField>(setting)) return "must be " + setting.Kind() + ", not a text";
  std::string reason = setting.check(text);
  if (reason.empty()) std::get<TextField>(setting.field)(*config) = text;
  return reason;
}

std::string SetNumber(const Setting& setting, std::int64_t number, Config* config) {
  if (!Is<NumberField>(setting)) return "must be " + setting.Kind() + ", not a number";
  std::string reason = CheckRange(setting, number);
  if (reason.empty()) std::get<NumberField>(setting.field)(*config) = number;
  return reason;
}

std::string SetFlag(const Setting& setting, bool flag, Config* config) {
  if (!Is<FlagField>(setting)) return "must be " + setting.Kind() + ", not true or false";
  std::get<FlagField>(setting.field)(*config) = flag;
  return "";
}

std::string SetTexts(const Setting& setting, const Texts& texts, Config* config) {
  if (!Is<TextsField>(setting)) return "must be " + setting.Kind() + ", not a list";
  for (const std::string& text : texts) {
    std::string reason = setting.check(text);
    if (!reason.empty()) return reason;
  }
  std::get<TextsField>(setting.field)(*config) = texts;
  return "";
}

std::string SetFromText(const Setting& setting, std::string_view text, Config* config) {
  if (Is<TextField>(setting)) return SetText(setting, text, config);
  if (Is<TextsField>(setting)) return SetTexts(setting, SplitAtCommas(text), config);
  if (Is<FlagField>(setting)) {
    if (text != "true" && text != "false") return "must be true or false, not " + Quoted(text);
    return SetFlag(setting, text == "true", config);
  }
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) {
    return "must be a number from " + std::to_string(setting.min) + " to " +
           std::to_string(setting.max) + ", not " + Quoted(text);
  }
  return SetNumber(setting, number, config);
}

std::string ToToml(const Setting& setting, const Config& config) {
  Config copy = config;  // The fields want something that they could change.
  if (Is<TextField>(setting)) return TomlText(std::get<TextField>(setting.field)(copy));
  if (Is<FlagField>(setting)) return std::get<FlagField>(setting.field)(copy) ? "true" : "false";
  if (Is<NumberField>(setting)) return std::to_string(std::get<NumberField>(setting.field)(copy));
  std::string toml = "[";
  for (const std::string& text : std::get<TextsField>(setting.field)(copy)) {
    if (toml.size() > 1) toml += ", ";
    toml += TomlText(text);
  }
  return toml + "]";
}

bool HasPassword(const Setting& setting, std::string_view text) {
  if (setting.check != CheckUrl) return false;
  if (text.find("password=") != std::string_view::npos) return true;
  const std::size_t slashes = text.find("://");
  if (slashes == std::string_view::npos) return false;
  const std::string_view authority =
      text.substr(slashes + 3, text.find('/', slashes + 3) - (slashes + 3));
  const std::string_view user = authority.substr(0, authority.rfind('@'));
  return user.size() != authority.size() && user.find(':') != std::string_view::npos;
}

}  // namespace livedrops::server
