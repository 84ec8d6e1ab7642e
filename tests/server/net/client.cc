#include "tests/server/net/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace livedrops::server {
namespace {

constexpr int kGiveUpMs = 10000;
constexpr std::string_view kMask = "\x37\xfa\x21\x3d";

}  // namespace

std::string ReceivedResponse::Field(const std::string& name) const {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

int ReceivedFrame::code() const {
  if (payload.size() < 2) return 1005;
  return static_cast<unsigned char>(payload[0]) * 256 + static_cast<unsigned char>(payload[1]);
}

Client::Client(int port, const char* address, int receive_buffer) {
  const bool ipv6 = std::string_view(address).find(':') != std::string_view::npos;
  fd_ = socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer != 0) {
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in6 to6{};
  to6.sin6_family = AF_INET6;
  to6.sin6_port = htons(static_cast<std::uint16_t>(port));
  sockaddr_in to4{};
  to4.sin_family = AF_INET;
  to4.sin_port = to6.sin6_port;
  inet_pton(ipv6 ? AF_INET6 : AF_INET, address,
            ipv6 ? static_cast<void*>(&to6.sin6_addr) : static_cast<void*>(&to4.sin_addr));
  const auto* to = ipv6 ? reinterpret_cast<sockaddr*>(&to6) : reinterpret_cast<sockaddr*>(&to4);
  connected_ = connect(fd_, to, ipv6 ? sizeof to6 : sizeof to4) == 0;
}

Client::~Client() { close(fd_); }

void Client::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // The server has closed; what a test then reads tells it.
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Client::CloseSending() const { shutdown(fd_, SHUT_WR); }

void Client::Reset() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd_);
  fd_ = -1;
}

bool Client::Fill() {
  pollfd ready{fd_, POLLIN, 0};
  if (poll(&ready, 1, kGiveUpMs) <= 0) return false;
  std::array<char, 65536> buffer;
  const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count < 0) was_reset_ = true;
  if (count <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

bool Client::Need(std::size_t bytes) {
  while (received_.size() < bytes) {
    if (!Fill()) return false;
  }
  return true;
}

std::string Client::Take(std::size_t bytes) {
  std::string taken = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return taken;
}

std::string Client::ReadUntil(const std::string& end) {
  std::size_t at = 0;
  while ((at = received_.find(end)) == std::string::npos) {
    if (!Fill()) return "";
  }
  return Take(at + end.size());
}

std::string Client::ReadToEnd() {
  while (Fill()) {
  }
  return Take(received_.size());
}

bool Client::EndsHere() { return received_.empty() && !Fill() && received_.empty(); }

ReceivedResponse Client::ReadResponse(bool head_only) {
  ReceivedResponse response;
  response.head = ReadUntil("\r\n\r\n");
  if (response.head.empty()) return response;
  const std::string length = response.Field("Content-Length");
  if (response.Field("Transfer-Encoding") == "chunked" && !head_only) {
    for (;;) {
      const std::string size = ReadUntil("\r\n");
      const std::size_t bytes = std::strtoul(size.c_str(), nullptr, 16);
      if (size.empty() || !Need(bytes + 2)) return response;
      response.body += Take(bytes);
      if (Take(2) != "\r\n") return response;
      if (bytes == 0) break;
    }
  } else if (!length.empty() && !head_only) {
    const std::size_t bytes = std::strtoul(length.c_str(), nullptr, 10);
    if (!Need(bytes)) return response;
    response.body = Take(bytes);
  }
  response.status = std::atoi(response.head.substr(9, 3).c_str());
  return response;
}

ReceivedResponse Client::Get(const std::string& target) {
  Send("GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n");
  return ReadResponse();
}

int Client::Upgrade(const std::string& target, const std::string& fields) {
  Send("GET " + target +
       " HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" +
       fields + "\r\n");
  return ReadResponse().status;
}

std::string ClientFrame(int opcode, std::string_view payload, bool final, int rsv, bool masked) {
  std::string frame;
  frame.push_back(static_cast<char>((final ? 0x80 : 0) | (rsv << 4) | opcode));
  const int mask_bit = masked ? 0x80 : 0;
  const std::size_t size = payload.size();
  int length_bytes = 0;
  if (size > 125) length_bytes = size <= 0xFFFF ? 2 : 8;
  const int first = length_bytes == 0 ? static_cast<int>(size) : length_bytes == 2 ? 126 : 127;
  frame.push_back(static_cast<char>(mask_bit | first));
  for (int i = length_bytes - 1; i >= 0; --i) frame.push_back(static_cast<char>(size >> (8 * i)));
  if (masked) frame += kMask;
  for (std::size_t i = 0; i < size; ++i) {
    frame.push_back(static_cast<char>(masked ? payload[i] ^ kMask[i % 4] : payload[i]));
  }
  return frame;
}

void Client::SendFrame(int opcode, std::string_view payload, bool final, int rsv) const {
  Send(ClientFrame(opcode, payload, final, rsv));
}

ReceivedFrame Client::ReadFrame() {
  ReceivedFrame frame;
  if (!Need(2)) return frame;
  const int first = static_cast<unsigned char>(received_[0]);
  std::size_t size = static_cast<unsigned char>(received_[1]);
  std::size_t head = 2;
  if (size >= 126) head += size == 126 ? 2 : 8;
  if (!Need(head)) return frame;
  if (head > 2) {
    size = 0;
    for (std::size_t i = 2; i < head; ++i)
      size = size * 256 + static_cast<unsigned char>(received_[i]);
  }
  if (!Need(head + size)) return frame;
  Take(head);
  frame.payload = Take(size);
  frame.opcode = first & 0x0F;
  frame.rsv1 = (first & 0x40) != 0;
  return frame;
}

}  // namespace livedrops::server
