// Every bad input of a public call, with the message that names the offending value.
#include "core/validate.h"

#include <gtest/gtest.h>

#include <string>

namespace livedrops {
namespace {

constexpr std::int64_t kTimeMsMax = 253'402'300'799'999;

PlaceOrder GoodOrder() {
  PlaceOrder order;
  order.drop = DropId("d1");
  order.user = UserId("u1");
  order.key = Key("k1");
  return order;
}
CreateDrop GoodDrop() {
  CreateDrop drop;
  drop.product = ProductId("p1");
  drop.end_time = TimeFromMs(1000);
  return drop;
}
CreateProduct GoodProduct() {
  CreateProduct product;
  product.creator = CreatorId("c1");
  product.name = "name";
  return product;
}

template <class Command, class Change>
std::string Problem(Command command, Change change) {
  change(command);
  const Status status = Validate(Request(command));
  EXPECT_TRUE(status.ok() || status.code() == StatusCode::kInvalidArgument) << status.ToString();
  EXPECT_EQ(status.message().find('\n'), std::string::npos);
  return status.message();
}

TEST(Validate, TakesGoodRequests) {
  EXPECT_EQ(Problem(GoodOrder(), [](PlaceOrder&) {}), "");
  EXPECT_EQ(Problem(GoodDrop(), [](CreateDrop&) {}), "");
  EXPECT_EQ(Problem(GoodProduct(), [](CreateProduct&) {}), "");
  EXPECT_TRUE(Validate(GoodOrder()).ok());
}

TEST(Validate, NamesWhatIsWrongWithAnOrder) {
  const auto problem = [](auto change) {
    PlaceOrder order = GoodOrder();
    change(order);
    EXPECT_EQ(Validate(order).message(), Validate(Request(order)).message());
    return Problem(GoodOrder(), change);
  };
  EXPECT_EQ(problem([](PlaceOrder& o) { o.drop = DropId(""); }), "drop \"\" is empty");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.drop = DropId("a b"); }), "drop \"a b\" is no id");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.drop = DropId("."); }), "drop \".\" is no id");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.user = UserId("\xc3\xa4"); }), "user \"??\" is no id");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.user = UserId(std::string(65, 'x')); }),
            "user \"" + std::string(64, 'x') + "\" is no id");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.key = Key(""); }), "key \"\" is missing");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.key = Key("a\nb"); }), "key \"a?b\" is no key");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.key = Key(std::string(256, 'k')); }),
            "key \"" + std::string(80, 'k') + "...\" is no key");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.quantity = 0; }), "quantity 0 is not in 1..2147483647");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.quantity = -1; }), "quantity -1 is not in 1..2147483647");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.quantity = 2147483648; }),
            "quantity 2147483648 is not in 1..2147483647");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.quantity = INT64_MIN; }),
            "quantity -9223372036854775808 is not in 1..2147483647");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.product = ProductId("a/b"); }),
            "product \"a/b\" is no id");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.actor = UserId("a/b"); }), "actor \"a/b\" is no id");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.ttl_seconds = 29; }),
            "ttl_seconds 29 is not in 30..3600");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.ttl_seconds = 3601; }),
            "ttl_seconds 3601 is not in 30..3600");
  EXPECT_EQ(problem([](PlaceOrder& o) { o.ttl_seconds = 3600; }), "");
}

TEST(Validate, NamesWhatIsWrongWithCommandsOnOrders) {
  EXPECT_EQ(Problem(ConfirmOrder(), [](ConfirmOrder& c) { c.quantity = 0; }),
            "quantity 0 is not in 1..2147483647");
  EXPECT_EQ(Problem(ConfirmOrder(), [](ConfirmOrder& c) { c.key = Key("a b"); }),
            "key \"a b\" is no key");
  EXPECT_EQ(Problem(CancelOrder(), [](CancelOrder& c) { c.quantity = -5; }),
            "quantity -5 is not in 1..2147483647");
  EXPECT_EQ(Problem(CancelOrder(), [](CancelOrder& c) { c.actor = UserId("!"); }),
            "actor \"!\" is no id");
  EXPECT_EQ(Problem(ExtendOrder(), [](ExtendOrder& c) { c.ttl_seconds = 0; }),
            "ttl_seconds 0 is not in 30..3600");
}

TEST(Validate, NamesWhatIsWrongWithADrop) {
  const auto problem = [](auto change) { return Problem(GoodDrop(), change); };
  EXPECT_EQ(problem([](CreateDrop& d) { d.product = ProductId(""); }), "product \"\" is empty");
  EXPECT_EQ(problem([](CreateDrop& d) { d.id = DropId("a b"); }), "id \"a b\" is no id");
  EXPECT_EQ(problem([](CreateDrop& d) { d.creator = CreatorId("a b"); }),
            "creator \"a b\" is no id");
  EXPECT_EQ(problem([](CreateDrop& d) { d.stock = -1; }), "stock -1 is not in 0..2147483647");
  EXPECT_EQ(problem([](CreateDrop& d) { d.stock = 2147483648; }),
            "stock 2147483648 is not in 0..2147483647");
  EXPECT_EQ(problem([](CreateDrop& d) { d.low_stock = -1; }),
            "low_stock -1 is not in 0..2147483647");
  EXPECT_EQ(problem([](CreateDrop& d) { d.max_per_order = -1; }),
            "max_per_order -1 is not in 0..2147483647");
  EXPECT_EQ(problem([](CreateDrop& d) { d.max_per_user = -1; }),
            "max_per_user -1 is not in 0..2147483647");
  EXPECT_EQ(problem([](CreateDrop& d) { d.hold_seconds = 29; }),
            "hold_seconds 29 is not in 30..3600");
  EXPECT_EQ(problem([](CreateDrop& d) { d.end_time = TimeFromMs(-1); }),
            "end_time -1 is not in 0..253402300799999");
  EXPECT_EQ(problem([](CreateDrop& d) { d.end_time = TimeFromMs(kTimeMsMax); }), "");
  EXPECT_EQ(problem([](CreateDrop& d) { d.end_time = TimeFromMs(kTimeMsMax + 1); }),
            "end_time 253402300800000 is not in 0..253402300799999");
  EXPECT_EQ(problem([](CreateDrop& d) { d.start_time = TimeFromMs(1000); }),
            "end_time 1000 is not in 1001..253402300799999");
  EXPECT_EQ(problem([](CreateDrop& d) { d.start_time = TimeFromMs(INT64_MIN); }),
            "start_time -9223372036854775808 is not in 0..253402300799999");
  EXPECT_EQ(problem([](CreateDrop& d) { d.start_time = TimeFromMs(INT64_MAX); }),
            "start_time 9223372036854775807 is not in 0..253402300799999");
}

TEST(Validate, NamesWhatIsWrongWithAChangeOfADrop) {
  EXPECT_EQ(Problem(UpdateDrop(), [](UpdateDrop&) {}), "id \"\" is empty");
  const auto problem = [](auto change) {
    UpdateDrop update;
    update.id = DropId("d1");
    return Problem(update, change);
  };
  EXPECT_EQ(problem([](UpdateDrop& u) { u.low_stock = -1; }),
            "low_stock -1 is not in 0..2147483647");
  EXPECT_EQ(problem([](UpdateDrop& u) { u.price_minor_units = -1; }),
            "price -1 is not in 0..9007199254740991");
  EXPECT_EQ(problem([](UpdateDrop& u) { u.price_minor_units = std::int64_t{1} << 53; }),
            "price 9007199254740992 is not in 0..9007199254740991");
  EXPECT_EQ(problem([](UpdateDrop& u) { u.end_time = TimeFromMs(-5); }),
            "end_time -5 is not in 0..253402300799999");
  EXPECT_EQ(Problem(ChangeDrop(), [](ChangeDrop& c) { c.id = DropId("a b"); }),
            "id \"a b\" is no id");
  Restock restock;
  restock.id = DropId("d1");
  EXPECT_EQ(Problem(restock, [](Restock& r) { r.quantity = 1; }), "key \"\" is missing");
  restock.key = Key("a1");
  EXPECT_EQ(Problem(restock, [](Restock&) {}), "quantity 0 is not in 1..2147483647");
  EXPECT_EQ(Problem(restock, [](Restock& r) { r.quantity = -2147483648; }),
            "quantity -2147483648 is not in -2147483647..2147483647");
}

TEST(Validate, NamesWhatIsWrongWithAProduct) {
  const auto problem = [](auto change) { return Problem(GoodProduct(), change); };
  EXPECT_EQ(problem([](CreateProduct& p) { p.creator = CreatorId(""); }), "creator \"\" is empty");
  EXPECT_EQ(problem([](CreateProduct& p) { p.name = ""; }), "length of name 0 is not in 1..200");
  EXPECT_EQ(problem([](CreateProduct& p) { p.price.minor_units = -1; }),
            "price -1 is not in 0..9007199254740991");
  EXPECT_EQ(problem([](CreateProduct& p) { p.price.minor_units = kMoneyMax + 1; }),
            "price 9007199254740992 is not in 0..9007199254740991");
  EXPECT_EQ(Problem(UpdateProduct(), [](UpdateProduct& u) { u.id = ProductId("p1"), u.name = ""; }),
            "length of name 0 is not in 1..200");
  EXPECT_EQ(Problem(DeleteProduct(), [](DeleteProduct&) {}), "id \"\" is empty");
}

// Lengths are counted in characters, not bytes.
TEST(Validate, CountsCharacters) {
  const auto problem = [](const std::string& name) {
    return Problem(GoodProduct(), [&](CreateProduct& p) { p.name = name; });
  };
  const auto repeat = [](const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  for (const std::string character : {"a", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_EQ(problem(repeat(character, 200)), "");
    EXPECT_EQ(problem(repeat(character, 201)), "length of name 201 is not in 1..200");
  }
}

TEST(Validate, TakesOnlyWellFormedUtf8) {
  for (const std::string& bad :
       {std::string("\x80"), std::string("\xc3"), std::string("\xc3\x28"), std::string("\xff"),
        std::string("\xc0\x80"), std::string("\xc1\xbf"), std::string("\xe0\x80\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xf0\x80\x80\xaf"),
        std::string("\xf4\x90\x80\x80"), std::string("\xf8\x88\x80\x80\x80"),
        std::string("\xe2\x82"), std::string("a\0b", 3)}) {
    const std::string message =
        Problem(GoodProduct(), [&](CreateProduct& p) { p.description = bad; });
    EXPECT_NE(message.find("is not UTF-8"), std::string::npos) << message;
  }
}

TEST(Validate, NamesWhatIsWrongWithFollowsAndAccounts) {
  FollowCreator follow;
  follow.creator = CreatorId("c1");
  EXPECT_EQ(Problem(follow, [](FollowCreator&) {}), "user \"\" is empty");
  EXPECT_EQ(Problem(follow, [](FollowCreator& f) { f.user = UserId("u 1"); }),
            "user \"u 1\" is no id");
  EXPECT_EQ(Problem(MarkRead(), [](MarkRead&) {}), "user \"\" is empty");
  CreateAccount account;
  account.account.name = "Ada";
  EXPECT_EQ(Problem(account, [](CreateAccount& a) { a.account.email = "a@"; }),
            "length of email 2 is not in 3..254");
  EXPECT_EQ(Problem(OpenSession(), [](OpenSession&) {}), "user \"\" is empty");
  EXPECT_EQ(Problem(RotateSession(), [](RotateSession&) {}), "id \"\" is empty");
  EXPECT_EQ(Problem(RevokeSession(), [](RevokeSession&) {}), "id \"\" is empty");
}

TEST(Validate, ChecksPagesAndIds) {
  EXPECT_TRUE(ValidatePage({"", 1}).ok());
  EXPECT_TRUE(ValidatePage({"", 100}).ok());
  EXPECT_EQ(ValidatePage({"", 0}).message(), "limit 0 is not in 1..100");
  EXPECT_EQ(ValidatePage({"", 101}).message(), "limit 101 is not in 1..100");
  EXPECT_EQ(ValidateId("drop", "").message(), "drop \"\" is empty");
  EXPECT_EQ(FoldEmail("Ada.Lovelace@EXAMPLE.com"), "ada.lovelace@example.com");
  EXPECT_EQ(FoldEmail("\xc3\x84@x.y"), "\xc3\x84@x.y");
}

// A storage that refuses what is no text must never see any: it would stop selling.
TEST(Validate, LetsNoBytesThroughThatAreNoText) {
  const std::string zero("a\0b", 3);
  CreateAccount create;
  create.account.name = "name";
  create.account.email = "a@b";
  UpdateAccount update;
  update.id = UserId("u1");
  OpenSession open;
  open.session.user = UserId("u1");
  RotateSession rotate;
  rotate.id = "s1";
  for (const std::string& bad : {zero, std::string("secret\xff")}) {
    EXPECT_NE(Problem(create, [&](CreateAccount& c) { c.account.birthday = bad; }), "");
    const std::string problems[] = {
        Problem(create, [&](CreateAccount& c) { c.account.password_hash = bad; }),
        Problem(update, [&](UpdateAccount& u) { u.password_hash = bad; }),
        Problem(open, [&](OpenSession& o) { o.session.token_hash = bad; }),
        Problem(open, [&](OpenSession& o) { o.session.previous_token_hash = bad; }),
        Problem(rotate, [&](RotateSession& r) { r.new_hash = bad; }),
    };
    for (const std::string& problem : problems) {
      EXPECT_NE(problem.find("hash (not repeated) is not UTF-8"), std::string::npos) << problem;
    }
  }
  EXPECT_EQ(Problem(rotate, [](RotateSession& r) { r.new_hash = std::string(4'001, 'x'); }),
            "length of new_hash 4001 is not in 0..4000");
}

}  // namespace
}  // namespace livedrops
