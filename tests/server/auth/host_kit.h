// A host's identity provider for tests: key pairs, their JWKs, tokens signed with them.
#pragma once

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "server/auth/base64url.h"
#include "server/auth/crypto.h"

namespace livedrops::server {

class HostKey {
 public:
  static HostKey Rsa(std::size_t bits = 2048) {
    return {"RS256", EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits)};
  }
  static HostKey P256() { return {"ES256", EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")}; }
  static HostKey Ed25519() { return {"EdDSA", EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}; }

  const std::string& algorithm() const { return algorithm_; }

  std::string Jwk(const std::string& kid) const {
    const std::string head =
        "{\"kid\":\"" + kid + "\",\"use\":\"sig\",\"alg\":\"" + algorithm_ + "\",";
    if (algorithm_ == "RS256") {
      return head + "\"kty\":\"RSA\",\"n\":\"" + Number(OSSL_PKEY_PARAM_RSA_N) + "\",\"e\":\"" +
             Number(OSSL_PKEY_PARAM_RSA_E) + "\"}";
    }
    if (algorithm_ == "ES256") {
      return head + "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + Number(OSSL_PKEY_PARAM_EC_PUB_X) +
             "\",\"y\":\"" + Number(OSSL_PKEY_PARAM_EC_PUB_Y) + "\"}";
    }
    std::string raw(32, '\0');
    std::size_t length = raw.size();
    EVP_PKEY_get_raw_public_key(key_.get(), Out(&raw), &length);
    return head + "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + ToBase64Url(raw) + "\"}";
  }

  std::string Token(const std::string& kid, const std::string& claims) const {
    const std::string header = R"({"alg":")" + algorithm_ + R"(","kid":")" + kid + "\"}";
    const std::string text = ToBase64Url(header) + "." + ToBase64Url(claims);
    return text + "." + ToBase64Url(Sign(text));
  }

 private:
  HostKey(std::string algorithm, EVP_PKEY* key)
      : algorithm_(std::move(algorithm)), key_(key, EVP_PKEY_free) {
    EXPECT_NE(key, nullptr);
  }

  static unsigned char* Out(std::string* text) {
    return reinterpret_cast<unsigned char*>(text->data());
  }

  std::string Number(const char* name) const {
    BIGNUM* number = nullptr;
    EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), name, &number), 1);
    const std::size_t fixed = algorithm_ == "ES256" ? 32 : 0;  // RFC 7518 §6.2: full length.
    std::string bytes(std::max(fixed, static_cast<std::size_t>(BN_num_bytes(number))), '\0');
    BN_bn2binpad(number, Out(&bytes), static_cast<int>(bytes.size()));
    BN_free(number);
    return ToBase64Url(bytes);
  }

  std::string Sign(const std::string& text) const {
    const EVP_MD* digest = algorithm_ == "EdDSA" ? nullptr : EVP_sha256();
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     EVP_MD_CTX_free);
    EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get()), 1);
    std::string signature(1024, '\0');
    std::size_t length = signature.size();
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    EXPECT_EQ(EVP_DigestSign(context.get(), Out(&signature), &length, data, text.size()), 1);
    signature.resize(length);
    return algorithm_ == "ES256" ? Raw(signature) : signature;
  }

  // r and s side by side, out of their DER form.
  static std::string Raw(const std::string& der) {
    const auto* in = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size()));
    std::string raw(64, '\0');
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), Out(&raw), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), Out(&raw) + 32, 32);
    ECDSA_SIG_free(signature);
    return raw;
  }

  std::string algorithm_;
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace livedrops::server
