// {"data":[Order…],"nextCursor":…}: of a drop, of a user.
#pragma once

#include <string>

#include "server/json/write_domain.h"

namespace livedrops::server {

inline std::string PageJson(const Page<Order>& page, const FieldFilter& fields) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject().Name("data").BeginArray();
  for (const Order& order : page.data) Write(order, &json, fields);
  json.EndArray();
  if (!page.next_cursor.empty()) json.Member("nextCursor", page.next_cursor);
  json.EndObject();
  return body;
}

}  // namespace livedrops::server
