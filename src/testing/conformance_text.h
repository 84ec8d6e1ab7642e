// Every row as one line of text: the conformance cases compare and report with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "livedrops/spi/storage.h"

namespace livedrops::conformance {

std::string Text(std::string_view value);
std::string Text(std::int64_t value);
std::string Text(Time value);
std::string Text(const Hash& value);
std::string Text(const Head& value);

std::string Text(const OrderRow& row);
std::string Text(const EventRow& row);
std::string Text(const OrderChange& row);
std::string Text(const DropRow& row);
std::string Text(const Drop& drop);
std::string Text(const Product& product);
std::string Text(const ProductRow& row);
std::string Text(const FollowEntry& follow);
std::string Text(const CreatorRow& row);
std::string Text(const UserRow& row);
std::string Text(const Account& account);
std::string Text(const Session& session);
std::string Text(const Order& order);
std::string Text(const Event& event);

template <class Row>
std::vector<std::string> Texts(const std::vector<Row>& rows) {
  std::vector<std::string> texts;
  texts.reserve(rows.size());
  for (const Row& row : rows) texts.push_back(Text(row));
  return texts;
}

// ok, or a Status with what was compared, expected and found. Of lists: the first row that differs.
Status Same(const std::string& what, const std::string& expected, const std::string& found);
Status Same(const std::string& what, const std::vector<std::string>& expected,
            const std::vector<std::string>& found);

}  // namespace livedrops::conformance
