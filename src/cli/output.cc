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

std::optional<Time> ParseTime(const std::string& text) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error == std::errc() && end == text.data() + text.size()) return TimeFromMs(ms);
  return livedrops::ParseTime(IsDate(text) ? text + "T00:00:00Z" : text);
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
  json["createdAt"] = ToText(order.created_at);
  if (order.expires_at) json["expiresAt"] = ToText(*order.expires_at);
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
  json["startTime"] = ToText(drop.start_time);
  json["endTime"] = ToText(drop.end_time);
  json["status"] = ToString(drop.status);
  json["version"] = drop.version;
  json["serverTime"] = ToText(now);
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
  json["createdAt"] = ToText(product.created_at);
  json["updatedAt"] = ToText(product.updated_at);
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
