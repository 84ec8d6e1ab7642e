#include "server/net/frame.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "server/net/deflate.h"
#include "server/net/utf8.h"
#include "server/net/websocket_reader.h"
#include "tests/server/net/client.h"

namespace livedrops::server {
namespace {

using std::string_literals::operator""s;

// Writes down what it is told.
class Log final : public WebSocketReader::Events {
 public:
  bool OnMessage(std::string_view payload, bool binary) override {
    told.push_back((binary ? "binary:" : "text:") + std::string(payload));
    return true;
  }
  void OnPing(std::string_view payload) override { told.push_back("ping:" + std::string(payload)); }
  void OnPong() override { told.emplace_back("pong"); }
  void OnCloseFrame(std::uint16_t code) override {
    told.push_back("close:" + std::to_string(code));
  }

  std::vector<std::string> told;
};

struct Read {
  CloseCode failed = kCloseNone;
  std::vector<std::string> told;
};

constexpr std::size_t kMessageMax = 1000;

Read ReadAll(const std::string& bytes, std::size_t step, bool inflate = false) {
  FrameDecoderPool pool;
  Log log;
  WebSocketReader reader(&pool, &log, kMessageMax, inflate);
  Read read;
  for (std::size_t at = 0; at < bytes.size() && read.failed == kCloseNone; at += step) {
    read.failed = reader.Feed(std::string_view(bytes).substr(at, step));
  }
  read.told = log.told;
  return read;
}

struct FrameCase {
  std::string name;
  std::string bytes;
  int failed;
  std::vector<std::string> told;
};

std::string Close(int code, const std::string& reason = "") {
  std::string payload;
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xFF));
  payload.append(reason);
  return ClientFrame(8, payload);
}

std::vector<FrameCase> WholeMessages() {
  const std::string large(300, 'x');
  const std::string largest(kMessageMax, 'y');
  return {
      {"text", ClientFrame(1, "hello"), 0, {"text:hello"}},
      {"binary", ClientFrame(2, "\x00\xff"s), 0, {"binary:\x00\xff"s}},
      {"empty", ClientFrame(1, ""), 0, {"text:"}},
      {"two-byte length", ClientFrame(1, large), 0, {"text:" + large}},
      {"largest", ClientFrame(1, largest), 0, {"text:" + largest}},
      {"in parts",
       ClientFrame(1, "a", false) + ClientFrame(0, "b", false) + ClientFrame(0, "c"),
       0,
       {"text:abc"}},
      {"in empty parts", ClientFrame(2, "", false) + ClientFrame(0, ""), 0, {"binary:"}},
      {"a ping between parts",
       ClientFrame(1, "a", false) + ClientFrame(9, "p") + ClientFrame(0, "b"),
       0,
       {"ping:p", "text:ab"}},
      {"a character over two parts",
       ClientFrame(1, "\xc3", false) + ClientFrame(0, "\xa9"),
       0,
       {"text:\xc3\xa9"}},
      {"pong", ClientFrame(10, "x"), 0, {"pong"}},
      {"close", ClientFrame(8, ""), 0, {"close:1005"}},
      {"close with a code", Close(3000, "bye"), 0, {"close:3000"}},
      {"nothing after close", Close(1000) + ClientFrame(1, "late"), 0, {"close:1000"}},
  };
}

std::vector<FrameCase> Violations() {
  const std::string too_long(kMessageMax + 1, 'x');
  return {
      {"not masked", ClientFrame(1, "a", true, 0, false), 1002, {}},
      {"unknown opcode", ClientFrame(3, "a"), 1002, {}},
      {"unknown control opcode", ClientFrame(11, "a"), 1002, {}},
      {"rsv1 without an extension", ClientFrame(1, "a", true, 4), 1002, {}},
      {"rsv2", ClientFrame(1, "a", true, 2), 1002, {}},
      {"rsv3", ClientFrame(1, "a", true, 1), 1002, {}},
      {"continuation of nothing", ClientFrame(0, "a"), 1002, {}},
      {"message within a message", ClientFrame(1, "a", false) + ClientFrame(1, "b"), 1002, {}},
      {"ping in parts", ClientFrame(9, "a", false), 1002, {}},
      {"ping of 126 bytes", ClientFrame(9, std::string(126, 'p')), 1002, {}},
      {"length longer than needed", "\x81\xfe\x00\x05\x00\x00\x00\x00hello"s, 1002, {}},
      {"length of 2^63", "\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00x"s, 1002, {}},
      {"too long", ClientFrame(1, too_long), 1009, {}},
      {"too long together",
       ClientFrame(1, too_long.substr(0, 600), false) + ClientFrame(0, too_long.substr(0, 600)),
       1009,
       {}},
      {"announced too long",
       "\x81\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00x"s,
       1009,
       {}},
      {"text that is no UTF-8", ClientFrame(1, "\xff"), 1007, {}},
      {"half a character", ClientFrame(1, "\xc3"), 1007, {}},
      {"close of one byte", ClientFrame(8, "a"), 1002, {}},
      {"close with code 1005", Close(1005), 1002, {}},
      {"close with code 1006", Close(1006), 1002, {}},
      {"close with code 999", Close(999), 1002, {}},
      {"close with code 1015", Close(1015), 1002, {}},
      {"close with code 5000", Close(5000), 1002, {}},
      {"close with a reason that is no UTF-8", Close(1000, "\xff"), 1007, {}},
      {"violation after a message", ClientFrame(1, "a") + ClientFrame(3, ""), 1002, {"text:a"}},
  };
}

void ExpectCases(const std::vector<FrameCase>& cases) {
  for (const FrameCase& one : cases) {
    for (const std::size_t step : {one.bytes.size(), std::size_t{1}, std::size_t{3}}) {
      const Read read = ReadAll(one.bytes, step);
      EXPECT_EQ(read.failed, one.failed) << one.name << " by " << step;
      EXPECT_EQ(read.told, one.told) << one.name << " by " << step;
    }
  }
}

TEST(WebSocketReader, TellsMessagesHoweverTheyArrive) { ExpectCases(WholeMessages()); }

TEST(WebSocketReader, FailsWithTheCodeOfTheViolation) { ExpectCases(Violations()); }

TEST(WebSocketReader, MutatedFramesMeanTheSameHoweverTheyArrive) {
  std::mt19937 random(13);  // NOLINT(bugprone-random-generator-seed): the same each time.
  std::vector<FrameCase> corpus = WholeMessages();
  for (FrameCase& one : Violations()) corpus.push_back(std::move(one));
  for (int i = 0; i < 5000; ++i) {
    std::string bytes = corpus[random() % corpus.size()].bytes;
    bytes += corpus[random() % corpus.size()].bytes;
    for (unsigned m = 0; m <= random() % 3; ++m) {
      // Mostly the heads of the frames.
      bytes[random() % std::min<std::size_t>(bytes.size(), 16)] = static_cast<char>(random());
    }
    const bool inflate = random() % 2 == 0;
    const Read whole = ReadAll(bytes, bytes.size(), inflate);
    const Read dripped = ReadAll(bytes, 1, inflate);
    ASSERT_EQ(whole.failed, dripped.failed) << i << ": " << testing::PrintToString(bytes);
    ASSERT_EQ(whole.told, dripped.told) << i << ": " << testing::PrintToString(bytes);
  }
}

TEST(FrameDecoder, KnowsWhenNoFrameIsIncomplete) {
  for (const std::size_t size : {0U, 125U, 126U, 65535U, 65536U, 70000U}) {
    FrameDecoder decoder;
    wslay_frame_iocb part;
    const std::string bytes = ClientFrame(2, std::string(size, 'x'));
    decoder.Feed(std::string_view(bytes).substr(0, bytes.size() - 1));
    while (decoder.Next(&part) == FrameDecoder::Progress::kPart) {
    }
    EXPECT_FALSE(decoder.at_boundary()) << size;
    decoder.Feed(std::string_view(bytes).substr(bytes.size() - 1));
    while (decoder.Next(&part) == FrameDecoder::Progress::kPart) {
    }
    EXPECT_TRUE(decoder.at_boundary()) << size;
  }
}

TEST(WebSocketReader, InflatesWhatWasAgreed) {
  const std::string text(900, 'z');
  const std::string deflated = DeflateMessage(text);
  EXPECT_EQ(ReadAll(ClientFrame(1, deflated, true, 4), 5, true).told,
            std::vector<std::string>{"text:" + text});
  // Only the first frame of a message says that it is deflated.
  const std::string parts =
      ClientFrame(1, deflated.substr(0, 3), false, 4) + ClientFrame(0, deflated.substr(3));
  EXPECT_EQ(ReadAll(parts, 4096, true).told, std::vector<std::string>{"text:" + text});
  EXPECT_EQ(ReadAll(ClientFrame(1, deflated.substr(0, 3), false, 4) +
                        ClientFrame(0, deflated.substr(3), true, 4),
                    4096, true)
                .failed,
            kCloseProtocolError);
  EXPECT_EQ(ReadAll(ClientFrame(9, "a", true, 4), 4096, true).failed, kCloseProtocolError);
  EXPECT_EQ(ReadAll(ClientFrame(1, "not deflated", true, 4), 4096, true).failed,
            kCloseInvalidPayload);
  EXPECT_EQ(ReadAll(ClientFrame(1, DeflateMessage("\xff\xff"), true, 4), 4096, true).failed,
            kCloseInvalidPayload);
}

TEST(WebSocketReader, StopsABombAtTheLimit) {
  const std::string bomb = DeflateMessage(std::string(10 << 20, 'x'));
  std::string out;
  EXPECT_EQ(InflateMessage(bomb, kMessageMax, &out), Inflated::kTooLarge);
  EXPECT_LE(out.size(), kMessageMax);
  const std::string small = DeflateMessage(std::string(kMessageMax + 1, 'x'));
  EXPECT_EQ(ReadAll(ClientFrame(1, small, true, 4), 4096, true).failed, kCloseTooBig);
}

TEST(Deflate, OffersAreTakenOnlyWhenTheyCanBeMet) {
  EXPECT_TRUE(CanDeflate("permessage-deflate"));
  EXPECT_TRUE(CanDeflate("permessage-deflate; client_max_window_bits"));
  EXPECT_TRUE(
      CanDeflate("Permessage-Deflate; server_no_context_takeover; client_max_window_bits=10"));
  EXPECT_TRUE(CanDeflate("permessage-deflate; server_max_window_bits=9, permessage-deflate"));
  EXPECT_FALSE(CanDeflate("permessage-deflate; server_max_window_bits=9"));
  EXPECT_FALSE(CanDeflate("permessage-deflate; server_no_context_takeover=1"));
  EXPECT_FALSE(CanDeflate("permessage-deflate; novelty"));
  EXPECT_FALSE(CanDeflate("x-webkit-deflate-frame"));
  EXPECT_FALSE(CanDeflate(""));
}

TEST(Frame, LengthsHaveTheirShortestForm) {
  EXPECT_EQ(EncodeFrame(Opcode::kText, "hi"), "\x81\x02hi");
  EXPECT_EQ(EncodeFrame(Opcode::kBinary, std::string(126, 'x')).substr(0, 4), "\x82\x7e\x00\x7e"s);
  EXPECT_EQ(EncodeFrame(Opcode::kText, std::string(65536, 'x'), true).substr(0, 10),
            "\xc1\x7f\x00\x00\x00\x00\x00\x01\x00\x00"s);
}

TEST(Frame, CloseReasonsAreCutBetweenCharacters) {
  EXPECT_EQ(EncodeClose(3008, "slow"), "\x88\x06\x0b\xc0slow");
  EXPECT_EQ(EncodeClose(1000, std::string(123, 'x')).size(), 127U);
  EXPECT_EQ(EncodeClose(1000, std::string(124, 'x')).size(), 127U);
  std::string long_reason(122, 'x');
  long_reason += "\xc3\xa9";
  const std::string cut = EncodeClose(1000, long_reason);
  EXPECT_EQ(cut.size(), 126U);
  EXPECT_EQ(cut.back(), 'x');
}

TEST(Utf8, LongTextIsCheckedToItsEnd) {
  const std::string ascii(100, 'a');
  EXPECT_TRUE(IsUtf8(ascii));
  EXPECT_TRUE(IsUtf8(ascii + "\xf0\x9f\x98\x80" + ascii));
  EXPECT_FALSE(IsUtf8(ascii + "\xed\xa0\x80"));
  EXPECT_FALSE(IsUtf8("\xc0\x80"));
  EXPECT_FALSE(IsUtf8(ascii + "\xf0\x9f\x98"));
}

}  // namespace
}  // namespace livedrops::server
