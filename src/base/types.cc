#include "livedrops/types.h"

#include <algorithm>

#include "base/hex.h"
#include "livedrops/spi/storage.h"

namespace livedrops {
namespace {

// ISO 4217 active codes, in alphabetical order for the search.
constexpr std::string_view kCurrencies =
    "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCLPCNYCOPC"
    "RC"
    "CUPCVECZKDJFDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDRILSINRIQDIRRISKJ"
    "MD"
    "JODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNN"
    "AD"
    "NGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCS"
    "YP"
    "SZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUYUUZSVEDVESVNDVUVWSTXAFXCDXOFXPFYERZARZMWZWG";

constexpr bool IsIdCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == ':' || c == '-';
}

}  // namespace

bool IdRule::Allows(std::string_view text) {
  return text != "." && text != ".." && std::ranges::all_of(text, IsIdCharacter);
}

bool KeyRule::Allows(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

std::optional<OrderId> OrderId::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const auto value = HexValue(text[i]);
    // Upper case is another text: ids are compared byte by byte.
    if (!value || (text[i] >= 'A' && text[i] <= 'F')) return std::nullopt;
    bytes[digits / 2] = static_cast<std::uint8_t>(bytes[digits / 2] << 4 | *value);
    ++digits;
  }
  return OrderId(bytes);
}

std::string OrderId::str() const {
  std::string text(36, '\0');
  WriteUuid(bytes_, text.data());
  return text;
}

std::optional<Currency> Currency::Parse(std::string_view text) {
  if (text.size() != 3) return std::nullopt;
  for (std::size_t i = 0; i < kCurrencies.size(); i += 3) {
    if (kCurrencies.substr(i, 3) != text) continue;
    Currency currency;
    std::copy(text.begin(), text.end(), currency.code_);
    return currency;
  }
  return std::nullopt;
}

DropStatus StatusAt(const DropRow& row, Time now) {
  if (row.cancelled) return DropStatus::cancelled;
  if (row.ended || now >= row.drop.end_time) return DropStatus::ended;
  if (!row.started && now < row.drop.start_time) return DropStatus::scheduled;
  if (row.paused) return DropStatus::paused;
  if (row.drop.current_stock == 0 && row.drop.held == 0) return DropStatus::sold_out;
  return DropStatus::live;
}

}  // namespace livedrops
