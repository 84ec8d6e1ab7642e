#include "tests/postgres/proxy.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <memory>

namespace livedrops {
namespace {

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  EXPECT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

int Connect(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(path);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

bool WriteAll(int fd, const std::string& bytes) {
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t written = send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (written <= 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

}  // namespace

PostgresProxy::PostgresProxy(std::string server_socket) : server_socket_(std::move(server_socket)) {
  std::string name = (std::filesystem::temp_directory_path() / "livedrops-link-XXXXXX").string();
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  directory_ = name;
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(directory_ / ".s.PGSQL.5432");
  EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(listen(listener_, 64), 0);
  Play({});
  thread_ = std::thread([this] { Run(); });
}

PostgresProxy::~PostgresProxy() {
  stopping_ = true;
  thread_.join();
  for (Link& link : links_) Close(&link);
  close(listener_);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string PostgresProxy::Through(const std::string& url) const {
  std::string host;
  for (const char c : directory_.string())
    host += c == '/' ? std::string("%2F") : std::string(1, c);
  const std::size_t from = url.find("host=") + 5;
  return url.substr(0, from) + host + url.substr(url.find('&', from));
}

void PostgresProxy::Play(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::make_shared<const Script>(std::move(script));
}

std::shared_ptr<const PostgresProxy::Script> PostgresProxy::PresentScript() {
  const std::lock_guard lock(mutex_);
  return script_;
}

void PostgresProxy::Close(Link* link) {
  if (link->client >= 0) close(link->client);
  if (link->server >= 0) close(link->server);
  *link = Link();
}

void PostgresProxy::Accept() {
  Link link;
  link.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  link.server = Connect(server_socket_);
  if (link.client >= 0 && link.server >= 0) {
    links_.push_back(link);
  } else {
    Close(&link);
  }
}

void PostgresProxy::Run() {
  while (!stopping_) {
    std::vector<pollfd> sockets = {{listener_, POLLIN, 0}};
    for (const Link& link : links_) {
      sockets.push_back({link.client, POLLIN, 0});
      sockets.push_back({link.server, POLLIN, 0});
    }
    if (poll(sockets.data(), sockets.size(), 20) <= 0) continue;
    const std::size_t known = links_.size();
    for (std::size_t i = 0; i < known; ++i) {
      Link& link = links_[i];
      const bool from_client = sockets[1 + 2 * i].revents != 0;
      const bool from_server = sockets[2 + 2 * i].revents != 0;
      if ((from_client && !Pass(&link, true)) || (from_server && !Pass(&link, false))) Close(&link);
    }
    std::erase_if(links_, [](const Link& link) { return link.client < 0; });
    if (sockets[0].revents != 0) Accept();
  }
}

bool PostgresProxy::Pass(Link* link, bool to_server) {
  std::string bytes(65'536, '\0');
  const ssize_t size = read(to_server ? link->client : link->server, bytes.data(), bytes.size());
  if (size <= 0) return false;
  bytes.resize(static_cast<std::size_t>(size));
  if (link->swallows) return true;
  const std::shared_ptr<const Script> script = PresentScript();
  const LinkAction action = *script ? (*script)(to_server, bytes) : LinkAction::forward;
  if (action == LinkAction::cut_before) return false;
  if (action == LinkAction::swallow) {
    link->swallows = true;
    return true;
  }
  const bool written = WriteAll(to_server ? link->server : link->client, bytes);
  return written && action == LinkAction::forward;
}

PostgresProxy::Script CutAtSync(bool server_gets_it) {
  return [server_gets_it](bool to_server, const std::string& bytes) {
    // A commit writes the head, and ends with Sync: 'S' and a length of 4.
    const std::string_view sync("S\0\0\0\4", 5);
    const bool ends = to_server && bytes.size() > 200 && bytes.ends_with(sync);
    if (!ends) return LinkAction::forward;
    return server_gets_it ? LinkAction::cut_after : LinkAction::cut_before;
  };
}

}  // namespace livedrops
