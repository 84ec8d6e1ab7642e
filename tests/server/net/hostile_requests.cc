#include "tests/server/net/hostile_requests.h"

#include <utility>

namespace livedrops::server {
namespace {

// With the fields given and, behind the head, `body`.
std::string Post(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

std::string Get(const std::string& fields) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}

std::string Chunked(const std::string& body) {
  return Post("Transfer-Encoding: chunked\r\n", body);
}

using Requests = std::vector<HostileRequest>;

Requests RequestLines() {
  const std::string host = "\r\nHost: h\r\n\r\n";
  return {
      {"http 0.9", "GET /\r\n\r\n", 400},
      {"http 0.9 with a version", "GET / HTTP/0.9" + host, 505},
      {"http 1.2", "GET / HTTP/1.2" + host, 505},
      {"http 2.0", "GET / HTTP/2.0" + host, 505},
      {"http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"version 1.10", "GET / HTTP/1.10" + host, 400},
      {"version in lower case", "GET / http/1.1" + host, 400},
      {"version of a third protocol", "GET / ICE/1.0" + host, 400},
      {"no target", "GET HTTP/1.1" + host, 400},
      {"two spaces before the target", "GET  / HTTP/1.1" + host, 400},
      {"two spaces behind the target", "GET /  HTTP/1.1" + host, 400},
      {"space behind the version", "GET / HTTP/1.1 " + host, 400},
      {"space before the method", " GET / HTTP/1.1" + host, 400},
      {"tab in the request line", "GET\t/ HTTP/1.1" + host, 400},
      {"tab in the target", "GET /a\tb HTTP/1.1" + host, 400},
      {"space in the target", "GET /a b HTTP/1.1" + host, 400},
      {"high byte in the target", "GET /\xc3\xa9 HTTP/1.1" + host, 400},
      {"fragment in the target", "GET /a#b HTTP/1.1" + host, 400},
      {"target without a slash", "GET a HTTP/1.1" + host, 400},
      {"asterisk of a GET", "GET * HTTP/1.1" + host, 400},
      {"half a percent code", "GET /%2 HTTP/1.1" + host, 400},
      {"no percent code", "GET /%zz HTTP/1.1" + host, 400},
      {"encoded NUL", "GET /%00 HTTP/1.1" + host, 400},
      {"half a percent code in the query", "GET /?a=%f HTTP/1.1" + host, 400},
      {"lower-case method", "get / HTTP/1.1" + host, 405},
      {"unknown method", "BREW / HTTP/1.1" + host, 405},
      {"CONNECT", "CONNECT h:80 HTTP/1.1" + host, 405},
      {"TRACE", "TRACE / HTTP/1.1" + host, 405},
      {"method that is no token", "G@T / HTTP/1.1" + host, 400},
      {"line end without CR", "GET / HTTP/1.1\nHost: h\n\n", 400},
      {"target of another host", "GET http://other/ HTTP/1.1" + host, 400},
      {"target of another scheme", "GET ftp://h/ HTTP/1.1" + host, 400},
      {"bytes that are none", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
  };
}

Requests Fields() {
  return {
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", Get("Host: h\r\n"), 400},
      {"two hosts that differ", Get("Host: other\r\n"), 400},
      {"two hosts in one", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"space before the colon", Get("A : b\r\n"), 400},
      {"tab before the colon", Get("A\t: b\r\n"), 400},
      {"space before the colon of a length", Post("Content-Length : 5\r\n", "hello"), 400},
      {"no colon", Get("Abc\r\n"), 400},
      {"empty name", Get(": b\r\n"), 400},
      {"name with a space", Get("A b: c\r\n"), 400},
      {"name that is no token", Get("A(b): c\r\n"), 400},
      {"name with a high byte", Get("\xc3\xa9: c\r\n"), 400},
      {"folded line", Get("A: b\r\n c\r\n"), 400},
      {"folded line by a tab", Get("A: b\r\n\tc\r\n"), 400},
      {"first line is folded", "GET / HTTP/1.1\r\n Host: h\r\nHost: h\r\n\r\n", 400},
      {"NUL in a value", Get(std::string("A: b\0c\r\n", 8)), 400},
      {"CR in a value", Get("A: b\rc\r\n"), 400},
      {"CR hides a field", Get("A: \rTransfer-Encoding: chunked\r\n"), 400},
      {"LF in a value", Get("A: b\nB: c\r\n"), 400},
      {"two CR", Get("A: b\r\r\n"), 400},
      {"vertical tab in a value", Get("A: b\x0b\r\n"), 400},
      {"DEL in a value", Get("A: \x7f\r\n"), 400},
      {"expectation of something else", Post("Expect: coffee\r\nContent-Length: 1\r\n", "a"), 417},
  };
}

Requests Lengths() {
  const auto length = [](const std::string& value) {
    return Post("Content-Length: " + value + "\r\n", "hello");
  };
  return {
      {"length with a plus", length("+5"), 400},
      {"length with a minus", length("-5"), 400},
      {"length in hexadecimal", length("0x5"), 400},
      {"length with an exponent", length("5e0"), 400},
      {"length with a point", length("5.0"), 400},
      {"length twice in one", length("5, 5"), 400},
      {"length with a space inside", length("5 5"), 400},
      {"length with a comma", length("5,"), 400},
      {"empty length", length(""), 400},
      {"length that is a word", length("five"), 400},
      {"length of 2^64", length("18446744073709551616"), 400},
      {"length of 2^64 + 5", length("18446744073709551621"), 400},
      {"length of 10^30", length("1000000000000000000000000000000"), 400},
      {"length above the limit", length("1000001"), 413},
      {"two equal lengths", Post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"two lengths that differ", Post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
       400},
      {"a length and none", Post("Content-Length: 5\r\nContent-Length:\r\n", "hello"), 400},
  };
}

Requests Codings() {
  const auto coding = [](const std::string& value) {
    return Post("Transfer-Encoding: " + value + "\r\n", "0\r\n\r\n");
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  return {
      {"length, then chunked", Post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"), 400},
      {"chunked, then length", Post(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"chunked twice", Post(chunked + chunked, "0\r\n\r\n"), 400},
      {"chunked and identity", Post(chunked + "Transfer-Encoding: identity\r\n", "0\r\n\r\n"), 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: h\r\n" + chunked + "\r\n0\r\n\r\n", 400},
      {"xchunked", coding("xchunked"), 400},
      {"identity", coding("identity"), 400},
      {"gzip", coding("gzip"), 400},
      {"gzip, chunked", coding("gzip, chunked"), 501},
      {"chunked, gzip", coding("chunked, gzip"), 400},
      {"chunked, chunked", coding("chunked, chunked"), 400},
      {"chunked, identity", coding("chunked, identity"), 400},
      {"chunked chunked", coding("chunked chunked"), 400},
      {"quoted", coding("\"chunked\""), 400},
      {"with a parameter", coding("chunked;q=1"), 400},
      {"empty", coding(""), 400},
      {"with a vertical tab",
       coding("\x0b"
              "chunked"),
       400},
      {"folded", Post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
      {"space before its colon", Post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
  };
}

Requests Chunks() {
  return {
      {"chunk of 0x5", Chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk of +5", Chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk of -1", Chunked("-1\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk of 0_5", Chunked("0_5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk of 2^64", Chunked("10000000000000000\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk of 2^64 + 5", Chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk without a size", Chunked("\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk with a space before its size", Chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size without CR", Chunked("5\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size without LF", Chunked("5\rhello\r\n0\r\n\r\n"), 400},
      {"chunk end without CR", Chunked("5\r\nhello\n0\r\n\r\n"), 400},
      {"chunk end of two other bytes", Chunked("5\r\nhelloXX0\r\n\r\n"), 400},
      {"chunk longer than its size", Chunked("5\r\nhello!\r\n0\r\n\r\n"), 400},
      {"chunk above the limit", Chunked("fffff\r\nhello"), 413},
      {"last chunk's end without CR", Chunked("5\r\nhello\r\n0\n\n"), 400},
      {"trailer with a space in its name", Chunked("0\r\nA b: c\r\n\r\n"), 400},
      {"trailer where CR hides a field", Chunked("0\r\nA: \rB: c\r\n\r\n"), 400},
      {"trailer without CR", Chunked("0\r\nA: b\nB: c\r\n\r\n"), 400},
      {"chunk extension with a control character", Chunked("5;a\x01=b\r\nhello\r\n0\r\n\r\n"), 400},
  };
}

Requests Harmless() {
  return {
      {"plain", Get(""), 0},
      {"length", Post("Content-Length: 5\r\n", "hello"), 0},
      {"length with spaces around", Post("Content-Length:  5 \r\n", "hello"), 0},
      {"chunked", Chunked("5\r\nhello\r\n0\r\n\r\n"), 0},
      {"chunked in upper case", Post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"), 0},
      {"chunk with an extension", Chunked("5;a=b\r\nhello\r\n0\r\n\r\n"), 0},
      {"chunks with a trailer", Chunked("5\r\nhello\r\n0\r\nA: b\r\n\r\n"), 0},
      {"trailer named as a field of the envelope", Chunked("0\r\nHost: x\r\nA: 1\r\n\r\n"), 0},
      {"absolute target", "GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n", 0},
      {"asterisk of OPTIONS", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 0},
      {"HTTP/1.0 without a host", "GET / HTTP/1.0\r\n\r\n", 0},
      {"an empty line before", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 0},
      {"offer of HTTP/2",
       Get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
           "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
       0},
      {"high byte in a value", Get("A: \xc3\xa9\r\n"), 0},
      {"empty value", Get("A:\r\n"), 0},
  };
}

}  // namespace

const std::vector<HostileRequest>& HostileRequests() {
  static const Requests all = [] {
    Requests joined;
    for (Requests part : {RequestLines(), Fields(), Lengths(), Codings(), Chunks(), Harmless()}) {
      for (HostileRequest& request : part) joined.push_back(std::move(request));
    }
    return joined;
  }();
  return all;
}

}  // namespace livedrops::server
