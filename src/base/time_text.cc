#include "base/time_text.h"

namespace livedrops {
namespace {

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::int64_t kMinuteMs = 60'000;

char* WriteDigits(unsigned value, int count, char* out) {
  for (int i = count - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  return out + count;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Takes a text apart from the left; after the first mismatch everything fails.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int Digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (rest_.empty() || !IsDigit(rest_.front())) {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  bool Skip(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Demand(char c) { ok_ = Skip(c) && ok_; }
  // The digits behind the point, as milliseconds.
  int Fraction() {
    int ms = 0;
    int scale = 100;
    if (rest_.empty() || !IsDigit(rest_.front())) ok_ = false;
    for (; !rest_.empty() && IsDigit(rest_.front()); rest_.remove_prefix(1)) {
      ms += (rest_.front() - '0') * scale;
      scale /= 10;
    }
    return ms;
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<sys_days> ReadDate(Scanner* scanner) {
  const int y = scanner->Digits(4);
  scanner->Demand('-');
  const int m = scanner->Digits(2);
  scanner->Demand('-');
  const int d = scanner->Digits(2);
  const year_month_day date(year{y}, month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d)));
  if (!scanner->ok() || !date.ok()) return std::nullopt;
  return sys_days(date);
}

// "Z" or "+02:00", in minutes.
std::optional<int> ReadOffset(Scanner* scanner) {
  if (scanner->Skip('Z') || scanner->Skip('z')) return 0;
  const bool east = scanner->Skip('+');
  if (!east) scanner->Demand('-');
  const int hours = scanner->Digits(2);
  scanner->Demand(':');
  const int minutes = scanner->Digits(2);
  if (!scanner->ok() || hours > 23 || minutes > 59) return std::nullopt;
  return (east ? 1 : -1) * (hours * 60 + minutes);
}

}  // namespace

char* WriteTime(Time time, char* out) {
  const auto midnight = std::chrono::floor<days>(time);
  const year_month_day date(midnight);
  const auto ms = static_cast<unsigned>((time - midnight).count());
  out = WriteDigits(static_cast<unsigned>(static_cast<int>(date.year())), 4, out);
  *out++ = '-';
  out = WriteDigits(static_cast<unsigned>(date.month()), 2, out);
  *out++ = '-';
  out = WriteDigits(static_cast<unsigned>(date.day()), 2, out);
  *out++ = 'T';
  out = WriteDigits(ms / 3'600'000, 2, out);
  *out++ = ':';
  out = WriteDigits(ms / 60'000 % 60, 2, out);
  *out++ = ':';
  out = WriteDigits(ms / 1000 % 60, 2, out);
  *out++ = '.';
  out = WriteDigits(ms % 1000, 3, out);
  *out++ = 'Z';
  return out;
}

std::string ToText(Time time) {
  std::string text(kTimeTextBytes, '\0');
  WriteTime(time, text.data());
  return text;
}

std::optional<Time> ParseTime(std::string_view text) {
  Scanner scanner(text);
  const auto date = ReadDate(&scanner);
  if (!scanner.Skip('T')) scanner.Demand('t');
  const int hours = scanner.Digits(2);
  scanner.Demand(':');
  const int minutes = scanner.Digits(2);
  scanner.Demand(':');
  const int seconds = scanner.Digits(2);
  const int ms = scanner.Skip('.') ? scanner.Fraction() : 0;
  const auto offset = ReadOffset(&scanner);
  if (!date || !offset || !scanner.done()) return std::nullopt;
  if (hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
  const std::int64_t of_day = ((hours * 60LL + minutes) * 60 + seconds) * 1000 + ms;
  const Time time = Time(*date) + Duration(of_day - *offset * kMinuteMs);
  const year_month_day utc(std::chrono::floor<days>(time));
  if (utc.year() < year{0} || utc.year() > year{9999}) return std::nullopt;
  return time;
}

bool IsDate(std::string_view text) {
  Scanner scanner(text);
  return ReadDate(&scanner).has_value() && scanner.done();
}

}  // namespace livedrops
