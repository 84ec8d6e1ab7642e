// What who listens is told when the storage gets another epoch under a server that runs on.
#include "livedrops/spi/order_port.h"
#include "tests/server/gateway/gateway_kit.h"

namespace livedrops::server {
namespace {

constexpr int kText = 1;
constexpr int kClose = 8;

class Epoch : public GatewayTest {
 protected:
  // A socket that has sent a connect command and this subscribe command; the reply to the latter.
  static std::string Subscribe(Client& client, const std::string& position) {
    EXPECT_EQ(client.Upgrade("/connection/websocket"), 101);
    client.SendFrame(kText, R"({"id":1,"connect":{}})");
    EXPECT_TRUE(client.ReadFrame().payload.starts_with(R"({"id":1,"connect":)"));
    client.SendFrame(kText, R"({"id":2,"subscribe":{"channel":"drop:d1")" + position + "}}");
    return client.ReadFrame().payload;
  }
  static std::string Recover(const std::string& epoch, std::uint64_t offset) {
    return R"(,"recover":true,"epoch":")" + epoch + R"(","offset":)" + std::to_string(offset);
  }

  const ShopInfo& Info() const { return service_->reads().storage().info(); }
  std::uint64_t Head() const { return service_->audit().ReadHead()->seq; }
  void Promote() const {
    ShopInfo info = Info();
    info.epoch = "promoted";
    health_->Promote(info);
  }
  static bool Has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(Epoch, ClosesSocketsWhichComeBackAndHearThatTheyMissedSomething) {
  MakeShop();
  const std::string before = Info().epoch;
  const auto client = Connect();
  const std::string first = Subscribe(*client, "");
  EXPECT_TRUE(Has(first, R"("epoch":")" + before + "\"")) << first;
  const auto back = Connect();
  EXPECT_TRUE(Has(Subscribe(*back, Recover(before, Head())), R"("recovered":true)"));
  Promote();
  for (const auto& socket : {client.get(), back.get()}) {
    const ReceivedFrame frame = socket->ReadFrame();
    EXPECT_EQ(frame.opcode, kClose);
    EXPECT_EQ(frame.code(), 3010);
  }
  const auto again = Connect();
  const std::string reply = Subscribe(*again, Recover(before, Head()));
  EXPECT_TRUE(Has(reply, R"("epoch":"promoted")")) << reply;
  EXPECT_TRUE(Has(reply, R"("recovered":false)")) << reply;
}

TEST_F(Epoch, EndsStreamsWhichComeBackWithAPositionThatIsNone) {
  MakeShop();
  const std::string before = Info().epoch;
  const std::string request = "GET /events?channel=drop:d1 HTTP/1.1\r\nHost: shop\r\n";
  const auto client = Connect();
  client->Send(request + "\r\n");
  EXPECT_TRUE(Has(client->ReadUntil("data: "), "id: " + before + ":"));
  Promote();
  EXPECT_EQ(client->ReadUntil("\r\n0\r\n\r\n").empty(), false);
  client->Send(request + "Last-Event-ID: " + before + ":" + std::to_string(Head()) + "\r\n\r\n");
  const std::string beginning = client->ReadUntil("\"serverTime\"");
  EXPECT_TRUE(Has(beginning, "id: promoted:")) << beginning;
  EXPECT_TRUE(Has(beginning, R"("recovered":false)")) << beginning;
}

}  // namespace
}  // namespace livedrops::server
