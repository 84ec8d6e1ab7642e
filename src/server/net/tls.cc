#include "server/net/tls.h"

#include <openssl/err.h>

#include <array>
#include <new>

namespace livedrops::server {
namespace {

// Only HTTP/1.1 is spoken here; a client that offers nothing else is told so.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offers, unsigned offers_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_size, kHttp11, sizeof kHttp11 - 1, offers,
                            offers_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

Status Failed(const std::string& what, const std::string& file) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  ERR_clear_error();
  return {StatusCode::kInvalidArgument, what + " " + file + ": " + reason.data()};
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::Load(const std::string& cert_file,
                                                     const std::string& key_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (context == nullptr) throw std::bad_alloc();
  const std::shared_ptr<TlsContext> owner(new TlsContext(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(
      context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_COMPRESSION);
  // Idle connections keep no buffers: about 34 KiB less each.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, SelectProtocol, nullptr);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    return Failed("cannot use the certificate", cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return Failed("cannot use the key", key_file);
  }
  return owner;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsSession::TlsSession(std::shared_ptr<TlsContext> context)
    : context_(std::move(context)),
      ssl_(SSL_new(context_->get())),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())) {
  if (ssl_ == nullptr || in_ == nullptr || out_ == nullptr) throw std::bad_alloc();
  SSL_set_bio(ssl_, in_, out_);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

TlsSession::Progress TlsSession::Decrypt(std::string_view cipher, std::string* plain) {
  // OpenSSL keeps errors per thread: one that another session left would be taken for ours.
  ERR_clear_error();
  BIO_write(in_, cipher.data(), static_cast<int>(cipher.size()));
  std::array<char, 16384> buffer;
  int count = 0;
  while ((count = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()))) > 0) {
    plain->append(buffer.data(), static_cast<std::size_t>(count));
  }
  switch (SSL_get_error(ssl_, count)) {
    case SSL_ERROR_WANT_READ:
      return Progress::kOpen;
    case SSL_ERROR_ZERO_RETURN:
      return Progress::kPeerClosed;
    default:
      return Progress::kFailed;
  }
}

bool TlsSession::Encrypt(std::string_view plain) {
  if (plain.empty()) return true;
  ERR_clear_error();
  return SSL_write(ssl_, plain.data(), static_cast<int>(plain.size())) > 0;
}

void TlsSession::Close() {
  if (!established()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
}

std::string TlsSession::TakeOutput() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(out_, &data);
  if (size <= 0) return {};
  std::string output(data, static_cast<std::size_t>(size));
  (void)BIO_reset(out_);
  return output;
}

}  // namespace livedrops::server
