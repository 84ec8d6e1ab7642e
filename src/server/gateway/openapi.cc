#include "server/gateway/openapi.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/json_writer.h"
#include "livedrops/version.h"
#include "server/gateway/openapi_schemas.h"
#include "server/net/text.h"
#include "server/problem.h"

namespace livedrops::server {
namespace {

// In the order of the routes.
constexpr RouteText kTexts[] = {
    {"Make an account", "", "Registration", 201, "Registered"},
    {"Sign in", "", "Credentials", 200, "Tokens"},
    {"New tokens for a refresh token", "", "RefreshToken", 200, "Tokens"},
    {"Sign out", "", "OptionalRefreshToken", 204, ""},
    {"Change the password", "", "PasswordChange", 204, ""},
    {"Erase the account", "", "", 204, ""},
    {"Follow a creator", "", "FollowRequest", 200, "Following"},
    {"Unfollow a creator", "creatorId userId", "OptionalFollowRequest", 200, "Following"},
    {"Who follows a creator", "cursor limit", "", 200, "FollowerList"},
    {"Whom a user follows", "cursor limit", "", 200, "FollowingList"},
    {"Whether a user follows a creator", "creatorId userId", "", 200, "IsFollowing"},
    {"Create a product", "", "ProductCreation", 201, "Product"},
    {"Browse products", "status creatorId page limit fields view include", "", 200, "ProductPage"},
    {"A product", "fields view include", "", 200, "Product"},
    {"Change a product", "", "ProductUpdate", 200, "Product"},
    {"Hide a product", "", "", 204, ""},
    {"Set a product's picture", "", "Picture", 200, "Product"},
    {"A picture", "", "", 200, "Picture"},
    {"A creator", "fields", "", 200, "Creator"},
    {"Create a drop", "", "DropCreation", 201, "Drop"},
    {"Browse drops", "status creatorId cursor limit fields view", "", 200, "DropList"},
    {"A drop", "fields view", "", 200, "Drop"},
    {"Change a drop", "", "DropUpdate", 200, "Drop"},
    {"Start a drop now", "", "Empty", 200, "Drop"},
    {"Stop new orders", "", "Empty", 200, "Drop"},
    {"Go on after a pause", "", "Empty", 200, "Drop"},
    {"End a drop now", "", "Empty", 200, "Drop"},
    {"Cancel a drop and its live holds", "", "Empty", 200, "Drop"},
    {"Add units, or take some out", "", "RestockRequest", 200, "Drop"},
    {"Orders of a drop, oldest first", "status cursor limit fields", "", 200, "OrderList"},
    {"Place an order", "", "OrderRequest", 201, "Order"},
    {"Confirm a hold: the money was taken", "", "OptionalQuantity", 200, "Order"},
    {"Extend a hold", "", "Extension", 200, "Order"},
    {"Cancel an order, or a part of it", "", "OptionalQuantity", 200, "Order"},
    {"An order", "fields", "", 200, "Order"},
    {"A user's orders, newest first", "userId status cursor limit fields", "", 200, "OrderList"},
    {"The inbox, newest first", "cursor limit", "", 200, "Inbox"},
    {"Mark notifications as read", "", "ReadMark", 204, ""},
    {"Who did what, newest first", "actor action subject from to cursor limit", "", 200,
     "AuditList"},
    {"Disable an account", "", "Empty", 200, "AccountState"},
    {"Enable an account", "", "Empty", 200, "AccountState"},
    {"WebSocket: Centrifugo's JSON protocol", "", "", 101, ""},
    {"Server-Sent Events of one channel", "channel ticket", "", 200, "EventStream"},
    {"A ticket for /events", "", "Empty", 200, "Ticket"},
    {"This description", "", "", 200, "Any"},
    {"This description, to read", "", "", 200, "Page"},
    {"Whether the process runs", "", "", 200, "Text"},
    {"Whether it may get traffic", "", "", 200, "Text"},
    {"Prometheus metrics", "", "", 200, "Text"},
};
static_assert(std::size(kTexts) == static_cast<std::size_t>(RouteId::metrics) + 1);

std::string RefTo(std::string_view schema) { return "#/components/schemas/" + std::string(schema); }

// "/drops/:dropId" is "/drops/{dropId}"; `name` gets what stands in braces.
std::string TemplateOf(std::string_view path, std::string* name) {
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos) return std::string(path);
  const std::size_t end = std::min(path.find('/', colon), path.size());
  *name = path.substr(colon + 1, end - colon - 1);
  return std::string(path.substr(0, colon)) + "{" + *name + "}" + std::string(path.substr(end));
}

constexpr int kPageMax = std::numeric_limits<int>::max();  // As handle::products reads it.

void WriteParameterSchema(std::string_view name, JsonWriter* json) {
  if (name.ends_with("Id")) {
    json->Member("$ref", RefTo("Id"));
    return;
  }
  const bool number = name == "page" || name == "limit";
  json->Member("type", number ? "integer" : "string");
  if (number) json->Member("minimum", 1);
  if (name == "limit") json->Member("maximum", 100);
  if (name == "page") json->Member("maximum", kPageMax);
  if (name == "sha256") json->Member("pattern", "^[0-9a-f]{64}$");
  if (name == "Idempotency-Key") json->Member("pattern", "^[!-~]{1,255}$");
  if (name == "view") {
    json->Name("enum").BeginArray().Value("full").Value("essential").EndArray();
  }
}

void WriteParameter(std::string_view name, std::string_view where, bool required,
                    JsonWriter* json) {
  json->BeginObject().Member("name", name).Member("in", where);
  json->Member("required", required).Name("schema").BeginObject();
  WriteParameterSchema(name, json);
  json->EndObject().EndObject();
}

// Routes that change something, but for those where doing it again changes nothing.
bool TakesKey(const Route& route) {
  switch (route.id) {
    case RouteId::logout:
    case RouteId::delete_account:
    case RouteId::read_notifications:
    case RouteId::ticket:
      return false;
    default:
      return route.kind == RouteClass::write || route.kind == RouteClass::order;
  }
}

void WriteParameters(const Route& route, const std::string& in_path, JsonWriter* json) {
  json->Name("parameters").BeginArray();
  if (!in_path.empty()) WriteParameter(in_path, "path", true, json);
  std::string_view query = TextOf(route.id).query;
  while (!query.empty()) WriteParameter(TakePart(&query, ' '), "query", false, json);
  // An order may have its key in the body.
  const bool demanded = route.id == RouteId::restock;
  if (TakesKey(route)) WriteParameter("Idempotency-Key", "header", demanded, json);
  json->EndArray();
}

// The media types that a schema stands for.
std::vector<std::string_view> MediaTypesOf(std::string_view schema) {
  if (schema == "Picture") return {"image/jpeg", "image/png", "image/webp"};
  if (schema == "EventStream") return {"text/event-stream"};
  if (schema == "Page") return {"text/html"};
  if (schema == "Text") return {"text/plain"};
  return {"application/json"};
}

void WriteContent(std::string_view schema, JsonWriter* json) {
  json->Name("content").BeginObject();
  for (const std::string_view type : MediaTypesOf(schema)) {
    json->Name(type).BeginObject().Name("schema").BeginObject();
    json->Member("$ref", RefTo(schema)).EndObject().EndObject();
  }
  json->EndObject();
}

void WriteAnswers(const RouteText& text, JsonWriter* json) {
  json->Name("responses").BeginObject();
  const std::string status = std::to_string(text.status);
  json->Name(status).BeginObject().Member("description", ReasonPhrase(text.status));
  if (!text.answer.empty()) WriteContent(text.answer, json);
  json->EndObject();
  // A creation that is repeated with its own id.
  if (text.answer == "Product" || text.answer == "Drop") {
    if (text.status == 201) {
      json->Name("200").BeginObject().Member("description", "It was created before");
      WriteContent(text.answer, json);
      json->EndObject();
    }
  }
  json->Name("default").BeginObject().Member("description", "A problem");
  json->Name("content").BeginObject().Name("application/problem+json").BeginObject();
  json->Name("schema").BeginObject().Member("$ref", RefTo("Problem")).EndObject();
  json->EndObject().EndObject().EndObject().EndObject();
}

void WriteOperation(const Route& route, const std::string& in_path, JsonWriter* json) {
  const RouteText& text = TextOf(route.id);
  std::string method(ToString(route.method));
  std::ranges::transform(method, method.begin(), ToLower);
  json->Name(method).BeginObject().Member("summary", text.summary);
  WriteParameters(route, in_path, json);
  if (!text.body.empty()) {
    json->Name("requestBody").BeginObject();
    const bool optional = text.body == "Empty" || text.body.starts_with("Optional");
    json->Member("required", !optional);
    WriteContent(text.body, json);
    json->EndObject();
  }
  json->Name("security").BeginArray();
  if (route.access.anonymous == Grant::yes) json->BeginObject().EndObject();
  json->BeginObject().Name("bearer").BeginArray().EndArray().EndObject().EndArray();
  WriteAnswers(text, json);
  json->EndObject();
}

// Each path once, with all of its methods.
void WritePaths(JsonWriter* json) {
  json->Name("paths").BeginObject();
  const auto routes = AllRoutes();
  for (auto route = routes.begin(); route != routes.end(); ++route) {
    const auto same = [&](const Route& other) { return other.path == route->path; };
    if (route->listener != Listener::open || std::any_of(routes.begin(), route, same)) continue;
    std::string in_path;
    json->Name(TemplateOf(route->path, &in_path)).BeginObject();
    for (const Route& other : routes) {
      if (same(other)) WriteOperation(other, in_path, json);
    }
    json->EndObject();
  }
  json->EndObject();
}

std::string MakeOpenApi() {
  std::string text;
  JsonWriter json(&text);
  json.BeginObject().Member("openapi", "3.1.0").Name("info").BeginObject();
  json.Member("title", "livedrops").Member("version", LIVEDROPS_VERSION);
  json.Member("description", "Limited drops: sells exactly N units.").EndObject();
  WritePaths(&json);
  json.Name("components").BeginObject().Name("securitySchemes").Raw(kSecuritySchemes);
  json.Name("schemas").Raw(kSchemas).EndObject().EndObject();
  return text;
}

void AppendCell(std::string_view text, std::string* html) {
  html->append("<td>").append(text).append("</td>");
}

// The routes and problems as tables that need no script, and the whole description to fold out.
std::string MakePage() {
  std::string html(kPageHead);
  html += "<h2>Routes</h2><table><tr><th>method</th><th>path</th><th>what</th></tr>";
  for (const Route& route : AllRoutes()) {
    if (route.listener != Listener::open) continue;
    html += "<tr>";
    AppendCell(ToString(route.method), &html);
    html.append("<td><code>").append(route.path).append("</code></td>");
    AppendCell(TextOf(route.id).summary, &html);
    html += "</tr>";
  }
  html += "</table><h2>Problems</h2><table><tr><th>code</th><th>status</th><th>title</th></tr>";
  for (int i = 0; i <= static_cast<int>(ProblemCode::outcome_unknown); ++i) {
    const auto code = static_cast<ProblemCode>(i);
    html.append("<tr id=\"problem-").append(CodeOf(code)).append("\">");
    html.append("<td><code>").append(CodeOf(code)).append("</code></td>");
    AppendCell(std::to_string(StatusOf(code)), &html);
    AppendCell(TitleOf(code), &html);
    html += "</tr>";
  }
  html += "</table><h2>OpenAPI 3.1</h2><p><a href=\"/openapi.json\">openapi.json</a></p>";
  return html + "</main></body></html>\n";
}

}  // namespace

const RouteText& TextOf(RouteId route) { return kTexts[static_cast<std::size_t>(route)]; }

const std::string& OpenApiText() {
  static const std::string text = MakeOpenApi();
  return text;
}

const std::string& DocsPage() {
  static const std::string page = MakePage();
  return page;
}

}  // namespace livedrops::server
