// Sells one cup in C++: opens a shop in a file, offers a drop of one unit, and takes two orders for
// it.
#include <iostream>

#include "livedrops/open.h"

using namespace livedrops;

int main() {
  const auto shop = Open("sqlite:shop.db");
  if (!shop.ok()) return std::cerr << shop.status().ToString() << '\n', 1;

  const Reply product = (*shop)->products().Create(
      {.id = ProductId("cup"), .creator = CreatorId("anna"), .name = "Cup", .price = {1999, {}}});
  const Reply drop = (*shop)->drops().Create({.id = DropId("cups"),
                                              .product = ProductId("cup"),
                                              .end_time = TimeFromMs(253402300799999),
                                              .stock = 1});
  if (!product.status.ok() || !drop.status.ok()) return 1;

  for (const char* user : {"ben", "cleo"}) {
    const Reply reply = (*shop)->orders().Place(
        {.drop = DropId("cups"), .user = UserId(user), .key = Key("order-1")});
    if (!reply.status.ok()) return std::cerr << reply.status.ToString() << '\n', 1;
    std::cout << user << ": " << ToString(reply.outcome) << '\n';
  }
}
