#include "base/signed_head.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <optional>
#include <vector>

#include "base/hex.h"

namespace livedrops {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

using Bytes = std::vector<std::uint8_t>;
using Bio = std::unique_ptr<BIO, int (*)(BIO*)>;
using Context = std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)>;
using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

Context NewContext() { return {EVP_MD_CTX_new(), EVP_MD_CTX_free}; }

const std::uint8_t* Data(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

std::optional<Bytes> FromHex(std::string_view hex, std::size_t size) {
  if (hex.size() != 2 * size) return std::nullopt;
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) {
    const auto high = HexValue(hex[2 * i]);
    const auto low = HexValue(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    bytes[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return bytes;
}

}  // namespace

std::string TextOf(const SignedHead& head) {
  return "livedrops-audit-head|" + std::to_string(head.seq) + "|" + head.hash + "|" + head.at;
}

bool IsSignatureRight(const SignedHead& head) {
  const auto key_bytes = FromHex(head.key, kKeyBytes);
  const auto signature = FromHex(head.signature, kSignatureBytes);
  if (!key_bytes || !signature) return false;
  const Key key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key_bytes->data(), key_bytes->size()),
      EVP_PKEY_free);
  const Context context = NewContext();
  const std::string text = TextOf(head);
  return key != nullptr && context != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature->data(), signature->size(), Data(text),
                          text.size()) == 1;
}

Result<SigningKey> SigningKey::FromPem(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  std::shared_ptr<EVP_PKEY> key(
      bio == nullptr ? nullptr : PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr),
      EVP_PKEY_free);
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return Status(StatusCode::kInvalidArgument, "is no Ed25519 private key in PEM form");
  }
  return SigningKey(std::move(key));
}

std::string SigningKey::NewPem() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free);
  const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
  if (key == nullptr || bio == nullptr ||
      PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return "";
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Status SigningKey::Sign(SignedHead* head) const {
  std::array<std::uint8_t, kKeyBytes> key;
  std::array<std::uint8_t, kSignatureBytes> signature;
  std::size_t key_size = key.size();
  std::size_t signature_size = signature.size();
  const Context context = NewContext();
  const std::string text = TextOf(*head);
  if (context == nullptr || EVP_PKEY_get_raw_public_key(key_.get(), key.data(), &key_size) != 1 ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &signature_size, Data(text), text.size()) !=
          1) {
    return {StatusCode::kUnavailable, "OpenSSL could not sign"};
  }
  head->key = ToHex(key);
  head->signature = ToHex(signature);
  return OkStatus();
}

}  // namespace livedrops
