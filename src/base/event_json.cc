#include "base/event_json.h"

#include <charconv>

#include "base/hex.h"

namespace livedrops {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// Bytes of the UTF-8 character at the front, as RFC 3629 has it; 0 when there is none.
std::size_t CharacterBytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t bytes = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  if (bytes == 1) return 1;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < bytes) return 0;
  unsigned code = byte(0) & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};  // Below: an overlong form.
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  return code < kLeast[bytes] || code > 0x10ffff || surrogate ? 0 : bytes;
}

void AppendEscaped(char c, std::string* out) {
  switch (c) {
    case '"':
    case '\\':
      out->append({'\\', c});
      return;
    case '\n':
      out->append("\\n");
      return;
    default:
      out->append("\\u00");
      out->append({kHexDigits[static_cast<unsigned char>(c) >> 4], kHexDigits[c & 15]});
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  *out += '"';
  while (!text.empty()) {
    const char first = text.front();
    const std::size_t bytes = CharacterBytes(text);
    if (bytes == 0) {
      out->append(kReplacement);
    } else if (bytes == 1 && (first == '"' || first == '\\' || (first >= 0 && first < 0x20))) {
      AppendEscaped(first, out);
    } else {
      out->append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
  *out += '"';
}

// Zeros in front, so that it has `digits` of them.
void AppendDigits(std::uint64_t number, std::size_t digits, std::string* out) {
  const std::size_t end = out->size() + digits;
  out->resize(end, '0');
  for (std::size_t at = end; at > end - digits; number /= 10) {
    (*out)[--at] = static_cast<char>('0' + number % 10);
  }
}

// "2026-11-23T12:56:45.123Z", quoted. Years 0 to 9999.
void AppendTime(Time time, std::string* out) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const auto ms = static_cast<std::uint64_t>((time - day).count());
  const auto part = [&](std::uint64_t number, std::size_t digits, char behind) {
    AppendDigits(number, digits, out);
    *out += behind;
  };
  *out += '"';
  part(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4, '-');
  part(static_cast<unsigned>(date.month()), 2, '-');
  part(static_cast<unsigned>(date.day()), 2, 'T');
  part(ms / 3'600'000, 2, ':');
  part(ms / 60'000 % 60, 2, ':');
  part(ms / 1'000 % 60, 2, '.');
  part(ms % 1'000, 3, 'Z');
  *out += '"';
}

// The members of one object.
class Members {
 public:
  explicit Members(std::string* out) : out_(*out) { out_ += '{'; }

  void Add(std::string_view name, std::string_view text) {
    Name(name);
    AppendQuoted(text, &out_);
  }
  void AddIfGiven(std::string_view name, std::string_view text) {
    if (!text.empty()) Add(name, text);
  }
  template <std::integral Number>
  void Add(std::string_view name, Number number) {
    Name(name);
    char text[24];
    out_.append(text, std::to_chars(text, text + sizeof text, number).ptr);
  }
  void Add(std::string_view name, Time time) {
    Name(name);
    AppendTime(time, &out_);
  }
  void End() { out_ += '}'; }

 private:
  void Name(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_.append("\"").append(name).append("\":");
  }

  std::string& out_;
};

}  // namespace

void AppendEventJson(const Event& event, std::string_view epoch, std::string* out) {
  Members members(out);
  members.Add("type", ToString(event.type));
  members.Add("eventId", event.seq);
  members.AddIfGiven("dropId", event.drop.view());
  members.AddIfGiven("creatorId", event.creator.view());
  if (!event.order.empty()) members.Add("orderId", event.order.str());
  members.AddIfGiven("userId", event.user.view());
  members.Add("at", event.at);
  members.Add("offset", event.seq);
  members.Add("actor", event.actor);
  members.Add("subject", event.subject);
  if (event.delta != 0) members.Add("delta", event.delta);
  if (event.balance) members.Add("balance", *event.balance);
  members.AddIfGiven("body", event.body);
  members.AddIfGiven("epoch", epoch);
  members.End();
}

}  // namespace livedrops
