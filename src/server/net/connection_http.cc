#include "server/net/connection.h"
#include "server/net/exchange.h"
#include "server/net/handshake.h"
#include "server/net/loop_server.h"

namespace livedrops::server {
namespace {

// While more than that waits to be written, further requests of the connection wait too.
constexpr std::size_t kBacklogBytes = 64 << 10;
// Smaller bodies are copied behind their head and written with it.
constexpr std::size_t kCopiedBodyMax = 16 << 10;

}  // namespace

bool Connection::Backlogged() const { return queued_bytes() > kBacklogBytes; }

void Connection::OnHttpBytes(std::string_view bytes) {
  // Most requests come whole and are read where they are.
  if (input_.empty()) {
    const std::size_t used = Process(bytes);
    input_.append(bytes.substr(used));
  } else {
    input_.append(bytes);
    input_.erase(0, Process(input_));
  }
  Settle();
}

// An answer was given, or written: goes on with what had arrived before.
void Connection::Resume() {
  if (!input_.empty()) input_.erase(0, Process(input_));
  Settle();
}

// Handles every request that is complete, as long as answers come at once. Returns how much of
// `bytes` is done with.
std::size_t Connection::Process(std::string_view bytes) {
  std::size_t done = 0;
  corked_ = true;
  while (state_ == State::kReading && done < bytes.size() && !Backlogged()) {
    std::size_t used = 0;
    const HttpParser::Progress progress = parser_->Feed(bytes.substr(done), &used);
    done += used;
    if (parser_->TakeContinue() && progress == HttpParser::Progress::kMore) {
      queue_.Append("HTTP/1.1 100 Continue\r\n\r\n");
    }
    if (progress == HttpParser::Progress::kMore) break;
    if (progress == HttpParser::Progress::kRefused) {
      Refuse(parser_->status(), parser_->detail());
    } else if (progress == HttpParser::Progress::kDone) {
      Dispatch(parser_->TakeRequest(), parser_->keep_alive());
    } else if (server_->options().deliver_too_large) {
      Dispatch(parser_->TakeRequest(), false);
    } else {
      Refuse(413, "the body is too large");
    }
  }
  corked_ = false;
  stalled_ = state_ == State::kReading && done < bytes.size() && Backlogged();
  return done;
}

// After input was processed: what it led to is written, and waited for.
void Connection::Settle() {
  if (!Flush()) return;
  // The kernel has taken at once what stopped the requests behind it.
  while (stalled_ && state_ == State::kReading && !Backlogged()) {
    input_.erase(0, Process(input_));
    if (!Flush()) return;
  }
  switch (state_) {
    case State::kReading:
      WaitForRequest();
      break;
    case State::kWebSocket: {
      // What came behind the handshake are frames.
      std::string frames;
      frames.swap(input_);
      if (!frames.empty()) OnWebSocketBytes(frames);
      break;
    }
    case State::kFinishing:
    case State::kLingering:
      input_.clear();
      break;
    case State::kHandling:
    case State::kStreaming:
    case State::kClosed:
      break;
  }
  UpdateReading();
}

void Connection::WaitForRequest() {
  if (stalled_) {
    // Not the client's request is late but its reading, and that has a timeout of its own.
    wait_ = Wait::kRequest;
    ClearDeadline();
  } else if (peer_ended_) {
    Finish();
  } else if (parser_->in_body()) {
    SetWait(Wait::kBody);
  } else if (!input_.empty()) {
    SetWait(Wait::kHead);
  } else if (wait_ != Wait::kFirst) {
    SetWait(Wait::kRequest);
  }
}

// Deadlines are absolute: a client that sends a byte now and then gains no time.
void Connection::SetWait(Wait wait) {
  if (wait == wait_ && deadline_ms_ != 0) return;
  // The head of the first request had its time from the start.
  const bool goes_on = wait == Wait::kHead && wait_ == Wait::kFirst && deadline_ms_ != 0;
  wait_ = wait;
  if (goes_on) return;
  const HttpLimits& limits = server_->limits();
  switch (wait) {
    case Wait::kFirst:
    case Wait::kHead:
      SetDeadline(limits.header_timeout);
      break;
    case Wait::kBody:
      SetDeadline(limits.body_timeout);
      break;
    case Wait::kRequest:
      SetDeadline(limits.idle_timeout);
      break;
  }
}

void Connection::Dispatch(Request request, bool keep_alive) {
  state_ = State::kHandling;
  wait_ = Wait::kRequest;
  ClearDeadline();
  keep_alive_ = keep_alive && !server_->stopping();
  head_only_ = request.method() == Method::kHead;
  minor_version_ = request.minor_version();
  request.peer_ = peer_;
  request.secure_ = tls_ != nullptr;
  request.loop_ = server_->index();
  parser_->Reset();
  server_->counters().requests.Add();
  const auto exchange = std::make_shared<Exchange>(shared_from_this(), ++exchange_);
  server_->Handle(std::move(request), Responder(exchange));
}

// The request is none, and where it ends is not known: this was the last one.
void Connection::Refuse(int status, std::string_view detail) {
  server_->counters().refused.Add();
  if (tls_ && !tls_->established()) {
    Abort();
    return;
  }
  state_ = State::kHandling;
  ++exchange_;
  keep_alive_ = false;
  head_only_ = false;
  minor_version_ = 1;
  input_.clear();
  Response refusal = server_->Refusal(status, detail);
  if (status == 405) refusal.Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  WriteResponse(std::move(refusal));
  Finish();
}

// --- answers -------------------------------------------------------------------------------------

void Connection::Answer(std::uint64_t exchange, Response response) {
  if (state_ != State::kHandling || exchange != exchange_) return;
  const auto self = shared_from_this();
  if (response.close() || server_->stopping()) keep_alive_ = false;
  WriteResponse(std::move(response));
  FinishAnswer();
}

void Connection::WriteHead(int status, const std::string& fields, Framing framing) {
  framing.keep_alive = keep_alive_;
  framing.minor_version = minor_version_;
  static thread_local std::string head;
  head.clear();
  AppendHead(status, fields, server_->date(), framing, &head);
  queue_.Append(head);
}

void Connection::WriteResponse(Response response) {
  const std::string_view body = response.body();
  Framing framing;
  framing.length = body.size();
  if (!HasBody(response.status())) framing.body = Framing::Body::kNone;
  WriteHead(response.status(), response.fields(), framing);
  if (head_only_ || !HasBody(response.status())) return;
  if (body.size() <= kCopiedBodyMax) {
    queue_.Append(body);
  } else if (response.shared_body_) {
    queue_.Push(response.shared_body_, body);
  } else {
    queue_.PushOwned(std::move(response.body_));
  }
}

void Connection::FinishAnswer() {
  if (!keep_alive_) {
    Finish();
    return;
  }
  state_ = State::kReading;
  if (!corked_) Resume();
}

// --- streamed answers ----------------------------------------------------------------------------

Result<ResponseStream> Connection::Stream(std::uint64_t exchange, const Response& head,
                                          std::function<void()> on_close,
                                          const QueueLimits& queue) {
  if (state_ != State::kHandling || exchange != exchange_) {
    return Status(StatusCode::kClosed, "the client is gone");
  }
  const auto self = shared_from_this();
  auto stream = std::make_unique<StreamState>();
  stream->limits = queue;
  stream->chunked = minor_version_ >= 1;
  stream->on_close = std::move(on_close);
  if (head.close() || server_->stopping() || !stream->chunked) keep_alive_ = false;
  Framing framing;
  framing.body = stream->chunked ? Framing::Body::kChunked : Framing::Body::kUntilClose;
  WriteHead(head.status(), head.fields(), framing);
  stream_ = std::move(stream);
  state_ = State::kStreaming;
  server_->counters().streams.Add();
  if (head_only_) {
    EndStreamState();
    FinishAnswer();
  } else {
    LimitSendBuffer();
    FlushUnlessCorked();
  }
  return ResponseStream(self, exchange);
}

Sent Connection::SendChunk(std::uint64_t exchange, const Chunk& chunk, Droppable droppable) {
  if (!stream_open(exchange)) return Sent::kClosed;
  const EncodedChunk& encoded = *chunk.encoded_;
  const std::string_view text = encoded.text;
  const std::string_view bytes =
      stream_->chunked ? text : text.substr(encoded.content_offset, encoded.content_size);
  if (droppable == Droppable::kYes && queued_bytes() > stream_->limits.bytes_soft) {
    server_->counters().dropped.Add();
    return Sent::kDropped;
  }
  if (bytes.size() + queued_bytes() > stream_->limits.bytes_max) {
    server_->counters().slow_closed.Add();
    Abort();
    return Sent::kClosed;
  }
  queue_.Push(chunk.encoded_, bytes);
  FlushUnlessCorked();
  return state_ == State::kClosed ? Sent::kClosed : Sent::kQueued;
}

void Connection::EndStream(std::uint64_t exchange) {
  if (!stream_open(exchange)) return;
  const auto self = shared_from_this();
  if (stream_->chunked) queue_.Append("0\r\n\r\n");
  EndStreamState();
  FinishAnswer();
}

// The owner is told on a later turn of the loop, so that sending never calls back.
void Connection::EndStreamState() {
  if (!stream_) return;
  server_->counters().streams.Subtract();
  if (stream_->on_close) mailbox_->Post(std::move(stream_->on_close));
  stream_.reset();
}

}  // namespace livedrops::server
