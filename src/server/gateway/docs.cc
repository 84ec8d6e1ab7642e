// Routes that explain the others.
#include "server/auth/crypto.h"
#include "server/gateway/caching.h"
#include "server/gateway/handlers.h"
#include "server/gateway/openapi.h"

namespace livedrops::server {
namespace {

constexpr std::string_view kCacheText = "public, max-age=300";

}  // namespace

void handle::openapi(Context& context) {
  static const std::string tag = "\"" + Sha256Hex(OpenApiText()).substr(0, 20) + "\"";
  AnswerPublic(context, OpenApiText(), tag, kCacheText);
}

void handle::docs(Context& context) {
  context.limit = {};
  Response response(200, "text/html; charset=utf-8", DocsPage());
  response.Set("Cache-Control", kCacheText);
  response.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  context.Send(std::move(response));
}

}  // namespace livedrops::server
