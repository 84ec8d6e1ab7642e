// TLS by OpenSSL on memory BIOs: bytes in, bytes out; the socket stays libuv's.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "livedrops/status.h"

namespace livedrops::server {

// A certificate and its key. Immutable: connections of all threads share it.
class TlsContext {
 public:
  // Errors: invalid_argument (a file cannot be read, is no PEM, or the key is another's).
  static Result<std::shared_ptr<TlsContext>> Load(const std::string& cert_file,
                                                  const std::string& key_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* get() const { return context_; }

 private:
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  SSL_CTX* context_;
};

// The server's side of one connection.
class TlsSession {
 public:
  explicit TlsSession(std::shared_ptr<TlsContext> context);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  enum class Progress { kOpen, kPeerClosed, kFailed };
  // Appends what the peer's bytes mean to `plain`. Also on failure there may be output to send.
  Progress Decrypt(std::string_view cipher, std::string* plain);
  // False: the session cannot be used any more.
  bool Encrypt(std::string_view plain);
  // Says goodbye, so that the peer knows that nothing was cut off.
  void Close();
  // What is to be sent, taken away.
  std::string TakeOutput();

  // The handshake is done.
  bool established() const { return SSL_is_init_finished(ssl_) == 1; }

 private:
  std::shared_ptr<TlsContext> context_;
  SSL* ssl_;
  BIO* in_;   // Owned by ssl_.
  BIO* out_;  // Owned by ssl_.
};

}  // namespace livedrops::server
