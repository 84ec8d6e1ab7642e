#include "cli/output.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iostream>

namespace livedrops::cli {
namespace {

bool IsNumber(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || c == ',' || c == '.' || c == '-';
  });
}

// Characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t Width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string Padded(const std::string& text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, Width(text)), ' ');
  return right ? blanks + text : text + blanks;
}

// Without blanks at the end: they are in the way of whoever copies or compares it.
void PrintTrimmed(std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  std::cout << line << '\n';
}

// Of exactly `count` digits at the start of the text, which are removed; -1 when they are not
// there.
int TakeNumber(std::string_view* text, std::size_t count) {
  int number = -1;
  if (text->size() < count) return -1;
  const auto [end, error] = std::from_chars(text->data(), text->data() + count, number);
  if (error != std::errc() || end != text->data() + count || number < 0) return -1;
  text->remove_prefix(count);
  return number;
}

bool TakeChar(std::string_view* text, char c) {
  if (!text->starts_with(c)) return false;
  text->remove_prefix(1);
  return true;
}

// "T12:56:45.123Z" as milliseconds of the day; -1 when it is something else.
std::int64_t ParseClock(std::string_view text) {
  if (!TakeChar(&text, 'T')) return -1;
  const int hours = TakeNumber(&text, 2);
  const bool first_colon = TakeChar(&text, ':');
  const int minutes = TakeNumber(&text, 2);
  const bool second_colon = TakeChar(&text, ':');
  const int seconds = TakeNumber(&text, 2);
  int ms = 0;
  if (TakeChar(&text, '.')) ms = TakeNumber(&text, 3);
  const bool valid = first_colon && second_colon && hours >= 0 && hours < 24 && minutes >= 0 &&
                     minutes < 60 && seconds >= 0 && seconds < 60 && ms >= 0 && text == "Z";
  return valid ? ((hours * 60LL + minutes) * 60 + seconds) * 1000 + ms : -1;
}

void SetIfGiven(Json* json, const char* name, std::string_view value) {
  if (!value.empty()) (*json)[name] = value;
}

}  // namespace

void PrintLine(const Json& json) {
  std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << std::endl;
}

void PrintTable(const std::vector<std::string>& header,
                const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  widths.reserve(header.size());
  std::vector<bool> numbers(header.size(), !rows.empty());
  for (const std::string& cell : header) widths.push_back(Width(cell));
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i]));
      if (!row[i].empty() && !IsNumber(row[i])) numbers[i] = false;
    }
  }
  const auto print = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i != 0) line += "  ";
      line += Padded(cells[i], widths[i], numbers[i]);
    }
    PrintTrimmed(std::move(line));
  };
  print(header);
  for (const auto& row : rows) print(row);
  std::cout << std::flush;
}

void PrintFacts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::size_t names = 0;
  std::size_t values = 0;
  for (const auto& [name, value] : facts) {
    names = std::max(names, Width(name));
    if (IsNumber(value)) values = std::max(values, Width(value));
  }
  for (const auto& [name, value] : facts) {
    PrintTrimmed(Padded(name, names, false) + "  " + Padded(value, values, IsNumber(value)));
  }
  std::cout << std::flush;
}

bool FlushOutput() {
  if (std::cout.flush()) return true;
  Complain("standard output cannot be written");
  return false;
}

void Complain(std::string_view message) { std::cerr << "livedrops: " << message << std::endl; }

void Fail(Context* context, const Status& status) {
  switch (status.code()) {
    case StatusCode::kInvalidArgument:
      context->exit_code = kUsage;
      break;
    case StatusCode::kNotFound:
      context->exit_code = kRefused;
      break;
    default:
      context->exit_code = kCouldNotRun;
  }
  Complain(status.ToString());
}

std::string Grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t i = text.size(); i > first + 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

std::string Fixed(double number, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

std::string FormatTime(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

std::optional<Time> ParseTime(const std::string& text) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error == std::errc() && end == text.data() + text.size()) return TimeFromMs(ms);
  std::string_view rest = text;
  const int year = TakeNumber(&rest, 4);
  const bool first_dash = TakeChar(&rest, '-');
  const int month = TakeNumber(&rest, 2);
  const bool second_dash = TakeChar(&rest, '-');
  const int day = TakeNumber(&rest, 2);
  const std::chrono::year_month_day date(std::chrono::year{year},
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (year < 0 || month < 0 || day < 0 || !first_dash || !second_dash || !date.ok()) {
    return std::nullopt;
  }
  ms = rest.empty() ? 0 : ParseClock(rest);
  if (ms < 0) return std::nullopt;
  return Time(std::chrono::sys_days(date)) + Duration(ms);
}

// --- domain objects ------------------------------------------------------------------------------

Json ToJson(const Order& order) {
  Json json;
  json["orderId"] = order.id.str();
  SetIfGiven(&json, "userId", order.user.view());
  json["dropId"] = order.drop.view();
  json["productId"] = order.product.view();
  json["quantity"] = order.quantity;
  json["amount"] = order.amount.minor_units;
  json["currency"] = order.amount.currency.view();
  json["status"] = ToString(order.status);
  json["createdAt"] = FormatTime(order.created_at);
  if (order.expires_at) json["expiresAt"] = FormatTime(*order.expires_at);
  return json;
}

Json ToJson(const Drop& drop, Time now) {
  Json json;
  json["dropId"] = drop.id.view();
  json["creatorId"] = drop.creator.view();
  json["prodId"] = drop.product.view();
  json["price"] = drop.price.minor_units;
  json["currency"] = drop.price.currency.view();
  json["initStock"] = drop.init_stock;
  json["currentStock"] = drop.current_stock;
  json["lowStock"] = drop.low_stock;
  if (drop.max_per_order != 0) json["maxPerOrder"] = drop.max_per_order;
  if (drop.max_per_user != 0) json["maxPerUser"] = drop.max_per_user;
  json["confirmation"] = ToString(drop.confirmation);
  json["startTime"] = FormatTime(drop.start_time);
  json["endTime"] = FormatTime(drop.end_time);
  json["status"] = ToString(drop.status);
  json["version"] = drop.version;
  json["serverTime"] = FormatTime(now);
  return json;
}

Json ToJson(const Product& product) {
  Json json;
  json["prodId"] = product.id.view();
  json["creatorId"] = product.creator.view();
  json["name"] = product.name;
  json["desc"] = product.description;
  json["price"] = product.price.minor_units;
  json["currency"] = product.price.currency.view();
  SetIfGiven(&json, "mediaUrl", product.media_url);
  json["version"] = product.version;
  json["createdAt"] = FormatTime(product.created_at);
  json["updatedAt"] = FormatTime(product.updated_at);
  return json;
}

// --- progress ------------------------------------------------------------------------------------

ProgressBar::ProgressBar(std::string title)
    : title_(std::move(title)), visible_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (visible_ && shown_percent_ >= 0) std::cerr << "\r\033[K" << std::flush;
}

void ProgressBar::Show(std::uint64_t done, std::uint64_t total) {
  if (!visible_ || total == 0) return;
  const int percent = static_cast<int>(std::min(done, total) * 100 / total);
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  constexpr int kCells = 30;
  const int filled = percent * kCells / 100;
  std::cerr << '\r' << title_ << " [" << std::string(static_cast<std::size_t>(filled), '#')
            << std::string(static_cast<std::size_t>(kCells - filled), '.') << "] " << percent << "%"
            << std::flush;
}

}  // namespace livedrops::cli
