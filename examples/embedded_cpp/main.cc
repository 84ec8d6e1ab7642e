// Sells one cup in C++: opens a shop in a file, offers a drop, and takes an order.
#include <iostream>

#include "livedrops/open.h"

using namespace livedrops;

int main() {
  const auto shop = Open("sqlite:shop.db");
  if (!shop.ok()) return std::cerr << shop.status().ToString() << '\n', 1;

  CreateProduct cup;
  cup.id = ProductId("cup"), cup.creator = CreatorId("anna"), cup.name = "Cup";
  cup.price.minor_units = 1999;
  CreateDrop drop;
  drop.id = DropId("cups"), drop.product = ProductId("cup"), drop.stock = 1;
  drop.end_time = TimeFromMs(253402300799999);
  if (!(*shop)->products().Create(cup).status.ok()) return 1;
  if (!(*shop)->drops().Create(drop).status.ok()) return 1;

  PlaceOrder order;
  order.drop = DropId("cups"), order.user = UserId("ben"), order.key = Key("ben-1");
  const Reply reply = (*shop)->orders().Place(order);
  if (!reply.status.ok()) return std::cerr << reply.status.ToString() << '\n', 1;
  std::cout << "ben: " << ToString(reply.outcome) << ", order " << reply.order.id.str() << '\n';
}
