// The OpenAPI 3.1 description, made from the table of routes, and the page that shows it.
#pragma once

#include <string>
#include <string_view>

#include "server/auth/routes.h"

namespace livedrops::server {

// What a reader wants to know of a route beyond the table. Empty texts: there is nothing to say.
struct RouteText {
  std::string_view summary;
  std::string_view query;   // Names of its query parameters: "page limit fields".
  std::string_view body;    // Schema of its body, by name in the components.
  int status = 200;         // Of the answer when all went well.
  std::string_view answer;  // Schema of that answer.
};
const RouteText& TextOf(RouteId route);

// Both are made once. The page holds the description and loads nothing.
const std::string& OpenApiText();
const std::string& DocsPage();

}  // namespace livedrops::server
