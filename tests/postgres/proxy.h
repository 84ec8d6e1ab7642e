// A link to the server that can be cut: between our client and the server's socket, byte for byte.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace livedrops {

// What the link does with bytes that arrive. Called by the proxy's thread for each piece.
enum class LinkAction {
  forward,
  // Nothing more is let through in either direction, and both ends are closed: before these bytes,
  // or after they went on.
  cut_before,
  cut_after,
  // Nothing more is let through, and nobody is told: a network that swallows packets.
  swallow,
};

class PostgresProxy {
 public:
  // `to_server`: which way. `bytes`: the piece.
  using Script = std::function<LinkAction(bool to_server, const std::string& bytes)>;

  explicit PostgresProxy(std::string server_socket);
  ~PostgresProxy();
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  // The URL with the proxy in place of the server.
  std::string Through(const std::string& url) const;
  // What happens from now on; empty: everything passes.
  void Play(Script script);

 private:
  struct Link {
    int client = -1;
    int server = -1;
    bool swallows = false;
  };

  void Run();
  void Accept();
  std::shared_ptr<const Script> PresentScript();
  // False: the link is over.
  bool Pass(Link* link, bool to_server);
  static void Close(Link* link);

  const std::string server_socket_;
  std::filesystem::path directory_;
  int listener_ = -1;
  std::vector<Link> links_;
  std::mutex mutex_;
  std::shared_ptr<const Script> script_;  // Guarded by mutex_.
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

// Cuts the link when a client's transaction is complete: before the server got its end, or after.
PostgresProxy::Script CutAtSync(bool server_gets_it);

}  // namespace livedrops
