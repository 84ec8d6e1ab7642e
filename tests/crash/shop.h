// The shop of the crash tests, and what must be true of it afterwards.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <string>

#include "livedrops/open.h"
#include "simulation/verify.h"
#include "tests/crash/acks.h"

namespace livedrops::crash {

inline CreateDrop DropOf(const std::string& id, std::int64_t stock) {
  CreateDrop drop;
  drop.id = DropId(id);
  drop.product = ProductId("p1");
  drop.end_time = TimeFromMs(253'402'300'799'999);
  drop.stock = stock;
  return drop;
}

inline void MakeProduct(Service& service) {
  CreateProduct product;
  product.id = ProductId("p1");
  product.creator = CreatorId("c1");
  product.name = "a product";
  product.price.minor_units = 1000;
  const Reply reply = service.products().Create(product);
  ASSERT_TRUE(reply.status.ok()) << reply.status.ToString();
}

// Every invariant of the contract.
inline void ExpectSound(const std::string& url) {
  auto storage = OpenStorage(url);
  ASSERT_TRUE(storage.ok()) << storage.status().ToString();
  const auto report = Verify(**storage);
  ASSERT_TRUE(report.ok()) << report.status().ToString();
  for (const Violation& violation : report->violations) {
    ADD_FAILURE() << violation.invariant << " of " << violation.subject << ": " << violation.detail;
  }
  EXPECT_TRUE(report->ok);
}

// All orders of a user, by key.
inline void CollectOrders(Service& service, const std::string& user,
                          std::map<std::string, Order>* orders) {
  OrderFilter filter;
  filter.page.limit = 100;
  do {
    const auto page = service.orders().OfUser(UserId(user), filter);
    ASSERT_TRUE(page.ok()) << page.status().ToString();
    for (const Order& order : page->data) {
      const bool is_new = orders->emplace(user + " " + order.key.str(), order).second;
      EXPECT_TRUE(is_new) << "two orders of " << user << " with the key " << order.key.view();
    }
    filter.page.cursor = page->next_cursor;
  } while (!filter.page.cursor.empty());
}

}  // namespace livedrops::crash
