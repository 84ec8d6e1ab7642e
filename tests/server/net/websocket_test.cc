#include "livedrops/server/websocket.h"

#include <gtest/gtest.h>

#include <atomic>

#include "server/net/deflate.h"
#include "tests/server/net/client.h"
#include "tests/server/net/test_server.h"

namespace livedrops::server {
namespace {

using std::chrono::milliseconds;

// Every request is upgraded; the sessions write into `journal`.
std::unique_ptr<HttpServer> StartSockets(Journal* journal, const WebSocketOptions& options = {},
                                         const std::function<void(WebSocket)>& on_open = {},
                                         HttpServer::Options server_options = {}) {
  return StartServer(
      [=](const Request& request, const Responder& responder) {
        const Status status =
            responder.Upgrade(request, std::make_unique<JournalSession>(journal, on_open), options);
        if (!status.ok()) journal->Add(status.ToString());
      },
      std::move(server_options));
}

std::string ClosePayload(int code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
}

TEST(WebSocket, MessagesGoBothWays) {
  Journal journal;
  const auto server = StartSockets(&journal);
  Client client(server->port());
  ASSERT_EQ(client.Upgrade("/"), 101);
  client.SendFrame(1, "hello");
  EXPECT_EQ(client.ReadFrame().payload, "hello");
  client.SendFrame(9, "are you there");
  const ReceivedFrame pong = client.ReadFrame();
  EXPECT_EQ(pong.opcode, 10);
  EXPECT_EQ(pong.payload, "are you there");
  client.SendFrame(8, ClosePayload(3005));
  const ReceivedFrame close = client.ReadFrame();
  EXPECT_EQ(close.opcode, 8);
  EXPECT_EQ(close.code(), 3005);
  EXPECT_TRUE(client.EndsHere());
  EXPECT_TRUE(journal.WaitFor("close:3005"));
  EXPECT_EQ(journal.lines(), (std::vector<std::string>{"open", "message:hello", "close:3005"}));
}

TEST(WebSocket, FramesMayComeWithTheHandshake) {
  Journal journal;
  const auto server = StartSockets(&journal);
  Client client(server->port());
  ASSERT_EQ(client.Upgrade("/", "X-Next: in the same packet\r\n"), 101);
  Client other(server->port());
  other.Send(
      "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
      ClientFrame(1, "early"));
  const ReceivedResponse response = other.ReadResponse();
  EXPECT_EQ(response.Field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(other.ReadFrame().payload, "early");
}

TEST(WebSocket, WrongHandshakesAreRefused) {
  Journal journal;
  const auto server = StartSockets(&journal);
  struct Case {
    std::string method, fields;
    int status;
  };
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const std::vector<Case> cases = {
      {"POST", upgrade + key + version, 405},
      {"GET", "", 426},
      {"GET", "Upgrade: h2c\r\nConnection: Upgrade\r\n" + key + version, 426},
      {"GET", "Upgrade: websocket\r\nConnection: close, x\r\n" + key + version, 400},
      {"GET", upgrade + key, 426},
      {"GET", upgrade + key + "Sec-WebSocket-Version: 8\r\n", 426},
      {"GET", upgrade + version, 400},
      {"GET", upgrade + key + key + version, 400},
      {"GET", upgrade + "Sec-WebSocket-Key: short\r\n" + version, 400},
      {"GET", upgrade + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ!=\r\n" + version, 400},
  };
  for (const Case& one : cases) {
    Client client(server->port());
    client.Send(one.method + " / HTTP/1.1\r\nHost: h\r\n" + one.fields + "\r\n");
    const ReceivedResponse response = client.ReadResponse();
    EXPECT_EQ(response.status, one.status) << one.method << "\n" << one.fields;
    EXPECT_EQ(response.Field("Sec-WebSocket-Version"), one.status == 426 ? "13" : "");
  }
  for (const std::string& line : journal.lines()) EXPECT_TRUE(line.starts_with("invalid")) << line;
}

TEST(WebSocket, ViolationsCloseWithTheirCode) {
  Journal journal;
  WebSocketOptions options;
  options.message_bytes_max = 100;
  const auto server = StartSockets(&journal, options);
  const std::vector<std::pair<std::string, int>> cases = {
      {ClientFrame(1, "a", true, 0, false), 1002},   {ClientFrame(3, "a"), 1002},
      {ClientFrame(1, "a", true, 4), 1002},          {ClientFrame(1, "\xff"), 1007},
      {ClientFrame(1, std::string(101, 'x')), 1009}, {ClientFrame(8, "x"), 1002},
  };
  for (const auto& [bytes, code] : cases) {
    Client client(server->port());
    ASSERT_EQ(client.Upgrade("/"), 101);
    client.Send(bytes + ClientFrame(1, "after"));
    const ReceivedFrame frame = client.ReadFrame();
    EXPECT_EQ(frame.opcode, 8);
    EXPECT_EQ(frame.code(), code);
    EXPECT_TRUE(client.EndsHere());
    EXPECT_TRUE(journal.WaitFor("close:" + std::to_string(code)));
  }
  for (const std::string& line : journal.lines()) EXPECT_NE(line, "message:after");
}

TEST(WebSocket, TheOwnerClosesAndThePeerAnswers) {
  Journal journal;
  const auto server = StartSockets(&journal);
  Client client(server->port());
  ASSERT_EQ(client.Upgrade("/"), 101);
  client.SendFrame(1, "close");
  client.SendFrame(1, "ignored");
  const ReceivedFrame close = client.ReadFrame();
  EXPECT_EQ(close.code(), 4001);
  EXPECT_EQ(close.payload.substr(2), "as you wish");
  client.SendFrame(8, ClosePayload(4001));
  EXPECT_TRUE(client.EndsHere());
  EXPECT_TRUE(journal.WaitFor("close:4001"));
  EXPECT_EQ(journal.lines(), (std::vector<std::string>{"open", "message:close", "close:4001"}));
}

TEST(WebSocket, APeerThatDoesNotAnswerACloseIsCut) {
  Journal journal;
  WebSocketOptions options;
  options.close_timeout = milliseconds(50);
  const auto server = StartSockets(&journal, options);
  Client client(server->port());
  ASSERT_EQ(client.Upgrade("/"), 101);
  client.SendFrame(1, "close");
  EXPECT_EQ(client.ReadFrame().code(), 4001);
  EXPECT_TRUE(client.EndsHere());
  EXPECT_TRUE(Eventually([&] { return server->stats().connections == 0; }));
}

TEST(WebSocket, ALostConnectionIs1006) {
  Journal journal;
  const auto server = StartSockets(&journal);
  auto client = std::make_unique<Client>(server->port());
  ASSERT_EQ(client->Upgrade("/"), 101);
  ASSERT_TRUE(journal.WaitFor("open"));
  client->Reset();
  EXPECT_TRUE(journal.WaitFor("close:1006"));
  EXPECT_TRUE(Eventually([&] { return server->stats().websockets == 0; }));
}

TEST(WebSocket, PingsFindDeadPeers) {
  Journal journal;
  WebSocketOptions options;
  options.ping_interval = milliseconds(50);
  options.pong_timeout = milliseconds(200);
  HttpServer::Options fast;
  fast.limits.linger_timeout = milliseconds(40);  // Timeouts are then looked at every 10 ms.
  const auto server = StartSockets(&journal, options, {}, fast);
  Client client(server->port());
  ASSERT_EQ(client.Upgrade("/"), 101);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.ReadFrame().opcode, 9);
    client.SendFrame(10, "");
  }
  EXPECT_EQ(client.ReadFrame().opcode, 9);
  EXPECT_TRUE(client.EndsHere());
  EXPECT_TRUE(journal.WaitFor("close:1006"));
  EXPECT_EQ(server->stats().timed_out, 1U);
}

TEST(WebSocket, ASlowReceiverIsClosedWithTheOwnersCode) {
  Journal journal;
  WebSocketOptions options;
  options.queue.bytes_max = 300000;
  std::size_t most = 0;
  int queued = 0;
  const auto server = StartSockets(&journal, options, [&](WebSocket socket) {
    const Frame frame = Frame::Text(std::string(10000, 'x'));
    for (int i = 0; i < 10000 && socket.Send(frame) == Sent::kQueued; ++i) {
      most = std::max(most, socket.queued_bytes());
      ++queued;
    }
    EXPECT_FALSE(socket.open());
    EXPECT_EQ(socket.Send(frame), Sent::kClosed);
    EXPECT_TRUE(journal.lines().empty());  // OnClose does not come from within Send.
  });
  Client client(server->port(), "127.0.0.1", 4096);
  ASSERT_EQ(client.Upgrade("/"), 101);
  EXPECT_TRUE(journal.WaitFor("close:3008"));
  EXPECT_LE(most, options.queue.bytes_max);
  // It reads at last: whole messages, without those that were given up, then why it was closed.
  int received = 0;
  ReceivedFrame frame = client.ReadFrame();
  while (frame.opcode == 1) {
    EXPECT_EQ(frame.payload.size(), 10000U);
    ++received;
    frame = client.ReadFrame();
  }
  EXPECT_EQ(frame.opcode, 8);
  EXPECT_EQ(frame.code(), 3008);
  EXPECT_EQ(frame.payload.substr(2), "slow");
  EXPECT_LT(received, queued - 10);
  EXPECT_EQ(server->stats().slow_closed, 1U);
}

TEST(WebSocket, AStalledReceiverIsCutThoughItNeverReads) {
  Journal journal;
  WebSocketOptions options;
  options.queue.bytes_max = 300000;
  options.close_timeout = milliseconds(50);
  const auto server = StartSockets(&journal, options, [](WebSocket socket) {
    const Frame frame = Frame::Text(std::string(10000, 'x'));
    while (socket.Send(frame) == Sent::kQueued) {
    }
  });
  Client client(server->port(), "127.0.0.1", 4096);
  client.Send(
      "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
  EXPECT_TRUE(journal.WaitFor("close:3008"));
  EXPECT_TRUE(Eventually([&] { return server->stats().connections == 0; }));
}

TEST(WebSocket, DroppableMessagesAreDroppedInsteadOfQueued) {
  Journal journal;
  std::atomic<int> dropped{0};
  const auto server = StartSockets(&journal, {}, [&](WebSocket socket) {
    const Frame frame = Frame::Text(std::string(10000, 'x'));
    for (int i = 0; i < 1000; ++i) {
      const Sent sent = socket.Send(frame, Droppable::kYes);
      EXPECT_NE(sent, Sent::kClosed);
      if (sent == Sent::kDropped) ++dropped;
    }
    EXPECT_LT(socket.queued_bytes(), 100000U);
    socket.Send(Frame::Text("last"));
  });
  Client client(server->port(), "127.0.0.1", 4096);
  ASSERT_EQ(client.Upgrade("/"), 101);
  int received = 0;
  for (ReceivedFrame frame = client.ReadFrame(); frame.payload != "last";
       frame = client.ReadFrame()) {
    ASSERT_EQ(frame.payload.size(), 10000U);
    ++received;
  }
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(received + dropped, 1000);
  EXPECT_EQ(server->stats().dropped, static_cast<std::uint64_t>(dropped));
}

TEST(WebSocket, DeflateIsUsedOnlyWhenAgreed) {
  Journal journal;
  WebSocketOptions options;
  options.deflate = true;
  const std::string text(1000, 'd');
  const Frame frame = Frame::Text(text, Deflate::kYes);
  const auto server =
      StartSockets(&journal, options, [&](WebSocket socket) { socket.Send(frame); });
  Client plain(server->port());
  ASSERT_EQ(plain.Upgrade("/"), 101);
  EXPECT_EQ(plain.ReadFrame().payload, text);
  Client packed(server->port());
  ASSERT_EQ(packed.Upgrade("/", "Sec-WebSocket-Extensions: permessage-deflate\r\n"), 101);
  const ReceivedFrame received = packed.ReadFrame();
  EXPECT_TRUE(received.rsv1);
  EXPECT_LT(received.payload.size(), 100U);
  std::string inflated;
  EXPECT_EQ(InflateMessage(received.payload, 2000, &inflated), Inflated::kOk);
  EXPECT_EQ(inflated, text);
}

TEST(WebSocket, StopTellsEveryoneToReconnect) {
  Journal journal;
  const auto server = StartSockets(&journal);
  Client client(server->port());
  ASSERT_EQ(client.Upgrade("/"), 101);
  ASSERT_TRUE(journal.WaitFor("open"));
  StopOptions options;
  options.websocket_code = 3001;
  server->Stop(options);
  const ReceivedFrame close = client.ReadFrame();
  EXPECT_EQ(close.code(), 3001);
  client.SendFrame(8, ClosePayload(3001));
  EXPECT_TRUE(client.EndsHere());
  server->Join();
  EXPECT_TRUE(journal.WaitFor("close:3001"));
}

TEST(WebSocket, AllSubscribersGetTheSameFrameFromAnyThread) {
  Journal journal;
  HttpServer::Options options;
  options.threads = 2;
  std::mutex mutex;
  std::vector<std::pair<int, WebSocket>> sockets;
  const auto server = StartServer(
      [&](const Request& request, const Responder& responder) {
        const int loop = request.loop();
        const auto remember = [&, loop](WebSocket socket) {
          const std::lock_guard lock(mutex);
          sockets.emplace_back(loop, socket);
        };
        (void)responder.Upgrade(request, std::make_unique<JournalSession>(&journal, remember));
      },
      options);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<Client>(server->port()));
    ASSERT_EQ(clients.back()->Upgrade("/"), 101);
  }
  for (int round = 0; round < 20; ++round) {
    const Frame frame = Frame::Text("round " + std::to_string(round));
    server->PostAll([&, frame](int loop) {
      const std::lock_guard lock(mutex);
      for (auto& [of, socket] : sockets) {
        if (of == loop) socket.Send(frame);
      }
    });
  }
  for (const auto& client : clients) {
    for (int round = 0; round < 20; ++round) {
      EXPECT_EQ(client->ReadFrame().payload, "round " + std::to_string(round));
    }
  }
}

}  // namespace
}  // namespace livedrops::server
