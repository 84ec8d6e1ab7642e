// GET /media/:sha256: pictures, whole or in part.
#include <charconv>

#include "server/gateway/handlers.h"
#include "server/gateway/negotiation.h"

namespace livedrops::server {
namespace {

// Bytes `first` to `last`, both inclusive.
struct Range {
  std::size_t first = 0;
  std::size_t last = 0;
};

struct WantedRange {
  bool given = false;           // One range in bytes; anything else is answered whole.
  std::optional<Range> within;  // Nothing: it lies behind the end, 416.
};

std::optional<std::size_t> ParseNumber(std::string_view text) {
  std::size_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

// "bytes=0-99", "bytes=100-", "bytes=-100"
WantedRange ParseRange(std::string_view field, std::size_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!field.starts_with(kUnit) || field.find(',') != std::string_view::npos) return {};
  field.remove_prefix(kUnit.size());
  const std::size_t dash = field.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first = ParseNumber(field.substr(0, dash));
  const auto last = ParseNumber(field.substr(dash + 1));
  if (!first && dash == 0 && last) {
    if (*last == 0 || size == 0) return {true, std::nullopt};
    return {true, Range{size - std::min(size, *last), size - 1}};
  }
  const bool open_ended = dash + 1 == field.size();
  if (!first || (!last && !open_ended) || (last && *last < *first)) return {};
  if (*first >= size) return {true, std::nullopt};
  return {true, Range{*first, std::min(last.value_or(size - 1), size - 1)}};
}

void AnswerPart(Context& context, Response response, const WantedRange& wanted,
                const std::string& bytes, std::string_view type) {
  const std::string size = std::to_string(bytes.size());
  if (!wanted.within) {
    response.set_status(416);
    response.Set("Content-Range", "bytes */" + size);
    return context.Send(std::move(response));
  }
  const auto [first, last] = *wanted.within;
  response.set_status(206);
  response.Set("Content-Type", type);
  response.Set("Content-Range",
               "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + size);
  response.set_body(bytes.substr(first, last - first + 1));
  context.Send(std::move(response));
}

void Answer(Context& context, std::string bytes) {
  const std::string tag = "\"" + std::string(context.parameter) + "\"";
  const std::string_view type = PictureType(bytes).value_or("application/octet-stream");
  Response response(200);
  // The name is the content: it can never change.
  response.Set("Cache-Control", "public, max-age=31536000, immutable");
  response.Set("Accept-Ranges", "bytes");
  context.tag = tag;
  if (const auto known = context.request.Header("If-None-Match"); known && HasTag(*known, tag)) {
    response.set_status(304);
    return context.Send(std::move(response));
  }
  const auto condition = context.request.Header("If-Range");
  const bool still = !condition || *condition == tag;
  const auto field = context.request.Header("Range");
  const WantedRange wanted = field && still && context.request.method() == Method::kGet
                                 ? ParseRange(*field, bytes.size())
                                 : WantedRange{};
  if (wanted.given) return AnswerPart(context, std::move(response), wanted, bytes, type);
  response.Set("Content-Type", type);
  response.set_body(std::move(bytes));
  context.Send(std::move(response));
}

}  // namespace

void handle::media(Context& context) {
  context.limit = {};
  context.RunOn(context.shared.background, [](Context& self) {
    Result<std::string> bytes = self.shared.media.Get(self.parameter);
    if (!bytes.ok()) return self.Refuse(bytes.status());
    Answer(self, std::move(*bytes));
  });
}

}  // namespace livedrops::server
