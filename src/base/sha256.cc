#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/assert.h"

namespace livedrops {

struct Sha256::Context {
  EVP_MD* algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  ~Context() {
    EVP_MD_CTX_free(digest);
    EVP_MD_free(algorithm);
  }
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  LD_ASSERT(context_->algorithm != nullptr);
  LD_ASSERT(context_->digest != nullptr);
}
Sha256::~Sha256() = default;

Hash Sha256::Of(std::string_view text) {
  Hash hash{};
  unsigned size = 0;
  const bool ok = EVP_DigestInit_ex2(context_->digest, context_->algorithm, nullptr) == 1 &&
                  EVP_DigestUpdate(context_->digest, text.data(), text.size()) == 1 &&
                  EVP_DigestFinal_ex(context_->digest, hash.data(), &size) == 1;
  LD_ASSERT(ok && size == hash.size());
  return hash;
}

}  // namespace livedrops
