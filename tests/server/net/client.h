// A client that says exactly what a test tells it to, for one connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livedrops::server {

struct ReceivedResponse {
  int status = 0;  // 0: the connection ended before an answer was complete.
  std::string head;
  std::string body;

  // The value of a field, by its exact name; "" when there is none.
  std::string Field(const std::string& name) const;
};

struct ReceivedFrame {
  int opcode = -1;  // -1: the connection ended.
  bool rsv1 = false;
  std::string payload;

  // Of a close frame; 1005 when it has none.
  int code() const;
};

// Everything that waits gives up after 10 s: then the connection counts as ended.
class Client {
 public:
  explicit Client(int port, const char* address = "127.0.0.1", int receive_buffer = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool connected() const { return connected_; }
  void Send(std::string_view bytes) const;
  void CloseSending() const;
  // Ends the connection with a reset.
  void Reset();

  // One answer, as its framing tells. `head_only`: of a HEAD request.
  ReceivedResponse ReadResponse(bool head_only = false);
  // Bytes up to and with `end`.
  std::string ReadUntil(const std::string& end);
  std::string ReadToEnd();
  // The server closes without another byte.
  bool EndsHere();
  // The connection was reset, not closed: something may have been lost.
  bool was_reset() const { return was_reset_; }

  ReceivedResponse Get(const std::string& target);

  // The opening handshake; the status.
  int Upgrade(const std::string& target, const std::string& fields = "");
  void SendFrame(int opcode, std::string_view payload, bool final = true, int rsv = 0) const;
  ReceivedFrame ReadFrame();

 private:
  bool Fill();
  bool Need(std::size_t bytes);
  std::string Take(std::size_t bytes);

  int fd_ = -1;
  bool connected_ = false;
  bool was_reset_ = false;
  std::string received_;
};

// A frame as a client sends it.
std::string ClientFrame(int opcode, std::string_view payload, bool final = true, int rsv = 0,
                        bool masked = true);

}  // namespace livedrops::server
