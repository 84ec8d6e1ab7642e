// HttpParser: bytes in, one request after the other out. Without sockets and time.
//
// The parser is llhttp in strict mode. In front of it stands a lexical check of the head, because
// llhttp 8 takes some heads that proxies read otherwise, and behind it a check of the envelope:
// what the fields together say about where the request ends. docs/internals/network.md has the
// list.
#pragma once

#include <llhttp.h>

#include <cstddef>
#include <functional>
#include <string_view>

#include "livedrops/server/http_server.h"

namespace livedrops::server {

class HttpParser {
 public:
  using BodyLimit = std::function<std::size_t(const Request&)>;

  // Both live longer than the parser. An empty function: limits.body_bytes for all.
  HttpParser(const HttpLimits& limits, const BodyLimit& body_limit);
  HttpParser(const HttpParser&) = delete;
  HttpParser& operator=(const HttpParser&) = delete;

  enum class Progress {
    kMore,      // Nothing whole yet.
    kDone,      // TakeRequest() has it; then Reset() for the next one.
    kTooLarge,  // The body is above its limit; TakeRequest() has the head. The connection is lost.
    kRefused,   // status() and detail() say why. The connection is lost.
  };

  // Reads from `in`; `*used` says how much of it is done with. The rest must be there again at the
  // next call, in front of what has arrived since: a head is taken only as a whole.
  Progress Feed(std::string_view in, std::size_t* used);

  Request TakeRequest() { return std::move(request_); }
  void Reset();

  // Of a refused request: 400, 414, 417, 431, 501 or 505.
  int status() const { return status_; }
  std::string_view detail() const { return detail_; }

  // The head is complete, the body is not.
  bool in_body() const { return head_done_ && !done_; }
  // The client waits for "100 Continue" before it sends the body. True once.
  bool TakeContinue();
  // Whether the connection outlives this request, as far as the client is concerned.
  bool keep_alive() const { return keep_alive_; }
  bool chunked_answers() const { return request_minor_ >= 1; }

 private:
  struct Callbacks;  // What llhttp calls.
  friend struct Callbacks;

  Progress FeedHead(std::string_view in, std::size_t* used);
  Progress Execute(std::string_view in, std::size_t* used);
  bool ScanHead(std::string_view in);
  bool HeadWithinLimits(std::string_view in);
  bool CheckRequestLine(std::string_view line);
  bool CheckVersion(std::string_view version);
  bool CheckMethod(std::string_view method);
  bool ParseTarget();
  bool SkipAuthority();
  bool AddPart(Request::Piece part, bool plus_is_space);
  void AddField(const char* at, std::size_t size);
  void ExtendValue(const char* at, std::size_t size);
  bool CheckEnvelope();
  bool CheckCoding(std::string_view coding);
  bool CheckHost();
  int FinishHead();
  int FailTooLarge();
  int AddBody(const char* at, std::size_t size);
  bool Refuse(int status, std::string_view detail);

  const HttpLimits& limits_;
  const BodyLimit& body_limit_;
  llhttp_t parser_;
  Request request_;
  int request_minor_ = 1;

  // Of the head that is being looked at; positions in `in`.
  const char* head_ = nullptr;
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  std::size_t request_line_end_ = 0;  // Behind its line end; 0 while unknown.
  std::size_t head_end_ = 0;          // Behind the empty line; 0 while unknown.
  char previous_ = 0;
  bool leading_line_skipped_ = false;

  std::size_t body_limit_bytes_ = 0;
  std::size_t body_wire_bytes_ = 0;
  bool in_value_ = false;
  bool head_done_ = false;
  bool done_ = false;
  bool too_large_ = false;
  bool wants_continue_ = false;
  bool keep_alive_ = true;
  int status_ = 0;
  std::string_view detail_;
};

}  // namespace livedrops::server
