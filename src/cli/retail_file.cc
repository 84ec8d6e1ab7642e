#include "cli/retail_file.h"

#include <charconv>
#include <cmath>

#include "base/hex.h"

namespace livedrops::cli {
namespace {

enum Column {
  kInvoice,
  kCode,
  kDescription,
  kQuantity,
  kDate,
  kPrice,
  kCustomer,
  kCountry,
  kColumns
};

// A quoted field may go on over this many lines; a quote that is never closed spoils only its own
// line.
constexpr std::size_t kLinesPerRecordMax = 100;

enum class Csv { kOk, kOpenQuote, kMalformed };

// RFC 4180. A quote inside of a field that does not begin with one is an ordinary character.
Csv Split(std::string_view text, std::vector<std::string>* columns) {
  columns->assign(1, "");
  std::size_t i = 0;
  while (i < text.size()) {
    std::string& field = columns->back();
    if (text[i] == '"' && field.empty()) {
      for (++i;; ++i) {
        if (i >= text.size()) return Csv::kOpenQuote;
        if (text[i] != '"') {
          field += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '"') {
          field += text[i++];
        } else {
          break;
        }
      }
      ++i;
      if (i < text.size() && text[i] != ',') return Csv::kMalformed;
    } else {
      const std::size_t end = std::min(text.find(',', i), text.size());
      field.append(text.substr(i, end - i));
      i = end;
    }
    if (i < text.size()) {
      columns->emplace_back();
      ++i;
    }
  }
  return Csv::kOk;
}

template <class Number>
bool ParseNumber(const std::string& text, Number* number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end;
}

std::string KeyOf(const std::string& invoice, std::uint64_t line) {
  std::string key;
  for (const char c : invoice) {
    if (c >= 0x21 && c <= 0x7e) {
      key += c;
    } else {
      key += IdOf("", std::string_view(&c, 1));
    }
  }
  return key + ":" + std::to_string(line);
}

// Why the columns are no good line; empty when they are one.
std::string Interpret(const std::vector<std::string>& columns, RetailLine* line) {
  if (columns.size() != kColumns) {
    return "has " + std::to_string(columns.size()) + " columns, not 8";
  }
  std::int32_t quantity = 0;
  if (!ParseNumber(columns[kQuantity], &quantity)) {
    return "Quantity \"" + columns[kQuantity] + "\" is no number";
  }
  if (!ParseNumber(columns[kPrice], &line->unit_price) || !std::isfinite(line->unit_price)) {
    return "UnitPrice \"" + columns[kPrice] + "\" is no number";
  }
  const std::string& invoice = columns[kInvoice];
  line->cancels = invoice.starts_with("C");
  if (!line->cancels && quantity <= 0) {
    return "Quantity " + columns[kQuantity] + " on an invoice that does not begin with C";
  }
  line->quantity = std::abs(std::int64_t{quantity});
  line->code = IdOf("p:", columns[kCode]);
  const std::string& customer = columns[kCustomer];
  line->user = customer.empty() ? IdOf("guest:", invoice) : IdOf("c:", customer);
  line->key = KeyOf(invoice, line->number);
  line->description = columns[kDescription];
  if (!ProductId(line->code).valid()) return "StockCode is too long for an id";
  if (!UserId(line->user).valid() || !Key(line->key).valid()) {
    return "CustomerID or InvoiceNo is too long for an id";
  }
  return "";
}

}  // namespace

std::string IdOf(std::string_view prefix, std::string_view text) {
  std::string id(prefix);
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == ':' || c == '-';
    if (plain) {
      id += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      id.append({'_', kHexDigits[byte >> 4], kHexDigits[byte & 15]});
    }
  }
  return id;
}

Result<RetailFile> RetailFile::Open(const std::string& path) {
  Result<TextFile> file = TextFile::Open(path);
  if (!file.ok()) return file.status();
  RetailFile retail(std::move(*file));
  std::string header;
  if (!retail.file_.Next(&header)) {
    if (!retail.status().ok()) return retail.status();
    return Status(StatusCode::kUnavailable, path + " is empty");
  }
  if (header.starts_with("\xef\xbb\xbf")) header.erase(0, 3);
  if (header.starts_with("InvoiceNo") || header.starts_with("\"InvoiceNo")) {
    retail.number_ = 1;
  } else {
    retail.put_back_.push_back(header);  // A file without a header: its first line counts.
  }
  return retail;
}

bool RetailFile::NextText(std::string* text) {
  if (put_back_.empty()) return file_.Next(text);
  *text = std::move(put_back_.front());
  put_back_.pop_front();
  return true;
}

// Splits the record that begins with `text`, which may go on over the following lines.
void RetailFile::ReadColumns(const std::string& text) {
  malformed_.clear();
  Csv csv = Split(text, &columns_);
  if (csv == Csv::kOk) return;
  std::string record = text;
  std::deque<std::string> taken;
  for (std::string more; csv == Csv::kOpenQuote && taken.size() < kLinesPerRecordMax;) {
    if (!NextText(&more)) break;
    taken.push_back(more);
    record.append("\n").append(more);
    csv = Split(record, &columns_);
  }
  if (csv == Csv::kOk && columns_.size() == kColumns) {
    number_ += taken.size();
    return;
  }
  malformed_ = taken.empty() && csv == Csv::kMalformed ? "text follows a closing quote"
                                                       : "a quote is not closed";
  put_back_.insert(put_back_.begin(), taken.begin(), taken.end());
}

bool RetailFile::Next(RetailLine* line) {
  std::string text;
  if (!NextText(&text)) return false;
  line->number = ++number_;
  ReadColumns(text);
  line->bad = malformed_.empty() ? Interpret(columns_, line) : malformed_;
  return true;
}

}  // namespace livedrops::cli
